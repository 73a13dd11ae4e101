"""A pod that runs: what it tells goes into status, what people answer goes to it, questions hold the clock."""

from __future__ import annotations

from datetime import datetime

from jobhunter_contracts.application_task import ApplicationTask, PendingInput, ResponseState
from jobhunter_contracts.conditions import ConditionType, InputReason
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlRecord, HitlState
from jobhunter_operator.actions import Action, Look, Requeue
from jobhunter_operator.answers import record_states, unresolved, weigh
from jobhunter_operator.binding import assignment, copy_schedule
from jobhunter_operator.clock import QUESTION_GRACE, active_left, still_waits, waited
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Need, Observed, QuestionsView
from jobhunter_operator.pod_facts import PodFacts
from jobhunter_operator.status_draft import StatusDraft

RETRY_SECONDS = 2.0  # where NATS gave no answer
SECRET_SECONDS = 5.0  # where an answer's Secret is not there yet

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


def progress(observed: Observed, pod: PodFacts, limits: Limits, now: datetime) -> list[Action]:
    """One round of a bound, running pod: assignment, answers, then status."""
    task = observed.task
    if not observed.assigned:
        return [assignment(observed, pod, limits, now)] if observed.lease_identity else [Requeue(1)]
    ids = _question_ids(observed)
    if ids and observed.questions is None:
        return [Look(frozenset({Need.QUESTIONS}), questions=ids)]
    weighed = weigh(observed)
    if weighed.secrets:
        return [Look(frozenset({Need.SECRETS}), secrets=frozenset(weighed.secrets))]
    if weighed.forwards:
        return list(weighed.forwards)

    draft = StatusDraft(task, now)
    _starting(observed, pod, draft)
    record_states(draft, weighed.states)
    if observed.questions is None or observed.questions.readable:
        _questions(observed, observed.questions or QuestionsView(), draft)
    return [*draft.write(), Requeue(_next_look(observed, draft, now))]


def _question_ids(observed: Observed) -> frozenset[str]:
    ids = {question.id for question in observed.task.status.pending_inputs or []}
    ids |= {response.id for response in unresolved(observed.task)}
    ids |= {str(event.data.get("hitl_id", "")) for event in observed.heard if event.type in _ASKS}
    return frozenset(ids - {""})


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
    task = observed.task
    open_now = sorted(
        (record for record in view.records.values() if record is not None and _is_open(task, record, draft.now)),
        key=lambda record: (record.asked_at, record.id),
    )
    before = {question.id for question in task.status.pending_inputs or []}
    draft.status.pending_inputs = [_pending(record) for record in open_now] or None
    for record in open_now:
        if record.id not in before:
            draft.note(NOTES[record.reason], _how_to_answer(task, record))
    if open_now:
        words = "; ".join(record.question for record in open_now)
        draft.set(ConditionType.WAITING_FOR_INPUT, "True", open_now[-1].reason, words)
        return
    waits = draft.condition(ConditionType.WAITING_FOR_INPUT)
    if waits and waits.status == "True":
        draft.status.waited_seconds = round(waited(task, draft.now))
        draft.set(ConditionType.WAITING_FOR_INPUT, "False", "Answered", "")


def _is_open(task: ApplicationTask, record: HitlRecord, now: datetime) -> bool:
    own = record.task_uid == task.uid and record.pod_uid == task.status.pod_uid
    return own and record.state is HitlState.OPEN and still_waits(_pending(record), now)


def _pending(record: HitlRecord) -> PendingInput:
    return PendingInput(
        id=record.id[:64],
        kind=record.kind,
        reason=record.reason,
        question=record.question[:2000],
        options=[option[:1000] for option in record.options[:300]] if record.options else None,
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


def _next_look(observed: Observed, draft: StatusDraft, now: datetime) -> float:
    times = []
    if observed.questions is not None and not observed.questions.readable:
        times.append(RETRY_SECONDS)
    if any(entry.state is ResponseState.REFUSED for entry in draft.status.responses or []) and unresolved(
        observed.task
    ):
        times.append(SECRET_SECONDS)
    deadlines = [q.deadline + QUESTION_GRACE for q in draft.status.pending_inputs or [] if q.deadline]
    if deadlines:
        times.append((min(deadlines) - now).total_seconds() + 0.2)
    else:
        times.append(active_left(observed.task, now) + 0.1)
    return max(0.2, min(times))
