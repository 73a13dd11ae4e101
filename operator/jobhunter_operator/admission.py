"""Admission: may the task use a browser now? Where not, the Admitted condition says why, and nothing is lost."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from jobhunter_contracts.conditions import ConditionType, Reason, WaitReason
from jobhunter_contracts.names import pod_name
from jobhunter_operator.actions import Action, CreatePod, Look, Requeue
from jobhunter_operator.clock import active_left
from jobhunter_operator.finishing import end, end_by_lease
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Contender, Need, Observed, ProfileState
from jobhunter_operator.spec_faults import spec_fault
from jobhunter_operator.status_draft import StatusDraft

PROFILE_SECONDS = 3.0
"""How often a profile is looked for again while a task waits for it; a change in the store is told besides."""


def admit(observed: Observed, limits: Limits, now: datetime) -> list[Action]:
    """CreatePod where everything is in order; else an end, or a wait in words."""
    task = observed.task
    if task.spec.cancel:
        return end_by_lease(observed, Reason.CANCELLED, "The task was cancelled.", now)
    if fault := spec_fault(task.spec, limits):
        return end(observed, Reason.INVALID_SPEC, fault, now)
    if task.spec.suspend:
        return _wait(
            observed, WaitReason.SUSPENDED, "The task is suspended; set spec.suspend to false to go on.", now, 0
        )
    if task.status.start_time and active_left(task, now) <= 0:
        return end_by_lease(observed, Reason.DEADLINE_EXCEEDED, "activeDeadlineSeconds have passed.", now)
    if observed.gate:
        return _wait(observed, WaitReason.LEASE_UNAVAILABLE, observed.gate, now, 3)
    if observed.profile is None:
        before = task.condition(ConditionType.ADMITTED)
        waits = before is not None and before.reason == WaitReason.PROFILE_MISSING  # likely still: the leases can wait
        return [Look(frozenset({Need.PROFILE} if waits else {Need.PROFILE, Need.LEASES}))]
    if observed.profile.state in (ProfileState.MISSING, ProfileState.UNKNOWN):
        return _wait(observed, WaitReason.PROFILE_MISSING, observed.profile.message, now, PROFILE_SECONDS)
    if observed.profile.state is ProfileState.WRONG:
        return end(observed, Reason.INVALID_SPEC, observed.profile.message, now)
    if observed.leases is None:
        return [Look(frozenset({Need.LEASES}))]
    if observed.leases.why:
        return _wait(observed, WaitReason.LEASE_UNAVAILABLE, observed.leases.why, now, 3)
    if observed.leases.pressed:
        return end_by_lease(observed, Reason.SUBMISSION_UNCONFIRMED, "", now)
    if observed.leases.others and not task.spec.allow_duplicate:
        earlier = observed.leases.others[0]
        said = f"{earlier.task_name} applied for this posting at {earlier.at:%Y-%m-%d %H:%M} UTC ({earlier.state})."
        said += " Nothing was sent now. To apply again, create a task with spec.allowDuplicate: true."
        return end(observed, Reason.DUPLICATE_APPLICATION, said, now)
    if wait := slot_wait(observed, limits):
        return _wait(observed, *wait, now, 10)
    if observed.pod_invalid:
        return end(observed, Reason.INVALID_SPEC, observed.pod_invalid, now)
    if observed.pod_refused:
        return _wait(observed, WaitReason.QUOTA_EXCEEDED, observed.pod_refused, now, 10)
    if observed.name_taken:
        return _wait(observed, WaitReason.NAME_TAKEN, name_taken_words(observed), now, 1)
    return [CreatePod((task.status.attempts or 0) + 1)]


def name_taken_words(observed: Observed) -> str:
    """Mostly the pod of an earlier task of this name, which is still going away."""
    name = pod_name(observed.task.name, (observed.task.status.attempts or 0) + 1)
    return (
        f"Another's pod has the name {name}. The task goes on when it is gone; see kubectl get pod {name}"
        f" -n {observed.task.namespace}."
    )


def slot_wait(observed: Observed, limits: Limits) -> tuple[WaitReason, str] | None:
    """Which cap keeps the task waiting. Free sessions go by priority, then by age, to whom no cap of their own holds."""
    running = [c for c in observed.contenders if c.running]
    queue = sorted((c for c in observed.contenders if c.waiting), key=lambda c: (-c.priority, c.created, c.uid))
    for contender in queue:
        wait = _cap(contender, running, limits)
        if contender.uid == observed.task.uid:
            return wait
        if wait is None:
            running.append(contender)
    return None


def _cap(contender: Contender, running: Iterable[Contender], limits: Limits) -> tuple[WaitReason, str] | None:
    taken = list(running)
    if len(taken) >= limits.max_sessions:
        return WaitReason.CLUSTER_LIMIT, f"All of the cluster's {limits.max_sessions} sessions are in use or promised."
    own = sum(c.user_id == contender.user_id for c in taken)
    if own >= limits.max_sessions_per_user:
        return WaitReason.USER_LIMIT, f"All of this user's {limits.max_sessions_per_user} sessions are in use."
    most = limits.max_sessions_per_site
    if most is not None and sum(c.site == contender.site for c in taken) >= most:
        return WaitReason.SITE_LIMIT, f"All of the {most} sessions for {contender.site} are in use."
    return None


def _wait(observed: Observed, reason: WaitReason, message: str, now: datetime, again: float) -> list[Action]:
    draft = StatusDraft(observed.task, now)
    before = draft.condition(ConditionType.ADMITTED)
    if before is None or before.reason != reason:
        draft.note(reason, message, warning=reason is not WaitReason.SUSPENDED)
    draft.set(ConditionType.ADMITTED, "False", reason, message)
    return [*draft.write(), *([Requeue(again)] if again else [])]
