"""The feed of a task's events: each once, in order, whatever is lost on the way; nothing that is not a viewer's to see."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import nats.errors
import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import JobHunterError
from jobhunter_contracts.events import Event, EventType, event_id, make_event
from jobhunter_contracts.subjects import EVENT_STREAM, event_subject
from jobhunter_gateway import event_feed, event_log, events_table, task_blobs, tasks_table
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.event_feed import EventFeed
from jobhunter_gateway.incoming_event import read_event
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror
from waiting import until

TASK = "0b6f2a52-6a39-4f3e-9a1b-0f3f1f8f0a01"
OTHER = "11111111-6a39-4f3e-9a1b-0f3f1f8f0a01"
JPEG = b"\xff\xd8\xff\xe0 a draft \xff\xd9"


@pytest.fixture
async def link(nats_streams: Any) -> AsyncIterator[NatsLink]:
    link = NatsLink("gateway", Settings(nats_url=nats_streams.url), Metrics())
    await asyncio.wait_for(link.connect(), 10)
    yield link
    await link.close()


@pytest.fixture
async def feed(link: NatsLink, store: Store) -> AsyncIterator[EventFeed]:
    """Not started; told when the connection is back, as the hub does."""
    tasks = TaskMirror(ClusterTasks("jobs", Metrics()), Metrics())
    feed = EventFeed(TASK, "asha", link, store, Pictures(link, store, tasks), lambda: None)

    async def again() -> None:
        feed.read_again()

    link.on_connected(again)
    yield feed
    await feed.close()


def an_event(number: int, kind: EventType = EventType.CHAT_MESSAGE, **data: Any) -> Event:
    return make_event(kind, f"event {number}", data, event_id=event_id(TASK, 1, number))


async def publish(link: NatsLink, event: Event) -> None:
    async with asyncio.timeout(15):
        while True:
            try:
                subject, headers = event_subject(TASK, event.type), {"Nats-Msg-Id": event.event_id}
                await link.js.publish(subject, event.to_json(), headers=headers)
                return
            except (nats.errors.Error, JobHunterError, OSError, TimeoutError):
                # NATS is away: as a runner does, it is sent again.
                await asyncio.sleep(0.2)


async def keep(store: Store, *events: Event) -> None:
    """As the projector writes them."""
    now = datetime.now(UTC)
    async with store.user("asha") as connection:
        row = tasks_table.TaskRow(
            id=TASK, user_id="asha", url="https://x.test/1", raw_prompt=None, status="running", created_at=now
        )
        await tasks_table.record(connection, row)
        for event in events:
            incoming = read_event(event_subject(TASK, event.type), event.to_json(), datetime.now(UTC))
            await events_table.add(connection, "asha", incoming)


def shown(feed: EventFeed) -> list[dict[str, Any]]:
    return [json.loads(feed.log.text(index)) for index in range(feed.log.first, feed.log.end)]


def words(feed: EventFeed) -> list[str]:
    return [message["message"] for message in shown(feed)]


async def test_what_was_before_is_read_before_the_feed_is_ready(link: NatsLink, feed: EventFeed) -> None:
    for number in range(30):
        await publish(link, an_event(number))
    feed.start()
    await feed.ready()
    assert words(feed) == [f"event {number}" for number in range(30)]


async def test_a_task_without_events_is_ready_at_once(feed: EventFeed) -> None:
    begun = asyncio.get_running_loop().time()
    feed.start()
    await feed.ready()
    assert asyncio.get_running_loop().time() - begun < event_feed.READY_SECONDS / 2
    assert feed.log.end == 0


async def test_store_and_stream_are_merged_without_doubles(link: NatsLink, feed: EventFeed, store: Store) -> None:
    events = [an_event(number) for number in range(6)]
    await keep(store, *events[:4])  # the projector is behind
    for event in events[2:]:  # and the stream has dropped the oldest
        await publish(link, event)
    feed.start()
    await feed.ready()
    assert words(feed) == [f"event {number}" for number in range(6)]


async def test_the_stream_is_enough_while_postgres_is_away(link: NatsLink, feed: EventFeed, postgres: Any) -> None:
    await publish(link, an_event(1))
    postgres.stop()
    feed.start()
    await feed.ready()
    assert words(feed) == ["event 1"]
    assert not feed.whole
    postgres.start()


async def test_the_store_is_enough_while_nats_is_away(feed: EventFeed, store: Store, nats_streams: Any) -> None:
    await keep(store, an_event(1), an_event(2))
    nats_streams.stop()
    feed.start()
    await feed.ready()
    assert words(feed) == ["event 1", "event 2"]


@pytest.mark.parametrize("crash", [False, True])
async def test_nothing_is_lost_or_doubled_over_a_restart_of_nats(
    link: NatsLink, feed: EventFeed, nats_streams: Any, crash: bool
) -> None:
    feed.start()
    await feed.ready()
    for number in range(5):
        await publish(link, an_event(number))
    if crash:
        nats_streams.stop(9)
    else:
        nats_streams.stop()
    nats_streams.start()
    for number in range(5, 10):
        await publish(link, an_event(number))
    await until(lambda: feed.log.end >= 10)
    await publish(link, an_event(10))
    await until(lambda: feed.log.end >= 11)
    assert words(feed) == [f"event {number}" for number in range(11)]


async def test_a_lost_stream_that_is_made_anew_is_read_from_its_beginning(
    link: NatsLink, feed: EventFeed, nats_streams: Any
) -> None:
    for number in range(5):
        await publish(link, an_event(number))
    feed.start()
    await feed.ready()
    nats_streams.stop(9)
    nats_streams.lose_volume()
    nats_streams.start()
    await nats_streams.make_streams()
    await publish(link, an_event(5))
    await until(lambda: feed.log.end >= 6)
    assert words(feed) == [f"event {number}" for number in range(6)]


async def test_a_lost_consumer_is_noticed_by_its_silence(
    link: NatsLink, feed: EventFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_feed, "_SILENCE_SECONDS", 1.0)
    feed.start()
    await feed.ready()
    for consumer in await link.js.consumers_info(EVENT_STREAM):
        await link.js.delete_consumer(EVENT_STREAM, consumer.name)
    await publish(link, an_event(1))
    await until(lambda: feed.log.end == 1)


async def test_events_of_others_and_what_is_none_are_passed_over(link: NatsLink, feed: EventFeed) -> None:
    feed.start()
    await feed.ready()
    subject = event_subject(TASK, EventType.CHAT_MESSAGE)
    foreign = make_event(EventType.CHAT_MESSAGE, "forged", {}, event_id=event_id(OTHER, 1, 1))
    wrong = make_event(EventType.APPLIER_COMPLETE, "forged", {}, event_id=event_id(TASK, 1, 1))
    for data in (b"{", b"[]", foreign.to_json(), wrong.to_json(), an_event(1, size=float("nan")).to_json()):
        await link.js.publish(subject, data)
    await link.js.publish(event_subject(OTHER, EventType.CHAT_MESSAGE), foreign.to_json())
    await publish(link, an_event(2))
    await until(lambda: "event 2" in words(feed))
    assert "forged" not in words(feed)


async def test_viewers_do_not_see_what_is_between_our_parts(link: NatsLink, feed: EventFeed) -> None:
    await publish(link, an_event(1, EventType.SYSTEM_BROWSER_READY))
    await publish(link, an_event(2, EventType.HITL_RESPONSE, hitl_id="hitl_1", response_length=12, state="answered"))
    await publish(link, an_event(3, EventType.DRAFT_REVIEW, hitl_id="draft_1", digest="d", picture="draft.jpg"))
    feed.start()
    await feed.ready()
    answered, review = shown(feed)
    assert answered["data"].keys() == {"hitl_id", "state", "event_id", "at"}
    assert review["data"].keys() == {"hitl_id", "screenshot", "event_id", "at"}


async def test_a_draft_comes_with_its_picture(link: NatsLink, feed: EventFeed, store: Store) -> None:
    feed.start()
    await feed.ready()
    await keep(store)
    for number in (1, 2):
        async with store.user("asha") as connection:
            await task_blobs.put(connection, "asha", TASK, "draft.jpg", JPEG + bytes([number]))
        await publish(link, an_event(number, EventType.DRAFT_REVIEW, hitl_id=f"draft_{number}", fields=[]))
        await until(lambda number=number: feed.log.end == number)  # type: ignore[misc]  # mypy infers no default's type
        assert base64.b64decode(shown(feed)[-1]["data"]["screenshot"]) == JPEG + bytes([number])
    assert shown(feed)[0]["data"]["screenshot"] is None  # of an earlier draft no picture is kept


async def test_who_comes_later_gets_the_picture_of_the_last_draft(
    link: NatsLink, feed: EventFeed, store: Store
) -> None:
    await keep(store)
    async with store.user("asha") as connection:
        await task_blobs.put(connection, "asha", TASK, "draft.jpg", JPEG)
        await task_blobs.put(connection, "asha", TASK, "draft.json", Draft(url="u", digest="d", fields=[]).to_json())
    for number in (1, 2):
        await publish(link, an_event(number, EventType.DRAFT_REVIEW, hitl_id=f"draft_{number}"))
    await publish(link, an_event(3))
    feed.start()
    await feed.ready()
    pictures = [message["data"].get("screenshot") for message in shown(feed)]
    assert pictures == [None, base64.b64encode(JPEG).decode(), None]


async def test_a_log_that_grows_too_long_drops_its_oldest(
    link: NatsLink, feed: EventFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "LOG_LIMIT", 8)
    feed.start()
    await feed.ready()
    for number in range(20):
        await publish(link, an_event(number))
    await until(lambda: feed.log.end == 20)
    assert feed.log.end - feed.log.first <= 8
    assert words(feed)[-1] == "event 19"
    assert feed.index_after(event_id(TASK, 1, 0)) is None, "what was dropped is asked of the store"
    assert feed.index_after(event_id(TASK, 1, 18)) == 19


async def test_a_log_of_large_events_is_bounded_by_their_size(
    link: NatsLink, feed: EventFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "LOG_BYTES", 3000)
    feed.start()
    await feed.ready()
    for number in range(20):
        await publish(link, an_event(number, note="x" * 400))
    await until(lambda: feed.log.end == 20)
    kept = range(feed.log.first, feed.log.end)
    assert sum(len(feed.log.text(index)) for index in kept) <= 3000
    assert words(feed)[-1] == "event 19"
    assert len(feed.log._index) == len(kept), "ids of what was dropped are not kept"


async def test_what_store_and_stream_have_is_not_taken_anew_after_it_was_dropped(
    link: NatsLink, feed: EventFeed, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "LOG_LIMIT", 8)
    events = [an_event(number) for number in range(20)]
    for event in events:
        await publish(link, event)
    subscription = await link.js.subscribe(event_subject(TASK, EventType.CHAT_MESSAGE), ordered_consumer=True)
    messages = [await subscription.next_msg(timeout=10) for _ in events]
    await keep(store)
    async with store.user("asha") as connection:
        for event, message in zip(events, messages, strict=True):
            # As the projector takes it: the message's own time is rounded otherwise.
            moment = message.metadata.timestamp.astimezone(UTC)
            incoming = read_event(event_subject(TASK, event.type), event.to_json(), moment)
            await events_table.add(connection, "asha", incoming)
    feed.start()
    await feed.ready()
    assert feed.log.end == 20
    assert words(feed) == [f"event {number}" for number in range(feed.log.first, 20)]


async def test_a_picture_that_could_not_be_had_is_there_for_who_comes_later(
    link: NatsLink, feed: EventFeed, store: Store
) -> None:
    await keep(store)
    feed.start()
    await feed.ready()
    await publish(link, an_event(1, EventType.DRAFT_REVIEW, hitl_id="draft_1"))
    await until(lambda: feed.log.end == 1)
    assert shown(feed)[0]["data"]["screenshot"] is None
    async with store.user("asha") as connection:
        await task_blobs.put(connection, "asha", TASK, "draft.jpg", JPEG)
    await feed.ready()
    assert base64.b64decode(shown(feed)[0]["data"]["screenshot"]) == JPEG
