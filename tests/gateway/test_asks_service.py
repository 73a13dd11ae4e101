"""What a runner gets of the gateway, over real NATS, through the runner's own library where it can."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import nats
import pytest

from jobhunter_contracts import asks
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import BadUpload, InvalidProfile, ProfileMissing, Unavailable
from jobhunter_contracts.profile import Profile
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    EVENT_STREAM,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    PROFILE_CHANGED_SUBJECT,
    PROFILE_EXISTS_SUBJECT,
    Ask,
    Owner,
    ask_subject,
)
from jobhunter_gateway import profiles, task_blobs
from jobhunter_gateway.asks_service import AsksService
from jobhunter_gateway.documents import Documents
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.nats_link import NatsLink
from jobhunter_gateway.profile_exists import ProfileExists
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_runner.library_nats import NatsLibrary

TASK, POD, USER = "task-1", "pod-1", "asha"
PDF = b"%PDF-1.4\n" + os.urandom(600_000)


class Tasks:
    """The mirror's part that the service reads."""

    def __init__(self) -> None:
        self.there: dict[str, ApplicationTask] = {}

    def get(self, uid: str) -> ApplicationTask | None:
        return self.there.get(uid)


class Gateway:
    """One gateway: its own connection, memory and services."""

    def __init__(self, url: str, store: Store, tasks: Tasks) -> None:
        settings = Settings(nats_url=url)
        metrics = Metrics()
        self.link = NatsLink(settings, metrics)
        self.memory = Memory(settings, store)
        self.documents = Documents(settings, store, self.link, metrics)
        self.asks = AsksService(self.link, store, tasks, self.memory, metrics)  # type: ignore[arg-type] # its get alone
        self.exists = ProfileExists(self.link, store)

    async def start(self) -> None:
        self.link.on_connected(self.asks.start)
        self.link.on_connected(self.exists.start)
        await self.link.connect()

    async def stop(self) -> None:
        await self.asks.stop()
        await self.exists.stop()
        await self.link.close()
        await self.memory.close()


@pytest.fixture
def tasks(task_resource: Callable[..., ApplicationTask]) -> Tasks:
    tasks = Tasks()
    tasks.there[TASK] = task_resource(TASK, USER, status={"podUid": POD})
    return tasks


@pytest.fixture
async def gateway(nats_streams: Any, store: Store, tasks: Tasks) -> AsyncIterator[Gateway]:
    gateway = Gateway(nats_streams.url, store, tasks)
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def second(nats_streams: Any, store: Store, tasks: Tasks) -> AsyncIterator[Gateway]:
    gateway = Gateway(nats_streams.url, store, tasks)
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def nc(nats_streams: Any) -> AsyncIterator[Any]:
    nc = await nats.connect(nats_streams.url, user="runner", password="runner")
    yield nc
    await nc.close()


@pytest.fixture
def library(nc: Any, gateway: Gateway) -> NatsLibrary:
    return NatsLibrary(nc, TASK, POD, Owner.GATEWAY, patience_seconds=1.0)


async def put_profile(store: Store, profile: dict[str, Any], user: str = USER) -> None:
    async with store.user(user) as connection:
        await profiles.put(connection, user, profile, None)


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


# whether there is a profile


async def state_of(link: NatsLink, user: str = USER, task: str = TASK) -> asks.ProfileState:
    query = asks.ProfileQuery(user_id=user, task_uid=task).to_json()
    reply = await link.client.request(PROFILE_EXISTS_SUBJECT, query, timeout=5)
    assert HEADER_ERROR not in (reply.headers or {}), reply.data
    return asks.ProfileState.from_json(reply.data)


async def chats(link: NatsLink) -> list[str]:
    info = await link.js.stream_info(EVENT_STREAM)
    found = []
    for number in range(1, info.state.messages + 1):
        message = await link.js.get_msg(EVENT_STREAM, number)
        assert message.subject == f"jobhunter.task.{TASK}.event.chat:message"
        found.append(str(json.loads(message.data or b"")["message"]))
    return found


async def test_the_operator_is_told_whether_a_task_can_be_served(gateway: Gateway, store: Store) -> None:
    missing = await state_of(gateway.link)
    assert missing == asks.ProfileState(exists=False, why="Profile not found. Please complete onboarding.")
    await put_profile(store, {"basics": {"name": "Asha"}})
    assert await state_of(gateway.link) == asks.ProfileState(exists=True)
    assert not (await state_of(gateway.link, "ben")).exists


async def test_a_task_whose_document_is_not_uploaded_waits_with_words(gateway: Gateway, store: Store) -> None:
    await put_profile(store, {"basics": {"name": "Asha"}, "application": {"documents": {"resume": "cv.pdf"}}})
    state = await state_of(gateway.link)
    assert not state.exists
    assert "'cv.pdf', which is not uploaded" in state.why
    told = asyncio.Event()

    async def heard(message: Any) -> None:
        assert asks.ProfileChanged.from_json(message.data).user_id == USER
        told.set()

    await gateway.link.client.subscribe(PROFILE_CHANGED_SUBJECT, cb=heard)
    await gateway.documents.add(USER, "resume", "cv.pdf", PDF)
    await asyncio.wait_for(told.wait(), 5)
    assert (await state_of(gateway.link)).exists


async def test_a_person_is_told_once_that_the_profile_is_missing(gateway: Gateway, second: Gateway) -> None:
    for _ in range(5):
        await state_of(gateway.link)
    assert await chats(gateway.link) == ["Profile not found. Please complete onboarding."]


async def test_who_asks_without_a_shape_is_refused(gateway: Gateway) -> None:
    reply = await gateway.link.client.request(PROFILE_EXISTS_SUBJECT, b"{}", timeout=5)
    assert reply.headers[HEADER_ERROR] == "invalid-message"
