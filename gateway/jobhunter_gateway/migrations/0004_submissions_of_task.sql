-- How a task that was deleted in the middle ended is asked of its submission records.
CREATE INDEX submissions_of_task ON submissions (task_uid);
