"""Pods that are lost, fail, or are stopped: a replacement only after the old pod is gone and the lease was read."""

from __future__ import annotations

from datetime import datetime

from jobhunter_contracts.conditions import ConditionType, Reason, WaitReason
from jobhunter_contracts.outcome import Outcome
from jobhunter_operator import waiting
from jobhunter_operator.actions import Action, CreatePod, ForgetAttempt, Look, Requeue
from jobhunter_operator.admission import name_taken_words
from jobhunter_operator.binding import stop
from jobhunter_operator.finishing import end, end_by_lease, lease_verdict, lease_wait
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Need, Observed
from jobhunter_operator.pod_facts import PodFacts
from jobhunter_operator.status_draft import StatusDraft

REPORT_GRACE_SECONDS = 2.0
"""How long a pod's end is not yet believed to be a failure: its event may be on the way."""


def _gone_first(observed: Observed, now: datetime) -> list[Action]:
    """What is still to be done until the bound pod is surely gone; empty once it is."""
    pod = observed.bound_pod
    if pod is not None:
        return stop(pod, now)
    if observed.old_pod_gone is None:
        return [Look(frozenset({Need.OLD_POD}))]
    return [] if observed.old_pod_gone else [Requeue(0.5)]


def cancel(observed: Observed, now: datetime) -> list[Action]:
    """The pod is stopped, then the lease is read: what may have been sent is not called cancelled."""
    return _gone_first(observed, now) or end_by_lease(observed, Reason.CANCELLED, "The task was cancelled.", now)


def exceed_deadline(observed: Observed, now: datetime) -> list[Action]:
    """As cancel, with the active deadline's reason."""
    words = f"activeDeadlineSeconds ({observed.task.spec.active_deadline_seconds}) have passed."
    return _gone_first(observed, now) or end_by_lease(observed, Reason.DEADLINE_EXCEEDED, words, now)


def suspend(observed: Observed, limits: Limits, now: datetime) -> list[Action]:
    """Stop the running browser and count no failure; but what has pressed is let finish."""
    pod = observed.bound_pod
    if observed.leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if pod is not None and not pod.terminating:
        if observed.leases.why:
            return lease_wait(observed, observed.leases, now, runs=True)
        if observed.leases.pressed:
            return waiting.progress(observed, pod, limits, now)
    return _gone_first(observed, now) or _suspended(observed, now)


def _suspended(observed: Observed, now: datetime) -> list[Action]:
    leases = observed.leases
    if leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if leases.why:
        return lease_wait(observed, leases, now)
    verdict = lease_verdict(observed, leases)
    if verdict:
        return end(observed, *verdict, now)
    draft = StatusDraft(observed.task, now)
    status = draft.status
    words = "The task is suspended and its browser was stopped; set spec.suspend to false to go on."
    draft.set(ConditionType.ADMITTED, "False", WaitReason.SUSPENDED, words)
    draft.set(ConditionType.POD_SCHEDULED, "False", "Suspended", "")
    draft.set(ConditionType.BROWSER_READY, "False", "Suspended", "")
    if draft.condition(ConditionType.WAITING_FOR_INPUT):
        draft.set(ConditionType.WAITING_FOR_INPUT, "False", "Suspended", "")
    status.pod_name = status.pod_uid = status.pending_inputs = None
    status.start_time = status.waited_seconds = None  # as a Job's: its deadlines begin anew when it goes on
    draft.note("Suspended", words)
    before = observed.task.status.pod_uid
    return [*draft.write(), *([ForgetAttempt(before)] if before else [])]


def lost(observed: Observed, outcome: Outcome | None, limits: Limits, now: datetime) -> list[Action]:
    """The bound pod ended without a final outcome, or is gone: its attempt has failed."""
    task, pod = observed.task, observed.bound_pod
    if pod is not None and not pod.ended:
        return stop(pod, now)  # somebody deleted it; nothing is decided before it is gone
    if pod is not None and outcome is None and pod.ended_at is not None:
        early = REPORT_GRACE_SECONDS - (now - pod.ended_at).total_seconds()
        if early > 0:
            return [Requeue(early + 0.1)]
    if pod is None and (waits := _gone_first(observed, now)):
        return waits
    if task.spec.suspend and pod is None:
        return _suspended(observed, now)
    if observed.leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if observed.leases.why:
        return lease_wait(observed, observed.leases, now)
    verdict = lease_verdict(observed, observed.leases)
    if verdict:
        return end(observed, *verdict, now, failed=True)
    why = _why(pod, outcome)
    if (task.status.failed or 0) >= task.spec.backoff_limit:
        words = f"{why} backoffLimit ({task.spec.backoff_limit}) is used up."
        return end(observed, Reason.BACKOFF_LIMIT_EXCEEDED, words, now, failed=True)
    if waits := _gone_first(observed, now):
        return waits
    return _replace(observed, why, now)


def _replace(observed: Observed, why: str, now: datetime) -> list[Action]:
    if observed.pod_invalid:
        return end(observed, Reason.INVALID_SPEC, f"{why} {observed.pod_invalid}", now, failed=True)
    draft = StatusDraft(observed.task, now)
    if observed.name_taken:
        draft.set(ConditionType.ADMITTED, "False", WaitReason.NAME_TAKEN, f"{why} {name_taken_words(observed)}")
        return [*draft.write(), Requeue(1)]
    if observed.pod_refused:
        draft.set(ConditionType.ADMITTED, "False", WaitReason.QUOTA_EXCEEDED, f"{why} {observed.pod_refused}")
        return [*draft.write(), Requeue(10)]
    return [CreatePod((observed.task.status.attempts or 0) + 1)]


def _why(pod: PodFacts | None, outcome: Outcome | None) -> str:
    if outcome is not None and outcome.message:
        return outcome.message
    return pod.failure if pod is not None else "The browser pod vanished."
