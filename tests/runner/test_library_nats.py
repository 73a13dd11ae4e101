"""The profile, documents and pictures over a real nats-server, the owner played by the contract."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from nats.aio.msg import Msg

from jobhunter_contracts.asks import DRAFT_PICTURE_BLOB, ProfileReply, Refusal, document_blob
from jobhunter_contracts.errors import InvalidMessage, InvalidProfile, ProfileMissing, Unavailable
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
    ask_subjects,
)
from jobhunter_runner.library_nats import NatsLibrary
from jobhunter_runner.nats_connection import NatsConnection, connected

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 3000


class FakeOwner:
    """Answers as the operator does, from memory."""

    def __init__(self, connection: NatsConnection) -> None:
        self._nc = connection.nc
        self.profile: dict[str, Any] | Refusal = {"basics": {"name": "Asha Rao", "email": "asha@example.org"}}
        self.blobs = {
            document_blob("cv.pdf"): PDF,
            document_blob("empty.pdf"): b"",
            document_blob("notes.txt"): b"hello",
        }
        self.put: dict[str, bytearray] = {}
        self.pods: set[str] = set()
        self.sha256: str | None = None

    async def start(self) -> None:
        await self._nc.subscribe(ask_subjects(Owner.OPERATOR, Ask.PROFILE), cb=self._on_profile)
        await self._nc.subscribe(ask_subjects(Owner.OPERATOR, Ask.BLOB), cb=self._on_blob)

    async def _refuse(self, message: Msg, refusal: Refusal) -> None:
        await self._nc.publish(message.reply, refusal.to_json(), headers={HEADER_ERROR: refusal.code})

    async def _on_profile(self, message: Msg) -> None:
        self.pods.add((message.headers or {})[HEADER_POD])
        if isinstance(self.profile, Refusal):
            await self._refuse(message, self.profile)
        else:
            await message.respond(ProfileReply(profile=self.profile).to_json())

    async def _on_blob(self, message: Msg) -> None:
        headers = message.headers or {}
        name, offset = headers[HEADER_BLOB], int(headers[HEADER_OFFSET])
        if headers[HEADER_OPERATION] == "put":
            data = self.put.setdefault(name, bytearray())
            assert offset == len(data)
            data += message.data
            if len(data) == int(headers[HEADER_SIZE]):
                assert hashlib.sha256(data).hexdigest() == headers[HEADER_SHA256]
            await message.respond(b"")
            return
        if name not in self.blobs:
            await self._refuse(message, Refusal(code="not-found", message="no such blob"))
            return
        blob = self.blobs[name]
        sha256 = self.sha256 or hashlib.sha256(blob).hexdigest()
        chunk = blob[offset : offset + BLOB_CHUNK]
        await self._nc.publish(message.reply, chunk, headers={HEADER_SIZE: str(len(blob)), HEADER_SHA256: sha256})


@pytest.fixture
async def owner(nats_server: Any) -> AsyncIterator[FakeOwner]:
    async with connected(nats_server.url, name="owner", inbox="_INBOX.owner") as connection:
        yield FakeOwner(connection)


@pytest.fixture
async def library(nats_server: Any) -> AsyncIterator[NatsLibrary]:
    async with connected(
        nats_server.url, name="runner", inbox="_INBOX.runner", user="runner", password="runner"
    ) as connection:
        yield NatsLibrary(connection.nc, "uid", "pod", Owner.OPERATOR, patience_seconds=5)


async def test_the_profile_and_a_document_in_chunks(owner: FakeOwner, library: NatsLibrary) -> None:
    await owner.start()
    assert (await library.profile()).basics.email == "asha@example.org"
    assert len(PDF) > 2 * BLOB_CHUNK
    assert await library.document("cv.pdf") == PDF
    assert owner.pods == {"pod"}


async def test_a_picture_is_put_in_chunks(owner: FakeOwner, library: NatsLibrary) -> None:
    await owner.start()
    await library.put_blob(DRAFT_PICTURE_BLOB, PDF)
    assert bytes(owner.put[DRAFT_PICTURE_BLOB]) == PDF


async def test_an_owner_that_starts_late_is_waited_for(owner: FakeOwner, library: NatsLibrary) -> None:
    asking = asyncio.create_task(library.profile())
    await asyncio.sleep(0.7)
    await owner.start()
    assert (await asyncio.wait_for(asking, 5)).basics.name == "Asha Rao"


async def test_nobody_there_is_unavailable(library: NatsLibrary) -> None:
    library._patience = 0.5
    with pytest.raises(Unavailable, match="does not answer"):
        await library.profile()


async def test_refusals_are_raised_as_what_they_name(owner: FakeOwner, library: NatsLibrary) -> None:
    await owner.start()
    owner.profile = Refusal(code="profile-missing", message="There is no Secret asha-profile")
    with pytest.raises(ProfileMissing, match="no Secret asha-profile"):
        await library.profile()
    owner.profile = {"application": {"shoe_size": 43}}
    with pytest.raises(InvalidProfile, match=r"application\.shoe_size: unknown key"):
        await library.profile()


@pytest.mark.parametrize(
    ("name", "words"), [("empty.pdf", "empty"), ("notes.txt", "neither PDF nor DOCX"), ("gone.pdf", "is not there")]
)
async def test_a_bad_document_is_said(owner: FakeOwner, library: NatsLibrary, name: str, words: str) -> None:
    await owner.start()
    with pytest.raises(InvalidProfile, match=words):
        await library.document(name)


async def test_bytes_that_are_not_what_was_announced_are_refused(owner: FakeOwner, library: NatsLibrary) -> None:
    await owner.start()
    owner.sha256 = "0" * 64
    with pytest.raises(InvalidMessage, match="not those that were announced"):
        await library.document("cv.pdf")
