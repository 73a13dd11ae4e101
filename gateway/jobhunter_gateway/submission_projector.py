"""The submission projector: every record of the submission bucket into the store, so that a lost bucket can be reseeded."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime

from nats.aio.msg import Msg

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.subjects import SUBMISSION_BUCKET
from jobhunter_contracts.submission import SubmissionLease, TaskPostings, task_postings_key
from jobhunter_gateway import gone_task, submissions_table
from jobhunter_gateway.connection import REFUSALS
from jobhunter_gateway.durable_consumer import ACK_WAIT_SECONDS, WAITING, DurableConsumer, Link, until_written
from jobhunter_gateway.projector import OwnerOf
from jobhunter_gateway.store import BadUserId, Store
from jobhunter_gateway.submissions_table import SubmissionRow

logger = logging.getLogger(__name__)
SUBMISSION_STREAM = f"KV_{SUBMISSION_BUCKET}"
_PREFIX = f"$KV.{SUBMISSION_BUCKET}."
_INDEX_PREFIX = task_postings_key("")
_AGAIN_SECONDS = 10.0
_OPERATION = "KV-Operation"


class SubmissionProjector:
    """count(result): projected, repeated, unowned, waiting, deleted or invalid."""

    def __init__(
        self,
        link: Link,
        store: Store,
        owner_of: OwnerOf,
        *,
        count: Callable[[str], None] = lambda _: None,
        ack_wait: float = ACK_WAIT_SECONDS,
    ) -> None:
        self._store = store
        self._owner_of = owner_of
        self._count = count
        self._ack_wait = ack_wait
        self._consumer = DurableConsumer(link, SUBMISSION_STREAM, self._take, ack_wait=ack_wait)

    @property
    def running(self) -> bool:
        return self._consumer.running

    async def run(self) -> None:
        """For ever, over outages of NATS and PostgreSQL, and over a bucket lost and made anew."""
        await self._consumer.run()

    async def _take(self, message: Msg, stream_created: datetime) -> None:
        key = message.subject.removeprefix(_PREFIX)
        if (message.headers or {}).get(_OPERATION):
            # A record that was deleted frees nothing; the store keeps what it said.
            logger.warning("the submission record %s was deleted or purged from the bucket; the store keeps it", key)
            self._count("deleted")
            await message.ack()
            return
        try:
            row = _row(key, message, stream_created.astimezone(UTC))
        except InvalidMessage as error:
            logger.error("the submission record %s cannot be kept: %s", key[:200], error)
            self._count("invalid")
            await message.term()
            return
        result = await until_written(lambda: self._write(row), message, self._store, self._ack_wait)
        self._count(result)
        if result == WAITING:
            await message.nak(delay=_AGAIN_SECONDS)
        else:
            await message.ack()

    async def _write(self, row: SubmissionRow) -> str:
        owner = await self._owner_of(row.task_uid)
        if owner is not None:
            try:
                async with self._store.user(owner) as connection:
                    new = await submissions_table.put(connection, owner, row)
                    await gone_task.ended_by_lease(connection, row.task_uid)
                    return "projected" if new else "repeated"
            except (*REFUSALS, BadUserId):
                logger.exception(
                    "the submission record %s is not %s's; it is kept without owner", row.key, row.task_uid
                )
        async with self._store.nobody() as connection:
            await submissions_table.put_unowned(connection, row)
        return "unowned"


def _row(key: str, message: Msg, bucket_created: datetime) -> SubmissionRow:
    """Raises InvalidMessage for what is neither a press nor a task's index of postings."""
    if len(key) > 200:
        raise InvalidMessage("the key is too long", where="submission bucket")
    if key.startswith(_INDEX_PREFIX):
        TaskPostings.from_json(message.data)
        task_uid = key.removeprefix(_INDEX_PREFIX)
    else:
        task_uid = SubmissionLease.from_json(message.data).task_uid
    record = json.loads(message.data)
    return SubmissionRow(key, task_uid, record, message.metadata.sequence.stream, bucket_created)
