"""Fixtures: gateways that answer requests over a real NATS, from a real PostgreSQL, of one task."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_gateway import profiles
from jobhunter_gateway.asks_service import AsksService
from jobhunter_gateway.documents import Documents
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.profile_exists import ProfileExists
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from nats_server import nats_client

TASK, POD, USER = "task-1", "pod-1", "asha"
PDF = b"%PDF-1.4\n" + os.urandom(600_000)


class Tasks:
    """The mirror's part that the service reads."""

    def __init__(self) -> None:
        self.there: dict[str, ApplicationTask] = {}

    def get(self, uid: str) -> ApplicationTask | None:
        return self.there.get(uid)


class Gateway:
    """One gateway: its own connection, memory and services."""

    def __init__(self, url: str, store: Store, tasks: Tasks) -> None:
        settings = Settings(nats_url=url)
        metrics = Metrics()
        self.link = NatsLink("gateway", settings, metrics)
        self.memory = Memory(settings, store)
        self.documents = Documents(settings, store, self.link, metrics)
        self.asks = AsksService(self.link, store, tasks, self.memory, metrics)  # type: ignore[arg-type] # its get alone
        self.exists = ProfileExists(self.link, store)

    async def start(self) -> None:
        self.link.on_connected(self.asks.start)
        self.link.on_connected(self.exists.start)
        await self.link.connect()
        await self.link.client.flush()  # the server has the subscriptions before anybody asks

    async def stop(self) -> None:
        await self.asks.stop()
        await self.exists.stop()
        await self.link.close()
        await self.memory.close()


@pytest.fixture
def tasks(task_resource: Callable[..., ApplicationTask]) -> Tasks:
    tasks = Tasks()
    tasks.there[TASK] = task_resource(TASK, USER, status={"podUid": POD})
    return tasks


@pytest.fixture
async def gateway(nats_streams: Any, store: Store, tasks: Tasks) -> AsyncIterator[Gateway]:
    gateway = Gateway(nats_streams.url, store, tasks)
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def second(nats_streams: Any, store: Store, tasks: Tasks) -> AsyncIterator[Gateway]:
    gateway = Gateway(nats_streams.url, store, tasks)
    await gateway.start()
    yield gateway
    await gateway.stop()


@pytest.fixture
async def nc(nats_streams: Any) -> AsyncIterator[Any]:
    nc = await nats_client(nats_streams.url, user="runner", password="runner")
    yield nc
    await nc.close()


async def put_profile(store: Store, profile: dict[str, Any], user: str = USER) -> None:
    async with store.user(user) as connection:
        await profiles.put(connection, user, profile, None)
