"""task_steps and execution_logs: of each attempt one step `apply`, and under it what was done, in words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobhunter_contracts.asks import DRAFT_PICTURE_BLOB
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import EventType
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.incoming_event import IncomingEvent

_SILENT = frozenset({EventType.SYSTEM_BROWSER_READY})


@dataclass(frozen=True)
class JobName:
    """What the job's page calls the job, and who hires; None where it does not say."""

    title: str | None
    company: str | None


async def names(connection: Connection, task_ids: Sequence[str]) -> dict[str, JobName]:
    """Of those of these tasks whose job's name was told by now, by the latest attempt that told it."""
    rows = await connection.fetch(
        """SELECT DISTINCT ON (task_id) task_id, payload ->> 'title' AS title, payload ->> 'company' AS company
           FROM task_steps WHERE task_id = ANY ($1) AND payload ? 'title' ORDER BY task_id, step_order DESC""",
        list(task_ids),
    )
    return {row["task_id"]: JobName(row["title"], row["company"]) for row in rows}


async def log(connection: Connection, user_id: str, incoming: IncomingEvent) -> None:
    """Writes the event under its attempt's step; nothing for words that are of no attempt."""
    if incoming.attempt < 1:
        return
    silent = incoming.event.type in _SILENT
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
        _payload(incoming),
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


def _payload(incoming: IncomingEvent) -> dict[str, Any]:
    """What is told of the attempt as a whole: where it began, and the job's name, which a draft is the first to say."""
    told = {EventType.APPLIER_START: ("url",), EventType.DRAFT_REVIEW: ("title",)}.get(incoming.event.type, ())
    return {key: said for key in told if isinstance(said := incoming.data.get(key), str) and said}


def _level(incoming: IncomingEvent) -> str:
    if incoming.outcome is not None and incoming.outcome.reason is not Reason.SUBMITTED:
        return "warning"
    return "info"
