"""A listener that ends while it is asked loses nothing: what was sent to it is answered, the rest goes to another."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobhunter_connection import drain as drained
from nats_server import nats_client


@pytest.fixture
async def clients(nats_server: Any) -> AsyncIterator[list[Any]]:
    """Three connections: two that listen and one that asks."""
    made = [await nats_client(nats_server.url) for _ in range(3)]
    yield made
    for client in made:
        with contextlib.suppress(Exception):
            await client.close()


async def test_no_question_is_lost_while_one_of_two_ends(clients: list[Any]) -> None:
    first, second, asking = clients
    answered = {"first": 0, "second": 0}
    begun = asyncio.Event()

    async def listen(client: Any, name: str) -> Any:
        async def answer(message: Any) -> None:
            await asyncio.sleep(0.002)
            answered[name] += 1
            if name == "first":
                begun.set()
            await message.respond(b"")

        subscription = await client.subscribe("questions", queue="group", cb=answer)
        await client.flush()
        return subscription

    ending = await listen(first, "first")
    await listen(second, "second")
    asked = [asyncio.create_task(asking.request("questions", b"", timeout=10)) for _ in range(400)]
    await begun.wait()
    await drained.drain([ending])
    by_first = answered["first"]
    asked += [asyncio.create_task(asking.request("questions", b"", timeout=10)) for _ in range(50)]
    await asyncio.gather(*asked)
    assert answered["first"] == by_first
    assert sum(answered.values()) == len(asked)


async def test_without_a_server_it_ends_all_the_same(clients: list[Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drained, "DRAIN_SECONDS", 0.3)

    async def nothing(message: Any) -> None:
        """Nobody asks."""

    subscription = await clients[0].subscribe("questions", cb=nothing)
    await clients[0].close()
    async with asyncio.timeout(5):
        await drained.drain([subscription])
