"""POST /api/jobs/apply: a new application for one job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from weakref import WeakValueDictionary

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.errors import InvalidUrl, Unavailable
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_gateway import applications_table, tasks_table
from jobhunter_gateway.own_tasks import is_gone
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.signed_in import PartsOf, User
from jobhunter_gateway.task_views import stands_in_the_way
from jobhunter_gateway.tokens import TASK_USER_ID

router = APIRouter(prefix="/api/jobs", tags=["jobs"])
URL_LIMIT = 2048
_GOING_ON = 200
"""Tasks of one user that are looked through for what the mirror has not seen yet, the newest."""
_applying: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()
"""One lock for each user and posting that is being applied for: two requests at once make one task."""


class ApplyRequest(BaseModel):
    """draft_mode: a person confirms the draft before it is sent. user_id: your own, if you care to say it."""

    model_config = ConfigDict(extra="forbid")

    url: Annotated[str, Field(min_length=1, max_length=URL_LIMIT, description="Address of the job's posting.")]
    draft_mode: StrictBool = True
    user_id: Annotated[str, Field(max_length=256)] | None = None


class Applied(BaseModel):
    """Both ids are the ApplicationTask's uid."""

    task_id: str
    session_id: str
    message: str


@router.post("/apply", status_code=202)
async def apply(body: ApplyRequest, user: User, parts: PartsOf) -> Applied:
    """Applies for one job. 409 names the earlier task where you applied for the same posting already."""
    if body.user_id is not None and body.user_id != user:
        raise Problem("forbidden", "user_id is not yours", remedy="Leave it out: the token says who you are")
    if not TASK_USER_ID.fullmatch(user):
        raise Problem(
            "invalid-request",
            "tasks can be made for user ids of at most 128 characters without spaces",
            remedy="Have a token made for such an id",
        )
    url = body.url.strip()
    posting = normal_posting_url(url)
    if not url.isprintable():
        raise InvalidUrl("the address holds characters that cannot be printed", where="url")
    async with _one_at_a_time(user, posting):
        await _refuse_duplicate(parts, user, posting)
        raw = await parts.cluster.create(user, url, Review.REQUIRED if body.draft_mode else Review.SKIP)
        parts.tasks.put(raw)
    uid = str(raw["metadata"]["uid"])
    return Applied(task_id=uid, session_id=uid, message="Application queued")


@asynccontextmanager
async def _one_at_a_time(user: str, posting: str) -> AsyncIterator[None]:
    """One request for a user and posting goes on, those that come meanwhile wait for it."""
    lock = _applying.setdefault((user, posting), asyncio.Lock())  # kept for as long as somebody has it in hand
    async with lock:
        yield


async def _refuse_duplicate(parts: Parts, user: str, posting: str) -> None:
    """Raises Problem duplicate-application with the earlier task, Unavailable where it cannot be known."""
    if not parts.tasks.ready:
        raise Unavailable("the tasks of the cluster are not known yet", remedy="Try again in a moment")
    for task in parts.tasks.of_user(user):
        if not stands_in_the_way(task):
            continue
        canonical = task.status.result.canonical_url if task.status.result else None
        if any(address and _normal(address) == posting for address in (task.spec.url, canonical)):
            raise _duplicate(task.uid)
    async with parts.store.user(user) as connection:
        earlier = await applications_table.sent_or_unknown(connection)
        going_on = await tasks_table.page(connection, _GOING_ON, state="active")
    for row in going_on:
        unseen = parts.tasks.get(row.id) is None and not is_gone(parts, row)  # another gateway made it a moment ago
        if unseen and row.url and _normal(row.url) == posting:
            raise _duplicate(row.id)
    for task_id, addresses in earlier:
        # A task that the API server has speaks for itself, above: a person may have settled it a moment ago.
        if parts.tasks.get(task_id) is None and any(_normal(address) == posting for address in addresses):
            raise _duplicate(task_id)


def _normal(url: str) -> str | None:
    try:
        return normal_posting_url(url)
    except InvalidUrl:
        return None  # a manifest's address may be anything; such a one is no posting's


def _duplicate(task_id: str) -> Problem:
    return Problem(
        "duplicate-application",
        "you applied for this posting already, or are doing so now",
        remedy=f"Look at the earlier task {task_id}",
        members={"task_id": task_id, "session_id": task_id},
    )
