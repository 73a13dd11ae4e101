"""Follows a task to its end, telling each change; survives expired watches and lost connections."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.conditions import Reason
from jobhunter_kubectl.connection import Tasks
from jobhunter_kubectl.drafts import draft_table, read_draft
from jobhunter_kubectl.faults import Changed, NotThere, PluginError, Unreachable
from jobhunter_kubectl.story import Hints, draft_on_dashboard, kept_by_gateway, new_drafts, outcome, story

TIMED_OUT = 124
"""Exit code when --timeout is over first, as timeout(1) has it."""
_WATCH_SECONDS = 240
_PATIENCE = 120.0
"""Seconds without an API server after which watching is given up."""
_DRAFT_PATIENCE = 5.0
"""Seconds for the draft's Secret to show the draft that the status speaks of already."""


class Teller:
    """Prints what is new about one task."""

    def __init__(self, tasks: Tasks, hints: Hints, write: Callable[[str], None]) -> None:
        self._tasks = tasks
        self._hints = hints
        self._write = write
        self._told: ApplicationTask | None = None

    def tell(self, task: ApplicationTask) -> int | None:
        """The exit code, once the task has ended: 0 for Submitted, 1 for any other end."""
        if self._told is not None and self._told.uid != task.uid:
            self.say("The task was deleted, and another was made under its name.")
            return 1
        tables = {draft_id: self._table(task, draft_id) for draft_id in new_drafts(self._told, task)}
        for line in story(self._told, task, self._hints, datetime.now(UTC), tables):
            self.say(line)
        self._told = task
        end = outcome(task)
        if end is None:
            return None
        return 0 if end.status == "True" and end.reason == Reason.SUBMITTED else 1

    def say(self, line: str) -> None:
        self._write(f"{datetime.now(UTC):%H:%M:%S}  {line}")

    def _table(self, task: ApplicationTask, draft_id: str) -> list[str]:
        """The table of the draft that waits, or why it cannot be had here: the person can answer all the same."""
        if kept_by_gateway(task):
            return [draft_on_dashboard(task)]
        until = time.monotonic() + _DRAFT_PATIENCE
        while True:
            fault: PluginError | None = None
            try:
                draft, _ = read_draft(self._tasks, task, self._hints)
                if draft.hitl_id in {None, draft_id}:
                    return draft_table(draft)
            except PluginError as error:
                fault = error
            if time.monotonic() > until:
                return [f"The draft's table cannot be shown: {fault or 'it is of an earlier draft.'}"]
            time.sleep(0.25)


def watch_task(
    tasks: Tasks,
    name: str,
    hints: Hints,
    timeout: float | None,
    write: Callable[[str], None] = lambda line: print(line),
) -> int:
    """Exit code 0 for Submitted, 1 for any other end, 124 when `timeout` seconds are over first."""
    until = time.monotonic() + timeout if timeout else None
    teller = Teller(tasks, hints, write)
    task: ApplicationTask | None = tasks.read(name)
    lost_at: float | None = None
    while True:
        try:
            if task is None:
                task = tasks.read(name)
            if lost_at is not None:
                teller.say("The API server answers again.")
                lost_at = None
            if (code := teller.tell(task)) is not None:
                return code
            seconds = _WATCH_SECONDS if until is None else int(min(_WATCH_SECONDS, max(1, until - time.monotonic())))
            for kind, changed in tasks.changes(task, seconds):
                task = changed
                if kind == "DELETED":
                    teller.say("The task was deleted.")
                    return 1
                if (code := teller.tell(changed)) is not None:
                    return code
                if until is not None and time.monotonic() >= until:
                    break
        except Changed:
            task = None  # the watch expired: read afresh
        except Unreachable as error:
            if lost_at is None:
                teller.say(f"{error} Trying again.")
                lost_at = time.monotonic()
            if time.monotonic() - lost_at > _PATIENCE:
                raise
            task = None
            time.sleep(1)
        except NotThere:
            teller.say("The task was deleted.")
            return 1
        if until is not None and time.monotonic() >= until:
            teller.say(f"Not ended after {timeout:g} s; it goes on. Watch again: {hints.command('watch')}")
            return TIMED_OUT
