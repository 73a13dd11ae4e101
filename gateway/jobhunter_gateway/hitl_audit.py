"""hitl_audit: what was asked and when it was answered, with the length of the answer and never the answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlKind, HitlState
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.incoming_event import IncomingEvent

_MAX_LENGTH = 2**31 - 1


@dataclass(frozen=True)
class AuditRow:
    """answered_at and response_length are None while it is open, and where it expired."""

    task_id: str
    hitl_id: str
    kind: str | None
    asked_at: datetime | None
    answered_at: datetime | None
    response_length: int | None
    expired: bool


async def asked(connection: Connection, user_id: str, incoming: IncomingEvent) -> None:
    """A question (hitl:request) or a draft (draft:review) waits for a person."""
    kind = HitlKind.REVIEW if incoming.event.type is EventType.DRAFT_REVIEW else str(incoming.data.get("kind", ""))
    await connection.execute(
        """INSERT INTO hitl_audit (task_id, hitl_id, user_id, kind, asked_at) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (task_id, hitl_id) DO UPDATE SET kind = excluded.kind, asked_at = excluded.asked_at""",
        incoming.task_id,
        incoming.hitl_id,
        user_id,
        kind[:32],
        incoming.at,
    )


async def answered(connection: Connection, user_id: str, incoming: IncomingEvent) -> None:
    """hitl:response, draft:confirm or draft:edit: the first word on it gives the time, any the length."""
    expired = incoming.data.get("state") == HitlState.EXPIRED
    await connection.execute(
        """INSERT INTO hitl_audit AS h (task_id, hitl_id, user_id, answered_at, response_length, expired)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (task_id, hitl_id) DO UPDATE SET
             answered_at = least(h.answered_at, excluded.answered_at),
             response_length = coalesce(h.response_length, excluded.response_length),
             expired = h.expired OR excluded.expired""",
        incoming.task_id,
        incoming.hitl_id,
        user_id,
        None if expired else incoming.at,
        None if expired else _length(incoming),
        expired,
    )


async def of_task(connection: Connection, task_id: str) -> list[AuditRow]:
    """In the order in which they were asked."""
    rows = await connection.fetch(
        """SELECT task_id, hitl_id, kind, asked_at, answered_at, response_length, expired FROM hitl_audit
           WHERE task_id = $1 ORDER BY asked_at, hitl_id""",
        task_id,
    )
    return [AuditRow(**row) for row in rows]


def _length(incoming: IncomingEvent) -> int | None:
    """Characters of the answer: as the runner says, else those of the change that a person wants to a draft."""
    told = incoming.data.get("response_length")
    if isinstance(told, int) and 0 <= told <= _MAX_LENGTH:
        return told
    text = incoming.data.get("message")
    return len(text) if incoming.event.type is EventType.DRAFT_EDIT and isinstance(text, str) else None
