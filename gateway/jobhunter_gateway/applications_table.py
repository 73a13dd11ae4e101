"""applications: how each task ended. An event tells first; the resource, once it has ended, has the last word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobhunter_contracts.application_task import ApplicationTask, Result
from jobhunter_contracts.conditions import ConditionType, Reason
from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.outcome import Outcome, outcome_word
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_gateway.connection import Connection

SUBMITTED = "submitted"
UNCONFIRMED = "unconfirmed"
NOT_SENT = "not-sent"
"""Of an unconfirmed submission that a person settled as not sent."""
_COLUMNS = (
    "task_id, canonical_url, ats, company, title, outcome, reason, submitted_at, ended_at, seconds, evidence, attempt"
)


@dataclass(frozen=True)
class StoredApplication:
    """outcome: submitted, not-submitted, unconfirmed, not-sent or error.

    evidence: {"confirmation", "references", "settled": sent or notSent, where a person said so after the task was gone}.
    """

    task_id: str
    canonical_url: str | None
    ats: str | None
    company: str | None
    title: str | None
    outcome: str
    reason: str | None
    submitted_at: datetime | None
    ended_at: datetime
    seconds: float | None
    evidence: dict[str, Any]
    attempt: int


async def completed(connection: Connection, user_id: str, outcome: Outcome, at: datetime) -> bool:
    """What applier:complete says; False where it does not count: a later attempt's was there, or the outcome was decided.

    Outcome and reason stay then.
    """
    evidence = {"confirmation": outcome.confirmation} if outcome.confirmation else {}
    written = await connection.fetchval(
        """INSERT INTO applications AS a (task_id, user_id, canonical_url, ats, company, title, outcome, reason,
             submitted_at, ended_at, seconds, evidence, attempt)
           VALUES ($1, $2, coalesce($3, (SELECT url FROM tasks WHERE id = $1)), $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
           ON CONFLICT (task_id) DO UPDATE SET
             canonical_url = coalesce($3, a.canonical_url), ats = coalesce($4, a.ats),
             company = coalesce($5, a.company), title = coalesce($6, a.title),
             outcome = CASE WHEN a.decided THEN a.outcome ELSE $7 END,
             reason = CASE WHEN a.decided THEN a.reason ELSE $8 END,
             submitted_at = CASE WHEN a.decided THEN a.submitted_at ELSE $9 END,
             ended_at = CASE WHEN a.decided THEN a.ended_at ELSE $10 END,
             seconds = coalesce($11, a.seconds), evidence = a.evidence || $12, attempt = $13
           WHERE a.attempt <= $13
           RETURNING NOT decided""",
        outcome.task_uid,
        user_id,
        outcome.canonical_url,
        outcome.ats,
        outcome.company,
        outcome.title,
        outcome.outcome,
        outcome.reason,
        at if outcome.reason is Reason.SUBMITTED else None,
        at,
        _seconds(outcome.seconds_by_stage),
        evidence,
        outcome.attempt,
    )
    return bool(written)


async def decided(connection: Connection, task: ApplicationTask) -> None:
    """The resource's end, and later the person's word on it (settle); nothing where it has not ended."""
    done = task.condition(ConditionType.SUCCEEDED)
    if done is None or done.status == "Unknown":
        return
    result = task.status.result or Result()
    reason = next((r for r in Reason if r == done.reason), None)
    outcome = result.outcome or outcome_word(reason)
    ended_at = task.status.completion_time or done.last_transition_time
    evidence: dict[str, Any] = {"confirmation": result.confirmation} if result.confirmation else {}
    if result.evidence:
        evidence["references"] = [one.model_dump(mode="json") for one in result.evidence]
    await connection.execute(
        """INSERT INTO applications AS a (task_id, user_id, canonical_url, ats, outcome, reason, submitted_at, ended_at,
             seconds, evidence, attempt, decided)
           VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, true)
           ON CONFLICT (task_id) DO UPDATE SET
             canonical_url = coalesce($12, a.canonical_url, $3), ats = coalesce($4, a.ats), outcome = $5, reason = $6,
             submitted_at = CASE WHEN $5 = 'submitted' THEN coalesce(a.submitted_at, $7) END, ended_at = $8,
             seconds = coalesce($9, a.seconds), evidence = a.evidence || $10, decided = true""",
        task.uid,
        task.spec.user_id,
        result.canonical_url or _normal(task.spec.url),
        result.ats,
        outcome,
        done.reason,
        ended_at if outcome == SUBMITTED else None,
        ended_at,
        _seconds(result.seconds_by_stage),
        evidence,
        task.status.attempts or 0,
        result.canonical_url,
    )


async def left_behind(connection: Connection, task_id: str) -> str | None:
    """The end of a task that was deleted in the middle: its lease has the last word, if it says sent or taken.

    The outcome, None where the lease or a person's word changes nothing.
    """
    outcome: str | None = await connection.fetchval(
        """INSERT INTO applications AS a (task_id, user_id, canonical_url, outcome, reason, submitted_at, ended_at)
           SELECT t.id, t.user_id, s.record ->> 'url',
                  CASE s.record ->> 'state' WHEN 'sent' THEN 'submitted' ELSE 'unconfirmed' END,
                  CASE s.record ->> 'state' WHEN 'sent' THEN 'Submitted' ELSE 'SubmissionUnconfirmed' END,
                  CASE s.record ->> 'state' WHEN 'sent' THEN t.deleted_at END, t.deleted_at
           FROM tasks t JOIN submissions s ON s.task_uid = t.id
           WHERE t.id = $1 AND t.deleted_at IS NOT NULL AND s.record ->> 'state' IN ('sent', 'taken')
           ORDER BY s.record ->> 'state' LIMIT 1
           ON CONFLICT (task_id) DO UPDATE SET
             outcome = excluded.outcome, reason = excluded.reason, submitted_at = excluded.submitted_at
           WHERE NOT a.decided AND a.outcome <> 'submitted'
           RETURNING outcome""",
        task_id,
    )
    return outcome


async def settled(connection: Connection, task_id: str, *, sent: bool, at: datetime) -> None:
    """A person's word on what was unconfirmed when the task went."""
    await connection.execute(
        """UPDATE applications
           SET outcome = $2, reason = $3, submitted_at = $4, evidence = evidence || $5, decided = true
           WHERE task_id = $1 AND outcome = 'unconfirmed'""",
        task_id,
        SUBMITTED if sent else NOT_SENT,
        Reason.SUBMITTED if sent else Reason.SUBMISSION_UNCONFIRMED,
        at if sent else None,
        {"settled": "sent" if sent else "notSent"},
    )


