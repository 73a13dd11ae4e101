"""What a runner gets of the gateway, over real NATS, through the runner's own library where it can."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Callable
from typing import Any

import pytest

from jobhunter_contracts import asks
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import BadUpload, InvalidProfile, ProfileMissing, Unavailable
from jobhunter_contracts.profile import Profile
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
from jobhunter_gateway import task_blobs
from jobhunter_gateway.store import Store
from jobhunter_runner.library_nats import NatsLibrary
from serving_gateway import PDF, POD, TASK, USER, Gateway, Tasks, gateway, nc, put_profile, second, tasks

__all__ = ["gateway", "nc", "second", "tasks"]


@pytest.fixture
def library(nc: Any, gateway: Gateway) -> NatsLibrary:
    return NatsLibrary(nc, TASK, POD, Owner.GATEWAY, patience_seconds=1.0)


async def kept(store: Store, name: str, user: str = USER) -> bytes | None:
    async with store.user(user) as connection:
        return await task_blobs.get(connection, TASK, name)


def jpeg(size: int) -> bytes:
    return b"\xff\xd8\xff" + os.urandom(size - 3)


async def ask(nc: Any, what: Ask, payload: bytes = b"", pod: str = POD, task: str = TASK, **headers: str) -> Any:
    subject = ask_subject(task, Owner.GATEWAY, what)
    return await nc.request(subject, payload, timeout=5, headers={**headers, HEADER_POD: pod})


async def put_chunk(nc: Any, name: str, whole: bytes, offset: int, data: bytes, sha256: str = "") -> str | None:
    """The refusal's code, None where the chunk was taken."""
    headers = {
        HEADER_OPERATION: "put",
        HEADER_BLOB: name,
        HEADER_OFFSET: str(offset),
        HEADER_SIZE: str(len(whole)),
        HEADER_SHA256: sha256 or hashlib.sha256(whole).hexdigest(),
    }
    reply = await ask(nc, Ask.BLOB, data, **headers)
    return (reply.headers or {}).get(HEADER_ERROR)


# who is served


async def test_another_pod_is_refused(nc: Any, gateway: Gateway, store: Store, profile_data: dict[str, Any]) -> None:
    await put_profile(store, profile_data | {"application": {}})
    for what in (Ask.PROFILE, Ask.BLOB, Ask.CONTEXT):
        for pod, task in (("pod-2", TASK), ("", TASK), (POD, "task-2")):
            reply = await ask(nc, what, b'{"query": "Python"}', pod, task)
            assert reply.headers[HEADER_ERROR] == "not-bound"


async def test_a_task_that_ended_is_served_no_more(
    nc: Any, gateway: Gateway, tasks: Tasks, task_resource: Callable[..., ApplicationTask]
) -> None:
    done = {"type": "Succeeded", "status": "True", "reason": "Submitted", "lastTransitionTime": "2026-11-20T09:30:00Z"}
    tasks.there[TASK] = task_resource(TASK, USER, status={"podUid": POD, "conditions": [done]})
    assert (await ask(nc, Ask.PROFILE)).headers[HEADER_ERROR] == "not-bound"


async def test_a_task_with_a_secret_is_the_operators(
    nc: Any, gateway: Gateway, tasks: Tasks, task_resource: Callable[..., ApplicationTask]
) -> None:
    tasks.there[TASK] = task_resource(TASK, USER, status={"podUid": POD}, profileRef={"name": "asha"})
    assert (await ask(nc, Ask.PROFILE)).headers[HEADER_ERROR] == "not-bound"


# profile and documents


async def test_the_profile_comes_from_the_store(
    library: NatsLibrary, gateway: Gateway, store: Store, profile_data: dict[str, Any]
) -> None:
    await gateway.documents.add(USER, "resume", "cv.pdf", PDF)
    await put_profile(store, profile_data)
    profile = await library.profile()
    assert profile == Profile.model_validate(profile_data)
    assert await library.document("cv.pdf") == PDF


async def test_the_only_resume_is_used_where_the_profile_names_none(
    library: NatsLibrary, gateway: Gateway, store: Store
) -> None:
    await put_profile(store, {"basics": {"name": "Asha Rao"}})
    await gateway.documents.add(USER, "cover_letter", "letter.pdf", PDF)
    await gateway.documents.add(USER, "resume", "notes.md", b"# Asha Rao")
    assert (await library.profile()).application.documents.resume is None
    await gateway.documents.add(USER, "resume", "Lebenslauf Müller.pdf", PDF)
    assert (await library.profile()).application.documents.resume == "Lebenslauf Müller.pdf"
    assert await library.document("Lebenslauf Müller.pdf") == PDF
    await gateway.documents.add(USER, "resume", "second.pdf", PDF)
    assert (await library.profile()).application.documents.resume is None


