"""The profile, documents and pictures over a real nats-server, the owner played by the contract."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobhunter_contracts.asks import DRAFT_PICTURE_BLOB, ContextQuery, Passage, Refusal, document_blob
from jobhunter_contracts.errors import InvalidMessage, InvalidProfile, ProfileMissing, Unavailable
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_ERROR,
    HEADER_OFFSET,
    Ask,
    Owner,
    ask_subjects,
)
from jobhunter_runner.library_nats import NatsLibrary
from jobhunter_runner.nats_connection import connected

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 3000


@pytest.fixture
async def owner(nats_server: Any, task_owner: Any) -> AsyncIterator[Any]:
    async with connected(nats_server.url, name="owner", inbox="_INBOX.owner") as connection:
        owner = task_owner(connection.nc)
        owner.profile = {"basics": {"name": "Asha Rao", "email": "asha@example.org"}}
        owner.blobs = {
            document_blob("cv.pdf"): PDF,
            document_blob("empty.pdf"): b"",
            document_blob("notes.txt"): b"hello",
        }
        yield owner


@pytest.fixture
async def library(nats_server: Any) -> AsyncIterator[NatsLibrary]:
    async with connected(
        nats_server.url, name="runner", inbox="_INBOX.runner", user="runner", password="runner"
    ) as connection:
        yield NatsLibrary(connection.nc, "uid", "pod", Owner.OPERATOR, patience_seconds=5)


async def test_the_profile_and_a_document_in_chunks(owner: Any, library: NatsLibrary) -> None:
    await owner.start()
    assert (await library.profile()).basics.email == "asha@example.org"
    assert len(PDF) > 2 * BLOB_CHUNK
    assert await library.document("cv.pdf") == PDF
    assert owner.pods == {"pod"}


async def test_a_picture_is_put_in_chunks(owner: Any, library: NatsLibrary) -> None:
    await owner.start()
    await library.put_blob(DRAFT_PICTURE_BLOB, PDF)
    assert owner.put[DRAFT_PICTURE_BLOB] == PDF


async def test_a_picture_is_sent_from_its_beginning_where_the_owner_restarted(owner: Any, library: NatsLibrary) -> None:
    await owner.start()
    request = library._request
    sent: list[str] = []

    async def restarted_once(what: Any, payload: bytes, headers: dict[str, str]) -> Any:
        if len(sent) == 1:
            owner.forget_uploads()
        sent.append(headers[HEADER_OFFSET])
        return await request(what, payload, headers)

    library._request = restarted_once  # type: ignore[method-assign]  # a restart between the first two chunks
    await library.put_blob(DRAFT_PICTURE_BLOB, PDF)
    assert owner.put[DRAFT_PICTURE_BLOB] == PDF
    assert sent[:3] == ["0", str(BLOB_CHUNK), "0"]


async def test_an_owner_that_starts_late_is_waited_for(owner: Any, library: NatsLibrary) -> None:
    asking = asyncio.create_task(library.profile())
    await asyncio.sleep(0.7)
    await owner.start()
    assert (await asyncio.wait_for(asking, 5)).basics.name == "Asha Rao"


async def test_nobody_there_is_unavailable(library: NatsLibrary) -> None:
    library._patience = 0.5
    with pytest.raises(Unavailable, match="does not answer"):
        await library.profile()


async def test_refusals_are_raised_as_what_they_name(owner: Any, library: NatsLibrary) -> None:
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
async def test_a_bad_document_is_said(owner: Any, library: NatsLibrary, name: str, words: str) -> None:
    await owner.start()
    with pytest.raises(InvalidProfile, match=words):
        await library.document(name)


async def test_bytes_that_are_not_what_was_announced_are_refused(owner: Any, library: NatsLibrary) -> None:
    await owner.start()
    owner.sha256 = "0" * 64
    with pytest.raises(InvalidMessage, match="not those that were announced"):
        await library.document("cv.pdf")


async def test_passages_come_best_first_and_no_more_than_wanted(owner: Any, library: NatsLibrary) -> None:
    owner.passages = [Passage(text=f"Passage {n}", source="cv.pdf", score=1 - n / 10) for n in range(5)]
    await owner.start()
    assert [each.text for each in await library.passages("led a team", 3)] == ["Passage 0", "Passage 1", "Passage 2"]
    assert owner.queries == [ContextQuery(query="led a team", k=3)]


async def test_where_nobody_knows_anything_nothing_is_known(owner: Any, library: NatsLibrary) -> None:
    await owner.start()
    started = asyncio.get_running_loop().time()
    assert await library.passages("led a team", 3) == []
    assert asyncio.get_running_loop().time() - started < 1.9  # what waits in vain takes two


@pytest.mark.parametrize("answer", ["silence", "nonsense", "refusal"])
async def test_a_search_that_fails_costs_two_seconds_at_most(
    nats_server: Any, library: NatsLibrary, answer: str
) -> None:
    async with connected(nats_server.url, name="owner", inbox="_INBOX.owner") as connection:

        async def on_context(message: Any) -> None:
            if answer == "nonsense":
                await message.respond(b'{"passages": 3}')
            if answer == "refusal":
                body = Refusal(code="not-found", message="no such task").to_json()
                await connection.nc.publish(message.reply, body, headers={HEADER_ERROR: "not-found"})

        await connection.nc.subscribe(ask_subjects(Owner.OPERATOR, Ask.CONTEXT), cb=on_context)
        await connection.nc.flush()
        started = asyncio.get_running_loop().time()
        assert await library.passages("led a team", 3) == []
        assert asyncio.get_running_loop().time() - started < 4


async def test_the_gateway_serves_its_tasks(nats_server: Any, task_owner: Any) -> None:
    async with (
        connected(nats_server.url, name="owner", inbox="_INBOX.owner") as owning,
        connected(nats_server.url, name="runner", inbox="_INBOX.r", user="runner", password="runner") as asking,
    ):
        operator, gateway = task_owner(owning.nc), task_owner(owning.nc, Owner.GATEWAY)
        gateway.profile = {"basics": {"email": "asha@example.org"}}
        gateway.blobs = {document_blob("cv.pdf"): PDF}
        for owner in (operator, gateway):
            await owner.start()
        library = NatsLibrary(asking.nc, "uid", "pod", Owner.GATEWAY, patience_seconds=5)
        assert (await library.profile()).basics.email == "asha@example.org"
        assert await library.document("cv.pdf") == PDF
        await library.put_blob(DRAFT_PICTURE_BLOB, PDF)
        assert gateway.put == {DRAFT_PICTURE_BLOB: PDF}
        assert (operator.pods, operator.put) == (set(), {})
