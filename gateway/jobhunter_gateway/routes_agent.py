"""Wishes in words: the calls are known, and say that planning is not there yet."""

from __future__ import annotations

from typing import Annotated, Literal, NoReturn

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field, StrictInt

from jobhunter_gateway.problems import Problem
from jobhunter_gateway.signed_in import User

router = APIRouter(prefix="/agent", tags=["agent"])


class WishRequest(BaseModel):
    prompt: Annotated[str, Field(min_length=1, max_length=4096)]


class InterveneRequest(BaseModel):
    step_id: Annotated[str, Field(min_length=1, max_length=100)] | StrictInt
    action: Literal["retry", "skip", "abort", "answer"]
    human_input: Annotated[str, Field(max_length=65536)] | None = None


@router.post("/tasks", status_code=501, response_model=None)
async def wish(body: WishRequest, user: User) -> NoReturn:
    """Not served by this version."""
    raise _no_planning()


@router.post("/tasks/{task_id}/intervene", status_code=501, response_model=None)
async def intervene(task_id: Annotated[str, Path(max_length=100)], body: InterveneRequest, user: User) -> NoReturn:
    """Not served by this version: no task has steps."""
    raise _no_planning()


def _no_planning() -> Problem:
    return Problem(
        "no-planning-yet",
        "this version applies to one job at a time and plans nothing",
        remedy="Give the job's address to POST /api/jobs/apply",
    )
