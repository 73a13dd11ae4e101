"""task_steps and execution_logs: of each attempt one step `apply`, and under it what was done, in words."""

from __future__ import annotations

from jobhunter_contracts.asks import DRAFT_PICTURE_BLOB
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import EventType
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.incoming_event import IncomingEvent

_SILENT = frozenset({EventType.SYSTEM_BROWSER_READY})


async def log(connection: Connection, user_id: str, incoming: IncomingEvent) -> None:
    """Writes the event under its attempt's step; nothing for words that are of no attempt."""
    if incoming.attempt < 1:
        return
    silent = incoming.event.type in _SILENT
    payload = {}
    if incoming.event.type is EventType.APPLIER_START and isinstance(incoming.data.get("url"), str):
        payload["url"] = incoming.data["url"]
    await connection.execute(
        """WITH step AS (
             INSERT INTO task_steps AS s (task_id, user_id, step_order, action_type, status, payload)
             VALUES ($1, $2, $3, 'apply', 'running', $4)
             ON CONFLICT (task_id, step_order) DO UPDATE SET payload = s.payload || excluded.payload RETURNING id)
           INSERT INTO execution_logs (step_id, user_id, event_id, log_level, message, screenshot_path, at)
           SELECT id, $2, $5, $6, $7, $8, $9 FROM step WHERE NOT $10
           ON CONFLICT (event_id) DO UPDATE SET
             step_id = excluded.step_id, log_level = excluded.log_level, message = excluded.message, at = excluded.at""",
        incoming.task_id,
        user_id,
        incoming.attempt,
        payload,
        incoming.event.event_id,
        _level(incoming),
        incoming.event.message,
        DRAFT_PICTURE_BLOB if incoming.data.get("picture") else None,
        incoming.at,
        silent,
    )


async def ended(connection: Connection, task_id: str, attempt: int, *, completed: bool) -> None:
    """The attempt is over, and with it those before it that were never heard of again."""
    await connection.execute(
        """UPDATE task_steps SET status = CASE WHEN step_order = $2 AND $3 THEN 'completed' ELSE 'failed' END,
           updated_at = clock_timestamp()
           WHERE task_id = $1 AND (step_order = $2 OR (step_order < $2 AND status IN ('queued', 'running')))""",
        task_id,
        attempt,
        completed,
    )


def _level(incoming: IncomingEvent) -> str:
    if incoming.outcome is not None and incoming.outcome.reason is not Reason.SUBMITTED:
        return "warning"
    return "info"
