"""Live frames: asked for only while somebody watches, the last one for who joins late, and nothing that is no frame."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.subjects import (
    HEADER_AT,
    HEADER_HEIGHT,
    HEADER_PAGE_TITLE,
    HEADER_PAGE_URL,
    HEADER_WIDTH,
    WATCH_SECONDS,
    frame_subject,
    watch_subject,
)
from jobhunter_gateway.frame_feed import FrameFeed
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.socket_messages import frame_text
from waiting import until

TASK = "0b6f2a52-6a39-4f3e-9a1b-0f3f1f8f0a01"
JPEG = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 4 + b"\xff\xd9"
HEADERS = {
    HEADER_AT: "2026-01-31T09:30:00.125Z",
    HEADER_WIDTH: "1280",
    HEADER_HEIGHT: "720",
    HEADER_PAGE_URL: quote("https://careers.example.com/jobs/1?q=a b", safe=""),
    HEADER_PAGE_TITLE: quote('</script><b>"Stelle" – 仕事', safe=""),
}


@pytest.fixture
async def link(nats_streams: Any) -> AsyncIterator[NatsLink]:
    link = NatsLink("gateway", Settings(nats_url=nats_streams.url), Metrics())
    await asyncio.wait_for(link.connect(), 10)
    yield link
    await link.close()


def test_a_frame_is_told_as_the_contract_says() -> None:
    assert json.loads(frame_text(JPEG, HEADERS, "e")) == {
        "type": "browser:screenshot",
        "agent": "applier",
        "message": "",
        "data": {
            "screenshot": base64.b64encode(JPEG).decode(),
            "format": "jpeg",
            "width": 1280,
            "height": 720,
            "url": "https://careers.example.com/jobs/1?q=a b",
            "title": '</script><b>"Stelle" – 仕事',
            "event_id": "e~1769851800125",
            "at": "2026-01-31T09:30:00.125Z",
        },
        "timestamp": "09:30:00",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {HEADER_AT: ""},
        {HEADER_AT: "yesterday"},
        {HEADER_WIDTH: "-1"},
        {HEADER_WIDTH: "1e3"},
        {HEADER_HEIGHT: "0"},
        {HEADER_HEIGHT: "99999999"},
        {HEADER_WIDTH: "²"},
    ],
)
def test_a_frame_with_broken_headers_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(InvalidMessage):
        frame_text(JPEG, HEADERS | changes, "e")


@pytest.mark.parametrize("data", [b"", b"<script>", b"\x89PNG\r\n", JPEG + bytes(1024 * 1024)])
def test_what_is_no_jpeg_or_too_large_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMessage):
        frame_text(data, HEADERS, "e")


def test_a_frames_page_is_bounded() -> None:
    page = {HEADER_PAGE_URL: quote("ü" * 100_000), HEADER_PAGE_TITLE: quote("仕" * 100_000)}
    data = json.loads(frame_text(JPEG, HEADERS | page, "e"))["data"]
    assert 1000 < len(data["url"]) <= 2048
    assert 100 < len(data["title"]) <= 300


async def test_a_runner_is_told_at_once_and_again_while_somebody_watches_and_not_after(link: NatsLink) -> None:
    heard: list[float] = []
    clock = asyncio.get_running_loop().time

    async def on_watch(_: Any) -> None:
        heard.append(clock())

    await link.client.subscribe(watch_subject(TASK), cb=on_watch)
    await link.client.flush()
    begun = clock()
    feed = FrameFeed(TASK, link, Metrics(), lambda: None)
    feed.start()
    await until(lambda: len(heard) == 2)
    assert heard[0] - begun < 0.5
    assert heard[1] - heard[0] < WATCH_SECONDS + 0.5
    await feed.close()
    count = len(heard)
    await asyncio.sleep(WATCH_SECONDS + 0.3)
    assert len(heard) == count


async def test_who_joins_late_gets_the_last_frame(link: NatsLink) -> None:
    for number in (b"1", b"2"):
        await link.client.publish(frame_subject(TASK), JPEG + number, headers=HEADERS)
    await link.client.flush()
    feed = FrameFeed(TASK, link, Metrics(), lambda: None)
    feed.start()
    await until(lambda: feed.number > 0)
    assert json.loads(feed.text)["data"]["screenshot"] == base64.b64encode(JPEG + b"2").decode()
    await feed.close()


async def test_what_is_no_frame_is_passed_over_and_the_next_one_shown(link: NatsLink) -> None:
    metrics = Metrics()
    feed = FrameFeed(TASK, link, metrics, lambda: None)
    feed.start()
    await asyncio.sleep(0.2)
    for data in (b"<html>", b"", JPEG + b"good"):
        await link.client.publish(frame_subject(TASK), data, headers=HEADERS)
        await asyncio.sleep(0.05)
    await until(lambda: feed.number > 0)
    assert feed.number == 1
    assert json.loads(feed.text)["data"]["screenshot"] == base64.b64encode(JPEG + b"good").decode()
    assert metrics.registry.get_sample_value("jobhunter_gateway_frames_total", {"what": "refused"}) == 2
    await feed.close()


async def test_frames_go_on_after_nats_was_away(link: NatsLink, nats_streams: Any) -> None:
    feed = FrameFeed(TASK, link, Metrics(), lambda: None)
    feed.start()
    await asyncio.sleep(0.2)
    nats_streams.stop()
    await until(lambda: not link.connected)
    nats_streams.start()
    await until(lambda: link.connected)
    await link.client.publish(frame_subject(TASK), JPEG, headers=HEADERS)
    await until(lambda: feed.number > 0)
    await feed.close()
