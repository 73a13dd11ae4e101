"""A pod that runs: what it tells goes into status, what people answer goes to it, questions hold the clock."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from jobhunter_contracts.application_task import ApplicationTask, PendingInput, ResponseState
from jobhunter_contracts.conditions import ConditionType, InputReason
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlRecord, HitlState
from jobhunter_operator.actions import Action, Look, Requeue
from jobhunter_operator.answers import record_states, unresolved, weigh
from jobhunter_operator.binding import assignment, copy_schedule
from jobhunter_operator.clock import (
    QUESTION_GRACE,
    Span,
    active_left,
    asked_until,
    seconds_of,
    still_waits,
    stretches,
    waits_until,
)
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Need, Observed, QuestionsView
from jobhunter_operator.pod_facts import PodFacts
from jobhunter_operator.status_draft import StatusDraft

RETRY_SECONDS = 2.0  # where NATS gave no answer
SECRET_SECONDS = 5.0  # where an answer's Secret is not there yet
ASSIGN_SECONDS = 1.0  # where the gate is shut: a pod is told which bucket may be trusted
MOST_PENDING = 64
"""As many questions the CRD takes into a status."""
PENDING_BYTES = 32 * 1024
"""Of the questions' words in a status; a question whose options find no room in it is shown without them."""
_LEAST_BYTES = 200  # of a question's words that are shown in any case
_ID_LENGTH = 64

NOTES = {
    InputReason.QUESTION: "Question",
    InputReason.DRAFT_REVIEW: "DraftReady",
    InputReason.CAPTCHA: "Captcha",
    InputReason.LOGIN: "Login",
    InputReason.TWO_FACTOR: "TwoFactor",
}
"""Reasons of the Kubernetes Events that say a person is waited for."""

_ASKS = frozenset(
    {
        EventType.HITL_REQUEST,
        EventType.HITL_RESPONSE,
        EventType.DRAFT_REVIEW,
        EventType.DRAFT_CONFIRM,
        EventType.DRAFT_EDIT,
    }
)
_CLOSES = _ASKS - {EventType.HITL_REQUEST, EventType.DRAFT_REVIEW}


def progress(observed: Observed, pod: PodFacts, limits: Limits, now: datetime) -> list[Action]:
    """One round of a bound, running pod: assignment, answers, then status."""
    task = observed.task
    if not observed.assigned and observed.lease_identity:
        return [assignment(observed, pod, limits, now)]
    ids = _question_ids(observed)
    if ids and observed.questions is None:
        return [Look(frozenset({Need.QUESTIONS}), questions=ids)]
    weighed = weigh(observed)
    if weighed.secrets:
        return [Look(frozenset({Need.SECRETS}), secrets=frozenset(weighed.secrets))]
    if weighed.forwards:
        return list(weighed.forwards)

    draft = StatusDraft(task, now)
    admitted = draft.condition(ConditionType.ADMITTED)
    if admitted and admitted.status == "False":
        draft.set(ConditionType.ADMITTED, "True", "Admitted", "")  # the lease could not be read for a while
    _starting(observed, pod, draft)
    record_states(draft, weighed.states)
    draft.answers_weighed = not weighed.left
    view = observed.questions or QuestionsView()
    if view.readable:
        _questions(observed, view, draft)
    again = _next_look(observed, draft, now, answers_left=weighed.left)
    return [*draft.write(), Requeue(again, unheard=not view.readable)]


def catch_up(observed: Observed, now: datetime) -> list[Action]:
    """What comes before a deadline is judged, empty where nothing does: while nobody looked, a person may have been asked."""
    if not observed.caught_up:
        return [Requeue(RETRY_SECONDS, unheard=True)]
    if not _heard_ids(observed, _ASKS):
        return []
    if observed.questions is None:
        return [Look(frozenset({Need.QUESTIONS}), questions=_question_ids(observed))]
    if not observed.questions.readable:
        return [Requeue(RETRY_SECONDS, unheard=True)]
    draft = StatusDraft(observed.task, now)
    _questions(observed, observed.questions, draft)
    return list(draft.write())


def _question_ids(observed: Observed) -> frozenset[str]:
    ids = {question.id for question in observed.task.status.pending_inputs or []}
    ids |= {response.id for response in unresolved(observed.task)}
    return frozenset(ids | _heard_ids(observed, _ASKS))


def _heard_ids(observed: Observed, kinds: Collection[EventType]) -> set[str]:
    """Ids of the questions that events of these kinds speak of."""
    ids = {str(event.data.get("hitl_id", "")) for event in observed.heard if event.type in kinds}
    return {hitl_id for hitl_id in ids if 0 < len(hitl_id) <= _ID_LENGTH}


