"""The assignment: what a browser pod is told when it is bound to a task (key <pod uid> in the assignment bucket)."""

from __future__ import annotations

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.subjects import Owner
from jobhunter_contracts.wire import Message


class Assignment(Message):
    """Created once under the pod's uid; seconds are what is left at the moment of binding.

    lease_identity: creation identity of the submission bucket; the runner presses nothing where the bucket's differs.
    hold_seconds: a pause between lease and press, for tests alone; 0 outside them.
    canonical_url: not known yet at binding; the runner finds it.
    """

    task_uid: str
    task_name: str
    namespace: str
    user_id: str
    attempt: int
    url: str
    review: Review
    owner: Owner
    allow_duplicate: bool = False
    soft_deadline_seconds: float
    active_deadline_seconds: float
    question_timeout_seconds: int
    review_timeout_seconds: int
    lease_identity: str
    hold_seconds: float = 0.0
