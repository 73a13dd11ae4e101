"""Binding: which pod is the task's own. Status names pod and attempt, the pod is born owned, the assignment follows."""

from __future__ import annotations

from datetime import datetime

from jobhunter_contracts import names
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import ConditionType
from jobhunter_contracts.subjects import Owner
from jobhunter_operator.actions import Action, CreateAssignment, DeletePod, ForgetAttempt, Requeue
from jobhunter_operator.clock import active_left, elapsed, waited
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Observed
from jobhunter_operator.pod_facts import PodFacts
from jobhunter_operator.status_draft import StatusDraft

OVERDUE_SECONDS = 10
"""After the end of its grace period a pod that is still there stands on a node that does not answer."""


def newborn(observed: Observed) -> PodFacts | None:
    """The pod of the next attempt, created but not yet named by status (an operator that died in between finds it so)."""
    following = (observed.task.status.attempts or 0) + 1
    return next((pod for pod in observed.pods if pod.attempt == following and not pod.terminating), None)


def bind(observed: Observed, pod: PodFacts, now: datetime) -> list[Action]:
    """Status names the pod; admission and its first conditions go in the same write."""
    task, draft = observed.task, StatusDraft(observed.task, now)
    status, before = draft.status, task.status.pod_uid
    if before is not None:
        status.failed = (status.failed or 0) + 1
    draft.set(ConditionType.ADMITTED, "True", "Admitted", "A browser pod is its own.")
    draft.set(ConditionType.BROWSER_READY, "False", "Starting", "The browser is starting.")
    if draft.condition(ConditionType.WAITING_FOR_INPUT):
        status.waited_seconds = round(waited(task, now)) or None
        draft.set(ConditionType.WAITING_FOR_INPUT, "False", "NotAsked", "")
    status.pod_name, status.pod_uid, status.attempts = pod.name, pod.uid, pod.attempt
    status.pending_inputs = None
    status.start_time = status.start_time or draft.now
    draft.note("Admitted" if pod.attempt == 1 else "PodReplaced", f"Attempt {pod.attempt}: browser pod {pod.name}.")
    copy_schedule(draft, pod)
    return [*draft.write(), *([ForgetAttempt(before)] if before else [])]


def copy_schedule(draft: StatusDraft, pod: PodFacts) -> None:
    """PodScheduled, as the pod has it; that no node takes it is told once."""
    if pod.scheduled is None:
        draft.set(ConditionType.POD_SCHEDULED, "False", "Pending", "The scheduler has not seen the pod yet.")
        return
    status, reason, message = pod.scheduled
    before = draft.condition(ConditionType.POD_SCHEDULED)
    if status == "False" and (before is None or before.reason != reason):
        draft.note(reason or "Pending", message, warning=True)
    draft.set(ConditionType.POD_SCHEDULED, status, reason or ("Scheduled" if status == "True" else "Pending"), message)


def strays(observed: Observed, now: datetime) -> list[Action]:
    """Pods of earlier attempts that status no longer names: they are stopped before another is born."""
    actions: list[Action] = []
    for pod in observed.pods:
        actions += stop(pod, now)
    return actions


def stop(pod: PodFacts, now: datetime) -> list[Action]:
    """Delete a pod; one whose grace ended long ago is removed without its node's word. The lease guards the press."""
    if pod.deletion is None:
        return [DeletePod(pod.name, pod.uid), Requeue(2)]
    overdue = (now - pod.deletion).total_seconds() - OVERDUE_SECONDS
    return (
        [DeletePod(pod.name, pod.uid, force=True), Requeue(2)] if overdue >= 0 else [Requeue(min(5.0, -overdue + 0.5))]
    )


def assignment(observed: Observed, pod: PodFacts, limits: Limits, now: datetime) -> CreateAssignment:
    """What the pod is told; seconds are those left now."""
    task, spec = observed.task, observed.task.spec
    soft = max(0.0, spec.soft_deadline_seconds - elapsed(task, now))
    return CreateAssignment(
        pod.uid,
        Assignment(
            task_uid=task.uid,
            task_name=task.name,
            namespace=task.namespace,
            user_id=spec.user_id,
            attempt=pod.attempt,
            url=spec.url or "",
            review=spec.review,
            owner=Owner.OPERATOR if spec.profile_ref else Owner.GATEWAY,
            allow_duplicate=spec.allow_duplicate,
            soft_deadline_seconds=round(soft, 1),
            active_deadline_seconds=round(max(0.0, active_left(task, now)), 1),
            question_timeout_seconds=spec.question_timeout_seconds,
            review_timeout_seconds=spec.review_timeout_seconds,
            lease_identity=observed.lease_identity,
            hold_seconds=_hold(observed, limits),
        ),
    )


def _hold(observed: Observed, limits: Limits) -> float:
    if not limits.test_holds:
        return 0.0
    try:
        return max(0.0, float((observed.task.metadata.get("annotations") or {}).get(names.ANNOTATION_TEST_HOLD, 0)))
    except ValueError:
        return 0.0
