"""The gateway's own parts with the chart's credential, in a real nats-server: that what they ask for is what they may."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import pytest
from nats.aio.msg import Msg
from nats.js.api import KeyValueConfig, StorageType, StreamConfig

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.events import EventType
from jobhunter_contracts.subjects import (
    EVENT_STREAM,
    EVENT_STREAM_SUBJECTS,
    FRAME_STREAM,
    FRAME_STREAM_SUBJECTS,
    HEADER_AT,
    HEADER_HEIGHT,
    HEADER_WIDTH,
    SUBMISSION_BUCKET,
    event_subject,
    frame_subject,
    watch_subject,
)
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.durable_consumer import DurableConsumer
from jobhunter_gateway.event_feed import EventFeed
from jobhunter_gateway.frame_feed import FrameFeed
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror

UID = "5d1c3f0e-0000-4000-8000-000000000001"
HEADERS = {HEADER_AT: "2026-01-31T09:30:00.125Z", HEADER_WIDTH: "1280", HEADER_HEIGHT: "720"}


@pytest.fixture
async def operator(connected: Any) -> AsyncIterator[Any]:
    """The operator's connection, with the streams made."""
    async with connected("OPERATOR", "_INBOX.operator") as (client, _):
        js = client.jetstream()
        await js.add_stream(StreamConfig(name=EVENT_STREAM, subjects=EVENT_STREAM_SUBJECTS, storage=StorageType.FILE))
        await js.add_stream(
            StreamConfig(
                name=FRAME_STREAM, subjects=FRAME_STREAM_SUBJECTS, storage=StorageType.MEMORY, max_bytes=1 << 20
            )
        )
        await js.create_key_value(KeyValueConfig(bucket=SUBMISSION_BUCKET, storage=StorageType.FILE))
        yield client


@pytest.fixture
async def link(server: str, operator: Any) -> AsyncIterator[NatsLink]:
    """The gateway's own connection, with the chart's credential."""
    link = NatsLink("gateway", Settings(nats_url=server, nats_user="gateway", nats_password="pgateway9"), Metrics())
    await asyncio.wait_for(link.connect(), 10)
    yield link
    await link.close()


async def until(true: Callable[[], bool]) -> None:
    for _ in range(1000):
        if true():
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not come about within 10 s")


def event(number: int) -> bytes:
    data = {"event_id": f"{UID}.1.{number}", "at": "2026-01-31T09:30:00.125Z"}
    return json.dumps(
        {"type": "chat:message", "agent": "applier", "message": "Hi", "data": data, "timestamp": "09:30:00"}
    ).encode()


@pytest.mark.parametrize(
    ("stream", "subject"),
    [
        (EVENT_STREAM, event_subject(UID, EventType.CHAT_MESSAGE)),
        (f"KV_{SUBMISSION_BUCKET}", f"$KV.{SUBMISSION_BUCKET}.lease.1"),
    ],
)
async def test_the_projectors_consumer_takes_what_is_published(
    link: NatsLink, operator: Any, stream: str, subject: str
) -> None:
    taken: list[bytes] = []

    async def take(message: Msg, stream_created: datetime) -> None:
        taken.append(message.data)
        await message.ack()

    consumer = DurableConsumer(link, stream, take)
    running = asyncio.create_task(consumer.run())
    await operator.jetstream().publish(subject, event(1))
    await until(lambda: taken == [event(1)])
    await operator.jetstream().publish(subject, event(2))
    await until(lambda: len(taken) == 2)
    running.cancel()


async def test_a_task_s_events_are_followed(link: NatsLink, operator: Any) -> None:
    tasks = TaskMirror(ClusterTasks("jobs", Metrics()), Metrics())
    store = Store("postgresql://127.0.0.1:1/none", timeout=0.2)  # away: the stream alone is read
    feed = EventFeed(UID, "asha", link, store, Pictures(link, store, tasks), lambda: None)
    feed.start()
    await operator.jetstream().publish(event_subject(UID, EventType.CHAT_MESSAGE), event(1))
    await until(lambda: feed.log.end == 1)
    await operator.jetstream().publish(event_subject(UID, EventType.CHAT_MESSAGE), event(2))
    await until(lambda: feed.log.end == 2)
    await feed.close()


async def test_frames_are_asked_for_and_come(link: NatsLink, operator: Any) -> None:
    watched = await operator.subscribe(watch_subject(UID))
    await operator.publish(frame_subject(UID), b"\xff\xd8\xff\xe0early\xff\xd9", headers=HEADERS)
    await operator.flush()
    feed = FrameFeed(UID, link, Metrics(), lambda: None)
    feed.start()
    await until(lambda: feed.number == 1)  # the last one, out of the stream
    await watched.next_msg(timeout=5)
    await operator.publish(frame_subject(UID), b"\xff\xd8\xff\xe0live\xff\xd9", headers=HEADERS)
    await until(lambda: feed.number == 2)
    await feed.close()
