"""A message of the event stream, checked before anything is written: what it says, of which task and attempt."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import ValidationError

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.events import Event, EventType, complete_event_id, complete_event_id_of
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import event_subject, task_uid_of

_MAX_ATTEMPT = 10_000
_NUMBERED = re.compile(r"\.([0-9]{1,5})\.([0-9]{1,12})")
_UID = re.compile(r"[0-9A-Za-z_-]{1,64}")
_HITL_ID = re.compile(r"[0-9A-Za-z_.-]{1,64}")
_ASKING = frozenset(
    {
        EventType.HITL_REQUEST,
        EventType.HITL_RESPONSE,
        EventType.DRAFT_REVIEW,
        EventType.DRAFT_CONFIRM,
        EventType.DRAFT_EDIT,
    }
)
_PICTURE = "screenshot"


@dataclass(frozen=True)
class IncomingEvent:
    """attempt: 0 where there was none. data: without pictures. outcome: of applier:complete alone.

    at: when it happened, as its sender says; published_at: when NATS took it.
    """

    task_id: str
    event: Event
    attempt: int
    at: datetime
    published_at: datetime
    data: dict[str, Any]
    outcome: Outcome | None = None

    @property
    def hitl_id(self) -> str | None:
        """Of what is asked; None for a draft that nobody is asked about."""
        found = self.data.get("hitl_id")
        return str(found) if found is not None else None


def read_event(subject: str, payload: bytes, published_at: datetime) -> IncomingEvent:
    """Raises InvalidMessage for what is no event, not of the subject's task and type, or not to be kept."""
    task_id = task_uid_of(subject)
    event = Event.from_json(payload)
    if subject != event_subject(task_id, event.type) or not _UID.fullmatch(task_id):
        raise InvalidMessage("the event is not of the subject's task and type", where=subject)
    if event.type is EventType.BROWSER_SCREENSHOT:
        raise InvalidMessage("a live frame is no event to keep", where=subject)
    data = {key: value for key, value in event.data.items() if key != _PICTURE}
    outcome = _outcome(task_id, event)
    if event.type in _ASKING:
        hitl_id = data.get("hitl_id")
        nobody_asked = hitl_id is None and event.type is EventType.DRAFT_REVIEW
        if not nobody_asked and not (isinstance(hitl_id, str) and _HITL_ID.fullmatch(hitl_id)):
            raise InvalidMessage("hitl_id is not an id", where=subject)
    return IncomingEvent(
        task_id=task_id,
        event=event,
        attempt=outcome.attempt if outcome else _numbered_attempt(task_id, event),
        at=_moment(data.get("at"), published_at),
        published_at=published_at,
        data=data,
        outcome=outcome,
    )


def _outcome(task_id: str, event: Event) -> Outcome | None:
    if event.type is not EventType.APPLIER_COMPLETE:
        return None
    try:
        outcome = Outcome.model_validate(event.data)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        raise InvalidMessage(f"{first['loc']}: {first['msg']}", where="applier:complete") from error
    ids = (complete_event_id(task_id), complete_event_id_of(task_id, outcome.attempt))
    if event.event_id not in ids or outcome.task_uid != task_id:
        raise InvalidMessage("the outcome is of another task", where=event.event_id[:100])
    if not 0 <= outcome.attempt <= _MAX_ATTEMPT:
        raise InvalidMessage(f"there is no attempt {outcome.attempt}", where=event.event_id)
    return outcome


def _numbered_attempt(task_id: str, event: Event) -> int:
    found = _NUMBERED.fullmatch(event.event_id.removeprefix(task_id)) if event.event_id.startswith(task_id) else None
    if found is None:
        if event.type is EventType.CHAT_MESSAGE and re.fullmatch(
            re.escape(task_id) + r"\.[0-9A-Za-z_-]{1,100}", event.event_id
        ):
            return 0  # words about the task as a whole
        raise InvalidMessage("the event's id is not its task's", where=event.event_id[:100])
    if int(found[1]) > _MAX_ATTEMPT:
        raise InvalidMessage(f"there is no attempt {found[1]}", where=event.event_id)
    return int(found[1])


def _moment(text: object, otherwise: datetime) -> datetime:
    try:
        moment = datetime.fromisoformat(str(text))
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return otherwise
