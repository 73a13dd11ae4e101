"""How a task ends: by what the runner reported, or by what only the operator sees. The lease has the last word."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobhunter_contracts.application_task import ApplicationTask, Result
from jobhunter_contracts.conditions import ConditionType, Reason, WaitReason
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.events import EventType
from jobhunter_contracts.outcome import TERMINATION_LIMIT, Outcome, outcome_word
from jobhunter_operator.actions import Action, Look, Requeue
from jobhunter_operator.binding import copy_schedule
from jobhunter_operator.clock import waited
from jobhunter_operator.observed import LeaseView, Need, Observed
from jobhunter_operator.status_draft import StatusDraft

LEASE_RETRY_SECONDS = 2.0
_WHOLE_SECOND = timedelta(seconds=1)  # status keeps whole seconds

SENT_WORDS = "The application was sent."
TAKEN_WORDS = (
    "The application may have been sent: its button was pressed, or about to be, and the outcome was not seen. Look at the"
    " site or your mail, then set spec.settle to sent or notSent (kubectl jobhunter settle {name} sent)."
)
LOST_RECORDS_WORDS = (
    "The submission records were lost while the task ran, so nobody can tell whether the application was sent. Look at the"
    " site or your mail, then set spec.settle to sent or notSent (kubectl jobhunter settle {name} sent)."
)
UNBACKED_WORDS = (
    "The browser pod said that the application was sent, and no submission record bears that out. Look at the site or your"
    " mail, then set spec.settle to sent or notSent (kubectl jobhunter settle {name} sent)."
)


def reported(observed: Observed) -> Outcome | None:
    """The outcome that the bound pod reported, by event or termination message; first seen counts. None: neither."""
    for event in observed.events:
        if event.type is EventType.APPLIER_COMPLETE:
            try:
                outcome = Outcome.model_validate(event.data)
            except ValueError:
                continue  # the stream is shared: what has not the shape is not believed
            if _is_own(observed.task, outcome):
                return outcome
    pod = observed.bound_pod
    if pod is None or not pod.termination_message or len(pod.termination_message.encode()) > TERMINATION_LIMIT * 2:
        return None
    try:
        outcome = Outcome.from_json(pod.termination_message)
    except InvalidMessage:
        return None  # such as a stack trace; the pod counts as failed
    return outcome if _is_own(observed.task, outcome) else None


def _is_own(task: ApplicationTask, outcome: Outcome) -> bool:
    return outcome.task_uid == task.uid and outcome.attempt == task.status.attempts


def by_report(observed: Observed, outcome: Outcome, now: datetime) -> list[Action]:
    """End as the runner reported, where the lease does not say otherwise. `outcome.reason` is not None."""
    reason = outcome.reason or Reason.SUBMISSION_UNCONFIRMED
    leases = observed.leases
    if leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if leases.why and reason is Reason.SUBMITTED:
        return [Requeue(LEASE_RETRY_SECONDS)]  # believed only with the lease; nothing is lost by waiting for it
    message = outcome.message or outcome_word(reason)
    if reason is Reason.SUBMITTED and not leases.pressed:
        return end(observed, Reason.SUBMISSION_UNCONFIRMED, _named(observed, UNBACKED_WORDS), now, outcome)
    if reason is Reason.SUBMITTED:
        return end(observed, reason, message, now, outcome)
    if leases.sent:
        return end(observed, Reason.SUBMITTED, SENT_WORDS, now, outcome)
    if leases.taken and reason is not Reason.SUBMISSION_UNCONFIRMED:
        words = f"{message} {_named(observed, TAKEN_WORDS)}"
        return end(observed, Reason.SUBMISSION_UNCONFIRMED, words, now, outcome)
    return end(observed, reason, message, now, outcome)


def end_by_lease(
    observed: Observed, reason: Reason, message: str, now: datetime, *, failed: bool = False
) -> list[Action]:
    """End with `reason`, unless the lease says that the application was, or may have been, sent.

    Unreadable, it is waited for. A task that never had a pod has no lease.
    """
    if not observed.task.status.attempts:
        return end(observed, reason, message, now)
    if observed.leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if observed.leases.why:
        return lease_wait(observed, observed.leases, now)
    verdict = lease_verdict(observed, observed.leases)
    return end(observed, *(verdict or (reason, message)), now, failed=failed)


def lease_verdict(observed: Observed, leases: LeaseView) -> tuple[Reason, str] | None:
    """What the readable lease says of a pod that is gone: sent, maybe sent, or (None) not pressed."""
    if leases.sent:
        return Reason.SUBMITTED, SENT_WORDS
    if leases.taken:
        return Reason.SUBMISSION_UNCONFIRMED, _named(observed, TAKEN_WORDS)
    started = observed.task.status.start_time
    if leases.since and started and started + _WHOLE_SECOND < leases.since and not leases.mine:
        return Reason.SUBMISSION_UNCONFIRMED, _named(observed, LOST_RECORDS_WORDS)
    return None


def lease_wait(observed: Observed, leases: LeaseView, now: datetime, *, runs: bool = False) -> list[Action]:
    """No new pod and no end before the lease can be read. runs: the pod may ask meanwhile, and is heard afterwards."""
    draft = StatusDraft(observed.task, now)
    draft.set(ConditionType.ADMITTED, "False", WaitReason.LEASE_UNAVAILABLE, leases.why)
    return [*draft.write(), Requeue(LEASE_RETRY_SECONDS, unheard=runs)]


def end(
    observed: Observed,
    reason: Reason,
    message: str,
    now: datetime,
    outcome: Outcome | None = None,
    *,
    failed: bool = False,
) -> list[Action]:
    """The terminal write. `failed`: the last pod counts as a failed attempt."""
    task = observed.task
    if task.status.attempts and observed.kept is None:
        return [Look(frozenset({Need.KEPT}))]
    draft = StatusDraft(task, now)
    status = draft.status
    if draft.condition(ConditionType.WAITING_FOR_INPUT):
        status.waited_seconds = round(waited(task, now)) or None
        draft.set(ConditionType.WAITING_FOR_INPUT, "False", "Ended", "")
    if observed.bound_pod:
        copy_schedule(draft, observed.bound_pod)
    admitted = draft.condition(ConditionType.ADMITTED)
    if admitted and admitted.reason == WaitReason.LEASE_UNAVAILABLE and task.status.attempts:
        draft.set(ConditionType.ADMITTED, "True", "Admitted", "")
    status.pending_inputs = None
    if failed:
        status.failed = (status.failed or 0) + 1
    succeeded = reason is Reason.SUBMITTED
    draft.set(ConditionType.SUCCEEDED, "True" if succeeded else "False", reason, message)
    status.completion_time = draft.now
    status.result = _result(observed, reason, outcome)
    draft.note(reason, message, warning=not succeeded)
    return list(draft.write())


def _result(observed: Observed, reason: Reason, outcome: Outcome | None) -> Result:
    lease = observed.leases.sent or observed.leases.taken if observed.leases else None
    result = Result(outcome=outcome_word(reason), evidence=list(observed.kept or ()) or None)
    if outcome is not None:
        result.ats = (outcome.ats or "")[:64] or None
        result.confirmation = (outcome.confirmation or "")[:1024] or None
        result.canonical_url = (outcome.canonical_url or "")[:2048] or None
        result.fields_filled = outcome.fields_filled
        result.llm_calls = outcome.llm_calls
        result.tokens = outcome.tokens
        result.seconds_by_stage = dict(list(outcome.seconds_by_stage.items())[:32]) or None
    elif lease is not None:
        result.confirmation = (lease.confirmation or "")[:1024] or None
        result.canonical_url = lease.url[:2048]
    return result


def _named(observed: Observed, words: str) -> str:
    return words.format(name=observed.task.name)
