"""A world for `decide`: it carries out the actions on plain data, so that a test reads as what happens to a task."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from jobhunter_contracts.application_task import ApplicationTask, ApplicationTaskStatus, Condition, Evidence
from jobhunter_contracts.conditions import ConditionType, InputReason
from jobhunter_contracts.events import Event, EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.submission import LeaseState, SubmissionLease
from jobhunter_operator.actions import (
    Action,
    CreateAssignment,
    CreatePod,
    DeletePod,
    DeleteTask,
    ForgetAttempt,
    ForwardResponse,
    Look,
    Note,
    PublishComplete,
    Requeue,
    SettleLease,
    WriteStatus,
)
from jobhunter_operator.decide import decide
from jobhunter_operator.limits import Limits
from jobhunter_operator.observed import (
    Contender,
    LeaseView,
    Need,
    Observed,
    ProfileState,
    ProfileView,
    QuestionsView,
    SecretAnswer,
)
from jobhunter_operator.pod_facts import PodFacts

UID = "5f0c7d9e-task"
START = datetime(2026, 11, 21, 9, 0, 0, tzinfo=UTC)


@dataclass
class World:
    """Everything around one task. Change it, then go(): decide until nothing but time is left to wait for."""

    spec: dict[str, Any] = field(default_factory=dict)
    now: datetime = START
    limits: Limits = field(default_factory=Limits)
    status: ApplicationTaskStatus = field(default_factory=ApplicationTaskStatus)
    generation: int = 1
    annotations: dict[str, str] = field(default_factory=dict)
    deleted: bool = False
    pods: list[PodFacts] = field(default_factory=list)
    get_finds_pod: bool = False
    events: list[Event] = field(default_factory=list)
    contenders: list[Contender] = field(default_factory=list)
    caught_up: bool = True
    gate: str = ""
    leases: list[SubmissionLease] = field(default_factory=list)
    others: list[SubmissionLease] = field(default_factory=list)
    leases_unreadable: str = ""
    bucket_created: datetime = START - timedelta(days=1)
    profile: ProfileView = field(default_factory=lambda: ProfileView(ProfileState.USABLE))
    questions: dict[str, HitlRecord] = field(default_factory=dict)
    questions_readable: bool = True
    secrets: dict[tuple[str, str], SecretAnswer] = field(default_factory=dict)
    kept: tuple[Evidence, ...] = ()
    pod_refused: str = ""
    pod_invalid: str = ""
    name_taken: bool = False
    assigned: bool = False
    forgotten: list[str] = field(default_factory=list)
    published: list[Outcome] = field(default_factory=list)
    writes: int = 0
    notes: list[Note] = field(default_factory=list)
    again_in: list[float] = field(default_factory=list)
    settled: list[bool] = field(default_factory=list)
    task_deleted: bool = False
    _numbers: int = 0

    @property
    def task(self) -> ApplicationTask:
        base = {"userId": "asha", "url": "https://careers.example.com/jobs/1", "profileRef": {"name": "asha-profile"}}
        spec = {key: value for key, value in {**base, **self.spec}.items() if value is not None}
        metadata: dict[str, Any] = {
            "name": "asha-1",
            "namespace": "jobs",
            "uid": UID,
            "generation": self.generation,
            "annotations": self.annotations,
            "creationTimestamp": START.isoformat(),
        }
        if self.deleted:
            metadata["deletionTimestamp"] = self.now.isoformat()
        status = self.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        return ApplicationTask.model_validate({"metadata": metadata, "spec": spec, "status": status})

    def go(self, seconds: float = 0) -> list[Action]:
        """Lets time pass, then decides until nothing more is to be done at once; all that was done."""
        self.now += timedelta(seconds=seconds)
        self.again_in = []
        done: list[Action] = []
        looked: dict[str, Any] = {}
        for _ in range(25):
            actions = decide(self._observed(looked), self.limits, self.now)
            again = [self._carry_out(action, looked) for action in actions]
            done += actions
            if not any(again):
                return done
        raise AssertionError(f"no end: {done[-6:]}")

    def change(self, **spec: Any) -> None:
        """The person changes the spec."""
        self.spec = {**self.spec, **spec}
        self.generation += 1

    # what happens in the world

    def run(self) -> None:
        """The task is admitted, its pod runs, its browser answers."""
        self.go()
        self.say(EventType.SYSTEM_BROWSER_READY)
        self.go(1)

    def say(self, kind: EventType, *, attempt: int | None = None, **data: Any) -> None:
        """The runner publishes an event."""
        self._numbers += 1
        identity = event_id(UID, attempt or self.status.attempts or 1, self._numbers)
        self.events.append(make_event(kind, "", data, event_id=identity, at=self.now))

    def report(self, reason: str | None, *, attempt: int | None = None, **more: Any) -> None:
        """The runner reports its outcome by event."""
        outcome = self.outcome(reason, attempt=attempt, **more).model_dump(mode="json", exclude_none=True)
        self.events.append(
            make_event(EventType.APPLIER_COMPLETE, "", outcome, event_id=complete_event_id(UID), at=self.now)
        )

    def outcome(self, reason: str | None, *, attempt: int | None = None, **more: Any) -> Outcome:
        said = {"task_uid": UID, "attempt": attempt or self.status.attempts or 1, "outcome": "x", "reason": reason}
        return Outcome.model_validate({**said, **more})

    def end_pod(self, message: str = "", **more: Any) -> None:
        """The bound pod's runner ends."""
        self._change_pod(
            ended=True, ended_at=self.now, failure="The runner ended with Error.", termination_message=message, **more
        )

    def lose_pod(self) -> None:
        """The bound pod is gone from the API server."""
        self.pods = [pod for pod in self.pods if pod.uid != self.status.pod_uid]

    def _change_pod(self, **changes: Any) -> None:
        self.pods = [replace(pod, **changes) if pod.uid == self.status.pod_uid else pod for pod in self.pods]

    def change_pod(self, **changes: Any) -> None:
        self._change_pod(**changes)

    def press(self, state: LeaseState = LeaseState.TAKEN, *, mine: bool = True) -> SubmissionLease:
        """A press is recorded."""
        lease = SubmissionLease(
            task_uid=UID if mine else "other",
            task_name="asha-1" if mine else "asha-0",
            pod_uid=self.status.pod_uid or "",
            nonce="0" * 32,
            press=len(self.leases) + 1,
            url="https://careers.example.com/jobs/1",
            at=self.now,
            state=state,
        )
        (self.leases if mine else self.others).append(lease)
        return lease

    def ask(
        self, hitl_id: str = "hitl_1", *, kind: HitlKind = HitlKind.TEXT, seconds: float = 120, **more: Any
    ) -> None:
        """The runner asks a question."""
        self.questions[hitl_id] = HitlRecord(
            id=hitl_id,
            task_uid=UID,
            pod_uid=self.status.pod_uid or "",
            kind=kind,
            reason=InputReason.DRAFT_REVIEW if kind is HitlKind.REVIEW else InputReason.QUESTION,
            question="How many years of Go?",
            asked_at=self.now,
            deadline=self.now + timedelta(seconds=seconds),
            **more,
        )
        self.say(EventType.HITL_REQUEST, hitl_id=hitl_id)

    def close(self, hitl_id: str = "hitl_1", state: HitlState = HitlState.ANSWERED, by: str = "gateway") -> None:
        """A question is answered by somebody, or expires."""
        update: dict[str, Any] = {"state": state}
        if state is not HitlState.EXPIRED:
            update |= {"answered_by": by, "answered_at": self.now}
        self.questions[hitl_id] = self.questions[hitl_id].model_copy(update=update)
        self.say(EventType.HITL_RESPONSE, hitl_id=hitl_id)

    # what a test looks at

    def condition(self, kind: ConditionType) -> Condition:
        found = self.task.condition(kind)
        assert found is not None, f"no condition {kind}"
        return found

    def why(self) -> tuple[str, str]:
        """Status and reason of Succeeded."""
        done = self.condition(ConditionType.SUCCEEDED)
        return done.status, done.reason

    def waits(self) -> tuple[str, str]:
        """Status and reason of Admitted."""
        admitted = self.condition(ConditionType.ADMITTED)
        return admitted.status, admitted.reason

    def note_reasons(self) -> list[str]:
        return [note.reason for note in self.notes]

    # carrying out

    def _observed(self, looked: dict[str, Any]) -> Observed:
        own = Contender(UID, "asha", "careers.example.com", self.task.spec.priority, START.isoformat(), False, True)
        return Observed(
            task=self.task,
            pods=tuple(self.pods),
            events=tuple(self.events),
            caught_up=self.caught_up,
            contenders=(own, *self.contenders),
            gate=self.gate,
            lease_identity="" if self.gate else "the-bucket",
            old_pod_gone=looked.get(Need.OLD_POD),
            leases=looked.get(Need.LEASES),
            profile=looked.get(Need.PROFILE),
            questions=looked.get(Need.QUESTIONS),
            secrets=looked.get(Need.SECRETS),
            kept=looked.get(Need.KEPT),
            pod_refused=looked.get("refused", ""),
            pod_invalid=looked.get("invalid", ""),
            name_taken=looked.get("taken", False),
            assigned=self.assigned,
            complete_published=bool(self.published),
            forgotten=self.status.pod_uid in self.forgotten,
        )

    def _look(self, look: Look, looked: dict[str, Any]) -> None:
        records = {hitl_id: self.questions.get(hitl_id) for hitl_id in look.questions}
        there = any(pod.uid == self.status.pod_uid for pod in self.pods) or self.get_finds_pod
        views = {
            Need.LEASES: LeaseView(
                self.leases_unreadable or self.gate, self.bucket_created, tuple(self.leases), tuple(self.others)
            ),
            Need.PROFILE: self.profile,
            Need.OLD_POD: not there,
            Need.QUESTIONS: QuestionsView(self.questions_readable, records if self.questions_readable else {}),
            Need.SECRETS: {
                place: self.secrets.get(place, SecretAnswer(fault="It is not there.")) for place in look.secrets
            },
            Need.KEPT: self.kept,
        }
        for need in look.needs:
            assert need not in looked, f"looked at {need} twice"
            looked[need] = views[need]

    def _carry_out(self, action: Action, looked: dict[str, Any]) -> bool:
        match action:
            case Look():
                self._look(action, looked)
            case CreatePod():
                assert not self.pods, "a pod is created while another is there"
                if self.pod_refused or self.pod_invalid or self.name_taken:
                    looked["refused"], looked["taken"] = self.pod_refused, self.name_taken
                    looked["invalid"] = self.pod_invalid
                    return True
                self.pods.append(
                    PodFacts(f"asha-1-{action.attempt}", f"pod-{action.attempt}", UID, action.attempt, self.now)
                )
                self.assigned = False
            case WriteStatus():
                assert action.status != self.status, "a write that changes nothing"
                self.status = action.status
                self.writes += 1
                self.notes += action.notes
            case CreateAssignment():
                assert action.pod_uid == self.status.pod_uid, "an assignment before its binding"
                self.assigned = True
            case ForgetAttempt():
                self.assigned = False
                self.forgotten.append(action.pod_uid)
            case ForwardResponse():
                update = {"state": HitlState.ANSWERED, "answered_by": "kubectl", "response": action.value}
                update["answered_at"] = self.now
                self.questions[action.hitl_id] = self.questions[action.hitl_id].model_copy(update=update)
                looked.pop(Need.QUESTIONS, None)
                looked.pop(Need.SECRETS, None)
            case SettleLease():
                self.settled.append(action.sent)
                state = LeaseState.SENT if action.sent else LeaseState.NOT_SENT
                self.leases = [lease.model_copy(update={"state": state}) for lease in self.leases]
                if action.sent and not self.leases:
                    self.press(LeaseState.SENT)
                looked.pop(Need.LEASES, None)
            case PublishComplete():
                self.published.append(action.outcome)
            case DeletePod():
                gone = replace(self._pod(action.uid), deletion=self.now + timedelta(seconds=30))
                self.pods = [gone if pod.uid == action.uid else pod for pod in self.pods]
                if action.force:
                    self.pods = [pod for pod in self.pods if pod.uid != action.uid]
                return False
            case DeleteTask():
                self.task_deleted = True
                return False
            case Requeue():
                self.again_in.append(action.seconds)
                return False
        return True

    def _pod(self, uid: str) -> PodFacts:
        return next(pod for pod in self.pods if pod.uid == uid)


def kinds(actions: list[Action]) -> list[type]:
    """What was done, looks and waits left out."""
    return [type(action) for action in actions if not isinstance(action, (Look, Requeue))]
