"""A part's connection outlives whatever the server says: an error that it names closes none for good."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from prometheus_client import Counter, Gauge
from pydantic import SecretStr

from grumbling_nats import CLOSING_ERRORS, GrumblingServer
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import Unavailable
from waiting import until


@dataclass
class Settings:
    nats_url: str
    nats_user: str = ""
    nats_password: SecretStr = field(default_factory=lambda: SecretStr(""))


@dataclass
class Metrics:
    nats_connected: Gauge = field(default_factory=lambda: Gauge("connected", "", registry=None))
    nats_errors: Counter = field(default_factory=lambda: Counter("errors", "", registry=None))

    def seen(self) -> tuple[float, float]:
        """Whether it is connected, and how many errors there were."""
        values = [next(iter(metric.collect())).samples[0].value for metric in (self.nats_connected, self.nats_errors)]
        return values[0], values[1]


@pytest.fixture
async def server() -> AsyncIterator[GrumblingServer]:
    server = GrumblingServer()
    yield server
    await server.stop()


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
async def link(server: GrumblingServer, metrics: Metrics) -> AsyncIterator[NatsLink]:
    link = NatsLink("gateway", Settings(await server.start()), metrics)
    yield link
    await link.close()


async def nothing(_: Any) -> None: ...


@pytest.mark.parametrize("error", CLOSING_ERRORS)
async def test_an_error_that_the_server_names_is_followed_by_a_new_connection(
    server: GrumblingServer, link: NatsLink, metrics: Metrics, error: str
) -> None:
    told: list[str] = []

    async def connected() -> None:
        told.append(f"connected {len(server.subscribed)}")

    link.on_connected(connected)
    link.on_disconnected(lambda: told.append("gone"))
    await link.connect()
    await link.client.subscribe("requests", cb=nothing)
    await until(lambda: server.subscribed[0] == [b"requests"])
    await server.say(error)
    await until(lambda: told == ["connected 1", "gone", "connected 2"])
    await until(lambda: server.subscribed[1] == [b"requests"])
    assert link.connected
    assert not link.lost
    assert metrics.seen() == (1, 1)
    await link.close()
    assert not link.lost
    assert metrics.seen() == (0, 1)


async def test_a_subject_that_is_refused_leaves_the_connection_alone(server: GrumblingServer, link: NatsLink) -> None:
    await link.connect()
    await server.say('Permissions Violation for Publish to "x"')
    await link.client.flush()
    assert (link.connected, len(server.subscribed)) == (True, 1)


async def test_after_a_listener_that_fails_the_next_is_told(link: NatsLink) -> None:
    told: list[int] = []

    async def fails() -> None:
        raise RuntimeError

    async def hears() -> None:
        told.append(1)

    link.on_connected(fails)
    link.on_connected(hears)
    await link.connect()
    assert told == [1]


async def test_a_client_that_gave_up_is_said(link: NatsLink) -> None:
    await link.connect()
    await link.client.close()
    assert link.lost
    with pytest.raises(Unavailable, match="NATS does not answer"):
        _ = link.js


@pytest.mark.parametrize("part", ["operator", "gateway"])
async def test_a_part_gets_its_replies_on_its_own_inbox(server: GrumblingServer, part: str) -> None:
    link = NatsLink(part, Settings(await server.start()), Metrics())
    await link.connect()
    assert link.client.new_inbox().startswith(f"_INBOX.{part}.")
    await link.close()
