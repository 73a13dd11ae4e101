"""What the world is told of an attempt: events, numbered within the attempt, and at the end the outcome.

No event of the runner carries a value that it typed, an answer or a picture; a draft's table alone shows values, as
people are to see them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol
from urllib.parse import urlsplit, urlunsplit

from jobhunter_contracts.asks import DRAFT_PICTURE_BLOB
from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.events import Event, EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.hitl import HitlRecord, HitlState
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.wire import rfc3339

DRAFT_VALUE_LIMIT = 1_000
"""Characters of one value in a draft:review event; the whole of it is in the draft.json blob."""
DRAFT_TITLE_LIMIT = 300
"""Characters of the page's title in a draft:review event."""
DRAFT_EVENT_LIMIT = 400_000
"""Characters of all values in a draft:review event: one NATS message has at most 1 MiB."""


class EventSink(Protocol):
    """Where events go. `send` never waits for the other side; order is kept."""

    def send(self, event: Event) -> None: ...


class Report:
    """Events of one attempt of one task."""

    def __init__(self, sink: EventSink, task_uid: str, attempt: int) -> None:
        self._sink = sink
        self._task_uid = task_uid
        self._attempt = attempt
        self._number = 0
        self._complete = False

    def browser_ready(self, pod_uid: str, pod_name: str) -> None:
        self._send(
            EventType.SYSTEM_BROWSER_READY, "Browser ready", {"pod_uid": pod_uid, "pod_name": pod_name}, agent="system"
        )

    def start(self, url: str) -> None:
        data = {"url": shown_url(url), "task_id": self._task_uid, "attempt": self._attempt}
        self._send(EventType.APPLIER_START, f"Applying at {place(url)}", data)

    def navigate(self, url: str) -> None:
        self._send(EventType.APPLIER_NAVIGATE, f"Navigating to {place(url)}", {"url": shown_url(url)})

    def click(self, label: str, selector: str) -> None:
        self._send(EventType.APPLIER_CLICK, f"Pressing {label!r}", {"label": label, "selector": selector})

    def typed(self, label: str, token: str | None, source: str) -> None:
        self._send(EventType.APPLIER_TYPE, f"Filling {label!r}", {"label": label, "token": token, "source": source})

    def upload(self, label: str, filename: str, size: int) -> None:
        self._send(
            EventType.APPLIER_UPLOAD,
            f"Uploading {filename} ({size:,} bytes)",
            {"label": label, "filename": filename, "size": size},
        )

    def chat(self, message: str) -> None:
        self._send(EventType.CHAT_MESSAGE, message, {})

    def question(self, record: HitlRecord) -> None:
        """hitl:request, once the record can be answered."""
        data = {
            "hitl_id": record.id,
            "context": record.context,
            "kind": record.kind,
            "options": record.options,
            "suggestions": [each.model_dump(mode="json") for each in record.suggestions],
            "deadline": rfc3339(record.deadline),
            "required": record.required,
            "reason": record.reason,
        }
        self._send(EventType.HITL_REQUEST, record.question, data)

    def answered(self, hitl_id: str, response_length: int) -> None:
        """hitl:response; never the answer. response_length: its characters, for the audit."""
        data = {"hitl_id": hitl_id, "state": HitlState.ANSWERED, "response_length": response_length}
        self._send(EventType.HITL_RESPONSE, "Answered", data)

    def unanswered(self, hitl_id: str, why: str = "No answer came in time") -> None:
        """hitl:response for a question that nobody answers any more."""
        data = {"hitl_id": hitl_id, "state": HitlState.EXPIRED, "response_length": 0}
        self._send(EventType.HITL_RESPONSE, why, data)

    def draft(self, draft: Draft, *, deadline: str | None, context: str) -> None:
        """draft:review; a deadline of None says that nobody is waited for (review Skip)."""
        data = {
            "hitl_id": draft.hitl_id,
            "context": context,
            "title": draft.title[:DRAFT_TITLE_LIMIT],
            "fields": [_row(field) for field in _shortened(draft.fields)],
            "deadline": deadline,
            "digest": draft.digest,
            "picture": DRAFT_PICTURE_BLOB,
        }
        self._send(EventType.DRAFT_REVIEW, f"Draft for {place(draft.url)} with {len(draft.fields)} fields", data)

    def draft_confirmed(self, hitl_id: str, response: str) -> None:
        data = {"hitl_id": hitl_id, "response_length": len(response)}
        self._send(EventType.DRAFT_CONFIRM, "Draft confirmed", data)

    def draft_edited(self, hitl_id: str, response: str) -> None:
        data = {"hitl_id": hitl_id, "message": response, "response_length": len(response)}
        self._send(EventType.DRAFT_EDIT, "Draft to be changed", data)

    def complete(self, outcome: Outcome) -> None:
        """applier:complete, once and for a final outcome alone: an attempt that another may mend ends no task."""
        if outcome.reason is None:
            raise ValueError("an outcome without a reason is not final")
        if self._complete:
            return
        self._complete = True
        event = make_event(
            EventType.APPLIER_COMPLETE,
            outcome.message or outcome.reason,
            outcome.event_data(),
            event_id=complete_event_id(self._task_uid),
        )
        self._sink.send(event)

    def _send(
        self,
        kind: EventType,
        message: str,
        data: dict[str, Any],
        agent: Literal["applier", "agent", "system"] = "applier",
    ) -> None:
        self._number += 1
        name = event_id(self._task_uid, self._attempt, self._number)
        self._sink.send(make_event(kind, message, data, event_id=name, agent=agent))


def shown_url(url: str) -> str:
    """The URL without user, password and fragment."""
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, parts.query, ""))


def place(url: str) -> str:
    """Host and path, as people name a page."""
    parts = urlsplit(url)
    return parts.netloc.rpartition("@")[2] + parts.path


def _row(field: DraftField) -> dict[str, Any]:
    return field.model_dump(mode="json")


def _shortened(fields: Sequence[DraftField]) -> list[DraftField]:
    limit = min(DRAFT_VALUE_LIMIT, max(20, DRAFT_EVENT_LIMIT // max(1, len(fields))))
    return [f if len(f.value) <= limit else f.model_copy(update={"value": f.value[: limit - 1] + "…"}) for f in fields]
