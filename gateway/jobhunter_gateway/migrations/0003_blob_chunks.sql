-- Chunks of a task's blob that is not whole yet: each may come to another gateway.
CREATE TABLE blob_chunks (
    task_id text NOT NULL,
    name text NOT NULL,
    start integer NOT NULL,
    user_id text NOT NULL,
    size integer NOT NULL,
    sha256 text NOT NULL,
    data bytea NOT NULL,
    at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (task_id, name, start),
    FOREIGN KEY (task_id, user_id) REFERENCES tasks (id, user_id) ON DELETE CASCADE
);
ALTER TABLE blob_chunks ENABLE ROW LEVEL SECURITY;
ALTER TABLE blob_chunks FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON blob_chunks USING (user_id = (SELECT current_setting('jobhunter.user_id', true)))
    WITH CHECK (user_id = (SELECT current_setting('jobhunter.user_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON blob_chunks TO jobhunter_app;
