"""Answers the gateway's requests for what the operator keeps of a task with a profileRef: draft and confirmation."""

from __future__ import annotations

from collections.abc import Mapping

from nats.aio.msg import Msg

from jobhunter_contracts.asks import PUT_BLOBS
from jobhunter_contracts.errors import InvalidMessage, NotFound
from jobhunter_contracts.subjects import HEADER_BLOB, HEADER_OPERATION, kept_subject, task_uid_of
from jobhunter_operator.blob_chunks import chunk_of
from jobhunter_operator.kept_blobs import KeptBlobs
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.replies import Answer, Replies


class KeptService:
    """Gives blobs away and takes none: only the gateway may ask on these subjects, and it decides who sees them."""

    def __init__(self, replies: Replies, mirror: Mirror, kept: KeptBlobs) -> None:
        self._replies = replies
        self._mirror = mirror
        self._kept = kept

    async def start(self) -> None:
        await self._replies.serve(kept_subject("*"), "kept", self._get)

    async def _get(self, message: Msg, headers: Mapping[str, str]) -> Answer:
        """A chunk of a blob. Raises NotFound where nothing of that name is kept, InvalidMessage for another operation."""
        task_uid, blob = task_uid_of(message.subject), headers.get(HEADER_BLOB, "")
        if headers.get(HEADER_OPERATION, "get") != "get":
            raise InvalidMessage("blobs are only got here", where=message.subject)
        task = self._mirror.task(task_uid)
        if task is None or task.spec.profile_ref is None or blob not in PUT_BLOBS:
            raise NotFound("nothing of that name is kept here", where=f"{task_uid}, {blob[:80]}")
        return chunk_of(await self._kept.get(task, blob), headers, where=blob)
