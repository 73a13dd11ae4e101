"""What `decide` can answer with. Each is safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from jobhunter_contracts.application_task import ApplicationTaskStatus
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.outcome import Outcome
from jobhunter_operator.observed import Need


@dataclass(frozen=True)
class Look:
    """Observe these too, then decide again. questions: their ids; secrets: (name, key)."""

    needs: frozenset[Need]
    questions: frozenset[str] = frozenset()
    secrets: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class CreatePod:
    """Create the pod of that attempt, owned by the task."""

    attempt: int


@dataclass(frozen=True)
class DeletePod:
    """Delete that very pod. force: without waiting for a node that does not answer."""

    name: str
    uid: str
    force: bool = False


@dataclass(frozen=True)
class Note:
    """A Kubernetes Event on the task."""

    reason: str
    message: str
    type: Literal["Normal", "Warning"] = "Normal"


@dataclass(frozen=True)
class WriteStatus:
    """Replace the status, guarded by resourceVersion; then tell people the notes."""

    status: ApplicationTaskStatus
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True)
class CreateAssignment:
    pod_uid: str
    assignment: Assignment


@dataclass(frozen=True)
class ForgetAttempt:
    """What NATS keeps for that pod alone goes: its assignment, answers to secrets that it never read."""

    pod_uid: str


@dataclass(frozen=True)
class ForwardResponse:
    """Answer the open question in the hitl bucket; who answered first wins."""

    hitl_id: str
    value: str = field(repr=False)


@dataclass(frozen=True)
class SettleLease:
    """Record a person's word on the task's unconfirmed presses."""

    sent: bool


@dataclass(frozen=True)
class PublishComplete:
    """See that the task's one applier:complete is in the stream."""

    outcome: Outcome


@dataclass(frozen=True)
class DeleteTask:
    """ttlSecondsAfterFinished has passed."""


@dataclass(frozen=True)
class Requeue:
    """Decide again after so many seconds, if nothing happens before. unheard: what was heard is not looked into yet."""

    seconds: float
    unheard: bool = False


Action = (
    Look
    | CreatePod
    | DeletePod
    | WriteStatus
    | CreateAssignment
    | ForgetAttempt
    | ForwardResponse
    | SettleLease
    | PublishComplete
    | DeleteTask
    | Requeue
)
