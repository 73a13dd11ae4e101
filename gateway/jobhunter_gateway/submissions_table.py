"""submissions: the submission bucket's records, so that a lost bucket can be reseeded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobhunter_gateway.connection import Connection


@dataclass(frozen=True)
class SubmissionRow:
    """key, record, revision: as in the bucket. bucket_created: which bucket; a later one's records replace an earlier's."""

    key: str
    task_uid: str
    record: dict[str, Any]
    revision: int
    bucket_created: datetime


async def put(connection: Connection, user_id: str, row: SubmissionRow) -> bool:
    """Writes it for the transaction's user; False where what is there is as new. An older revision changes nothing."""
    written = await connection.fetchval(
        """INSERT INTO submissions AS s (key, user_id, task_uid, record, revision, bucket_created)
           VALUES ($1, $2, $3, $4, $5, $6)
           ON CONFLICT (key) DO UPDATE SET user_id = excluded.user_id, task_uid = excluded.task_uid,
             record = excluded.record, revision = excluded.revision, bucket_created = excluded.bucket_created,
             updated_at = clock_timestamp()
           WHERE (s.bucket_created, s.revision) < (excluded.bucket_created, excluded.revision)
             OR (s.user_id IS NULL AND (s.bucket_created, s.revision) = (excluded.bucket_created, excluded.revision))
           RETURNING true""",
        row.key,
        user_id,
        row.task_uid,
        row.record,
        row.revision,
        row.bucket_created,
    )
    return bool(written)


async def put_unowned(connection: Connection, row: SubmissionRow) -> None:
    """Writes one whose task nobody knows: reseeding needs it, whoever's it is. The connection needs no user."""
    await connection.execute(
        "SELECT keep_submission_unowned($1, $2, $3, $4, $5)",
        row.key,
        row.task_uid,
        row.record,
        row.revision,
        row.bucket_created,
    )


async def of_user(connection: Connection) -> list[SubmissionRow]:
    """By key."""
    return await all_rows(connection)


async def all_rows(connection: Connection) -> list[SubmissionRow]:
    """What the connection may see, by key: a user's own, or all as the owner of the tables."""
    rows = await connection.fetch(
        "SELECT key, task_uid, record, revision, bucket_created FROM submissions ORDER BY key"
    )
    return [SubmissionRow(**row) for row in rows]
