"""events: what the world was told of each task, once each, without pictures."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobhunter_contracts.events import Event
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.incoming_event import IncomingEvent


async def add(connection: Connection, user_id: str, incoming: IncomingEvent) -> bool:
    """False where it was there already. Of two ends of one task (they share their id) the later attempt's stays."""
    event = incoming.event
    written = await connection.fetchval(
        """INSERT INTO events AS e
             (event_id, task_id, user_id, type, agent, message, data, attempt, at, published_at)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
           ON CONFLICT (event_id) DO UPDATE SET
             agent = excluded.agent, message = excluded.message, data = excluded.data, attempt = excluded.attempt,
             at = excluded.at, published_at = excluded.published_at
           WHERE e.type = 'applier:complete' AND e.attempt < excluded.attempt
           RETURNING true""",
        event.event_id,
        incoming.task_id,
        user_id,
        event.type,
        event.agent,
        event.message,
        incoming.data,
        incoming.attempt,
        incoming.at,
        incoming.published_at,
    )
    return bool(written)


@dataclass(frozen=True)
class StoredEvent:
    """published_at: when NATS took it."""

    event: Event
    published_at: datetime


async def after(connection: Connection, task_id: str, after: str | None = None, limit: int = 500) -> list[StoredEvent]:
    """Up to `limit` events of the task, in the order in which NATS took them.

    after: id of the last one had; where it is unknown (or None) they come from the first.
    """
    rows = await connection.fetch(
        """SELECT e.type, e.agent, e.message, e.data, e.at, e.published_at FROM events e
           LEFT JOIN events last ON last.event_id = $2 AND last.task_id = $1
           WHERE e.task_id = $1
             AND (last.event_id IS NULL OR (e.published_at, e.event_id) > (last.published_at, last.event_id))
           ORDER BY e.published_at, e.event_id LIMIT $3""",
        task_id,
        after,
        limit,
    )
    return [StoredEvent(_event(row), row["published_at"]) for row in rows]


def _event(row: Any) -> Event:
    return Event(
        type=row["type"],
        agent=row["agent"],
        message=row["message"],
        data=row["data"],
        timestamp=row["at"].strftime("%H:%M:%S"),
    )