async def test_a_profile_that_is_not_there_is_said_to_be_missing(library: NatsLibrary) -> None:
    with pytest.raises(ProfileMissing, match="complete onboarding"):
        await library.profile()


@pytest.mark.parametrize(
    ("name", "data", "words"), [("cv.pdf", None, "not uploaded"), ("cv.md", b"# Asha", "take PDF")]
)
async def test_a_document_that_forms_cannot_get_is_said(
    library: NatsLibrary, gateway: Gateway, store: Store, name: str, data: bytes | None, words: str
) -> None:
    if data:
        await gateway.documents.add(USER, "resume", name, data)
    await put_profile(store, {"basics": {"name": "Asha"}, "application": {"documents": {"resume": name}}})
    with pytest.raises(InvalidProfile, match=words):
        await library.profile()


async def test_nobody_gets_anothers_document(library: NatsLibrary, gateway: Gateway) -> None:
    await gateway.documents.add("ben", "resume", "ben.pdf", PDF)
    with pytest.raises(InvalidProfile, match="not there"):
        await library.document("ben.pdf")


async def test_context_comes_from_the_askers_texts_alone(nc: Any, gateway: Gateway) -> None:
    await gateway.documents.add(USER, "resume", "cv.txt", b"Asha built payment APIs in Python.")
    await gateway.documents.add("ben", "resume", "cv.txt", b"Ben built payment APIs in Python.")
    reply = await ask(nc, Ask.CONTEXT, asks.ContextQuery(query="Experience with Python?").to_json())
    (passage,) = asks.ContextReply.from_json(reply.data).passages
    assert (passage.text, passage.source) == ("Asha built payment APIs in Python.", "cv.txt, line 1")


async def test_a_malformed_request_is_refused_in_words(nc: Any, gateway: Gateway) -> None:
    for payload in (b"", b"{}", b"\xff", b'{"query": "x", "k": 1000}'):
        reply = await ask(nc, Ask.CONTEXT, payload)
        assert asks.Refusal.from_json(reply.data).code == reply.headers[HEADER_ERROR] == "invalid-message"
    for offset in ("-1", "x", "9" * 30):
        reply = await ask(nc, Ask.BLOB, **{HEADER_BLOB: "document/cv.pdf", HEADER_OFFSET: offset})
        assert reply.headers[HEADER_ERROR] == "invalid-message"


async def test_an_offset_behind_the_end_is_refused(nc: Any, gateway: Gateway) -> None:
    await gateway.documents.add(USER, "resume", "cv.pdf", PDF)
    for offset, error in ((len(PDF), None), (len(PDF) + 1, "invalid-message"), (10**11, "invalid-message")):
        headers = {HEADER_OPERATION: "get", HEADER_BLOB: "document/cv.pdf", HEADER_OFFSET: str(offset)}
        reply = await ask(nc, Ask.BLOB, **headers)
        assert (reply.headers or {}).get(HEADER_ERROR) == error
        if error is None:
            assert reply.data == b""


# blobs


async def test_what_a_runner_puts_is_kept_for_the_tasks_user(library: NatsLibrary, store: Store) -> None:
    picture, table = jpeg(700_000), Draft(url="https://x.example", digest="d", fields=[]).to_json()
    await library.put_blob(asks.DRAFT_PICTURE_BLOB, picture)
    await library.put_blob(asks.DRAFT_TABLE_BLOB, table)
    assert await kept(store, asks.DRAFT_PICTURE_BLOB) == picture
    assert await kept(store, asks.DRAFT_TABLE_BLOB) == table
    assert await kept(store, asks.DRAFT_PICTURE_BLOB, "ben") is None
    smaller = jpeg(1000)
    await library.put_blob(asks.DRAFT_PICTURE_BLOB, smaller)
    assert await kept(store, asks.DRAFT_PICTURE_BLOB) == smaller


async def test_chunks_that_come_to_different_gateways_make_one_blob(
    library: NatsLibrary, gateway: Gateway, second: Gateway, nc: Any, store: Store, admin: Any
) -> None:
    picture = jpeg(3 * BLOB_CHUNK + 10)
    chunks = [(at, picture[at : at + BLOB_CHUNK]) for at in range(0, len(picture), BLOB_CHUNK)]
    turns = [gateway, second, gateway, second]
    for turn, (at, data) in zip(turns, chunks, strict=True):
        other = second if turn is gateway else gateway
        await other.asks.stop()  # so that this chunk comes to `turn`
        await turn.asks.start()
        await turn.link.client.flush()
        await other.link.client.flush()
        assert await put_chunk(nc, asks.DRAFT_PICTURE_BLOB, picture, at, data) is None
    assert await kept(store, asks.DRAFT_PICTURE_BLOB) == picture
    assert await admin.fetchval("SELECT count(*) FROM blob_chunks") == 0


