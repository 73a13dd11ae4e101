"""The heart: from what is observed of a task to what is done about it. Pure; the chapters beside it do the parts.

admission  may it use a browser now?       binding   which pod is its own
waiting    what a running pod tells        failing   a pod that was lost, stopped or failed
finishing  how it ends                     settling  what happens after the end
"""

from __future__ import annotations

from datetime import datetime

from jobhunter_operator import admission, binding, failing, finishing, settling, waiting
from jobhunter_operator.actions import Action, Requeue
from jobhunter_operator.clock import active_left, waiting_since
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import Observed
from jobhunter_operator.status_draft import ended


def decide(observed: Observed, limits: Limits, now: datetime) -> list[Action]:
    """What to do now, in order. After any action but Requeue the task is observed and decided again."""
    task = observed.task
    if task.metadata.get("deletionTimestamp"):
        return []  # the garbage collector stops the pod
    if ended(task):
        return settling.after_the_end(observed, now)
    newborn = binding.newborn(observed)
    if newborn is not None:
        return binding.bind(observed, newborn, now)
    if task.status.pod_uid is None:
        return binding.strays(observed, now) or admission.admit(observed, limits, now)

    outcome = finishing.reported(observed)
    if outcome is not None and outcome.reason is not None:
        end = finishing.by_report(observed, outcome, now)
        if not task.spec.cancel or not all(isinstance(action, Requeue) for action in end):
            return end  # while a report can be neither believed nor not, a cancelled browser is stopped all the same
    if task.spec.cancel:
        return failing.cancel(observed, now)
    if waiting_since(task) is None and active_left(task, now) <= 0:
        return waiting.catch_up(observed, now) or failing.exceed_deadline(observed, now)
    pod = observed.bound_pod
    if pod is None or pod.ended or (pod.terminating and not task.spec.suspend):
        return failing.lost(observed, outcome, limits, now)
    if task.spec.suspend:
        return failing.suspend(observed, limits, now)
    return waiting.progress(observed, pod, limits, now)
