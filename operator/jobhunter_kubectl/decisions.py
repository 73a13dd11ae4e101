"""A person's last words on a task: cancel it, or settle whether an unconfirmed submission was sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jobhunter_contracts.application_task import ApplicationTask, Settlement
from jobhunter_contracts.conditions import Reason
from jobhunter_kubectl.connection import Tasks
from jobhunter_kubectl.faults import Changed, NothingToDo
from jobhunter_kubectl.story import Hints, ended_with, outcome

_TRIES = 5
SETTLEMENTS = {"sent": Settlement.SENT, "not-sent": Settlement.NOT_SENT}


def settle(tasks: Tasks, name: str, hints: Hints, word: str) -> int:
    """Says that a SubmissionUnconfirmed task was sent, or was not. NothingToDo for any other task."""

    def decide(task: ApplicationTask) -> dict[str, Any] | None:
        end = outcome(task)
        if end is None:
            raise NothingToDo("the task has not ended", where=name, remedy=f"Wait for it with {hints.command('watch')}")
        said = task.spec.settle
        if said is not None and said != SETTLEMENTS[word]:
            raise NothingToDo(
                f"the task is settled as {said} already", where=name, remedy="That cannot be changed; make a new task"
            )
        if said is not None:
            return None
        if end.reason != Reason.SUBMISSION_UNCONFIRMED:
            raise NothingToDo(
                f"there is nothing to settle, the task has ended with {ended_with(task)}",
                where=name,
                remedy="Only a task that ended SubmissionUnconfirmed is settled",
            )
        return {"settle": SETTLEMENTS[word].value}

    changed = _write(tasks, name, decide)
    written = f"{name} will be settled as {word}. See it with {hints.command('watch')}."
    print(written if changed else f"That {name} is {word} was said already.")
    return 0


def cancel(tasks: Tasks, name: str, hints: Hints) -> int:
    """Cancels a task that has not ended. NothingToDo for one that has."""

    def decide(task: ApplicationTask) -> dict[str, Any] | None:
        if outcome(task):
            raise NothingToDo(
                f"the task has ended already ({ended_with(task)})",
                where=name,
                remedy=f"To remove its record: kubectl delete apptask {name}",
            )
        return None if task.spec.cancel else {"cancel": True}

    changed = _write(tasks, name, decide)
    print(f"{name} {'will be' if changed else 'was already'} cancelled. See it end with {hints.command('watch')}.")
    return 0


def _write(tasks: Tasks, name: str, decide: Callable[[ApplicationTask], dict[str, Any] | None]) -> bool:
    """Writes what `decide` makes of the task as it stands, afresh where it changed meanwhile; False for nothing."""
    for attempt in range(_TRIES):
        task = tasks.read(name)
        spec = decide(task)
        if spec is None:
            return False
        try:
            tasks.patch_spec(task, spec)
        except Changed:
            if attempt == _TRIES - 1:
                raise
            continue
        return True
    raise AssertionError("the loop returns or raises")
