"""The submission lease in NATS: the submission bucket, by JetStream's own calls.

nats-py's KeyValue.create() succeeds over a deleted key; here a record is created by a publish that expects revision 0
of its subject, which a deleted key does not have. Reads go to the stream's leader.
"""

from __future__ import annotations

import asyncio
import time

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext, api
from nats.js.kv import KV_MARKER_REASON, KV_OP

from jobhunter_contracts.errors import LeaseUnavailable
from jobhunter_contracts.subjects import SUBMISSION_BUCKET
from jobhunter_contracts.submission import bucket_identity
from jobhunter_runner.submission_lease import Entry, RevisionConflict

READ_SECONDS = 60.0
"""How long a read is tried: NATS may be restarting, and waiting presses nothing."""
READ_PAUSE_SECONDS = 0.5
TIMEOUT_SECONDS = 3.0
STREAM = f"KV_{SUBMISSION_BUCKET}"
WRONG_LAST_SEQUENCE = frozenset({10071, 10164})  # JetStream's error codes, with and without the number in words


class NatsLeaseStore:
    """A LeaseStore over JetStream. A read is tried for some seconds, a write once: who does not know reads again."""

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js

    async def identity(self) -> str:
        until = time.monotonic() + READ_SECONDS
        while True:
            try:
                info = await asyncio.wait_for(self._js.stream_info(STREAM), TIMEOUT_SECONDS)
            except nats.js.errors.NotFoundError as error:
                raise LeaseUnavailable(
                    "there is no such bucket", where=SUBMISSION_BUCKET, remedy="The operator makes it; see its log"
                ) from error
            except (nats.errors.Error, TimeoutError) as error:
                await _pause_or_give_up(until, error)
                continue
            if info.created is None:
                raise LeaseUnavailable("the bucket's time of creation is not stated", where=SUBMISSION_BUCKET)
            return bucket_identity(info.created)

    async def read(self, key: str) -> Entry | None:
        subject = f"$KV.{SUBMISSION_BUCKET}.{key}"
        until = time.monotonic() + READ_SECONDS
        while True:
            try:
                message = await asyncio.wait_for(
                    self._js.get_msg(STREAM, subject=subject, direct=False), TIMEOUT_SECONDS
                )
            except nats.js.errors.NotFoundError as error:
                if error.err_code == 10059:  # the stream itself is not there
                    raise LeaseUnavailable("there is no such bucket", where=SUBMISSION_BUCKET) from error
                return None
            except (nats.errors.Error, TimeoutError) as error:
                await _pause_or_give_up(until, error)
                continue
            headers = message.headers or {}
            deleted = KV_OP in headers or KV_MARKER_REASON in headers
            return Entry(None if deleted else message.data or b"", int(message.seq or 0))

    async def write(self, key: str, value: bytes, *, last: int) -> int:
        headers = {api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(last)}
        try:
            acknowledged = await self._js.publish(
                f"$KV.{SUBMISSION_BUCKET}.{key}", value, timeout=TIMEOUT_SECONDS, stream=STREAM, headers=headers
            )
        except nats.js.errors.APIError as error:
            if error.err_code in WRONG_LAST_SEQUENCE:
                raise RevisionConflict(f"the record is not at revision {last}", where=key) from error
            raise LeaseUnavailable(f"not written: {error.description}", where=key, remedy="See NATS's log") from error
        except (nats.errors.Error, TimeoutError) as error:
            raise LeaseUnavailable(
                f"no acknowledgement: {type(error).__name__}", where=key, remedy="See whether NATS runs"
            ) from error
        return acknowledged.seq


async def _pause_or_give_up(until: float, error: Exception) -> None:
    if time.monotonic() > until:
        raise LeaseUnavailable(
            f"no answer from NATS: {type(error).__name__}", where=SUBMISSION_BUCKET, remedy="See whether NATS runs"
        ) from error
    await asyncio.sleep(READ_PAUSE_SECONDS)
