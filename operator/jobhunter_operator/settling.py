"""After the end: the world is told once, a person may settle what was unconfirmed, the task goes when its time is up."""

from __future__ import annotations

from datetime import datetime, timedelta

from jobhunter_contracts.application_task import ApplicationTask, Result, Settlement
from jobhunter_contracts.conditions import ConditionType, Reason
from jobhunter_contracts.outcome import Outcome, outcome_word
from jobhunter_operator.actions import (
    Action,
    DeletePod,
    DeleteTask,
    ForgetAttempt,
    Look,
    PublishComplete,
    Requeue,
    SettleLease,
)
from jobhunter_operator.answers import answer_the_ended
from jobhunter_operator.observed import Need, Observed
from jobhunter_operator.status_draft import StatusDraft, ended_with

LINGER_SECONDS = 30.0
"""How long a pod that reported its outcome may take to end by itself."""
NOT_SENT = "not-sent"
TOLD_FOR = timedelta(days=1)
"""After so long an end is not published again: the stream may have dropped it for its age. Nor is an attempt forgotten."""


def after_the_end(observed: Observed, now: datetime) -> list[Action]:
    """Succeeded is terminal: no later event changes it, settle alone does."""
    task = observed.task
    done_at = task.status.completion_time or now
    actions: list[Action] = []
    if now - done_at < TOLD_FOR:
        if not observed.complete_published:
            actions.append(PublishComplete(_outcome(task)))
        if not observed.forgotten and task.status.pod_uid:
            actions.append(ForgetAttempt(task.status.pod_uid))
    if actions:
        return actions
    if task.spec.settle and ended_with(task, Reason.SUBMISSION_UNCONFIRMED) and (said := _settle(observed, now)):
        return said
    if late := answer_the_ended(observed, now):
        return late
    waits: list[float] = []
    for pod in observed.pods:
        if not pod.ended and not pod.terminating:
            left = LINGER_SECONDS - (now - done_at).total_seconds()
            if left <= 0:
                actions.append(DeletePod(pod.name, pod.uid))
            else:
                waits.append(left + 0.1)
    ttl = task.spec.ttl_seconds_after_finished
    if ttl is not None and not _unsettled(task):
        left = ttl - (now - done_at).total_seconds()
        if left <= 0:
            return [DeleteTask()]
        waits.append(left + 0.1)
    return [*actions, *([Requeue(min(waits))] if waits else [])]


def _unsettled(task: ApplicationTask) -> bool:
    """Whether a person is still to say if the application was sent; a task that is deleted cannot be asked about."""
    said = task.status.result is not None and task.status.result.outcome == NOT_SENT
    return ended_with(task, Reason.SUBMISSION_UNCONFIRMED) and not said


def _settle(observed: Observed, now: datetime) -> list[Action]:
    """The person's word: into the lease first, then into status."""
    task = observed.task
    sent = task.spec.settle is Settlement.SENT
    if not sent and task.status.result and task.status.result.outcome == NOT_SENT:
        return []
    if observed.leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if observed.leases.why:
        return [Requeue(3)]
    if observed.leases.taken or (sent and not observed.leases.sent):
        return [SettleLease(sent)]
    draft = StatusDraft(task, now)
    status = draft.status
    status.result = status.result or Result()
    if sent:
        words = "The application was sent, as the person said."
        draft.set(ConditionType.SUCCEEDED, "True", Reason.SUBMITTED, words)
        status.result.outcome = outcome_word(Reason.SUBMITTED)
    else:
        words = "The application was not sent, as the person said; another task for this posting may apply."
        draft.set(ConditionType.SUCCEEDED, "False", Reason.SUBMISSION_UNCONFIRMED, words)
        status.result.outcome = NOT_SENT
    draft.note("Settled", words)
    return list(draft.write())


def _outcome(task: ApplicationTask) -> Outcome:
    """The end as an outcome, from status alone."""
    done = task.condition(ConditionType.SUCCEEDED)
    reason = Reason(done.reason) if done else Reason.SUBMISSION_UNCONFIRMED
    result = task.status.result or Result()
    return Outcome(
        task_uid=task.uid,
        attempt=task.status.attempts or 0,
        outcome=outcome_word(reason),
        reason=reason,
        message=done.message if done else "",
        confirmation=result.confirmation,
        canonical_url=result.canonical_url,
        ats=result.ats,
        fields_filled=result.fields_filled or 0,
        llm_calls=result.llm_calls or 0,
        tokens=result.tokens or 0,
        seconds_by_stage=result.seconds_by_stage or {},
    )
