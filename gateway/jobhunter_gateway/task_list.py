"""A person's tasks in pages: those of the API server, and those that the store alone knows, or knows still."""

from __future__ import annotations

import logging
from datetime import datetime

from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway import applications_table, gone_task, task_steps, tasks_table
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.own_tasks import is_gone, live_task, stored_task
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.stored_views import stored_view
from jobhunter_gateway.task_views import TaskView, calls_for_person, created_at, ended, named_view, task_view
from jobhunter_gateway.tasks_table import ENDED, State

logger = logging.getLogger(__name__)
_Place = tuple[datetime, str]


async def list_tasks(
    parts: Parts, user: str, limit: int, before: str | None, state: State | None
) -> tuple[list[TaskView], str | None]:
    """Up to `limit` tasks, newest first, and the cursor of the page after it. before: id of the last task had.

    While Postgres is away the tasks of the API server are there all the same, without the names of their postings.
    """
    live_task(parts, user, "")  # raises Unavailable while the tasks are not known
    place, stored, more = await _stored(parts, user, limit, before, state)
    if before is not None and place is None:
        return [], None
    live = [
        view
        for task in parts.tasks.of_user(user)
        if place is None or (created_at(task), task.uid) < place
        if _in_state(view := task_view(task), state)
    ]
    views = sorted([*live, *stored], key=lambda view: (view.created_at, view.task_id), reverse=True)
    more = more or len(views) > limit
    views = await _named(parts, user, views[:limit])
    return views, views[-1].task_id if views and more else None


def _in_state(view: TaskView, state: State | None) -> bool:
    if state == "waiting":
        return calls_for_person(view)
    return state is None or (state == "ended") == (view.status in ENDED)


async def _stored(
    parts: Parts, user: str, limit: int, before: str | None, state: State | None
) -> tuple[_Place | None, list[TaskView], bool]:
    """Where `before` stands, the views of what the mirror does not have, and whether the store has further rows."""
    known = parts.tasks.get(before) if before is not None else None
    place = (created_at(known), known.uid) if known is not None and known.spec.user_id == user else None
    try:
        async with parts.store.user(user) as connection:
            if before is not None and place is None:
                row = await tasks_table.get(connection, before)
                if row is None:
                    return None, [], False
                place = row.created_at, row.id
            if before is None:
                await _mark_gone(parts, connection)
            rows = await tasks_table.page(connection, limit, before, state)
            missing = [row for row in rows if parts.tasks.get(row.id) is None]
            endings = await applications_table.get(connection, [row.id for row in missing])
    except Unavailable as error:
        logger.info("tasks are listed without the store: %s", error)
        return place, [], False
    views = [stored_view(row, endings.get(row.id), gone=is_gone(parts, row)) for row in missing]
    return place, [view for view in views if _in_state(view, state)], len(rows) == limit


async def _named(parts: Parts, user: str, views: list[TaskView]) -> list[TaskView]:
    """The views with their postings' names, as far as they are known and the store can be asked."""
    wanted = [view for view in views if not view.deleted]
    if not wanted:
        return views
    try:
        async with parts.store.user(user) as connection:
            working = await task_steps.names(connection, [view.task_id for view in wanted if view.status not in ENDED])
            ended = await applications_table.get(connection, [view.task_id for view in wanted if view.status in ENDED])
    except Unavailable:
        return views
    return [named_view(view, ended.get(view.task_id) or working.get(view.task_id)) for view in views]


async def _mark_gone(parts: Parts, connection: Connection) -> None:
    """Tasks that were deleted while no gateway looked: the store takes them for running, and nobody will say more."""
    if parts.tasks.listed_before is None:
        return
    for uid in await tasks_table.going_on(connection, parts.tasks.listed_before):
        if parts.tasks.get(uid) is None:
            await gone_task.removed(connection, uid)


async def show_task(parts: Parts, user: str, task_id: str) -> TaskView:
    """One task with its open questions. Raises Problem not-found, Unavailable."""
    task = live_task(parts, user, task_id)
    if task is None:
        return await _shown_from_store(parts, user, task_id)
    try:
        questions = None if ended(task) else await parts.answers.open_questions(task_id)
    except Unavailable:
        questions = None  # the operator's words on them are in the status
    return (await _named(parts, user, [task_view(task, questions)]))[0]


async def _shown_from_store(parts: Parts, user: str, task_id: str) -> TaskView:
    row = await stored_task(parts, user, task_id)
    async with parts.store.user(user) as connection:
        endings = await applications_table.get(connection, [task_id])
    return stored_view(row, endings.get(task_id), gone=is_gone(parts, row))
