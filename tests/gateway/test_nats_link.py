"""The connections of gateway and operator outlive whatever the server says: an error that it names closes none for good."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.nats_link import NatsLink
from jobhunter_gateway.settings import Settings
from jobhunter_operator.metrics import Metrics as OperatorMetrics
from jobhunter_operator.nats_link import NatsLink as OperatorLink
from jobhunter_operator.settings import Settings as OperatorSettings
from running_gateway import until

INFO = b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"headers":true,"proto":1}\r\n'


class GrumblingServer:
    """Speaks NATS as far as connecting goes, and says what it is told to. subscribed: subjects, by connection."""

    def __init__(self) -> None:
        self.subscribed: list[list[bytes]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"nats://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        subjects: list[bytes] = []
        self.subscribed.append(subjects)
        writer.write(INFO)
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
            elif line.startswith(b"SUB"):
                subjects.append(line.split()[1])

    async def say(self, error: str) -> None:
        self._writers[-1].write(f"-ERR '{error}'\r\n".encode())
        await self._writers[-1].drain()

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()


@pytest.fixture
async def server() -> AsyncIterator[GrumblingServer]:
    server = GrumblingServer()
    yield server
    await server.stop()


def gateway_link(url: str) -> Any:
    return NatsLink(Settings(_env_file=None, nats_url=url), Metrics())


def operator_link(url: str) -> Any:
    settings = OperatorSettings(runner_image="r", browser_image="b", session_namespaces=["jobs"], nats_url=url)
    return OperatorLink(settings, OperatorMetrics())


@pytest.mark.parametrize("make", [gateway_link, operator_link])
@pytest.mark.parametrize(
    "error", ["Authorization Violation", "User Authentication Expired", "maximum connections exceeded"]
)
async def test_an_error_that_the_server_names_is_followed_by_a_new_connection(
    server: GrumblingServer, make: Callable[[str], Any], error: str
) -> None:
    link = make(await server.start())
    told: list[int] = []

    async def connected() -> None:
        told.append(len(server.subscribed))

    await link.connect(connected)

    async def nothing(_: Any) -> None: ...

    await link.client.subscribe("requests", cb=nothing)
    await until(lambda: server.subscribed[0] == [b"requests"])
    await server.say(error)
    await until(lambda: told == [1, 2])
    await until(lambda: server.subscribed[1] == [b"requests"])
    assert link.connected
    assert not link.lost
    await link.close()
    assert not link.lost


@pytest.mark.parametrize("make", [gateway_link, operator_link])
async def test_a_subject_that_is_refused_leaves_the_connection_alone(
    server: GrumblingServer, make: Callable[[str], Any]
) -> None:
    link = make(await server.start())

    async def connected() -> None: ...

    await link.connect(connected)
    await server.say('Permissions Violation for Publish to "x"')
    await link.client.flush()
    assert (link.connected, len(server.subscribed)) == (True, 1)
    await link.close()


async def test_a_client_that_gave_up_is_said(server: GrumblingServer) -> None:
    link = gateway_link(await server.start())
    await link.connect()
    await link.client.close()
    assert link.lost
