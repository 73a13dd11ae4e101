"""Pictures of a task that people may see: drafts and confirmations, from the store or from the operator.

A task of the gateway's has them in the store, where its runner put them. Of a task with a profileRef the operator keeps
them; it is asked while the task is there, and a copy stays in the store for the time after.
"""

from __future__ import annotations

import hashlib
import logging

import nats.errors
from nats.aio.msg import Msg

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.asks import PUT_BLOBS, Refusal
from jobhunter_contracts.errors import InvalidMessage, NotFound, Unavailable
from jobhunter_contracts.subjects import (
    BLOB_LIMIT,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_SHA256,
    HEADER_SIZE,
    kept_subject,
)
from jobhunter_gateway import task_blobs
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror

logger = logging.getLogger(__name__)
REQUEST_SECONDS = 2.0


class Pictures:
    def __init__(self, link: NatsLink, store: Store, mirror: TaskMirror) -> None:
        self._link = link
        self._store = store
        self._mirror = mirror

    async def get(self, user_id: str, task_uid: str, name: str) -> bytes | None:
        """The blob draft.jpg, draft.json or confirmation.jpg of the user's task; None where there is none.

        Raises Unavailable where neither the store nor the operator can say.
        """
        if name not in PUT_BLOBS:
            return None
        if not self._is_operators(user_id, task_uid):
            return await self._stored(user_id, task_uid, name)
        try:
            data = await self._kept(task_uid, name)
        except (Unavailable, NotFound, InvalidMessage) as error:
            logger.info("%s of task %s is not had from the operator: %s", name, task_uid, error)
            stored = await self._stored(user_id, task_uid, name)
            if stored is None and isinstance(error, Unavailable):
                raise
            return stored
        await self._store_copy(user_id, task_uid, name, data)
        return data

    def _is_operators(self, user_id: str, task_uid: str) -> bool:
        task = self._mirror.get(task_uid)
        return task is not None and task.spec.user_id == user_id and task.spec.profile_ref is not None

    async def _stored(self, user_id: str, task_uid: str, name: str) -> bytes | None:
        async with self._store.user(user_id) as connection:
            return await task_blobs.get(connection, task_uid, name)

    async def _store_copy(self, user_id: str, task_uid: str, name: str, data: bytes) -> None:
        try:
            async with self._store.user(user_id) as connection:
                if await task_blobs.get(connection, task_uid, name) != data:
                    await task_blobs.put(connection, user_id, task_uid, name, data)
        except Unavailable as error:
            logger.info("no copy of %s of task %s is kept: %s", name, task_uid, error)

    async def _kept(self, task_uid: str, name: str) -> bytes:
        """The blob in chunks, its sha256 checked. Raises NotFound, InvalidMessage, Unavailable."""
        data = bytearray()
        size, sha256 = -1, ""
        while True:
            reply = await self._request(task_uid, name, len(data))
            said = _announced(reply, name)
            if size < 0:
                size, sha256 = said
            elif said != (size, sha256):
                data.clear()  # another draft took its place between two chunks
                size = -1
                continue
            data += reply.data
            if len(data) >= size:
                break
            if not reply.data:
                raise InvalidMessage(f"ends after {len(data)} of {size} bytes", where=name)
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise InvalidMessage("the bytes are not those that were announced", where=name)
        return bytes(data)

    async def _request(self, task_uid: str, name: str, offset: int) -> Msg:
        headers = {HEADER_OPERATION: "get", HEADER_BLOB: name, HEADER_OFFSET: str(offset)}
        try:
            reply = await self._link.client.request(
                kept_subject(task_uid), b"", timeout=REQUEST_SECONDS, headers=headers
            )
        except (nats.errors.Error, TimeoutError, OSError) as error:
            reason = type(error).__name__
            raise Unavailable(
                f"the operator does not answer ({reason})", where=name, remedy="Try again soon"
            ) from error
        if HEADER_ERROR in (reply.headers or {}):
            refusal = Refusal.from_json(reply.data)
            if refusal.code == NotFound.code:
                raise NotFound(refusal.message, where=name)
            raise Unavailable(refusal.message, where=name)
        return reply


def _announced(reply: Msg, name: str) -> tuple[int, str]:
    headers = reply.headers or {}
    try:
        size, sha256 = int(headers[HEADER_SIZE]), headers[HEADER_SHA256]
    except (KeyError, ValueError) as error:
        raise InvalidMessage("the reply states no size and sha256", where=name) from error
    if not 0 <= size <= BLOB_LIMIT:
        raise InvalidMessage(f"{size} bytes are announced; {BLOB_LIMIT} are allowed", where=name)
    return size, sha256
