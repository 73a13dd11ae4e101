"""A task by its id, for the user whose it is. To everybody else it is not there, in the same words as one that never was.

Of two gateways one may see later than the other: a task that the mirror does not have is gone only where that is known.
"""

from __future__ import annotations

import uuid

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import NotFound, Unavailable
from jobhunter_gateway import tasks_table
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.stored_views import last_resource
from jobhunter_gateway.task_views import ended
from jobhunter_gateway.tasks_table import ENDED, TaskRow


def no_such_task() -> Problem:
    """The one answer to an unknown task and to somebody else's."""
    return Problem("not-found", "there is no such task of yours", remedy="See the list of your tasks")


def live_task(parts: Parts, user_id: str, task_id: str) -> ApplicationTask | None:
    """The user's task as the mirror has it; None where it has no such task of theirs.

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


def is_gone(parts: Parts, row: TaskRow) -> bool:
    """Whether the stored task, which the mirror does not have, was deleted from the cluster."""
    return row.deleted_at is not None or parts.tasks.is_gone(row.id, row.created_at)


async def check_own(parts: Parts, user_id: str, task_id: str) -> bool:
    """Whether the user's task goes on, as far as is known here. Raises Problem not-found, Unavailable."""
    task = live_task(parts, user_id, task_id)
    if task is not None:
        return not ended(task)
    row = await stored_task(parts, user_id, task_id)
    return row.status not in ENDED and not is_gone(parts, row)


async def task_to_change(parts: Parts, user_id: str, task_id: str) -> ApplicationTask | TaskRow:
    """The user's task as the API server has it now, or the store's row where it is gone.

    Raises Problem not-found, Unavailable: also where nobody knows yet what to ask the API server for.
    """
    task = live_task(parts, user_id, task_id)
    if task is None:
        row = await stored_task(parts, user_id, task_id)
        if is_gone(parts, row):
            return row
        task = last_resource(row)
    if task is None:
        raise Unavailable("the task is not known here yet", remedy="Try again in a moment")
    found = await _asked(parts, task)
    if found is not None:
        return found
    parts.tasks.drop(task_id)
    await parts.store.removed(user_id, task_id)
    return await stored_task(parts, user_id, task_id)


async def _asked(parts: Parts, task: ApplicationTask) -> ApplicationTask | None:
    """The task as the API server has it; None where it is not there, or another has its name."""
    try:
        raw = await parts.cluster.get(task.name)
    except NotFound:
        return None
    if raw["metadata"]["uid"] != task.uid:
        return None
    return parts.tasks.put(raw) or task
