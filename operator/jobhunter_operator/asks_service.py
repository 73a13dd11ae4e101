"""Answers what runners ask of the operator: the profile, documents, and to keep drafts and evidence."""

from __future__ import annotations

from collections.abc import Mapping

from nats.aio.msg import Msg

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts import asks
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import InvalidMessage, JobHunterError, NotFound
from jobhunter_contracts.names import PROFILE_KEY
from jobhunter_contracts.subjects import (
    HEADER_BLOB,
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
from jobhunter_operator.blob_chunks import byte_count, chunk_of
from jobhunter_operator.kept_blobs import KeptBlobs
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.profile_secret import ProfileSecrets
from jobhunter_operator.replies import Answer, Replies
from jobhunter_operator.status_draft import ended
from jobhunter_operator.uploads import Uploads

_DOCUMENT = asks.document_blob("")


class NotBound(JobHunterError):
    """Whoever asks is not the pod that the task is bound to, or the task is not the operator's to serve."""

    code = "not-bound"


class AsksService:
    """Serves only the pod that a task's status names, while the task runs."""

    def __init__(
        self, link: NatsLink, replies: Replies, mirror: Mirror, secrets: ProfileSecrets, kept: KeptBlobs
    ) -> None:
        self._link = link
        self._replies = replies
        self._mirror = mirror
        self._secrets = secrets
        self._kept = kept
        self._uploads = Uploads()

    async def start(self) -> None:
        await self._replies.serve(ask_subjects(Owner.OPERATOR, Ask.PROFILE), Ask.PROFILE, self._profile)
        await self._replies.serve(ask_subjects(Owner.OPERATOR, Ask.BLOB), Ask.BLOB, self._blob)

    def _asker(self, message: Msg, headers: Mapping[str, str]) -> ApplicationTask:
        task_uid, pod_uid = task_uid_of(message.subject), headers.get(HEADER_POD, "")
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

    async def _profile(self, message: Msg, headers: Mapping[str, str]) -> Answer:
        task = self._asker(message, headers)
        name = task.spec.profile_ref.name if task.spec.profile_ref else ""
        profile, data = await self._secrets.profile(task.namespace, name)
        reply = asks.ProfileReply(
            profile=profile.model_dump(mode="json", exclude_none=True),
            documents={key: len(value) for key, value in data.items() if key != PROFILE_KEY},
        ).to_json()
        limit = self._link.client.max_payload
        if len(reply) > limit:
            raise InvalidMessage(f"the profile has {len(reply)} bytes, more than the {limit} of a message", where=name)
        return reply, {}

    async def _blob(self, message: Msg, headers: Mapping[str, str]) -> Answer:
        task = self._asker(message, headers)
        if headers.get(HEADER_OPERATION) == "put":
            return await self._put(task, headers, message.data)
        return await self._get(task, headers)

    async def _get(self, task: ApplicationTask, headers: Mapping[str, str]) -> Answer:
        blob = headers.get(HEADER_BLOB, "")
        name, data = await self._documents(task)
        key = blob.removeprefix(_DOCUMENT)
        if not blob.startswith(_DOCUMENT) or key not in data or key == PROFILE_KEY:
            raise NotFound("there is no such document", where=f"Secret {name}, {blob}")
        return chunk_of(data[key], headers, where=blob)

    async def _put(self, task: ApplicationTask, headers: Mapping[str, str], chunk: bytes) -> Answer:
        blob, pod = headers.get(HEADER_BLOB, ""), headers[HEADER_POD]
        if blob not in asks.PUT_BLOBS:
            raise InvalidMessage(f"{blob!r} is not kept; {', '.join(sorted(asks.PUT_BLOBS))} are", where="put")
        offset, size = byte_count(headers, HEADER_OFFSET), byte_count(headers, HEADER_SIZE)
        whole = self._uploads.add(pod, blob, offset, size, headers.get(HEADER_SHA256, ""), chunk)
        if whole is not None:
            await self._kept.put(task, blob, whole)
            self._uploads.done(pod, blob)
        return b"", {HEADER_OFFSET: str(offset + len(chunk))}
