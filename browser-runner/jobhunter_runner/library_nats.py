"""The library over NATS: requests of the task's owner, bytes in chunks of 256 KiB."""

from __future__ import annotations

import hashlib
import logging

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from tenacity import (
    AsyncRetrying,
    RetryCallState,
    retry_if_exception_type,
    stop_after_delay,
    wait_exponential_jitter,
)

from jobhunter_contracts.asks import ContextQuery, ContextReply, Passage, ProfileReply, Refusal, document_blob
from jobhunter_contracts.errors import (
    BadUpload,
    InvalidMessage,
    InvalidProfile,
    JobHunterError,
    NotFound,
    ProfileMissing,
    Unavailable,
)
from jobhunter_contracts.profile import DOCUMENT_LIMIT, Profile, document_media_type, profile_from
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    Ask,
    Owner,
    ask_subject,
)

log = logging.getLogger(__name__)

REQUEST_SECONDS = 5.0
PATIENCE_SECONDS = 60.0
"""How long an owner that does not answer is asked again: it may be restarting."""

CONTEXT_SECONDS = 2.0
"""How long a search of the person's documents may take: a person who is asked waits for it."""

UPLOADS = 5
"""How often a blob is sent from its beginning: an owner that restarted between two chunks has forgotten the first."""

_ERRORS: dict[str, type[JobHunterError]] = {
    error.code: error for error in (InvalidProfile, ProfileMissing, NotFound, InvalidMessage, BadUpload)
}


class NatsLibrary:
    """A Library of the task `task_uid`, asked for by the pod `pod_uid`."""

    def __init__(
        self, nc: Client, task_uid: str, pod_uid: str, owner: Owner, patience_seconds: float = PATIENCE_SECONDS
    ) -> None:
        self._nc = nc
        self._task_uid = task_uid
        self._pod_uid = pod_uid
        self._owner = owner
        self._patience = patience_seconds

    async def profile(self) -> Profile:
        reply = ProfileReply.from_json((await self._request(Ask.PROFILE, b"", {})).data)
        return profile_from(reply.profile)

    async def document(self, name: str) -> bytes:
        try:
            data = await self._get_blob(document_blob(name), DOCUMENT_LIMIT)
        except NotFound as error:
            raise InvalidProfile(
                "the profile names this document, and it is not there", where=name, remedy="Add it beside profile.yaml"
            ) from error
        document_media_type(name, data)
        return data

    async def passages(self, query: str, k: int) -> list[Passage]:
        subject = ask_subject(self._task_uid, self._owner, Ask.CONTEXT)
        try:
            reply = await self._nc.request(
                subject,
                ContextQuery(query=query, k=k).to_json(),
                timeout=CONTEXT_SECONDS,
                headers={HEADER_POD: self._pod_uid},
            )
            _raise_refusal(reply, Ask.CONTEXT)
            return ContextReply.from_json(reply.data).passages[:k]
        except nats.errors.NoRespondersError:
            return []
        except (nats.errors.Error, JobHunterError, TimeoutError) as error:
            log.info("nothing is known to a question: %s", type(error).__name__)
            return []

    async def put_blob(self, name: str, data: bytes) -> None:
        for left in reversed(range(UPLOADS)):
            try:
                await self._put_blob(name, data)
                return
            except BadUpload as error:
                if not left:
                    raise
                log.info("sending %s from its beginning: %s", name, error)

    async def _put_blob(self, name: str, data: bytes) -> None:
        sha256 = hashlib.sha256(data).hexdigest()
        for offset in range(0, max(len(data), 1), BLOB_CHUNK):
            headers = {
                HEADER_OPERATION: "put",
                HEADER_BLOB: name,
                HEADER_OFFSET: str(offset),
                HEADER_SIZE: str(len(data)),
                HEADER_SHA256: sha256,
            }
            await self._request(Ask.BLOB, data[offset : offset + BLOB_CHUNK], headers)

    async def _get_blob(self, name: str, limit: int) -> bytes:
        data = bytearray()
        while True:
            headers = {HEADER_OPERATION: "get", HEADER_BLOB: name, HEADER_OFFSET: str(len(data))}
            reply = await self._request(Ask.BLOB, b"", headers)
            headers = reply.headers or {}
            try:
                size, sha256 = int(headers[HEADER_SIZE]), headers[HEADER_SHA256]
            except (KeyError, ValueError) as error:
                raise InvalidMessage("the reply states no size and sha256", where=name) from error
            if size > limit:
                raise InvalidProfile(
                    f"the document has {size} bytes, more than {limit}", where=name, remedy="Export a smaller one"
                )
            data += reply.data
            if len(data) >= size:
                break
            if not reply.data:
                raise InvalidMessage(f"ends after {len(data)} of {size} bytes", where=name)
        if len(data) != size or hashlib.sha256(data).hexdigest() != sha256:
            raise InvalidMessage("the bytes are not those that were announced", where=name)
        return bytes(data)

    async def _request(self, what: Ask, payload: bytes, headers: dict[str, str]) -> Msg:
        """One request, repeated while nobody answers. A refusal is raised as the error that it names."""
        subject = ask_subject(self._task_uid, self._owner, what)
        try:
            async for attempt in AsyncRetrying(
                retry=retry_if_exception_type((nats.errors.NoRespondersError, nats.errors.TimeoutError, Unavailable)),
                wait=wait_exponential_jitter(multiplier=0.1, max=3.0),
                stop=stop_after_delay(self._patience),
                before_sleep=_log_retry,
                reraise=True,
            ):
                with attempt:
                    reply = await self._nc.request(
                        subject, payload, timeout=REQUEST_SECONDS, headers={**headers, HEADER_POD: self._pod_uid}
                    )
                    _raise_refusal(reply, what)
        except nats.errors.Error as error:
            raise Unavailable(
                f"the {self._owner} does not answer ({type(error).__name__})",
                where=subject,
                remedy="See whether it runs",
            ) from error
        return reply


def _raise_refusal(reply: Msg, what: Ask) -> None:
    code = (reply.headers or {}).get(HEADER_ERROR)
    if code is None:
        return
    refusal = Refusal.from_json(reply.data)
    raise _ERRORS.get(code, Unavailable)(refusal.message, where=f"ask.{what}" if code not in _ERRORS else "")


def _log_retry(state: RetryCallState) -> None:
    error = state.outcome.exception() if state.outcome else None
    log.info("asking again after attempt %d: %s", state.attempt_number, error)
