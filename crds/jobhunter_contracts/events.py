"""Events: what a runner (or the operator, for an end that only it can see) tells the world about a task.

The JSON is that of the WebSocket contract; one event is one JetStream message, its event_id the message id.
"""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal

from pydantic import model_validator

from jobhunter_contracts.wire import Message, rfc3339


class EventType(StrEnum):
    """All event types. `SYSTEM_BROWSER_READY` is internal: viewers do not get it."""

    SYSTEM_BROWSER_READY = "system:browser-ready"
    APPLIER_START = "applier:start"
    APPLIER_NAVIGATE = "applier:navigate"
    APPLIER_CLICK = "applier:click"
    APPLIER_TYPE = "applier:type"
    APPLIER_UPLOAD = "applier:upload"
    APPLIER_COMPLETE = "applier:complete"
    BROWSER_SCREENSHOT = "browser:screenshot"
    HITL_REQUEST = "hitl:request"
    HITL_RESPONSE = "hitl:response"
    DRAFT_REVIEW = "draft:review"
    DRAFT_CONFIRM = "draft:confirm"
    DRAFT_EDIT = "draft:edit"
    CHAT_MESSAGE = "chat:message"


LIFECYCLE = (
    EventType.SYSTEM_BROWSER_READY,
    EventType.APPLIER_START,
    EventType.HITL_REQUEST,
    EventType.HITL_RESPONSE,
    EventType.DRAFT_REVIEW,
    EventType.DRAFT_CONFIRM,
    EventType.DRAFT_EDIT,
    EventType.APPLIER_COMPLETE,
)
"""What the operator consumes."""
_ATTEMPT_DIGITS = 9


class Event(Message):
    """One event.

    timestamp: HH:MM:SS in UTC. data always carries event_id (unique for ever: "<task uid>.<attempt>.<number>") and at
    (RFC 3339 with milliseconds). Further keys by type:

    - applier:start {url, task_id, attempt}
    - hitl:request {hitl_id, context, kind, options, suggestions, deadline, required, reason}; message is the question
    - hitl:response {hitl_id, state: answered or expired, response_length}; the length is for the audit, not for viewers
    - draft:review {hitl_id, context, fields, deadline, digest, picture: blob name}; never the picture itself
    - draft:confirm {hitl_id}, draft:edit {hitl_id, message}
    - applier:complete: an Outcome's keys (see outcome.py); event_id is "<task uid>.complete", so that it is stored once.
      The operator writes ".<attempt>" behind it where an earlier attempt's end has that id: the later attempt's holds
    """

    type: EventType
    agent: Literal["applier", "agent", "system"]
    message: str
    data: dict[str, Any]
    timestamp: str

    @model_validator(mode="after")
    def _identified(self) -> Event:
        if not isinstance(self.data.get("event_id"), str) or not self.data["event_id"]:
            raise ValueError("data carries no event_id")
        return self

    @property
    def event_id(self) -> str:
        return str(self.data["event_id"])

    @property
    def attempt(self) -> int | None:
        """The attempt that sent it, None for an event of the whole task."""
        parts = self.event_id.split(".")
        is_number = len(parts) == 3 and parts[1].isdecimal() and len(parts[1]) <= _ATTEMPT_DIGITS
        return int(parts[1]) if is_number else None


def event_id(task_uid: str, attempt: int, number: int) -> str:
    """Unique for ever, and in order within an attempt."""
    return f"{task_uid}.{attempt}.{number:06d}"


def complete_event_id(task_uid: str) -> str:
    """The one id of a task's applier:complete, whoever sends it."""
    return f"{task_uid}.complete"


def complete_event_id_of(task_uid: str, attempt: int) -> str:
    """Of the end that follows an earlier attempt's, which was not the task's."""
    return f"{complete_event_id(task_uid)}.{attempt}"


def make_event(
    kind: EventType,
    message: str,
    data: dict[str, Any],
    *,
    event_id: str,
    agent: Literal["applier", "agent", "system"] = "applier",
    at: datetime | None = None,
) -> Event:
    """An event of now (or of `at`), with event_id, at and timestamp filled in."""
    moment = at or datetime.now(UTC)
    full = {**data, "event_id": event_id, "at": rfc3339(moment, milliseconds=True)}
    return Event(
        type=kind, agent=agent, message=message, data=full, timestamp=moment.astimezone(UTC).strftime("%H:%M:%S")
    )
