"""A flush is true: when it returns, the server has what was sent before it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from nats.aio.client import Client

from nats_server import NatsServer, nats_client


class Heard:
    """A line to the server that keeps what the client said, in order."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.said = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self._port)

        async def back() -> None:
            while data := await from_server.read(65536):
                writer.write(data)
            writer.close()

        returning = asyncio.create_task(back())
        while data := await reader.read(65536):
            self.said += data
            to_server.write(data)
        to_server.close()
        await returning


async def test_a_ping_comes_after_what_was_sent_before_it(nats_server: NatsServer) -> None:
    heard = Heard(nats_server.port)
    async with await asyncio.start_server(heard.serve, "127.0.0.1", 0) as line:
        client = await nats_client(f"nats://127.0.0.1:{line.sockets[0].getsockname()[1]}")
        heard.said = b""
        subscription = await client.subscribe("questions", cb=_nothing)
        await client.publish("answers", b"{}")
        await client.flush()
        assert _commands(heard.said) == ["SUB", "PUB", "PING"]
        heard.said = b""
        await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py's, without types
        assert _commands(heard.said) == ["UNSUB", "PING"]
        await client.close()


@pytest.mark.parametrize("closed", [True, False])
async def test_a_client_that_was_ended_tries_no_more_though_the_word_came_as_an_attempt_failed(
    nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch, closed: bool
) -> None:
    client = await nats_client(nats_server.url, reconnect_time_wait=0.1, max_reconnect_attempts=-1)
    trying = asyncio.Event()

    async def refused(self: Client, s: Any) -> None:
        trying.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:  # as wait_for() does where the attempt has just failed
            raise ConnectionRefusedError from None

    monkeypatch.setattr(Client, "_connect_to_server", refused)
    nats_server.stop()
    await asyncio.wait_for(trying.wait(), 10)
    (task,) = [task for task in asyncio.all_tasks() if "_attempt_reconnect" in str(task.get_coro())]
    if closed:
        await client.close()
    else:
        task.cancel()  # as asyncio.run() does at the end
    done, _ = await asyncio.wait([task], timeout=5)
    assert done
    assert client.is_closed == closed
    await client.close()


async def _nothing(message: Any) -> None:
    """Nobody asks."""


def _commands(said: bytes) -> list[str]:
    words = [line.split(b" ")[0].decode() for line in said.split(b"\r\n")]
    return [word for word in words if word in ("SUB", "UNSUB", "PUB", "PING")]
