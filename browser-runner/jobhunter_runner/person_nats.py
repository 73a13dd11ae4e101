"""The person over NATS: questions as records of the hitl bucket, where the first answer wins by revision.

A hint says that something changed; what counts is read from the bucket.

What remains of a secret: the record is rewritten without it as soon as it is read, and the bucket keeps one revision of
a key (history 1), so no client can read it again. Its bytes stay in NATS's file until the server compacts that block.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import nats.errors
import nats.js.errors
from nats.js.api import Header
from nats.js.kv import KV_OP

from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import InvalidMessage, Unavailable
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.subjects import HITL_BUCKET, hitl_key
from jobhunter_contracts.wire import rfc3339
from jobhunter_runner.bucket_changes import BucketChanges, bucket_changes
from jobhunter_runner.nats_connection import NatsConnection
from jobhunter_runner.person import Question
from jobhunter_runner.report import Report

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 3.0
WRITE_SECONDS = 60.0  # how long a record that NATS does not take is tried
WITHDRAW_SECONDS = 3.0
STREAM = f"KV_{HITL_BUCKET}"
NO_MESSAGE_FOUND = 10037  # JetStream's error code: the stream is there, and has no message of that subject


class _Gone(Exception):
    """The record is not in the bucket: the bucket was made anew."""


class _Deleted(Exception):
    """Somebody deleted the record: nobody can answer it."""


@dataclass(frozen=True)
class _Open:
    """A question that waits, with the revision at which it was read last."""

    record: HitlRecord
    revision: int


class NatsPerson:
    """A Person who answers through the hitl bucket, with the time-outs of the task's spec (seconds)."""

    def __init__(
        self,
        connection: NatsConnection,
        report: Report,
        *,
        task_uid: str,
        pod_uid: str,
        question_timeout_seconds: float,
        review_timeout_seconds: float,
    ) -> None:
        self._js = connection.js
        self._report = report
        self._task_uid = task_uid
        self._pod_uid = pod_uid
        self._question_timeout = timedelta(seconds=question_timeout_seconds)
        self._review_timeout = timedelta(seconds=review_timeout_seconds)

    async def ask(self, questions: Sequence[Question]) -> list[str | None]:
        asked_at = datetime.now(UTC)
        deadline = _deadline(asked_at, self._question_timeout)
        records = [question.record(self._task_uid, self._pod_uid, asked_at, deadline) for question in questions]
        async with bucket_changes(self._js, HITL_BUCKET, f"{self._task_uid}.>") as changes:
            open_questions = [await self._create(record) for record in records]
            for record in records:
                self._report.question(record)
            return await self._answers(open_questions, changes)

    async def review(self, draft: Draft, context: str) -> str | None:
        if draft.hitl_id is None:
            raise ValueError("a draft that is reviewed has an id")
        asked_at = datetime.now(UTC)
        record = HitlRecord(
            id=draft.hitl_id,
            task_uid=self._task_uid,
            pod_uid=self._pod_uid,
            kind=HitlKind.REVIEW,
            reason=InputReason.DRAFT_REVIEW,
            question="Confirm, reject, or say what to change",
            context=context,
            asked_at=asked_at,
            deadline=_deadline(asked_at, self._review_timeout),
        )
        async with bucket_changes(self._js, HITL_BUCKET, f"{self._task_uid}.>") as changes:
            open_review = await self._create(record)
            self._report.draft(draft, deadline=rfc3339(record.deadline), context=context)
            return (await self._answers([open_review], changes))[0]

    async def _answers(self, asked: Sequence[_Open], changes: BucketChanges) -> list[str | None]:
        """An answer for each; what is open when the attempt is broken off is withdrawn, so that nobody answers in vain."""
        try:
            return list(await asyncio.gather(*(self._answer(each, changes) for each in asked)))
        except asyncio.CancelledError:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(WITHDRAW_SECONDS):
                    await asyncio.gather(*(self._withdraw(each) for each in asked))
            raise

    async def _withdraw(self, each: _Open) -> None:
        try:
            found = await self._read(each.record.id)
        except (_Gone, _Deleted):
            return
        if found is not None and found.record.state is HitlState.OPEN:
            expired = found.record.model_copy(update={"state": HitlState.EXPIRED})
            if await self._write(expired, found.revision):
                self._report.unanswered(each.record.id, "The question was withdrawn: the attempt was broken off")

    async def _answer(self, each: _Open, changes: BucketChanges) -> str | None:
        """Waits until the question is answered or its time is over; a record that NATS lost is put there again."""
        while True:
            heard = changes.count
            try:
                found = await self._read(each.record.id)
            except _Gone:
                found = _Open(each.record, await self._write(each.record, 0))
            except _Deleted:
                self._report.unanswered(each.record.id)
                return None
            if found is not None:
                each = found
                if each.record.state is HitlState.ANSWERED:
                    return await self._take_answer(each)
                if each.record.state is not HitlState.OPEN:
                    return None
            left = (each.record.deadline - datetime.now(UTC)).total_seconds()
            if left <= 0:
                if await self._expire(each):
                    self._report.unanswered(each.record.id)
                    return None
                continue  # an answer was faster, or NATS does not answer: look again
            await changes.after(heard, left)

    async def _take_answer(self, each: _Open) -> str | None:
        """The answer; the record becomes READ, without the answer where it is secret."""
        response = (each.record.response or "").strip()
        secret = each.record.kind is HitlKind.SECRET
        kept = None if secret else each.record.response
        read = each.record.model_copy(
            update={"state": HitlState.READ, "response": kept, "response_length": len(each.record.response or "")}
        )
        trying_until = datetime.now(UTC) + timedelta(seconds=WRITE_SECONDS)
        while not await self._write(read, each.revision):
            if datetime.now(UTC) > trying_until:
                log.warning("the answer to %s is used, and could not be marked as read", each.record.id)
                break
            await asyncio.sleep(0.1)
            try:
                found = await self._read(each.record.id)
            except (_Gone, _Deleted):
                break
            if found is not None and found.record.state is HitlState.READ:
                break
            each = found or each
        self._report.answered(each.record.id, len(each.record.response or ""))
        return response or None

    async def _expire(self, each: _Open) -> bool:
        """Whether the question is over without an answer: by our word, or because NATS stays silent long after."""
        if await self._write(each.record.model_copy(update={"state": HitlState.EXPIRED}), each.revision):
            return True
        late = (datetime.now(UTC) - each.record.deadline).total_seconds()
        if late < WRITE_SECONDS:
            await asyncio.sleep(0.1)
            return False
        raise Unavailable("NATS does not say whether the question was answered", where=each.record.id)

    async def _create(self, record: HitlRecord) -> _Open:
        """Puts the question there; raises Unavailable where NATS does not take it for a minute."""
        trying_until = datetime.now(UTC) + timedelta(seconds=WRITE_SECONDS)
        while datetime.now(UTC) < trying_until:
            revision = await self._write(record, 0)
            if revision:
                return _Open(record, revision)
            try:
                if found := await self._read(record.id):  # it was stored, the acknowledgement lost
                    return found
            except (_Gone, _Deleted):
                log.info("the question %s is put there again", record.id)
            await asyncio.sleep(0.5)
        raise Unavailable("the question cannot be asked", where=record.id, remedy="See whether NATS runs")

    async def _write(self, record: HitlRecord, last: int) -> int:
        """Writes where the revision is `last`; the new revision, 0 where it is another or NATS does not answer."""
        headers = {Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(last)}
        subject = f"$KV.{HITL_BUCKET}.{hitl_key(self._task_uid, record.id)}"
        try:
            acknowledged = await self._js.publish(
                subject, record.to_json(), timeout=TIMEOUT_SECONDS, stream=STREAM, headers=headers
            )
        except (nats.errors.Error, TimeoutError, OSError) as error:
            log.info("question %s is not written: %s", record.id, error)
            return 0
        return acknowledged.seq

    async def _read(self, hitl_id: str) -> _Open | None:
        """The record as it is; None where it cannot be read now. Raises _Gone and _Deleted."""
        subject = f"$KV.{HITL_BUCKET}.{hitl_key(self._task_uid, hitl_id)}"
        try:
            message = await asyncio.wait_for(self._js.get_msg(STREAM, subject=subject, direct=False), TIMEOUT_SECONDS)
            if KV_OP in (message.headers or {}):
                raise _Deleted
            return _Open(HitlRecord.from_json(message.data or b""), int(message.seq or 0))
        except nats.js.errors.NotFoundError as error:
            if error.err_code == NO_MESSAGE_FOUND:
                raise _Gone from error
            log.info("the bucket %s is not there", HITL_BUCKET)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            log.debug("question %s is not read: %s", hitl_id, error)
        except InvalidMessage as error:
            log.warning("question %s: %s", hitl_id, error)
        return None


def _deadline(asked_at: datetime, timeout: timedelta) -> datetime:
    """Never sooner than promised, and in whole seconds, as events and status say it: all who count down to it agree."""
    return (asked_at + timeout + timedelta(microseconds=999_999)).replace(microsecond=0)