async def test_many_blobs_at_once_through_two_gateways(
    library: NatsLibrary, second: Gateway, nc: Any, store: Store, tasks: Tasks, task_resource: Any
) -> None:
    pictures = {f"task-{number}": jpeg(2 * BLOB_CHUNK + number) for number in range(10, 16)}
    for uid in pictures:
        tasks.there[uid] = task_resource(uid, USER, status={"podUid": f"pod-{uid}"})
    libraries = {uid: NatsLibrary(nc, uid, f"pod-{uid}", Owner.GATEWAY, 5.0) for uid in pictures}
    await asyncio.gather(*(libraries[uid].put_blob("confirmation.jpg", pictures[uid]) for uid in pictures))
    async with store.user(USER) as connection:
        for uid, picture in pictures.items():
            assert await task_blobs.get(connection, uid, "confirmation.jpg") == picture


async def test_a_gateway_that_ends_between_two_chunks_loses_none(
    gateway: Gateway, nc: Any, nats_streams: Any, store: Store, tasks: Tasks
) -> None:
    picture = jpeg(BLOB_CHUNK + 10)
    assert await put_chunk(nc, asks.DRAFT_PICTURE_BLOB, picture, 0, picture[:BLOB_CHUNK]) is None
    await gateway.asks.stop()
    fresh = Gateway(nats_streams.url, store, tasks)
    await fresh.start()
    assert await put_chunk(nc, asks.DRAFT_PICTURE_BLOB, picture, BLOB_CHUNK, picture[BLOB_CHUNK:]) is None
    assert await kept(store, asks.DRAFT_PICTURE_BLOB) == picture
    await fresh.stop()


async def test_a_repeated_chunk_is_harmless(gateway: Gateway, nc: Any, store: Store) -> None:
    picture = jpeg(2 * BLOB_CHUNK)
    for at in (0, 0, BLOB_CHUNK, BLOB_CHUNK):
        assert await put_chunk(nc, asks.DRAFT_PICTURE_BLOB, picture, at, picture[at : at + BLOB_CHUNK]) is None
    assert await kept(store, asks.DRAFT_PICTURE_BLOB) == picture


async def test_chunks_that_do_not_fit_are_refused_and_nothing_is_kept(gateway: Gateway, nc: Any, store: Store) -> None:
    name, picture = asks.DRAFT_PICTURE_BLOB, jpeg(2 * BLOB_CHUNK)
    tail = picture[BLOB_CHUNK:]
    assert await put_chunk(nc, name, picture, BLOB_CHUNK, tail) == BadUpload.code  # nothing before it
    assert await put_chunk(nc, name, picture, 0, picture[:BLOB_CHUNK]) is None
    assert await put_chunk(nc, name, picture, BLOB_CHUNK, tail, "0" * 64) == BadUpload.code  # another blob's
    assert await put_chunk(nc, name, picture, BLOB_CHUNK + 1, tail[1:]) == BadUpload.code  # a hole
    assert await put_chunk(nc, name, picture, BLOB_CHUNK, bytes(BLOB_CHUNK)) == BadUpload.code  # not its sha256
    assert await put_chunk(nc, name, picture, 0, b"") == BadUpload.code
    assert await put_chunk(nc, name, picture, 2 * BLOB_CHUNK, b"x") == BadUpload.code
    assert await put_chunk(nc, "session.json", b"x", 0, b"x") == "invalid-message"
    assert await put_chunk(nc, name, b"<html>", 0, b"<html>") == "invalid-message"
    assert await put_chunk(nc, asks.DRAFT_TABLE_BLOB, b"{}", 0, b"{}") == "invalid-message"
    assert await kept(store, name) is None
    assert await put_chunk(nc, name, picture, 0, picture[:BLOB_CHUNK]) is None
    assert await put_chunk(nc, name, picture, BLOB_CHUNK, tail) is None
    assert await kept(store, name) == picture


async def test_a_blob_that_is_too_large_is_refused_at_its_first_chunk(library: NatsLibrary) -> None:
    with pytest.raises(BadUpload, match="bytes"):
        await library.put_blob(asks.DRAFT_PICTURE_BLOB, jpeg(9 * 1024 * 1024))


async def test_while_postgres_is_away_it_is_said_so(
    nc: Any, gateway: Gateway, library: NatsLibrary, postgres: Any, store: Store, profile_data: dict[str, Any]
) -> None:
    await put_profile(store, {"basics": {"name": "Asha"}})
    postgres.stop()
    try:
        assert (await ask(nc, Ask.PROFILE)).headers[HEADER_ERROR] == Unavailable.code
    finally:
        postgres.start()
    assert (await library.profile()).basics.name == "Asha"
