"""A gateway with its sockets on a loopback port, over real NATS and Postgres, and the runner of its one task."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.events import EventType, event_id, make_event
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.subjects import (
    HEADER_AT,
    HEADER_HEIGHT,
    HEADER_WIDTH,
    HITL_BUCKET,
    event_subject,
    frame_subject,
    hitl_key,
)
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.hitl_answers import HitlAnswers
from jobhunter_gateway.hub import Hub
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.rates import Rates
from jobhunter_gateway.serving import server_of
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.socket_server import SocketServer
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror
from jobhunter_gateway.tokens import make_token
from waiting import until

SECRET = "a secret of the tests, of 32 bytes or more"
MINE, THEIRS = "4f6a0c1e-52a7-4a51-9d0e-6b1c7f0d2a11", "8c2e9b7d-1f34-4c8a-a6e5-3d9f0b5e7c22"
JPEG = b"\xff\xd8\xff\xe0 a picture \xff\xd9"


class KnownTasks(ClusterTasks):
    """An API server that has these tasks, and never says anything else."""

    async def list(self) -> tuple[list[dict[str, Any]], str]:
        owners = {MINE: "asha", THEIRS: "ben"}
        return [
            {
                "metadata": {"name": user, "namespace": "jobs", "uid": uid, "resourceVersion": "1"},
                "spec": {"userId": user, "url": "https://careers.example.com/jobs/1"},
            }
            for uid, user in owners.items()
        ], "1"

    async def watch(self, version: str) -> AsyncIterator[dict[str, Any] | None]:
        await asyncio.Event().wait()
        yield None


class SocketGateway:
    """A gateway with sockets and all behind them, on a loopback port."""

    def __init__(self, parts: Parts, server: SocketServer) -> None:
        self.parts = parts
        self.server = server
        self._number = 0

    def token(self, user: str = "asha") -> str:
        return make_token(user, self.parts.settings)

    def url(self, uid: str = MINE, token: str | None = None, after: str = "") -> str:
        token = self.token() if token is None else token
        return f"ws://127.0.0.1:{self.parts.settings.http_port}/ws/{uid}?token={token}&after={after}"

    async def say(self, message: str, kind: EventType = EventType.CHAT_MESSAGE, **data: Any) -> str:
        """An event of the task, as its runner sends it; its id."""
        self._number += 1
        event = make_event(kind, message, data, event_id=event_id(MINE, 1, self._number))
        await self.parts.link.js.publish(
            event_subject(MINE, kind), event.to_json(), headers={"Nats-Msg-Id": event.event_id}
        )
        return event.event_id

    async def show(self, picture: bytes) -> None:
        headers = {HEADER_AT: "2026-01-31T09:30:00.125Z", HEADER_WIDTH: "1280", HEADER_HEIGHT: "720"}
        await self.parts.link.client.publish(frame_subject(MINE), picture, headers=headers)

    async def ask(self, hitl_id: str = "hitl_1") -> None:
        now = datetime.now(UTC)
        record = HitlRecord(
            id=hitl_id,
            task_uid=MINE,
            pod_uid="pod-1",
            kind=HitlKind.TEXT,
            reason=InputReason.QUESTION,
            question="Notice period?",
            asked_at=now,
            deadline=now + timedelta(minutes=5),
        )
        await self.parts.link.js.publish(f"$KV.{HITL_BUCKET}.{hitl_key(MINE, hitl_id)}", record.to_json())

    async def answer_to(self, hitl_id: str = "hitl_1") -> HitlRecord:
        bucket = await self.parts.link.js.key_value(HITL_BUCKET)
        return HitlRecord.from_json((await bucket.get(hitl_key(MINE, hitl_id))).value or b"")

    async def is_answered(self) -> bool:
        return (await self.answer_to()).state is HitlState.ANSWERED


@asynccontextmanager
async def running(nats_url: str, store: Store) -> AsyncIterator[SocketGateway]:
    """A gateway on a free port, connected to NATS, its tasks listed."""
    settings = Settings(
        _env_file=None, nats_url=nats_url, jwt_secret=SECRET, http_host="127.0.0.1", http_port=unused_port()
    )
    metrics = Metrics()
    rates = Rates(settings, metrics)
    link = NatsLink("gateway", settings, metrics)
    cluster = KnownTasks("jobs", metrics)
    tasks = TaskMirror(cluster, metrics)
    answers, pictures = HitlAnswers(link, tasks, metrics), Pictures(link, store, tasks)
    hub = Hub(link, store, pictures, answers, rates, metrics)
    none: Any = None  # memory and documents: no socket needs them
    parts = Parts(settings, metrics, rates, store, link, cluster, tasks, answers, pictures, hub, none, none)
    mirror = asyncio.create_task(tasks.run())
    await asyncio.wait_for(link.connect(), 10)
    server = server_of(parts)
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    yield SocketGateway(parts, server)
    server.should_exit = True
    await asyncio.wait_for(serving, 10)
    mirror.cancel()
    await asyncio.gather(mirror, return_exceptions=True)
    await link.close()


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


async def received(viewer: ClientConnection, seconds: float = 5) -> dict[str, Any]:
    message: dict[str, Any] = json.loads(await asyncio.wait_for(viewer.recv(), seconds))
    return message


async def closed(viewer: ClientConnection) -> tuple[int | None, str | None]:
    """Close code and reason, whatever came before."""
    with contextlib.suppress(ConnectionClosed):
        async with asyncio.timeout(10):
            async for _ in viewer:
                pass
    return viewer.close_code, viewer.close_reason
