"""A task by its id, for the user whose it is. To everybody else it is not there, in the same words as one that never was."""

from __future__ import annotations

import uuid

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway import tasks_table
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.tasks_table import TaskRow


def no_such_task() -> Problem:
    """The one answer to an unknown task and to somebody else's."""
    return Problem("not-found", "there is no such task of yours", remedy="See the list of your tasks")


def live_task(parts: Parts, user_id: str, task_id: str) -> ApplicationTask | None:
    """The user's task as the API server has it; None where it has no such task of theirs.

    Raises Unavailable until the tasks were listed: nobody can say then what is not there.
    """
    task = parts.tasks.get(task_id)
    if task is not None and task.spec.user_id == user_id:
        return task
    if not parts.tasks.ready:
        raise Unavailable("the tasks of the cluster are not known yet", remedy="Try again in a moment")
    return None


async def stored_task(parts: Parts, user_id: str, task_id: str) -> TaskRow:
    """The row that the store has of the user's task. Raises Problem not-found, Unavailable."""
    try:
        plain = str(uuid.UUID(task_id))
    except ValueError:
        raise no_such_task() from None
    if plain != task_id:
        raise no_such_task()
    async with parts.store.user(user_id) as connection:
        row = await tasks_table.get(connection, task_id)
    if row is None:
        raise no_such_task()
    return row


async def check_own(parts: Parts, user_id: str, task_id: str) -> ApplicationTask | None:
    """The user's live task, or None where the store alone knows it. Raises Problem not-found, Unavailable."""
    task = live_task(parts, user_id, task_id)
    if task is None:
        await stored_task(parts, user_id, task_id)
    return task
