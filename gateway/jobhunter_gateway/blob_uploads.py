"""Blobs that runners put in chunks. The chunks lie in Postgres until the last one makes the blob whole.

The chunks of one blob come to whichever gateway of the queue group is free, so no gateway can put them together from its
own memory; and what lies in the store outlives a gateway that ends between two of them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from jobhunter_contracts import asks
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import BadUpload, InvalidMessage
from jobhunter_contracts.subjects import BLOB_CHUNK, BLOB_LIMIT
from jobhunter_gateway import task_blobs, tasks_table
from jobhunter_gateway.connection import Connection

TABLE_LIMIT = 1024 * 1024
"""Bytes of draft.json, which is JSON that is parsed."""
_JPEG = b"\xff\xd8\xff"
_AGAIN = "Send it from the beginning"


@dataclass(frozen=True)
class Chunk:
    """offset: of `data` in the blob. size, sha256 (hex): of the whole blob."""

    task_id: str
    name: str
    offset: int
    size: int
    sha256: str
    data: bytes

    @property
    def end(self) -> int:
        return self.offset + len(self.data)


def check(chunk: Chunk) -> None:
    """Raises InvalidMessage or BadUpload for a chunk that nothing can be made of."""
    if chunk.name not in asks.PUT_BLOBS:
        raise InvalidMessage(f"{chunk.name!r} is not kept; {', '.join(sorted(asks.PUT_BLOBS))} are", where="put")
    limit = TABLE_LIMIT if chunk.name == asks.DRAFT_TABLE_BLOB else BLOB_LIMIT
    if not 0 < chunk.size <= limit:
        raise BadUpload(f"a blob of {chunk.size} bytes; 1 to {limit} are taken", where=chunk.name)
    if not 0 < len(chunk.data) <= BLOB_CHUNK or chunk.end > chunk.size:
        raise BadUpload(
            f"a chunk of {len(chunk.data)} bytes at {chunk.offset} does not fit into {chunk.size}", where=chunk.name
        )


async def add(connection: Connection, user_id: str, chunk: Chunk) -> bool:
    """Takes a chunk that was checked; whether the blob is whole, and kept in task_blobs, now.

    A repeated chunk (its answer was lost) is harmless. Raises BadUpload where chunks before it are not here or the bytes
    are not those of the sha256, InvalidMessage where the blob is not what its name says.
    """
    if chunk.offset == 0:
        await tasks_table.ensure(connection, user_id, chunk.task_id)
        await _drop(connection, chunk)
    elif not await _follows(connection, chunk):
        if await _kept_already(connection, chunk):
            return True
        raise BadUpload("the chunks before this one are not here", where=chunk.name, remedy=_AGAIN)
    if chunk.offset == 0 and chunk.end == chunk.size:
        whole = chunk.data
    else:
        await connection.execute(
            "INSERT INTO blob_chunks (user_id, task_id, name, start, size, sha256, data) VALUES ($1, $2, $3, $4, $5, $6, $7)"
            " ON CONFLICT (task_id, name, start) DO UPDATE SET data = excluded.data, at = now()",
            user_id, chunk.task_id, chunk.name, chunk.offset, chunk.size, chunk.sha256.lower(), chunk.data,
        )  # fmt: skip
        if chunk.end < chunk.size:
            return False
        whole = await _whole(connection, chunk)
    if hashlib.sha256(whole).hexdigest() != chunk.sha256.lower():
        raise BadUpload("its bytes are not those of its sha256", where=chunk.name, remedy=_AGAIN)
    _check_content(chunk.name, whole)
    await task_blobs.put(connection, user_id, chunk.task_id, chunk.name, whole)
    await _drop(connection, chunk)
    return True


def _check_content(name: str, whole: bytes) -> None:
    if name == asks.DRAFT_TABLE_BLOB:
        Draft.from_json(whole)
    elif not whole.startswith(_JPEG):
        raise InvalidMessage("it is no JPEG picture", where=name)


async def _drop(connection: Connection, chunk: Chunk) -> None:
    await connection.execute("DELETE FROM blob_chunks WHERE task_id = $1 AND name = $2", chunk.task_id, chunk.name)


async def _follows(connection: Connection, chunk: Chunk) -> bool:
    """Whether all bytes before the chunk are here, of the same upload."""
    there: int = await connection.fetchval(
        "SELECT coalesce(sum(octet_length(data)), 0) FROM blob_chunks"
        " WHERE task_id = $1 AND name = $2 AND sha256 = $3 AND size = $4 AND start < $5",
        chunk.task_id, chunk.name, chunk.sha256.lower(), chunk.size, chunk.offset,
    )  # fmt: skip
    return there == chunk.offset


async def _whole(connection: Connection, chunk: Chunk) -> bytes:
    whole: bytes | None = await connection.fetchval(
        "SELECT string_agg(data, ''::bytea ORDER BY start) FROM blob_chunks WHERE task_id = $1 AND name = $2",
        chunk.task_id, chunk.name,
    )  # fmt: skip
    return whole or b""


async def _kept_already(connection: Connection, chunk: Chunk) -> bool:
    """Whether this very blob was made whole before, and only the answer to its last chunk was lost."""
    if chunk.end != chunk.size:
        return False
    kept = await task_blobs.get(connection, chunk.task_id, chunk.name)
    return kept is not None and hashlib.sha256(kept).hexdigest() == chunk.sha256.lower()
