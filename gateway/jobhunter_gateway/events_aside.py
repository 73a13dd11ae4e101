"""events_aside: events of tasks that nobody knew in time. They wait here, with the words why, until the task is seen.

Those that the tables refused stay for somebody to look at: written again they would be refused again.
"""

from __future__ import annotations

import logging

import asyncpg

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.events import Event
from jobhunter_contracts.subjects import event_subject
from jobhunter_gateway.connection import REFUSALS, Connection
from jobhunter_gateway.incoming_event import IncomingEvent, read_event
from jobhunter_gateway.projection import project

logger = logging.getLogger(__name__)


async def keep(connection: Connection, incoming: IncomingEvent, why: str, *, refused: bool) -> None:
    """Keeps it, once; the connection needs no user."""
    await connection.execute(
        "SELECT keep_event_aside($1, $2, $3, $4, $5, $6)",
        incoming.event.event_id,
        incoming.task_id,
        incoming.event.model_copy(update={"data": incoming.data}).to_json(),
        incoming.published_at,
        why,
        refused,
    )


async def readmit(connection: Connection, user_id: str, task_id: str) -> int:
    """Projects what waits for a task that is now known to be the transaction's user's; how many were."""
    rows = await connection.fetch(
        """SELECT event_id, payload, published_at FROM events_aside WHERE task_id = $1 AND NOT refused
           ORDER BY published_at, event_id FOR UPDATE""",
        task_id,
    )
    admitted = 0
    for row in rows:
        try:
            async with connection.transaction():
                kind = Event.from_json(row["payload"]).type
                incoming = read_event(event_subject(task_id, kind), row["payload"], row["published_at"])
                await project(connection, user_id, incoming)
                await connection.execute("DELETE FROM events_aside WHERE event_id = $1", row["event_id"])
            admitted += 1
        except (*REFUSALS, InvalidMessage) as error:
            logger.error("event %s cannot be written and stays aside: %s", row["event_id"], error)
            why = refusal_words(error)
            await connection.execute(
                "UPDATE events_aside SET refused = true, why = $2 WHERE event_id = $1", row["event_id"], why
            )
    return admitted


def refusal_words(error: asyncpg.PostgresError | Exception) -> str:
    return f"the store refuses it: {type(error).__name__}: {error}"[:500]
