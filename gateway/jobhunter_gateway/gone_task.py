"""What the store makes of a task that is gone from the cluster: no resource will say any more how it ended."""

from __future__ import annotations

from datetime import UTC, datetime

from jobhunter_gateway import applications_table, tasks_table
from jobhunter_gateway.connection import Connection


async def removed(connection: Connection, task_id: str) -> None:
    """The resource is gone: what ran ended with it."""
    await tasks_table.removed(connection, task_id, datetime.now(UTC))
    await ended_by_lease(connection, task_id)


async def ended_by_lease(connection: Connection, task_id: str) -> None:
    """Where a task was deleted before its end was told, its submission lease says whether it was, or may have been, sent.

    Deletion, lease and the runner's last word come in any order: this is called after each.
    """
    if await applications_table.left_behind(connection, task_id) == applications_table.SUBMITTED:
        await tasks_table.ended(connection, task_id, completed=True, at=datetime.now(UTC))


async def settled(connection: Connection, task_id: str, *, sent: bool) -> None:
    """A person's word on what was unconfirmed."""
    await applications_table.settled(connection, task_id, sent=sent, at=datetime.now(UTC))
    if sent:
        await tasks_table.settled_as_sent(connection, task_id)
