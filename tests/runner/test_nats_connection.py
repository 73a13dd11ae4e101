"""The runner's connection, against a real nats-server; where an error is to be named, against one that names it."""

import asyncio
import json
from typing import Any

import pytest

from grumbling_nats import CLOSING_ERRORS, GrumblingServer
from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.events import Event, EventType, event_id, make_event
from jobhunter_contracts.subjects import EVENT_STREAM
from jobhunter_runner.nats_connection import ConnectionHealth, NatsEvents, connected
from nats_server import nats_client


def event(number: int) -> Event:
    return make_event(EventType.CHAT_MESSAGE, f"message {number}", {}, event_id=event_id("uid", 1, number))


async def stored(url: str) -> list[Any]:
    nc = await nats_client(url)
    js = nc.jetstream()
    state = (await js.stream_info(EVENT_STREAM)).state
    found = [await js.get_msg(EVENT_STREAM, seq=s) for s in range(state.first_seq, state.last_seq + 1)]
    await nc.close()
    return [json.loads(message.data) for message in found]


async def test_events_are_stored_once_and_in_order(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.pod1", user="runner", password="runner"
    ) as connection:
        sink = NatsEvents(connection.js)
        for number in range(1, 31):
            sink.send(event(number))
        sink.send(event(30))  # as a repeat after a lost acknowledgement would be
        assert await sink.drained(5)
        await sink.close()
    assert [e["message"] for e in await stored(nats_streams.url)] == [f"message {n}" for n in range(1, 31)]


async def test_events_wait_through_an_outage_and_come_in_order(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.pod1", user="runner", password="runner"
    ) as connection:
        sink = NatsEvents(connection.js)
        sink.send(event(1))
        assert await sink.drained(5)
        nats_streams.stop()
        for number in range(2, 12):
            sink.send(event(number))
        assert not await sink.drained(1)
        nats_streams.start()
        assert await sink.drained(20)
        assert connection.health.reconnects >= 1
        await sink.close()
    assert [e["data"]["event_id"] for e in await stored(nats_streams.url)] == [
        event_id("uid", 1, n) for n in range(1, 12)
    ]


async def test_events_wait_until_the_stream_is_there(nats_server: Any) -> None:
    async with connected(
        nats_server.url, name="test", inbox="_INBOX.pod1", user="runner", password="runner"
    ) as connection:
        sink = NatsEvents(connection.js)
        sink.send(event(1))
        assert not await sink.drained(0.5)
        await nats_server.make_streams()
        assert await sink.drained(10)
        await sink.close()


async def test_an_inbox_is_the_clients_own(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.pod1", user="runner", password="runner"
    ) as connection:
        assert connection.nc.new_inbox().startswith("_INBOX.pod1.")


@pytest.mark.parametrize("error", CLOSING_ERRORS)
async def test_an_error_that_the_server_names_is_followed_by_a_new_connection(error: str) -> None:
    server = GrumblingServer()
    async with connected(await server.start(), name="test", inbox="_INBOX.pod1") as connection:
        await server.say(error)
        for _ in range(1000):
            if connection.health.reconnects:
                break
            await asyncio.sleep(0.01)
        assert connection.nc.is_connected
        assert connection.health == ConnectionHealth(errors=1, disconnects=1, reconnects=1)
    await server.stop()


async def test_no_server_is_said_in_words(nats_server: Any) -> None:
    nats_server.stop()
    with pytest.raises(Unavailable, match="no connection within"):
        await asyncio.wait_for(_connect_once(nats_server.url), 10)


async def _connect_once(url: str) -> None:
    async with connected(url, name="test", inbox="_INBOX.pod1", user="runner", password="runner", patience_seconds=1):
        pass
