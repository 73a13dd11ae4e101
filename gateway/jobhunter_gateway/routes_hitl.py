"""POST /api/hitl/resolve: an answer to a question, or to a draft."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from jobhunter_contracts.errors import NotFound
from jobhunter_gateway.own_tasks import live_task, task_to_change
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.signed_in import PartsOf, User
from jobhunter_gateway.task_views import ended
from jobhunter_gateway.tasks_table import TaskRow

router = APIRouter(prefix="/api/hitl", tags=["hitl"])


class ResolveRequest(BaseModel):
    """response: the answer's text. To a draft: confirm, reject, or what is to be changed, in words."""

    model_config = ConfigDict(extra="forbid")

    hitl_id: Annotated[str, Field(max_length=100)]
    response: str
    session_id: Annotated[str, Field(max_length=100)]


class Resolved(BaseModel):
    status: Literal["resolved"] = "resolved"


@router.post("/resolve")
async def resolve(body: ResolveRequest, user: User, parts: PartsOf) -> Resolved:
    """The first answer counts: 409 where somebody was before you, or the time is over."""
    try:
        # What the mirror has is answered though the API server is away: NATS alone is needed.
        task = live_task(parts, user, body.session_id) or await task_to_change(parts, user, body.session_id)
        if isinstance(task, TaskRow) or ended(task):
            raise Problem("expired", "the task has ended, and nobody waits for an answer any more")
        await parts.answers.answer(task.uid, body.hitl_id, body.response)
    except (NotFound, Problem) as error:
        if error.code == NotFound.code:
            raise _no_such_question() from None
        raise
    return Resolved()


def _no_such_question() -> Problem:
    """The one answer to a question that is not there, and to one of somebody else's task."""
    return Problem("not-found", "there is no such question of yours", remedy="See the task's open questions")
