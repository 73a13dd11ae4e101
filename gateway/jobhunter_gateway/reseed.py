"""Reseeding: after the submission bucket was lost, what the store knows of it is written into the new one.

It runs as the owner of the tables, who alone may see the records of all. A record that is there is never overwritten.
Do it before the new bucket is acknowledged: until then nobody presses, and the order of the records does not matter.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass

import asyncpg
from nats.js import JetStreamContext
from nats.js.errors import KeyDeletedError, KeyWrongLastSequenceError
from nats.js.kv import KeyValue

from jobhunter_contracts.subjects import SUBMISSION_BUCKET
from jobhunter_gateway import submissions_table
from jobhunter_gateway.connection import Connection, away, set_codecs, unavailable
from jobhunter_gateway.submissions_table import SubmissionRow

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Reseeded:
    """written: records that were missing. present: there already, and the same. different: there, and left as they are."""

    written: int
    present: int
    different: tuple[str, ...]

    def __str__(self) -> str:
        text = f"{self.written} records written, {self.present} were there"
        if self.different:
            text += f", {len(self.different)} are there with another content and were left: {', '.join(self.different)}"
        return text


async def run_reseed(migration_database_url: str, js: JetStreamContext) -> Reseeded:
    """`reseed` over a connection of the tables' owner. Raises Unavailable where PostgreSQL is away."""
    try:
        connection = await asyncpg.connect(
            migration_database_url, timeout=10, server_settings={"search_path": "public"}
        )
        try:
            await set_codecs(connection)
            return await reseed(connection, js)
        finally:
            await connection.close()
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if away(error) or isinstance(error, OSError):
            raise unavailable(error, migration_database_url) from error
        raise


async def reseed(connection: Connection, js: JetStreamContext) -> Reseeded:
    """Writes each record with "expect nothing there". Raises nats.errors.Error where NATS does not take them."""
    bucket = await js.key_value(SUBMISSION_BUCKET)
    written = present = 0
    different: list[str] = []
    for row in await submissions_table.all_rows(connection):
        if await _write(bucket, row):
            written += 1
        elif await _same(bucket, row):
            present += 1
        else:
            different.append(row.key)
    for key in different:
        logger.warning("the submission record %s is in the bucket with another content", key)
    return Reseeded(written, present, tuple(different))


async def _write(bucket: KeyValue, row: SubmissionRow) -> bool:
    try:
        await bucket.update(row.key, json.dumps(row.record, ensure_ascii=False).encode(), last=0)
    except KeyWrongLastSequenceError:
        return False
    return True


async def _same(bucket: KeyValue, row: SubmissionRow) -> bool:
    try:
        entry = await bucket.get(row.key)
    except KeyDeletedError:
        return False
    return entry.value is not None and json.loads(entry.value) == row.record
