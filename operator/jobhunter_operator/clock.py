"""A task's clock: how much of its deadlines is used up. It stands still while a person is waited for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from jobhunter_contracts.application_task import ApplicationTask, PendingInput
from jobhunter_contracts.conditions import ConditionType

QUESTION_GRACE = timedelta(seconds=5)
"""How long after its deadline a question still counts as open: the runner, which says when it expired, needs a moment."""


def still_waits(question: PendingInput, now: datetime) -> bool:
    """Whether a person is waited for by this question; one whose runner hangs must not hold the clock for ever."""
    return question.deadline is None or now < question.deadline + QUESTION_GRACE


def waiting_since(task: ApplicationTask) -> datetime | None:
    """Since when a person is waited for, None where none is."""
    condition = task.condition(ConditionType.WAITING_FOR_INPUT)
    return condition.last_transition_time if condition and condition.status == "True" else None


def waited(task: ApplicationTask, now: datetime) -> float:
    """Seconds in which a person was waited for until now."""
    total = float(task.status.waited_seconds or 0)
    since = waiting_since(task)
    if since is None:
        return total
    return total + max(0.0, (min(now, _latest(task.status.pending_inputs or [], now)) - since).total_seconds())


def elapsed(task: ApplicationTask, now: datetime) -> float:
    """Seconds since the first admission, those in which a person was waited for left out; 0 before it."""
    if task.status.start_time is None:
        return 0.0
    return (now - task.status.start_time).total_seconds() - waited(task, now)


def active_left(task: ApplicationTask, now: datetime) -> float:
    """Seconds until the active deadline, if nobody is waited for meanwhile."""
    return task.spec.active_deadline_seconds - elapsed(task, now)


def _latest(questions: Iterable[PendingInput], now: datetime) -> datetime:
    deadlines = [q.deadline + QUESTION_GRACE if q.deadline else now for q in questions]
    return max(deadlines, default=now)
