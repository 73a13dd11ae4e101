"""What was observed of one task, all that `decide` may know, and what it may ask to be looked at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from jobhunter_contracts.application_task import ApplicationTask, Evidence
from jobhunter_contracts.events import Event
from jobhunter_contracts.hitl import HitlRecord
from jobhunter_contracts.submission import BLOCKING, LeaseState, SubmissionLease
from jobhunter_operator.pod_facts import PodFacts


class Need(StrEnum):
    """What is looked at only where the decision hangs on it."""

    LEASES = "leases"
    PROFILE = "profile"
    OLD_POD = "old-pod"
    QUESTIONS = "questions"
    SECRETS = "secrets"
    KEPT = "kept"


@dataclass(frozen=True)
class LeaseView:
    """The submission leases that matter to the task. why: what keeps them from being read, empty where they were read.

    since: when the bucket was created. mine: the task's own presses, in order. others: blocking presses of other tasks for
    the posting that spec.url names.
    """

    why: str = ""
    since: datetime | None = None
    mine: tuple[SubmissionLease, ...] = ()
    others: tuple[SubmissionLease, ...] = ()

    @property
    def sent(self) -> SubmissionLease | None:
        return next((lease for lease in self.mine if lease.state is LeaseState.SENT), None)

    @property
    def taken(self) -> SubmissionLease | None:
        return next((lease for lease in self.mine if lease.state is LeaseState.TAKEN), None)

    @property
    def pressed(self) -> bool:
        """Whether the task pressed, or may have, with nothing said since that it was not sent."""
        return any(lease.state in BLOCKING for lease in self.mine)


class ProfileState(StrEnum):
    USABLE = "usable"
    MISSING = "missing"
    WRONG = "wrong"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class ProfileView:
    """The profile: in the Secret that spec.profileRef names, or in the store. message: why it is not usable, what to do.

    UNKNOWN: the gateway, which keeps the store, does not say.
    """

    state: ProfileState
    message: str = ""


@dataclass(frozen=True)
class QuestionsView:
    """Records of the questions looked at by id, None for one that is not there. readable: False where NATS gave no answer."""

    readable: bool = True
    records: Mapping[str, HitlRecord | None] = field(default_factory=dict)


@dataclass(frozen=True)
class SecretAnswer:
    """The answer that a secretKeyRef leads to, or the fault that keeps it from being read."""

    value: str | None = field(default=None, repr=False)
    fault: str = ""


@dataclass(frozen=True)
class Contender:
    """A task, as far as it competes for sessions: running holds a session, waiting wants one."""

    uid: str
    user_id: str
    site: str
    priority: int
    created: str
    running: bool
    waiting: bool


@dataclass(frozen=True)
class Observed:
    """One task and what belongs to it. A field that is None was not looked at; `decide` answers Look to have it.

    pods: owned by the task, as watched. events: not yet acknowledged, of earlier attempts too. caught_up: whether all that
    was said while nobody listened is among them. gate: why nothing may be admitted (the submission bucket), empty where it
    may. old_pod_gone: whether a GET confirmed that the pod in status is not there. pod_refused: the API server's words, where
    it refused a new pod; pod_invalid: where the spec's podTemplate is why. name_taken: the new pod's name belongs to something
    else. assigned: the bound pod's assignment is there. complete_published: applier:complete is in the stream. forgotten:
    nothing is left in NATS that was for the bound pod alone.
    """

    task: ApplicationTask
    pods: tuple[PodFacts, ...] = ()
    events: tuple[Event, ...] = ()
    caught_up: bool = True
    contenders: tuple[Contender, ...] = ()
    gate: str = ""
    lease_identity: str = ""
    old_pod_gone: bool | None = None
    leases: LeaseView | None = None
    profile: ProfileView | None = None
    questions: QuestionsView | None = None
    secrets: Mapping[tuple[str, str], SecretAnswer] | None = None
    kept: tuple[Evidence, ...] | None = None
    pod_refused: str = ""
    pod_invalid: str = ""
    name_taken: bool = False
    assigned: bool = False
    complete_published: bool = False
    forgotten: bool = False

    @property
    def heard(self) -> tuple[Event, ...]:
        """Events of the bound pod's attempt; those of an earlier attempt, or before the binding, are nothing to it."""
        status = self.task.status
        return tuple(e for e in self.events if status.pod_uid is not None and e.attempt == status.attempts)

    @property
    def bound_pod(self) -> PodFacts | None:
        """The pod that status names, if it is there."""
        uid = self.task.status.pod_uid
        return next((pod for pod in self.pods if uid and pod.uid == uid), None)
