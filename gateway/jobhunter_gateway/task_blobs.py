"""task_blobs: bytes that a task leaves behind, by name (draft.jpg, draft.json, confirmation.jpg); the last of a name stays."""

from __future__ import annotations

import hashlib

from jobhunter_contracts.errors import BadUpload
from jobhunter_contracts.subjects import BLOB_LIMIT
from jobhunter_gateway import tasks_table
from jobhunter_gateway.connection import Connection


async def put(connection: Connection, user_id: str, task_id: str, name: str, data: bytes) -> None:
    """Keeps the blob. Raises BadUpload where it has more than BLOB_LIMIT bytes."""
    if len(data) > BLOB_LIMIT:
        raise BadUpload(f"{name} has {len(data):,} bytes, more than {BLOB_LIMIT:,}", where=f"task {task_id}")
    await tasks_table.ensure(connection, user_id, task_id)
    await connection.execute(
        """INSERT INTO task_blobs (task_id, name, user_id, data, sha256) VALUES ($1, $2, $3, $4, $5)
           ON CONFLICT (task_id, name) DO UPDATE
           SET data = excluded.data, sha256 = excluded.sha256, updated_at = clock_timestamp()""",
        task_id,
        name,
        user_id,
        data,
        hashlib.sha256(data).hexdigest(),
    )


async def get(connection: Connection, task_id: str, name: str) -> bytes | None:
    """None where there is none of that name, or the task is not the transaction's user's."""
    found: bytes | None = await connection.fetchval(
        "SELECT data FROM task_blobs WHERE task_id = $1 AND name = $2", task_id, name
    )
    return found


async def remove_all(connection: Connection, task_id: str) -> None:
    """All that the task left behind, and what of it was not whole yet."""
    await connection.execute("DELETE FROM task_blobs WHERE task_id = $1", task_id)
    await connection.execute("DELETE FROM blob_chunks WHERE task_id = $1", task_id)
