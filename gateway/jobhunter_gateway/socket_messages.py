"""What goes over a socket, as text: events and frames to viewers, answers from them. Pure.

Frames and events come from a runner, which has read a stranger's page: what is not a frame or an event is refused here.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from jobhunter_contracts.errors import InvalidMessage, JobHunterError
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.subjects import (
    HEADER_AT,
    HEADER_HEIGHT,
    HEADER_PAGE_TITLE,
    HEADER_PAGE_URL,
    HEADER_WIDTH,
)
from jobhunter_contracts.wire import rfc3339

MESSAGE_LIMIT = 1024 * 1024
"""Bytes of a message from a client, at most."""

FRAME_LIMIT = 1024 * 1024
"""Bytes of a frame, at most: a message of NATS holds no more."""

CLOSE_OK = 1000
CLOSE_NOT_JSON = 1007
CLOSE_UNKNOWN_MESSAGE = 1008
CLOSE_TRY_AGAIN = 1013
CLOSE_NOT_YOURS = 4003
CLOSE_NO_SESSION = 4004

_FRAME = "~"  # no event's id has a tilde
_JPEG = b"\xff\xd8\xff"
_URL_LIMIT = 2048
_TITLE_LIMIT = 300
_SIDE_LIMIT = 16_384
_WITHHELD = frozenset({"response", "response_length", "digest", "picture"})
"""Keys of an event's data that are between our own parts."""


class NotJson(JobHunterError):
    """A client's message is not JSON."""

    code = "not-json"


class UnknownMessage(JobHunterError):
    """A client's message is JSON, and not one that the gateway takes."""

    code = "unknown-message"


@dataclass(frozen=True)
class Answer:
    """A client's hitl:response."""

    hitl_id: str
    response: str


def shown(event: Event) -> dict[str, Any] | None:
    """The event as viewers get it, without a picture; None for one that is not theirs to see."""
    if event.type in (EventType.SYSTEM_BROWSER_READY, EventType.BROWSER_SCREENSHOT):
        return None  # the one is between our parts, the other comes as a frame and not as an event
    data = {key: value for key, value in event.data.items() if key not in _WITHHELD}
    if event.type is EventType.DRAFT_REVIEW:
        data["screenshot"] = None
    return {
        "type": str(event.type),
        "agent": event.agent,
        "message": event.message,
        "data": data,
        "timestamp": event.timestamp,
    }


def with_picture(message: dict[str, Any], picture: bytes | None) -> dict[str, Any]:
    """A draft:review with its screenshot in base64; null where the picture is not there (any more)."""
    encoded = base64.b64encode(picture).decode("ascii") if picture else None
    return {**message, "data": {**message["data"], "screenshot": encoded}}


def text_of(message: dict[str, Any]) -> str:
    """JSON, ASCII only: a page's text may hold what UTF-8 cannot. Raises InvalidMessage for a number that JSON has not."""
    try:
        return json.dumps(message, separators=(",", ":"), allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise InvalidMessage(f"the event cannot be written as JSON: {error}", where=str(message.get("type"))) from error


def event_id_seen(event_id: str) -> str:
    """The last event that somebody has seen who has seen this event or frame."""
    return event_id.partition(_FRAME)[0]


def frame_text(data: bytes, headers: Mapping[str, str], last_event_id: str) -> str:
    """A frame as browser:screenshot. Its event_id names the event that it came after: ?after= with it loses nothing.

    Raises InvalidMessage for what is no JPEG, or says not when it was taken and how large it is.
    """
    if not data.startswith(_JPEG) or len(data) > FRAME_LIMIT:
        raise InvalidMessage(f"{len(data)} bytes that are no JPEG of at most {FRAME_LIMIT}", where="frame")
    at = _moment(headers.get(HEADER_AT, ""))
    message = {
        "type": str(EventType.BROWSER_SCREENSHOT),
        "agent": "applier",
        "message": "",
        "data": {
            "format": "jpeg",
            "width": _side(headers.get(HEADER_WIDTH, "")),
            "height": _side(headers.get(HEADER_HEIGHT, "")),
            "url": unquote(headers.get(HEADER_PAGE_URL, "")[: 3 * _URL_LIMIT])[:_URL_LIMIT],
            "title": unquote(headers.get(HEADER_PAGE_TITLE, "")[: 9 * _TITLE_LIMIT])[:_TITLE_LIMIT],
            "event_id": f"{last_event_id}{_FRAME}{int(at.timestamp() * 1000)}",
            "at": rfc3339(at, milliseconds=True),
        },
        "timestamp": at.strftime("%H:%M:%S"),
    }
    # Base64 needs no escaping: it goes in as it is, for json.dumps would look at each of its letters.
    head, tail = json.dumps(message, separators=(",", ":")).split('"data":{', 1)
    picture = binascii.b2a_base64(data, newline=False).decode("ascii")
    return f'{head}"data":{{"screenshot":"{picture}",{tail}'


def fault_text(hitl_id: str, error: JobHunterError, last_event_id: str) -> str:
    """What the client is told whose answer was not taken; it is stored nowhere. Its event_id is as a frame's."""
    now = datetime.now(UTC)
    data = {
        "hitl_id": hitl_id[:100],
        "code": error.code,
        "event_id": f"{last_event_id}{_FRAME}{time.time_ns() // 1000}",
        "at": rfc3339(now, milliseconds=True),
    }
    return text_of(
        {
            "type": str(EventType.CHAT_MESSAGE),
            "agent": "system",
            "message": str(error),
            "data": data,
            "timestamp": now.strftime("%H:%M:%S"),
        }
    )


def client_message(text: str | bytes) -> Answer:
    """A client's message. Raises NotJson, UnknownMessage, or InvalidMessage for an answer that is not whole."""
    try:
        message = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise NotJson("the message is not JSON") from error
    kind = message.get("type") if isinstance(message, dict) else None
    if kind != EventType.HITL_RESPONSE:
        raise UnknownMessage("there is no message of this type", remedy="Send hitl:response")
    hitl_id, response = message.get("hitl_id"), message.get("response")
    if not isinstance(hitl_id, str) or not isinstance(response, str):
        raise InvalidMessage("hitl_id and response must be text", where=str(EventType.HITL_RESPONSE))
    return Answer(hitl_id, response)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise InvalidMessage(f"{text[:40]!r} is no time", where=HEADER_AT) from error


def _side(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 6 or not 0 < int(text) <= _SIDE_LIMIT:
        raise InvalidMessage(f"{text[:40]!r} is no number of pixels", where="frame")
    return int(text)
