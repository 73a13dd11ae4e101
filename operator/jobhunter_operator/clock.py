"""A task's clock: how much of its deadlines is used up. It stands still while a person is waited for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Protocol

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.conditions import ConditionType
from jobhunter_contracts.hitl import HitlRecord, HitlState

QUESTION_GRACE = timedelta(seconds=5)
"""How long after its deadline a question still counts as open: the runner, which says when it expired, needs a moment."""


Span = tuple[datetime, datetime]


class _Question(Protocol):
    @property
    def deadline(self) -> datetime | None: ...


def still_waits(question: _Question, now: datetime) -> bool:
    """Whether a person is waited for by this question; one whose runner hangs must not hold the clock for ever."""
    return question.deadline is None or now - QUESTION_GRACE < question.deadline


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
    ends = [waits_until(question, now) for question in task.status.pending_inputs or []]
    return total + max(0.0, (max(ends, default=now) - since).total_seconds())


def elapsed(task: ApplicationTask, now: datetime) -> float:
    """Seconds since the first admission, those in which a person was waited for left out; 0 before it."""
    if task.status.start_time is None:
        return 0.0
    return (now - task.status.start_time).total_seconds() - waited(task, now)


def active_left(task: ApplicationTask, now: datetime) -> float:
    """Seconds until the active deadline, if nobody is waited for meanwhile."""
    return task.spec.active_deadline_seconds - elapsed(task, now)


def waits_until(question: _Question, now: datetime) -> datetime:
    """Until when, now at the latest, a person is waited for by an open question."""
    return now if question.deadline is None or still_waits(question, now) else question.deadline + QUESTION_GRACE


def asked_until(record: HitlRecord, now: datetime) -> datetime:
    """Until when, now at the latest, a person was waited for by this question, as its record says."""
    if record.state is HitlState.OPEN:
        return waits_until(record, now)
    return min(now, record.deadline if record.state is HitlState.EXPIRED else record.answered_at or now)


def stretches(task: ApplicationTask, asked: Iterable[Span], now: datetime) -> list[Span]:
    """When a person was waited for and status does not count it yet: apart from one another, in order, whole seconds.

    asked: of each question that is known. What status counts ends where WaitingForInput became False; since it became
    True, the questions of status have held the clock.
    """
    waits, since = task.condition(ConditionType.WAITING_FOR_INPUT), waiting_since(task)
    counted = max((m for m in (waits and waits.last_transition_time, task.status.start_time) if m), default=now)
    spans = list(asked)
    if since is not None:
        spans.append((since, min((q.asked_at for q in task.status.pending_inputs or [] if q.asked_at), default=since)))
    found: list[Span] = []
    for start, end in sorted((min(max(counted, _whole(a)), now), min(_whole(b), now)) for a, b in spans):
        if found and start <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], end)
        elif start <= end:
            found.append((start, end))
    return found


def seconds_of(spans: Iterable[Span]) -> int:
    return round(sum((end - start).total_seconds() for start, end in spans))


def _whole(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)
