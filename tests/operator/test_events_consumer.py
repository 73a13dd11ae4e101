"""The consumer in a real NATS: when it has caught up with what was said while nobody listened."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from jobhunter_connection.background import end_tasks
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.events import EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.subjects import event_subject
from jobhunter_operator.events_consumer import EventsConsumer, Inbox
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.settings import Settings
from jobhunter_operator.work_queue import WorkQueue
from nats_server import nats_client

pytestmark = pytest.mark.usefixtures("nats_streams")


@asynccontextmanager
async def consumer(url: str) -> AsyncIterator[Inbox]:
    metrics, queue = Metrics(), WorkQueue[str]()
    settings = Settings(runner_image="r", browser_image="b", nats_url=url)
    link, inbox = NatsLink("operator", settings, metrics), Inbox(metrics)
    await link.connect()
    running = asyncio.create_task(EventsConsumer(link, inbox, queue, metrics).run())
    yield inbox
    await end_tasks([running])
    await link.close()


async def say(url: str, task: str, count: int) -> None:
    client = await nats_client(url)
    for number in range(1, count + 1):
        event = make_event(EventType.HITL_REQUEST, "", {"hitl_id": "h"}, event_id=event_id(task, 1, number))
        await client.jetstream().publish(event_subject(task, EventType.HITL_REQUEST), event.to_json())
    await client.close()


async def caught_up(inbox: Inbox) -> None:
    for _ in range(500):
        if inbox.caught_up:
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never caught up")


async def test_where_nothing_was_said_it_has_caught_up_at_once(nats_server: Any) -> None:
    async with consumer(nats_server.url) as inbox:
        assert not inbox.caught_up
        await asyncio.wait_for(caught_up(inbox), 2)


async def test_it_has_caught_up_once_all_is_here_what_another_took_and_left_too(nats_server: Any) -> None:
    await say(nats_server.url, "t", 20)
    async with consumer(nats_server.url) as first:
        await caught_up(first)
        assert len(first.events("t")) == 20
    async with consumer(nats_server.url) as second:
        await caught_up(second)
        assert len(second.events("t")) == 20, "they come again only after a while, and nothing is judged before"


async def test_a_connection_that_is_gone_has_caught_up_with_nothing(nats_server: Any) -> None:
    async with consumer(nats_server.url) as inbox:
        await caught_up(inbox)
        nats_server.stop()
        for _ in range(300):
            if not inbox.caught_up:
                break
            await asyncio.sleep(0.02)
        assert not inbox.caught_up
        nats_server.start()
        await caught_up(inbox)


@pytest.mark.parametrize("wrong", [{"seconds_by_stage": {"a": 1e999}}, {"fields_filled": 10**30}])
async def test_an_outcome_that_no_status_could_hold_is_dropped(nats_server: Any, wrong: dict[str, Any]) -> None:
    said = {"task_uid": "t", "attempt": 1, "outcome": "x", "reason": "Rejected"}
    event = make_event(EventType.APPLIER_COMPLETE, "", {**said, **wrong}, event_id=complete_event_id("t"))
    raw = json.dumps(event.model_dump(mode="json")).replace("Infinity", "1e999").encode()
    client = await nats_client(nats_server.url)
    async with consumer(nats_server.url) as inbox:
        await client.jetstream().publish(event_subject("t", EventType.APPLIER_COMPLETE), raw)
        await say(nats_server.url, "t", 1)
        for _ in range(300):
            if inbox.events("t"):
                break
            await asyncio.sleep(0.02)
        assert [each.type for each in inbox.events("t")] == [EventType.HITL_REQUEST]
    await client.close()
