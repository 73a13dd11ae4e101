"""Sockets of clients that mean harm: floods, pieces without end, answers that are none, secrets that must not be logged."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import limits
import pytest
from websockets.asyncio.client import connect

from jobhunter_contracts.hitl import HitlState
from jobhunter_gateway.rates import Rate
from jobhunter_gateway.store import Store
from socket_gateway import MINE, SocketGateway, closed, received, running
from waiting import until

PING = b"\x89\xfd\0\0\0\0" + b"p" * 125
PIECE = b"\x00\x81\0\0\0\0x"
FIRST_PIECE = b"\x01\x81\0\0\0\0x"


@pytest.fixture
async def gateway(nats_streams: Any, store: Store) -> AsyncIterator[SocketGateway]:
    async with running(nats_streams.url, store) as gateway:
        yield gateway


async def opened(gateway: SocketGateway, query: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A socket in bytes, its handshake done."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.parts.settings.http_port, limit=4096)
    lines = [
        f"GET /ws/{MINE}?{query} HTTP/1.1",
        "Host: x",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    ]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    assert b" 101 " in await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
    return reader, writer


def memory() -> int:
    """Bytes that this process has in memory."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_pings_whose_answers_nobody_takes_fill_no_memory(gateway: SocketGateway) -> None:
    _, writer = await opened(gateway, f"token={gateway.token()}")
    await until(lambda: gateway.parts.hub.viewers == 1)
    writer.transport.pause_reading()  # type: ignore[attr-defined] # a socket's transport has it
    before = memory()
    with contextlib.suppress(ConnectionError, TimeoutError):
        for _ in range(150):
            writer.write(PING * 5000)
            await asyncio.wait_for(writer.drain(), 5)
    await until(lambda: gateway.parts.hub.viewers == 0)
    assert memory() - before < 40e6
    writer.transport.abort()


async def test_a_message_in_pieces_without_number_closes_the_socket(gateway: SocketGateway) -> None:
    reader, writer = await opened(gateway, f"token={gateway.token()}")
    writer.write(FIRST_PIECE + PIECE * 5000)
    said = await asyncio.wait_for(reader.read(), 10)
    assert b"\x03\xf0a message in too many pieces" in said  # 1008
    writer.close()


async def test_a_message_in_some_pieces_is_one_message(gateway: SocketGateway) -> None:
    await gateway.ask()
    answer = json.dumps({"type": "hitl:response", "hitl_id": "hitl_1", "response": "4 weeks"})
    async with connect(gateway.url()) as viewer:
        await viewer.send(list(answer))
        await until(gateway.is_answered)


@pytest.mark.parametrize("half", ["\\ud800", "4 weeks \\udfff", "a\\u0000b"])
async def test_an_answer_of_no_characters_is_refused_and_the_question_stays_open(
    gateway: SocketGateway, half: str
) -> None:
    await gateway.ask()
    async with connect(gateway.url()) as viewer:
        await viewer.send(f'{{"type": "hitl:response", "hitl_id": "hitl_1", "response": "{half}"}}')
        assert (await received(viewer))["data"]["code"] == "bad-answer"
        assert (await gateway.answer_to()).state is HitlState.OPEN
        await viewer.send('{"type": "hitl:response", "hitl_id": "hitl_1", "response": "\\ud83d\\ude00"}')
        await until(gateway.is_answered)


async def test_no_log_of_any_level_holds_a_token_or_an_answer(
    gateway: SocketGateway, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "uvicorn.error")
    caplog.set_level(logging.INFO, "websockets.client")
    await gateway.ask()
    token = gateway.token()
    async with connect(gateway.url(token=token)) as viewer:
        await viewer.send(json.dumps({"type": "hitl:response", "hitl_id": "hitl_1", "response": "a zebra's name"}))
        await until(gateway.is_answered)
    _, writer = await opened(gateway, f"to%6ben={token}")
    await until(lambda: gateway.parts.hub.viewers == 1)
    writer.close()
    said = "\n".join(record.getMessage() for record in caplog.records)
    assert "[accepted]" in said
    assert "zebra" not in said
    assert token not in said


@pytest.mark.parametrize("after", ["garbage", "%00", "%ff", "~", "x" * 5000, f"{MINE}.9.9999", "'%20OR%201=1%20--"])
async def test_who_resumes_behind_garbage_begins_at_the_beginning(gateway: SocketGateway, after: str) -> None:
    await gateway.say("first")
    async with connect(gateway.url(after=after)) as viewer:
        assert (await received(viewer))["message"] == "first"


async def test_who_opens_sockets_without_end_is_told_to_wait(
    gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(gateway.parts.rates._items, Rate.SOCKET_OPENS, limits.parse("5/minute"))
    for _ in range(5):
        async with connect(gateway.url()):
            pass
    async with connect(gateway.url()) as viewer:
        assert await closed(viewer) == (1013, "too many sockets were opened")
    async with connect(gateway.url(token=gateway.token("ben"))) as viewer:
        assert (await closed(viewer))[0] == 4003
