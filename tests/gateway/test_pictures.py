"""Pictures of tasks: the store's own, and the operator's over NATS with a copy kept; never another user's."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.asks import Refusal
from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_SHA256,
    HEADER_SIZE,
    kept_subject,
)
from jobhunter_gateway import task_blobs, tasks_table
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror

TASK = "0b6f2a52-6a39-4f3e-9a1b-0f3f1f8f0a01"
BIG = b"\xff\xd8\xff" + bytes(range(256)) * 2500


class Kept:
    """What the operator keeps, answered by the contract. wrong: announce another sha256."""

    def __init__(self) -> None:
        self.blobs: dict[str, bytes] = {}
        self.asked = 0
        self.wrong = False
        self.replace_at: tuple[int, bytes] | None = None

    async def answer(self, message: Any) -> None:
        self.asked += 1
        name, offset = message.headers[HEADER_BLOB], int(message.headers[HEADER_OFFSET])
        if self.replace_at and offset >= self.replace_at[0]:
            self.blobs[name], self.replace_at = self.replace_at[1], None
        if name not in self.blobs:
            refusal = Refusal(code="not-found", message="there is no draft")
            await message._client.publish(message.reply, refusal.to_json(), headers={HEADER_ERROR: refusal.code})
            return
        blob = self.blobs[name]
        sha256 = hashlib.sha256(blob + (b"x" if self.wrong else b"")).hexdigest()
        headers = {HEADER_SIZE: str(len(blob)), HEADER_SHA256: sha256}
        await message._client.publish(message.reply, blob[offset : offset + BLOB_CHUNK], headers=headers)


@pytest.fixture
async def link(nats_streams: Any) -> AsyncIterator[NatsLink]:
    link = NatsLink("gateway", Settings(nats_url=nats_streams.url), Metrics())
    await asyncio.wait_for(link.connect(), 10)
    yield link
    await link.close()


@pytest.fixture
async def kept(link: NatsLink) -> Kept:
    kept = Kept()
    await link.client.subscribe(kept_subject(TASK), cb=kept.answer)
    return kept


@pytest.fixture
def tasks() -> TaskMirror:
    return TaskMirror(ClusterTasks("jobs", Metrics()), Metrics())


@pytest.fixture
def pictures(link: NatsLink, store: Store, tasks: TaskMirror) -> Pictures:
    return Pictures(link, store, tasks)


def running(tasks: TaskMirror, **spec: Any) -> None:
    """The task is on the API server."""
    metadata = {"name": "t", "namespace": "jobs", "uid": TASK, "resourceVersion": "1"}
    tasks.put({"metadata": metadata, "spec": {"userId": "asha", "url": "https://x.example.com/1"} | spec})


async def put(store: Store, data: bytes) -> None:
    async with store.user("asha") as connection:
        row = tasks_table.TaskRow(
            id=TASK, user_id="asha", url="u", raw_prompt=None, status="running", created_at=datetime.now(UTC)
        )
        await tasks_table.record(connection, row)
        await task_blobs.put(connection, "asha", TASK, "draft.jpg", data)


async def test_a_task_of_the_gateway_has_its_pictures_in_the_store(
    pictures: Pictures, store: Store, tasks: TaskMirror, kept: Kept
) -> None:
    running(tasks)
    assert await pictures.get("asha", TASK, "draft.jpg") is None
    await put(store, BIG)
    assert await pictures.get("asha", TASK, "draft.jpg") == BIG
    assert not kept.asked


async def test_a_task_with_a_profile_of_its_own_has_them_from_the_operator_and_a_copy_stays(
    pictures: Pictures, tasks: TaskMirror, kept: Kept
) -> None:
    running(tasks, profileRef={"name": "p"})
    kept.blobs["draft.jpg"] = BIG
    assert await pictures.get("asha", TASK, "draft.jpg") == BIG
    kept.blobs["draft.jpg"] = BIG[:5000]
    assert await pictures.get("asha", TASK, "draft.jpg") == BIG[:5000]  # the newest, not the copy
    tasks.drop(TASK)
    assert await pictures.get("asha", TASK, "draft.jpg") == BIG[:5000]


async def test_a_draft_that_changes_between_two_chunks_is_got_whole(
    pictures: Pictures, tasks: TaskMirror, kept: Kept
) -> None:
    running(tasks, profileRef={"name": "p"})
    kept.blobs["draft.jpg"] = BIG
    kept.replace_at = (BLOB_CHUNK, BIG[::-1])
    assert await pictures.get("asha", TASK, "draft.jpg") == BIG[::-1]


async def test_bytes_that_are_not_those_announced_are_not_shown(
    pictures: Pictures, tasks: TaskMirror, kept: Kept
) -> None:
    running(tasks, profileRef={"name": "p"})
    kept.blobs["draft.jpg"], kept.wrong = BIG, True
    assert await pictures.get("asha", TASK, "draft.jpg") is None


async def test_an_operator_that_is_away_is_said_unless_there_is_a_copy(
    pictures: Pictures, store: Store, tasks: TaskMirror
) -> None:
    running(tasks, profileRef={"name": "p"})
    with pytest.raises(Unavailable):
        await pictures.get("asha", TASK, "draft.jpg")
    await put(store, BIG)
    assert await pictures.get("asha", TASK, "draft.jpg") == BIG


@pytest.mark.parametrize("own_profile", [False, True])
async def test_another_user_gets_nothing(
    pictures: Pictures, store: Store, tasks: TaskMirror, kept: Kept, own_profile: bool
) -> None:
    running(tasks, **({"profileRef": {"name": "p"}} if own_profile else {}))
    await put(store, BIG)
    kept.blobs["draft.jpg"] = BIG
    assert await pictures.get("ben", TASK, "draft.jpg") is None
    assert not kept.asked


@pytest.mark.parametrize("name", ["", "profile.yaml", "../draft.jpg", "document/cv.pdf"])
async def test_only_pictures_and_tables_are_had(pictures: Pictures, tasks: TaskMirror, kept: Kept, name: str) -> None:
    running(tasks, profileRef={"name": "p"})
    kept.blobs[name] = BIG
    assert await pictures.get("asha", TASK, name) is None
