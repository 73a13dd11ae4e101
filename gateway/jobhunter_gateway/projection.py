"""What one event changes in the store: its own row, and all that follows from it, in the caller's one transaction."""

from __future__ import annotations

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import EventType
from jobhunter_gateway import (
    applications_table,
    events_table,
    gone_task,
    hitl_audit,
    sites_table,
    task_steps,
    tasks_table,
)
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.incoming_event import IncomingEvent
from jobhunter_gateway.tasks_table import site_of_url

_ANSWERED = frozenset({EventType.HITL_RESPONSE, EventType.DRAFT_CONFIRM, EventType.DRAFT_EDIT})


async def project(connection: Connection, user_id: str, incoming: IncomingEvent) -> bool:
    """False where the event was written before: then nothing is done. Events may come in any order."""
    await tasks_table.ensure(connection, user_id, incoming.task_id, incoming.at)
    if not await events_table.add(connection, user_id, incoming):
        return False
    kind = incoming.event.type
    await task_steps.log(connection, user_id, incoming)
    if kind is EventType.APPLIER_START:
        url = incoming.data.get("url")
        url = url if isinstance(url, str) else None
        await tasks_table.started(connection, incoming.task_id, url)
        if site := site_of_url(url):
            await sites_table.seen(connection, site)
    elif kind in (EventType.HITL_REQUEST, EventType.DRAFT_REVIEW):
        if incoming.hitl_id is not None:
            await hitl_audit.asked(connection, user_id, incoming)
    elif kind in _ANSWERED:
        await hitl_audit.answered(connection, user_id, incoming)
    elif incoming.outcome is not None:
        submitted = incoming.outcome.reason is Reason.SUBMITTED
        await task_steps.ended(connection, incoming.task_id, incoming.attempt, completed=submitted)
        if await applications_table.completed(connection, user_id, incoming.outcome, incoming.at):
            await tasks_table.ended(connection, incoming.task_id, completed=submitted, at=incoming.at)
            await gone_task.ended_by_lease(connection, incoming.task_id)
    return True
