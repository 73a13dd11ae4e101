"""Answers what runners ask of the operator: the profile, documents, and to keep drafts and evidence."""

from __future__ import annotations

import asyncio
import hashlib
import logging

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from jobhunter_contracts import asks
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import InvalidMessage, JobHunterError, NotFound
from jobhunter_contracts.names import PROFILE_KEY
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    OPERATOR_QUEUE,
    Ask,
    Owner,
    ask_subjects,
    task_uid_of,
)
from jobhunter_operator.kept_blobs import KeptBlobs
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.nats_link import NatsLink
from jobhunter_operator.profile_secret import ProfileSecrets, read_profile
from jobhunter_operator.status_draft import ended
from jobhunter_operator.uploads import Uploads

logger = logging.getLogger(__name__)
_DOCUMENT = asks.document_blob("")


class NotBound(JobHunterError):
    """Whoever asks is not the pod that the task is bound to, or the task is not the operator's to serve."""

    code = "not-bound"


class AsksService:
    """Serves only the pod that a task's status names, while the task runs."""

    def __init__(
        self, link: NatsLink, mirror: Mirror, secrets: ProfileSecrets, kept: KeptBlobs, metrics: Metrics
    ) -> None:
        self._link = link
        self._mirror = mirror
        self._secrets = secrets
        self._kept = kept
        self._metrics = metrics
        self._uploads = Uploads()
        self._subscriptions: list[Subscription] = []
        self._at_work: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Subscribes; the client keeps subscriptions over reconnects."""
        if self._subscriptions:
            return
        for what in (Ask.PROFILE, Ask.BLOB):

            async def received(message: Msg, what: Ask = what) -> None:
                task = asyncio.create_task(self._serve(what, message))
                self._at_work.add(task)
                task.add_done_callback(self._at_work.discard)

            subject = ask_subjects(Owner.OPERATOR, what)
            self._subscriptions.append(await self._link.client.subscribe(subject, queue=OPERATOR_QUEUE, cb=received))

    async def _serve(self, what: Ask, message: Msg) -> None:
        headers: dict[str, str] = dict(message.headers or {})
        result = "answered"
        try:
            task = self._asker(task_uid_of(message.subject), headers.get(HEADER_POD, ""))
            if what is Ask.PROFILE:
                data, answer = await self._profile(task)
            elif headers.get(HEADER_OPERATION) == "put":
                data, answer = await self._put(task, headers, message.data)
            else:
                data, answer = await self._get(task, headers)
        except JobHunterError as error:
            logger.info("request %s refused: %s", message.subject, error)
            data, answer = asks.Refusal(code=error.code, message=str(error)).to_json(), {HEADER_ERROR: error.code}
            result = error.code
        except Exception as error:  # a request's fate is decided here: it is answered, and recorded
            logger.exception("request %s failed", message.subject)
            refusal = asks.Refusal(code=JobHunterError.code, message=f"the operator failed: {type(error).__name__}")
            data, answer, result = refusal.to_json(), {HEADER_ERROR: JobHunterError.code}, "failed"
        self._metrics.asks.labels(what=what, result=result).inc()
        try:
            await self._link.client.publish(message.reply, data, headers=answer)
        except (JobHunterError, nats.errors.Error, OSError) as error:
            logger.info("the answer to %s is lost: %s", message.subject, error)

    def _asker(self, task_uid: str, pod_uid: str) -> ApplicationTask:
        task = self._mirror.task(task_uid)
        if task is None or not pod_uid or task.status.pod_uid != pod_uid:
            raise NotBound("this pod is not the task's", where=task_uid)
        if ended(task):
            raise NotBound("the task has ended", where=task_uid)
        if task.spec.profile_ref is None:
            raise NotBound("the task's profile is not the operator's to hand over", where=task_uid)
        return task

    async def _documents(self, task: ApplicationTask) -> tuple[str, dict[str, bytes]]:
        name = task.spec.profile_ref.name if task.spec.profile_ref else ""
        return name, await self._secrets.data(task.namespace, name)

    async def _profile(self, task: ApplicationTask) -> tuple[bytes, dict[str, str]]:
        name, data = await self._documents(task)
        profile = read_profile(name, data)
        reply = asks.ProfileReply(
            profile=profile.model_dump(mode="json", exclude_none=True),
            documents={key: len(value) for key, value in data.items() if key != PROFILE_KEY},
        ).to_json()
        limit = self._link.client.max_payload
        if len(reply) > limit:
            raise InvalidMessage(f"the profile has {len(reply)} bytes, more than the {limit} of a message", where=name)
        return reply, {}

    async def _get(self, task: ApplicationTask, headers: dict[str, str]) -> tuple[bytes, dict[str, str]]:
        blob, offset = headers.get(HEADER_BLOB, ""), _number(headers, HEADER_OFFSET)
        name, data = await self._documents(task)
        key = blob.removeprefix(_DOCUMENT)
        if not blob.startswith(_DOCUMENT) or key not in data or key == PROFILE_KEY:
            raise NotFound("there is no such document", where=f"Secret {name}, {blob}")
        whole = data[key]
        if offset > len(whole):
            raise InvalidMessage(f"offset {offset} is behind its {len(whole)} bytes", where=blob)
        described = {
            HEADER_OFFSET: str(offset),
            HEADER_SIZE: str(len(whole)),
            HEADER_SHA256: hashlib.sha256(whole).hexdigest(),
        }
        return whole[offset : offset + BLOB_CHUNK], described

    async def _put(self, task: ApplicationTask, headers: dict[str, str], chunk: bytes) -> tuple[bytes, dict[str, str]]:
        blob, pod = headers.get(HEADER_BLOB, ""), headers[HEADER_POD]
        if blob not in asks.PUT_BLOBS:
            raise InvalidMessage(f"{blob!r} is not kept; {', '.join(sorted(asks.PUT_BLOBS))} are", where="put")
        offset, size = _number(headers, HEADER_OFFSET), _number(headers, HEADER_SIZE)
        whole = self._uploads.add(pod, blob, offset, size, headers.get(HEADER_SHA256, ""), chunk)
        if whole is not None:
            await self._kept.put(task, blob, whole)
            self._uploads.done(pod, blob)
        return b"", {HEADER_OFFSET: str(offset + len(chunk))}


def _number(headers: dict[str, str], name: str) -> int:
    text = headers.get(name, "0")
    if not text.isascii() or not text.isdigit():
        raise InvalidMessage(f"{text!r} is not a number of bytes", where=name)
    return int(text)