async def page(connection: Connection, limit: int, before: str | None = None) -> list[StoredApplication]:
    """Up to `limit` of the user's applications, the last ended first. before: task id of the last one had."""
    rows = await connection.fetch(
        f"""SELECT {_COLUMNS} FROM applications WHERE $2::text IS NULL
              OR (ended_at, task_id) < (SELECT b.ended_at, b.task_id FROM applications b WHERE b.task_id = $2)
            ORDER BY ended_at DESC, task_id DESC LIMIT $1""",  # noqa: S608 - a constant
        limit,
        before,
    )
    return [StoredApplication(**row) for row in rows]


async def all_of_user(connection: Connection) -> list[StoredApplication]:
    """All of them, in the same order: for the export."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM applications ORDER BY ended_at DESC, task_id DESC"  # noqa: S608 - a constant
    )
    return [StoredApplication(**row) for row in rows]


async def get(connection: Connection, task_ids: Sequence[str]) -> dict[str, StoredApplication]:
    """Those of these tasks that have ended, by task id."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM applications WHERE task_id = ANY ($1)",  # noqa: S608 - a constant
        list(task_ids),
    )
    return {row["task_id"]: StoredApplication(**row) for row in rows}


def _seconds(by_stage: dict[str, float] | None) -> float | None:
    return round(sum(by_stage.values()), 3) if by_stage else None


def _normal(url: str | None) -> str | None:
    try:
        return normal_posting_url(url) if url else None
    except InvalidUrl:
        return url


async def sent_or_unknown(connection: Connection) -> list[tuple[str, set[str]]]:
    """Task id and addresses (as applied for, and canonical) of each application that was sent, or may have been."""
    rows = await connection.fetch(
        """SELECT a.task_id, a.canonical_url, t.url FROM applications a JOIN tasks t ON t.id = a.task_id
           WHERE a.outcome IN ('submitted', 'unconfirmed') ORDER BY a.ended_at DESC"""
    )
    return [(row["task_id"], {url for url in (row["canonical_url"], row["url"]) if url}) for row in rows]