def _starting(observed: Observed, pod: PodFacts, draft: StatusDraft) -> None:
    ready = draft.condition(ConditionType.BROWSER_READY)
    if ready and ready.status == "True":
        return
    if observed.heard:  # whatever the runner says, it says after it found the browser ready
        copy_schedule(draft, pod)
        draft.set(ConditionType.BROWSER_READY, "True", "BrowserReady", "The browser answers.")
        draft.note("BrowserReady", "The browser answers.")
        return
    if pod.scheduled and pod.scheduled[0] == "False":
        copy_schedule(draft, pod)  # True alone is not worth a write; it goes with the next
    if pod.trouble:
        if ready is None or ready.reason != pod.trouble[0]:
            draft.note(*pod.trouble, warning=True)
        draft.set(ConditionType.BROWSER_READY, "False", *pod.trouble)
    elif ready and ready.reason != "Starting":
        draft.set(ConditionType.BROWSER_READY, "False", "Starting", "The browser is starting.")


def _questions(observed: Observed, view: QuestionsView, draft: StatusDraft) -> None:
    task, now = observed.task, draft.now
    own = {key: record for key, record in view.records.items() if record is not None and _is_own(task, key, record)}
    before = task.status.pending_inputs or []
    # NATS lost its volume: the runner puts the record back, without an event. Until then the question is as it was.
    without = [question for question in before if question.id not in own]
    closed = _heard_ids(observed, _CLOSES)
    kept = [question for question in without if question.id not in closed and still_waits(question, now)]
    records = sorted(
        (record for record in own.values() if record.state is HitlState.OPEN and still_waits(record, now)),
        key=lambda record: (record.asked_at, record.id),
    )[: MOST_PENDING - len(kept)]
    pending = kept + _shown(records)
    draft.status.pending_inputs = pending or None
    for record in records:
        if all(record.id != question.id for question in before):
            draft.note(NOTES[record.reason], _how_to_answer(task, record))

    asked = [(record.asked_at, asked_until(record, now)) for record in own.values()]
    asked += [(question.asked_at or now, waits_until(question, now)) for question in without]
    spans = stretches(task, asked, now)
    if pending:
        _count(draft, spans[:-1])  # the last one goes on
        words = "; ".join(question.question for question in pending)
        since = spans[-1][0] if spans else now
        draft.set(ConditionType.WAITING_FOR_INPUT, "True", pending[-1].reason, words, since=since)
        return
    waits = draft.condition(ConditionType.WAITING_FOR_INPUT)
    if seconds_of(spans) or (waits and waits.status == "True"):
        _count(draft, spans)
        until = spans[-1][1] if spans else now
        draft.set(ConditionType.WAITING_FOR_INPUT, "False", "Answered", "", since=until)


def _count(draft: StatusDraft, spans: Sequence[Span]) -> None:
    if spans:
        draft.status.waited_seconds = (draft.status.waited_seconds or 0) + seconds_of(spans)


def _is_own(task: ApplicationTask, hitl_id: str, record: HitlRecord) -> bool:
    return (record.id, record.task_uid, record.pod_uid) == (hitl_id, task.uid, task.status.pod_uid)


def _shown(records: Sequence[HitlRecord]) -> list[PendingInput]:
    """The questions as status has them: what stands in the page decides their size, and must not decide status'."""
    shown, left = [], PENDING_BYTES
    for record in records:
        question = _cut(record.question[:2000], max(left, _LEAST_BYTES))
        left -= len(question.encode(errors="replace"))
        options = record.options or None
        size = sum(len(option.encode(errors="replace")) for option in options or [])
        if options and (size > left or len(options) > 300):
            question = f"{_cut(question, 1900)} ({len(options)} options, too many to be listed here)"
            options = None
        else:
            left -= size
        shown.append(_pending(record, question, options))
    return shown


def _cut(text: str, limit: int) -> str:
    """At most so many bytes of it."""
    return text.encode(errors="replace")[:limit].decode(errors="ignore")


def _pending(record: HitlRecord, question: str, options: list[str] | None) -> PendingInput:
    return PendingInput(
        id=record.id,
        kind=record.kind,
        reason=record.reason,
        question=question,
        options=options,
        required=record.required,
        deadline=record.deadline.replace(microsecond=0),
        asked_at=record.asked_at.replace(microsecond=0),
    )


def _how_to_answer(task: ApplicationTask, record: HitlRecord) -> str:
    if record.reason is InputReason.DRAFT_REVIEW:
        where = f"see kubectl jobhunter draft {task.name}" if task.spec.profile_ref else "see it on the dashboard"
        return (
            f"The draft is ready: {where}, then kubectl jobhunter answer {task.name}"
            f" --id {record.id} confirm, reject, or a change in words."
        )
    return f"{record.question} Answer with kubectl jobhunter answer {task.name} --id {record.id} VALUE."


def _next_look(observed: Observed, draft: StatusDraft, now: datetime, *, answers_left: bool) -> float:
    times = []
    if not observed.assigned:
        times.append(ASSIGN_SECONDS)
    if answers_left or (observed.questions is not None and not observed.questions.readable):
        times.append(RETRY_SECONDS)
    if any(entry.state is ResponseState.REFUSED for entry in draft.status.responses or []) and unresolved(
        observed.task
    ):
        times.append(SECRET_SECONDS)
    deadlines = [q.deadline for q in draft.status.pending_inputs or [] if q.deadline]
    if deadlines:
        times.append((min(deadlines) - now + QUESTION_GRACE).total_seconds() + 0.2)
    else:
        times.append(active_left(observed.task, now) + 0.1)
    return max(0.2, min(times))
