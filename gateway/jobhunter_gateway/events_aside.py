"""events_aside: events of tasks that nobody knew in time. They wait here, with the words why, until the task is seen."""

from __future__ import annotations

from jobhunter_contracts.events import Event
from jobhunter_contracts.subjects import event_subject
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.incoming_event import IncomingEvent, read_event


async def keep(connection: Connection, incoming: IncomingEvent, why: str) -> None:
    """Keeps it, once; the connection needs no user."""
    await connection.execute(
        "SELECT keep_event_aside($1, $2, $3, $4, $5)",
        incoming.event.event_id,
        incoming.task_id,
        incoming.event.model_copy(update={"data": incoming.data}).to_json(),
        incoming.published_at,
        why,
    )


async def take(connection: Connection, task_id: str) -> list[IncomingEvent]:
    """Takes out all of a task that is now known to be the transaction's user's, in order."""
    rows = await connection.fetch(
        "DELETE FROM events_aside WHERE task_id = $1 RETURNING payload, published_at, event_id", task_id
    )
    found = []
    for row in sorted(rows, key=lambda one: (one["published_at"], one["event_id"])):
        kind = Event.from_json(row["payload"]).type
        found.append(read_event(event_subject(task_id, kind), row["payload"], row["published_at"]))
    return found
