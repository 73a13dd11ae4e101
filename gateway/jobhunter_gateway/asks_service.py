"""Answers what runners ask of the gateway: the profile, documents, context, and to keep drafts and evidence.

Any gateway of the queue group answers any request: what lies between two requests lies in Postgres.
"""

from __future__ import annotations

import asyncio
import logging

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from jobhunter_connection.drain import drain
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts import asks
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.conditions import ConditionType
from jobhunter_contracts.errors import InvalidMessage, JobHunterError, NotFound, Unavailable
from jobhunter_contracts.profile import DOCUMENT_LIMIT
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    GATEWAY_QUEUE,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    Ask,
    Owner,
    ask_subjects,
    task_uid_of,
)
from jobhunter_gateway import blob_uploads, documents_table
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.profile_in_use import profile_in_use
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror

logger = logging.getLogger(__name__)

AT_ONCE = 32
"""Requests that are worked on at once: each holds a chunk or a document in memory."""
WAITING = 256
"""Requests that wait for their turn; one more is refused, and its runner asks again."""

_DOCUMENT = asks.document_blob("")
_HEADERS = dict[str, str]


class NotBound(JobHunterError):
    """Whoever asks is not the pod that the task is bound to, or the task is not the gateway's to serve."""

    code = "not-bound"


class AsksService:
    """Serves only the pod that a task's status names, while the task runs."""

    def __init__(self, link: NatsLink, store: Store, mirror: TaskMirror, memory: Memory, metrics: Metrics) -> None:
        self._link = link
        self._store = store
        self._mirror = mirror
        self._memory = memory
        self._metrics = metrics
        self._subscriptions: dict[Ask, Subscription] = {}
        self._at_work: set[asyncio.Task[None]] = set()
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        """Subscribes, once there is a connection; the client keeps subscriptions over reconnects."""
        for what in (Ask.PROFILE, Ask.BLOB, Ask.CONTEXT):
            if what in self._subscriptions:
                continue

            async def received(message: Msg, what: Ask = what) -> None:
                task = asyncio.create_task(self._serve(what, message))
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)

            subject = ask_subjects(Owner.GATEWAY, what)
            self._subscriptions[what] = await self._link.client.subscribe(subject, queue=GATEWAY_QUEUE, cb=received)

    async def stop(self) -> None:
        """Takes no more requests, and ends when those under way are answered."""
        subscriptions, self._subscriptions = self._subscriptions, {}
        await drain(subscriptions.values())
        if self._at_work:
            await asyncio.wait(self._at_work)

    async def _serve(self, what: Ask, message: Msg) -> None:
        headers: _HEADERS = dict(message.headers or {})
        result = "answered"
        try:
            if len(self._at_work) > AT_ONCE + WAITING:
                raise Unavailable("too many ask at once", where=message.subject)
            async with self._turn:
                with self._metrics.ask_seconds.labels(what=what).time():
                    task = self._asker(task_uid_of(message.subject), headers.get(HEADER_POD, ""))
                    data, answer = await self._answer(what, task, headers, message.data)
        except JobHunterError as error:
            logger.info("request %s refused: %s", message.subject, error)
            data, answer = asks.Refusal(code=error.code, message=str(error)).to_json(), {HEADER_ERROR: error.code}
            result = error.code
        except Exception as error:  # a request's fate is decided here: it is answered, and recorded
            logger.exception("request %s failed", message.subject)
            refusal = asks.Refusal(code=JobHunterError.code, message=f"the gateway failed: {type(error).__name__}")
            data, answer, result = refusal.to_json(), {HEADER_ERROR: JobHunterError.code}, "failed"
        self._metrics.asks.labels(what=what, result=result).inc()
        try:
            await self._link.client.publish(message.reply, data, headers=answer)
        except (JobHunterError, nats.errors.Error, OSError) as error:
            logger.info("the answer to %s is lost: %s", message.subject, error)

    def _asker(self, task_uid: str, pod_uid: str) -> ApplicationTask:
        task = self._mirror.get(task_uid)
        if task is None or not pod_uid or task.status.pod_uid != pod_uid:
            raise NotBound("this pod is not the task's", where=task_uid)
        succeeded = task.condition(ConditionType.SUCCEEDED)
        if succeeded is not None and succeeded.status in ("True", "False"):
            raise NotBound("the task has ended", where=task_uid)
        if task.spec.profile_ref is not None:
            raise NotBound("the task's profile is the operator's to hand over", where=task_uid)
        return task

    async def _answer(
        self, what: Ask, task: ApplicationTask, headers: _HEADERS, payload: bytes
    ) -> tuple[bytes, _HEADERS]:
        user_id = task.spec.user_id
        if what is Ask.PROFILE:
            return await self._profile(user_id), {}
        if what is Ask.CONTEXT:
            query = asks.ContextQuery.from_json(payload)
            passages = await self._memory.retrieve_user_context(user_id, query.query, query.k)
            return asks.ContextReply(passages=passages).to_json(), {}
        if headers.get(HEADER_OPERATION) == "put":
            return await self._put(task, headers, payload)
        return await self._get(user_id, headers)

    async def _profile(self, user_id: str) -> bytes:
        async with self._store.user(user_id) as connection:
            found = await profile_in_use(connection)
        reply = asks.ProfileReply(
            profile=found.profile.model_dump(mode="json", exclude_none=True), documents=found.documents
        ).to_json()
        limit = self._link.client.max_payload
        if len(reply) > limit:
            raise InvalidMessage(f"the profile has {len(reply)} bytes, more than the {limit} of a message")
        return reply

    async def _get(self, user_id: str, headers: _HEADERS) -> tuple[bytes, _HEADERS]:
        blob, offset = headers.get(HEADER_BLOB, ""), _number(headers, HEADER_OFFSET)
        if offset > DOCUMENT_LIMIT:
            raise InvalidMessage(f"offset {offset} is behind any document's end", where=blob)
        found = None
        if blob.startswith(_DOCUMENT):
            name = blob.removeprefix(_DOCUMENT)
            async with self._store.user(user_id) as connection:
                found = await documents_table.part_by_filename(connection, name, offset, BLOB_CHUNK)
        if found is None:
            raise NotFound("there is no such document", where=blob, remedy="Upload it")
        document = found.document
        if offset > document.size:
            raise InvalidMessage(f"offset {offset} is behind its {document.size} bytes", where=blob)
        return found.data, {
            HEADER_OFFSET: str(offset),
            HEADER_SIZE: str(document.size),
            HEADER_SHA256: document.sha256,
        }

    async def _put(self, task: ApplicationTask, headers: _HEADERS, data: bytes) -> tuple[bytes, _HEADERS]:
        chunk = blob_uploads.Chunk(
            task_id=task.uid,
            name=headers.get(HEADER_BLOB, ""),
            offset=_number(headers, HEADER_OFFSET),
            size=_number(headers, HEADER_SIZE),
            sha256=headers.get(HEADER_SHA256, ""),
            data=data,
        )
        blob_uploads.check(chunk)
        async with self._store.user(task.spec.user_id) as connection:
            await blob_uploads.add(connection, task.spec.user_id, chunk)
        return b"", {HEADER_OFFSET: str(chunk.end)}


def _number(headers: _HEADERS, name: str) -> int:
    text = headers.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise InvalidMessage(f"{text[:40]!r} is not a number of bytes", where=name)
    return int(text)
