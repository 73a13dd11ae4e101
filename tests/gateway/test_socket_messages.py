"""What goes over sockets, on a real server over real NATS and Postgres: events, frames, answers."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect

from jobhunter_contracts.subjects import watch_subject
from jobhunter_gateway.store import Store
from socket_gateway import JPEG, MINE, SocketGateway, received, running
from waiting import until


@pytest.fixture
async def gateway(nats_streams: Any, store: Store) -> AsyncIterator[SocketGateway]:
    async with running(nats_streams.url, store) as gateway:
        yield gateway


# what is sent


async def test_a_viewer_resumes_behind_the_last_event_it_saw(gateway: SocketGateway) -> None:
    ids = [await gateway.say(f"event {i}") for i in range(4)]
    async with connect(gateway.url(after=ids[1])) as viewer:
        assert [(await received(viewer))["data"]["event_id"] for _ in range(2)] == ids[2:]
    async with connect(gateway.url(after="unknown")) as viewer:
        assert [(await received(viewer))["data"]["event_id"] for _ in range(4)] == ids


async def test_a_viewer_resumes_behind_a_frame_too(gateway: SocketGateway) -> None:
    first = await gateway.say("before the frame")
    async with connect(gateway.url()) as viewer:
        assert (await received(viewer))["data"]["event_id"] == first
        await gateway.show(JPEG)
        seen = (await received(viewer))["data"]["event_id"]
    second = await gateway.say("after the frame")
    async with connect(gateway.url(after=seen)) as viewer:
        events = [await received(viewer) for _ in range(2)]
    assert [event["data"]["event_id"] for event in events if event["type"] == "chat:message"] == [second]


async def test_viewers_get_frames_and_the_runner_hears_that_it_is_watched(gateway: SocketGateway) -> None:
    heard = await gateway.parts.link.client.subscribe(watch_subject(MINE))
    async with connect(gateway.url()) as first, connect(gateway.url()) as second:
        await heard.next_msg(2)
        await gateway.show(JPEG)
        for viewer in (first, second):
            message = await received(viewer)
            assert message["type"] == "browser:screenshot"
            assert base64.b64decode(message["data"]["screenshot"]) == JPEG
    async with connect(gateway.url()) as late:
        assert base64.b64decode((await received(late))["data"]["screenshot"]) == JPEG


async def test_a_slow_viewer_loses_frames_and_no_event(gateway: SocketGateway) -> None:
    big = JPEG + bytes(500_000)
    async with connect(gateway.url(), max_queue=1, compression=None) as viewer:
        await gateway.say("first")
        assert (await received(viewer))["message"] == "first"
        for number in range(60):
            await gateway.show(big + number.to_bytes(2, "big"))
            await gateway.say(f"event {number}")
            await asyncio.sleep(0.005)
        events, frames, last = [], 0, b""
        while len(events) < 60 or not last.endswith((59).to_bytes(2, "big")):
            message = await received(viewer)
            if message["type"] == "chat:message":
                events.append(message["message"])
            else:
                frames, last = frames + 1, base64.b64decode(message["data"]["screenshot"])
    assert events == [f"event {number}" for number in range(60)]
    assert frames < 60


# what is answered


async def test_an_answer_over_the_socket_reaches_the_question(gateway: SocketGateway) -> None:
    await gateway.ask()
    async with connect(gateway.url()) as viewer:
        await viewer.send(json.dumps({"type": "hitl:response", "hitl_id": "hitl_1", "response": "4 weeks"}))
        await until(gateway.is_answered)
    record = await gateway.answer_to()
    assert (record.response, record.answered_by) == ("4 weeks", "gateway")


async def test_of_two_browsers_that_answer_one_wins_and_the_other_is_told(gateway: SocketGateway) -> None:
    await gateway.ask()
    async with connect(gateway.url()) as first, connect(gateway.url()) as second:
        for number, viewer in enumerate((first, second)):
            answer = {"type": "hitl:response", "hitl_id": "hitl_1", "response": f"browser {number}"}
            await viewer.send(json.dumps(answer))
        told = [asyncio.create_task(received(viewer)) for viewer in (first, second)]
        done, waiting = await asyncio.wait(told, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        (loser,) = (number for number, task in enumerate(told) if task in done)
        message = told[loser].result()
        for task in waiting:
            task.cancel()
    assert (message["type"], message["agent"]) == ("chat:message", "system")
    assert message["data"]["hitl_id"] == "hitl_1"
    assert message["data"]["code"] == "already-answered"
    assert (await gateway.answer_to()).response == f"browser {1 - loser}"


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ({"hitl_id": "hitl_1", "response": "  "}, "empty-answer"),
        ({"hitl_id": "hitl_9", "response": "x"}, "not-found"),
        ({"hitl_id": "hitl_1"}, "invalid-message"),
        ({"hitl_id": 7, "response": []}, "invalid-message"),
        ({}, "invalid-message"),
    ],
)
async def test_an_answer_that_cannot_be_taken_is_told_and_the_socket_lives(
    gateway: SocketGateway, answer: dict[str, Any], code: str
) -> None:
    await gateway.ask()
    async with connect(gateway.url()) as viewer:
        await viewer.send(json.dumps({"type": "hitl:response"} | answer))
        assert (await received(viewer))["data"]["code"] == code
        await gateway.say("still here")
        assert (await received(viewer))["message"] == "still here"
