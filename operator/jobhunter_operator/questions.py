"""Questions in the hitl bucket, as the operator reads and answers them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import nats.errors
from nats.js import JetStreamContext, api
from nats.js.errors import APIError, NotFoundError

from jobhunter_contracts.errors import InvalidMessage, JobHunterError
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.subjects import HITL_BUCKET, hitl_key
from jobhunter_operator.answers import KUBECTL
from jobhunter_operator.observed import QuestionsView

logger = logging.getLogger(__name__)
_STREAM = f"KV_{HITL_BUCKET}"
_NO_MESSAGE = 10037  # JetStream error code: there is no message on the subject
_KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Questions:
    def __init__(self, js: Callable[[], JetStreamContext]) -> None:
        self._js = js

    async def view(self, task_uid: str, ids: Collection[str]) -> QuestionsView:
        """The records of these questions; not readable where NATS gives no answer."""
        try:
            found = await asyncio.gather(*(self._read(task_uid, hitl_id) for hitl_id in ids))
        except (JobHunterError, nats.errors.Error, TimeoutError, OSError) as error:
            logger.warning("questions of task %s cannot be read: %s", task_uid, error or type(error).__name__)
            return QuestionsView(readable=False)
        return QuestionsView(True, dict(zip(ids, (entry[1] if entry else None for entry in found), strict=True)))

    async def forward(self, task_uid: str, hitl_id: str, value: str) -> None:
        """Answers the question if it is open still; whoever answered first has won."""
        entry = await self._read(task_uid, hitl_id)
        if entry is None or entry[1].state is not HitlState.OPEN:
            return
        revision, record = entry
        answered = record.model_copy(
            update={
                "state": HitlState.ANSWERED,
                "response": value,
                "response_length": len(value),
                "answered_at": datetime.now(UTC),
                "answered_by": KUBECTL,
            }
        )
        headers = {api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(revision)}
        subject = f"$KV.{HITL_BUCKET}.{hitl_key(task_uid, hitl_id)}"
        try:
            await self._js().publish(subject, answered.to_json(), headers=headers)
        except APIError as error:
            logger.info("question %s of task %s was changed meanwhile: %s", hitl_id, task_uid, error.description)

    async def forget_secrets(self, task_uid: str) -> None:
        """Answers to secrets that no pod reads any more are removed; who would answer one now finds it expired."""
        keys = f"$KV.{HITL_BUCKET}.{hitl_key(task_uid, '')}"
        info = await self._js().stream_info(_STREAM, subjects_filter=f"{keys}>")
        for subject in info.state.subjects or {}:
            await self._forget_secret(task_uid, subject.removeprefix(keys))

    async def _forget_secret(self, task_uid: str, hitl_id: str) -> None:
        entry = await self._read(task_uid, hitl_id)
        if entry is None or entry[1].kind is not HitlKind.SECRET:
            return
        revision, record = entry
        if record.state is not HitlState.OPEN and record.response is None:
            return
        state = HitlState.EXPIRED if record.state is HitlState.OPEN else record.state
        without = record.model_copy(update={"state": state, "response": None})
        headers = {api.Header.EXPECTED_LAST_SUBJECT_SEQUENCE.value: str(revision)}
        await self._js().publish(f"$KV.{HITL_BUCKET}.{hitl_key(task_uid, hitl_id)}", without.to_json(), headers=headers)

    async def _read(self, task_uid: str, hitl_id: str) -> tuple[int, HitlRecord] | None:
        if not hitl_id or not _KEY_LETTERS.issuperset(hitl_id):
            return None  # no key can be named so
        try:
            message = await self._js().get_msg(
                _STREAM, subject=f"$KV.{HITL_BUCKET}.{hitl_key(task_uid, hitl_id)}", direct=False
            )
        except NotFoundError as error:
            if error.err_code == _NO_MESSAGE:
                return None
            raise  # the bucket is not there, for now: an answer that waits for it is not one to no question
        if not message.data:
            return None
        try:
            return int(message.seq or 0), HitlRecord.from_json(message.data)
        except InvalidMessage as error:
            logger.warning("question %s of task %s is not one: %s", hitl_id, task_uid, error)
            return None
