"""Questions in the hitl bucket, as people answer them through the gateway. The first answer wins, by revision.

An answer's text is never logged and never put into an error: it may be a password.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Final

import nats.errors
from nats.js import api
from nats.js.errors import APIError, NotFoundError

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import InvalidMessage, JobHunterError, NotFound, Unavailable
from jobhunter_contracts.hitl import HitlRecord, HitlState, answer_fault
from jobhunter_contracts.subjects import HITL_BUCKET, hitl_key
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.task_mirror import TaskMirror
from jobhunter_gateway.task_views import ended

logger = logging.getLogger(__name__)
GATEWAY = "gateway"
"""Who answered, in the record of a question answered through the gateway."""

ANSWER_LIMIT = 64 * 1024
"""Characters of an answer, at most: an edit of a whole draft, and far from a message's limit."""

_STREAM: Final = f"KV_{HITL_BUCKET}"
_NO_MESSAGE = 10037  # JetStream error code: there is no message on the subject
_WRONG_REVISION = 10071  # JetStream error code: the record was changed after it was read
_KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")
_LISTED = 200  # open questions of one task that are looked at, at most


class AlreadyAnswered(JobHunterError):
    """Somebody answered before."""

    code = "already-answered"


class Expired(JobHunterError):
    """The time for an answer is over."""

    code = "expired"


class EmptyAnswer(JobHunterError):
    """An answer without a word."""

    code = "empty-answer"


class BadAnswer(JobHunterError):
    """An answer that does not fit its question."""

    code = "bad-answer"


class HitlAnswers:
    """Of tasks in the mirror, only those that run are answered, and only what their present pod asked."""

    def __init__(self, link: NatsLink, tasks: TaskMirror, metrics: Metrics) -> None:
        self._link = link
        self._tasks = tasks
        self._metrics = metrics

    async def open_questions(self, task_uid: str) -> list[HitlRecord]:
        """The task's open questions, oldest first. Raises Unavailable."""
        if not _nameable(task_uid):
            return []
        prefix = f"$KV.{HITL_BUCKET}.{task_uid}."
        try:
            info = await self._link.js.stream_info(_STREAM, subjects_filter=f"{prefix}>")
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise _unavailable(error) from error
        records = []
        for subject in sorted(info.state.subjects or ())[-_LISTED:]:
            entry = await self._read(task_uid, subject.removeprefix(prefix))
            if entry is not None and entry[1].state is HitlState.OPEN:
                records.append(entry[1])
        return sorted(records, key=lambda record: record.asked_at)

    async def answer(self, task_uid: str, hitl_id: str, response: str, by: str = GATEWAY) -> HitlRecord:
        """Answers the question; the record as it stands then, without the answer's text.

        Raises NotFound, AlreadyAnswered, Expired, EmptyAnswer, BadAnswer, or Unavailable (then it is not known whether
        the answer was taken; the same call may be made again).
        """
        try:
            record = await self._answer(task_uid, hitl_id, response, by)
        except JobHunterError as error:
            self._metrics.answers.labels(result=error.code).inc()
            raise
        self._metrics.answers.labels(result="taken").inc()
        logger.info("question %s of task %s is answered by %s", hitl_id, task_uid, by)
        return record

    async def _answer(self, task_uid: str, hitl_id: str, response: str, by: str) -> HitlRecord:
        entry = await self._read(task_uid, hitl_id)
        if entry is None:
            raise NotFound("there is no such question", where=hitl_id[:100], remedy="See the task's open questions")
        revision, record = entry
        now = datetime.now(UTC)
        _check_open(record, now)
        self._check_heard(record)
        _check_answer(record, response)
        answered = record.model_copy(
            update={
                "state": HitlState.ANSWERED,
                "response": response,
                "response_length": len(response),
                "answered_at": now,
                "answered_by": by,
            }
        )
        await self._write(revision, answered)
        return answered.model_copy(update={"response": None})

    def _check_heard(self, record: HitlRecord) -> None:
        """Whether somebody is there to hear an answer: a pod that is gone leaves its questions open."""
        task = self._tasks.get(record.task_uid)
        if task is None:
            return
        if ended(task):
            raise Expired("the task has ended, and nobody waits for an answer any more", where=record.id)
        if task.status.pod_uid and task.status.pod_uid != record.pod_uid:
            remedy = "See the task's open questions"
            raise Expired("the question was an earlier attempt's", where=record.id, remedy=remedy)

    async def _write(self, revision: int, answered: HitlRecord) -> None:
        headers = {api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(revision)}
        subject = f"$KV.{HITL_BUCKET}.{hitl_key(answered.task_uid, answered.id)}"
        try:
            await self._link.js.publish(subject, answered.to_json(), headers=headers)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            if isinstance(error, APIError) and error.err_code != _WRONG_REVISION:
                raise _unavailable(error) from error
            # Changed by another, or written without our hearing of it: the record says which.
            entry = await self._read(answered.task_uid, answered.id)
            if entry is None:
                raise NotFound("the question is gone", where=answered.id) from error
            record = entry[1]
            if _ours(record, answered):
                return
            _check_open(record, datetime.now(UTC))
            raise _unavailable(error) from error

    async def _read(self, task_uid: str, hitl_id: str) -> tuple[int, HitlRecord] | None:
        """Revision and record; None where there is none. Raises Unavailable."""
        if not _nameable(task_uid) or not _nameable(hitl_id):
            return None  # no key can be named so
        subject = f"$KV.{HITL_BUCKET}.{hitl_key(task_uid, hitl_id)}"
        try:
            message = await self._link.js.get_msg(_STREAM, subject=subject, direct=False)
        except NotFoundError as error:
            if error.err_code == _NO_MESSAGE:
                return None
            raise _unavailable(error) from error  # the bucket is not there, for now
        except (nats.errors.Error, TimeoutError, OSError) as error:
            raise _unavailable(error) from error
        if not message.data:
            return None
        try:
            return int(message.seq or 0), HitlRecord.from_json(message.data)
        except InvalidMessage as error:
            logger.warning("question %s of task %s is not one: %s", hitl_id, task_uid, error)
            return None


