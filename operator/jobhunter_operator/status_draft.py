"""A status being drafted: conditions with their transition times, the phase and the reason that follow from them."""

from __future__ import annotations

from datetime import datetime

from jobhunter_contracts.application_task import ApplicationTask, ApplicationTaskStatus, Condition, ResponseState
from jobhunter_contracts.conditions import ConditionType, Phase, Reason, WaitReason
from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import site_of
from jobhunter_operator.actions import Note, WriteStatus

_MESSAGE_LIMIT = 2000  # characters of a condition's message: status is never more than a page


class StatusDraft:
    """A copy of the task's status that is changed step by step, and written only where it differs in the end."""

    def __init__(self, task: ApplicationTask, now: datetime) -> None:
        self._before = task.status
        self._generation = task.generation
        self.now = now.replace(microsecond=0)
        self.status: ApplicationTaskStatus = task.status.model_copy(deep=True)
        self.notes: list[Note] = []
        self.answers_weighed: bool | None = None
        if self.status.site is None and task.spec.url:
            self.status.site = _site(task.spec.url)

    def condition(self, kind: ConditionType) -> Condition | None:
        return next((c for c in self.status.conditions or [] if c.type == kind), None)

    def set(
        self, kind: ConditionType, status: str, reason: str, message: str = "", *, since: datetime | None = None
    ) -> None:
        """Sets a condition; its transition time is `since`, without it moves only where the status changes."""
        old = self.condition(kind)
        same_since = old.last_transition_time if old and old.status == status else self.now
        new = Condition(
            type=kind,
            status=status,
            reason=reason,
            message=message[:_MESSAGE_LIMIT],
            last_transition_time=since or same_since,
            observed_generation=self._generation,
        )
        if old and new.model_copy(update={"observed_generation": old.observed_generation}) == old:
            return
        others = [c for c in self.status.conditions or [] if c.type != kind]
        order = list(ConditionType)
        self.status.conditions = sorted([*others, new], key=lambda c: order.index(c.type))

    def note(self, reason: str, message: str, *, warning: bool = False) -> None:
        """A Kubernetes Event, told once the status is written."""
        self.notes.append(Note(reason, message[:1000], "Warning" if warning else "Normal"))

    def write(self) -> list[WriteStatus]:
        """The write, or none where nothing changed."""
        if self._is_acted_on():
            self.status.observed_generation = self._generation
        if self.condition(ConditionType.SUCCEEDED) is None:
            self.set(ConditionType.SUCCEEDED, "Unknown", "Unfinished", "")
        self.status.phase, self.status.reason = self._phase()
        if self.status == self._before:
            return []
        return [WriteStatus(self.status, tuple(self.notes))]

    def _is_acted_on(self) -> bool:
        """Whether nothing of the spec waits: an answer that was not taken may have been corrected, see answers.unresolved."""
        if self._is(ConditionType.SUCCEEDED, "Unknown") is None:
            return True
        if self.answers_weighed is not None:
            return self.answers_weighed
        not_taken = (ResponseState.REFUSED, ResponseState.UNKNOWN)
        return all(entry.state not in not_taken for entry in self._before.responses or [])

    def _is(self, kind: ConditionType, status: str) -> Condition | None:
        found = self.condition(kind)
        return found if found and found.status == status else None

    def _phase(self) -> tuple[Phase, str | None]:
        if done := self._is(ConditionType.SUCCEEDED, "True"):
            return Phase.SUCCEEDED, done.reason
        if done := self._is(ConditionType.SUCCEEDED, "False"):
            return Phase.FAILED, done.reason
        if waits := self._is(ConditionType.ADMITTED, "False"):
            return (Phase.SUSPENDED if waits.reason == WaitReason.SUSPENDED else Phase.QUEUED), waits.reason
        if asks := self._is(ConditionType.WAITING_FOR_INPUT, "True"):
            return Phase.WAITING_FOR_INPUT, asks.reason
        if self._is(ConditionType.BROWSER_READY, "True"):
            return Phase.RUNNING, None
        if self._is(ConditionType.ADMITTED, "True"):
            scheduled = self._is(ConditionType.POD_SCHEDULED, "False")
            if scheduled and scheduled.reason == "Unschedulable":
                return Phase.STARTING, scheduled.reason
            ready = self._is(ConditionType.BROWSER_READY, "False")
            return Phase.STARTING, ready.reason if ready and ready.reason != "Starting" else None
        return Phase.PENDING, None


def ended(task: ApplicationTask) -> Condition | None:
    """The Succeeded condition, if it is terminal."""
    found = task.condition(ConditionType.SUCCEEDED)
    return found if found and found.status in ("True", "False") else None


def ended_with(task: ApplicationTask, reason: Reason) -> bool:
    done = ended(task)
    return done is not None and done.reason == reason


def _site(url: str) -> str | None:
    try:
        return site_of(url)[:253]
    except InvalidUrl:
        return None  # the spec's fault, which ends the task InvalidSpec
