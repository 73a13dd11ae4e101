"""A person's tasks: the list, one of them, what happened, its draft and pictures; cancel, settle, delete."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, StrictBool

from jobhunter_contracts.application_task import Settlement
from jobhunter_contracts.asks import CONFIRMATION_BLOB, DRAFT_PICTURE_BLOB, DRAFT_TABLE_BLOB
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import InvalidMessage, Unavailable
from jobhunter_contracts.hitl import HitlKind, HitlRecord
from jobhunter_gateway import events_table, task_blobs
from jobhunter_gateway.own_tasks import check_own, task_to_change
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.settle_gone import nothing_to_settle, refuse_unsettled, settle_first, settle_gone
from jobhunter_gateway.signed_in import PartsOf, User
from jobhunter_gateway.socket_messages import event_id_seen, shown
from jobhunter_gateway.task_list import list_tasks, show_task
from jobhunter_gateway.task_views import Moment, TaskView, ended, unconfirmed, unsettled
from jobhunter_gateway.tasks_table import State, TaskRow

router = APIRouter(prefix="/api/tasks", tags=["tasks"])
TaskId = Annotated[str, Path(max_length=100, description="The ApplicationTask's uid.")]


class TaskPage(BaseModel):
    """next: give it as `before` for the page after this one; null at the end."""

    tasks: list[TaskView]
    next: str | None = None


class EventPage(BaseModel):
    """Messages as the socket sends them, pictures left out. next: give it as `after`; null at the end."""

    events: list[dict[str, Any]]
    next: str | None = None


class DraftView(Draft):
    """The draft last shown. open: it waits for an answer, until deadline."""

    open: bool
    deadline: Moment | None = None


class Word(BaseModel):
    status: str


class SettleRequest(BaseModel):
    """sent: whether the application reached the site, as you know from elsewhere."""

    model_config = ConfigDict(extra="forbid")

    sent: StrictBool


@router.get("")
async def tasks(
    user: User,
    parts: PartsOf,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(max_length=200)] = None,
    state: State | None = None,
) -> TaskPage:
    """Your tasks, newest first; those that were deleted from the cluster too. waiting: those that wait for you."""
    views, cursor = await list_tasks(parts, user, limit, before, state)
    return TaskPage(tasks=views, next=cursor)


@router.get("/{task_id}")
async def task(task_id: TaskId, user: User, parts: PartsOf) -> TaskView:
    """One task, with the questions that are open."""
    return await show_task(parts, user, task_id)


@router.post("/{task_id}/cancel")
async def cancel(task_id: TaskId, user: User, parts: PartsOf) -> Word:
    """Ends the task and keeps its record. 409 where it has ended."""
    found = await task_to_change(parts, user, task_id)
    if isinstance(found, TaskRow) or ended(found):
        raise Problem("ended", "the task has ended already")
    if not found.spec.cancel:
        parts.tasks.put(await parts.cluster.change_spec(found.name, found.uid, {"cancel": True}))
    return Word(status="cancelling")


@router.post("/{task_id}/settle")
async def settle(task_id: TaskId, body: SettleRequest, user: User, parts: PartsOf) -> Word:
    """Your word on a submission whose outcome could not be seen, also after its task was deleted. 409: nothing to settle."""
    found = await task_to_change(parts, user, task_id)
    said = Settlement.SENT if body.sent else Settlement.NOT_SENT
    if isinstance(found, TaskRow):
        await settle_gone(parts, user, found, said)
        return Word(status="settled")
    if found.spec.settle == said:
        return Word(status="settled")
    if not unconfirmed(found):
        raise nothing_to_settle()
    parts.tasks.put(await parts.cluster.change_spec(found.name, found.uid, {"settle": said.value}))
    return Word(status="settled")


@router.delete("/{task_id}", status_code=204)
async def delete(task_id: TaskId, user: User, parts: PartsOf) -> Response:
    """Deletes the task from the cluster, its browser with it, and its draft and pictures. What happened stays in the store.

    409 where it may have been sent and you have not said whether it was: settle it first.
    """
    found = await task_to_change(parts, user, task_id)
    if isinstance(found, TaskRow):
        await refuse_unsettled(parts, user, found)
    elif unsettled(found):
        raise settle_first()
    else:
        await parts.cluster.delete(found.name, found.uid)
        parts.tasks.drop(found.uid)
    async with parts.store.user(user) as connection:
        await task_blobs.remove_all(connection, task_id)
    return Response(status_code=204)


@router.get("/{task_id}/events")
async def events(
    task_id: TaskId,
    user: User,
    parts: PartsOf,
    after: Annotated[
        str | None,
        Query(
            max_length=200,
            description="The event_id of an event or a frame. After one that is not known they come from the first.",
        ),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 200,
) -> EventPage:
    """What happened, oldest first, after the event `after` where it is given."""
    await check_own(parts, user, task_id)
    seen = event_id_seen(after) if after is not None else None
    async with parts.store.user(user) as connection:
        stored = await events_table.after(connection, task_id, seen, limit)
    messages = [message for one in stored if (message := shown(one.event)) is not None]
    return EventPage(events=messages, next=stored[-1].event.event_id if len(stored) == limit else None)


@router.get("/{task_id}/draft")
async def draft(task_id: TaskId, user: User, parts: PartsOf) -> DraftView:
    """The table of the draft last shown. 404 where none was."""
    goes_on = await check_own(parts, user, task_id)
    data = await parts.pictures.get(user, task_id, DRAFT_TABLE_BLOB)
    if data is None:
        raise Problem("not-found", "no draft was shown yet")
    try:
        table = Draft.from_json(data)
    except InvalidMessage as error:
        raise Problem("not-found", "the draft that is kept cannot be read") from error
    question = await _open_review(parts, task_id) if goes_on else None
    return DraftView(**table.model_dump(), open=question is not None, deadline=question.deadline if question else None)


@router.get(
    "/{task_id}/pictures/{name}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}}}},
)
async def picture(task_id: TaskId, name: Literal["draft", "confirmation"], user: User, parts: PartsOf) -> Response:
    """The draft, or the page that confirmed the submission, as a JPEG of the whole page."""
    await check_own(parts, user, task_id)
    blob = DRAFT_PICTURE_BLOB if name == "draft" else CONFIRMATION_BLOB
    data = await parts.pictures.get(user, task_id, blob)
    if data is None:
        raise Problem("not-found", "there is no such picture of this task")
    return Response(data, media_type="image/jpeg", headers={"Content-Disposition": f'inline; filename="{name}.jpg"'})


async def _open_review(parts: Parts, task_id: str) -> HitlRecord | None:
    """The draft's question, where it waits for an answer now."""
    try:
        questions = await parts.answers.open_questions(task_id)
    except Unavailable:
        return None  # the draft is shown all the same; who answers is told that NATS is away
    now = datetime.now(UTC)
    return next((q for q in questions if q.kind is HitlKind.REVIEW and q.deadline > now), None)