def _check_open(record: HitlRecord, now: datetime) -> None:
    if record.state in (HitlState.ANSWERED, HitlState.READ):
        by = f" by {record.answered_by}" if record.answered_by else ""
        raise AlreadyAnswered(f"the question was answered already{by}", where=record.id)
    if record.state is HitlState.EXPIRED or record.deadline <= now:
        raise Expired("the time to answer is over", where=record.id, remedy="See the task's open questions")


def _check_answer(record: HitlRecord, response: str) -> None:
    if not response.strip():
        raise EmptyAnswer(
            "the answer is empty", where=record.id, remedy="Say something, or reject a draft by its button"
        )
    if len(response) > ANSWER_LIMIT:
        raise BadAnswer(f"the answer has more than {ANSWER_LIMIT} characters", where=record.id)
    if any(character == "\0" or "\ud800" <= character <= "\udfff" for character in response):
        raise BadAnswer("the answer holds characters that are none", where=record.id, remedy="Type it anew")
    if fault := answer_fault(record, response):
        raise BadAnswer(fault, where=record.id)


def _ours(record: HitlRecord, answered: HitlRecord) -> bool:
    """Whether the record holds this very answer: written, its acknowledgement lost. The runner may have read it."""
    return record.answered_at == answered.answered_at and record.answered_by == answered.answered_by


def _nameable(name: str) -> bool:
    return bool(name) and len(name) <= 100 and _KEY_LETTERS.issuperset(name)


def _unavailable(error: BaseException) -> Unavailable:
    reason = type(error).__name__
    return Unavailable(f"the questions cannot be reached ({reason})", where="NATS", remedy="Try again in a moment")
