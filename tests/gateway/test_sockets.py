"""Sockets on a real server over real NATS and Postgres: who gets in, what is sent, what is answered, how they close."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import logging
import socket
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

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
    watch_subject,
)
from jobhunter_gateway import hub as hub_module
from jobhunter_gateway import tasks_table
from jobhunter_gateway import viewer as viewer_module
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.hitl_answers import HitlAnswers
from jobhunter_gateway.hub import Hub
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.nats_link import NatsLink
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.rates import Rates
from jobhunter_gateway.serving import server_of
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.socket_server import SocketServer
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror
from jobhunter_gateway.tokens import make_token

SECRET = "a secret of the tests, of 32 bytes or more"
MINE, THEIRS = str(uuid.uuid4()), str(uuid.uuid4())
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


class Gateway:
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


@pytest.fixture
async def gateway(nats_streams: Any, store: Store, unused_port: int) -> AsyncIterator[Gateway]:
    settings = Settings(
        nats_url=nats_streams.url, jwt_secret=cast(Any, SECRET), http_host="127.0.0.1", http_port=unused_port
    )
    metrics = Metrics()
    rates = Rates(settings, metrics)
    link = NatsLink(settings, metrics)
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
    yield Gateway(parts, server)
    server.should_exit = True
    await asyncio.wait_for(serving, 10)
    mirror.cancel()
    await asyncio.gather(mirror, return_exceptions=True)
    await link.close()


@pytest.fixture
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


async def until(true: Callable[[], Awaitable[bool] | bool]) -> None:
    async with asyncio.timeout(10):
        while True:
            found = true()
            if found if isinstance(found, bool) else await found:
                return
            await asyncio.sleep(0.02)


# who gets in


@pytest.mark.parametrize("path", ["/ws/{}", "/agent/tasks/{}/stream"])
async def test_the_owner_sees_what_happened_and_what_happens(gateway: Gateway, path: str) -> None:
    await gateway.say("before")
    address = f"ws://127.0.0.1:{gateway.parts.settings.http_port}{path.format(MINE)}?token={gateway.token()}"
    async with connect(address) as viewer:
        assert (await received(viewer))["message"] == "before"
        identity = await gateway.say("now")
        message = await received(viewer)
    assert message.keys() == {"type", "agent", "message", "data", "timestamp"}
    assert (message["type"], message["message"], message["data"]["event_id"]) == ("chat:message", "now", identity)


def forged(**claims: Any) -> str:
    return jwt.encode({"sub": "asha", "exp": 4_000_000_000} | claims, "another secret, of thirty-two bytes or more")


def unsigned() -> str:
    return jwt.encode({"sub": "asha", "exp": 4_000_000_000}, None, algorithm="none")


@pytest.mark.parametrize(
    "token",
    ["", "x", "a.b.c", forged(), unsigned(), jwt.encode({"sub": "asha", "exp": 1}, SECRET), jwt.encode({}, SECRET)],
    ids=["none", "word", "dots", "forged", "alg-none", "expired", "empty"],
)
async def test_a_bad_token_is_closed_4003(gateway: Gateway, token: str) -> None:
    await gateway.say("secret words")
    async with connect(gateway.url(token=token)) as viewer:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(viewer.recv(), 5)
        assert viewer.close_code == 4003


async def test_a_foreign_session_and_one_that_never_was_are_closed_alike(gateway: Gateway) -> None:
    """Not a word that it exists: code, reason and time taken are the same."""
    ends = []
    for uid in (THEIRS, str(uuid.uuid4())):
        begun = asyncio.get_running_loop().time()
        async with connect(gateway.url(uid)) as viewer:
            ends.append((await closed(viewer), round(asyncio.get_running_loop().time() - begun)))
    assert ends[0] == ends[1]
    assert ends[0][0][0] == 4003


@pytest.mark.parametrize("uid", ["nope", "x" * 2000, "%2e", MINE.upper(), f"{MINE}x", "%00"])
async def test_an_id_that_no_session_has_is_closed_4004(gateway: Gateway, uid: str) -> None:
    async with connect(gateway.url(uid)) as viewer:
        assert (await closed(viewer))[0] == 4004


async def test_a_session_that_is_only_in_the_store_is_served(gateway: Gateway, store: Store) -> None:
    uid = str(uuid.uuid4())
    now = datetime.now(UTC)
    async with store.user("asha") as connection:
        row = tasks_table.TaskRow(
            id=uid, user_id="asha", url="https://x.test/1", raw_prompt=None, status="completed", created_at=now
        )
        await tasks_table.record(connection, row)
    async with connect(gateway.url(uid)) as viewer:
        await asyncio.sleep(0.3)
        assert gateway.parts.hub.viewers == 1
    async with connect(gateway.url(uid, gateway.token("ben"))) as viewer:
        assert (await closed(viewer))[0] == 4003


async def test_a_page_of_another_site_is_not_let_in(gateway: Gateway) -> None:
    with pytest.raises(InvalidStatus):
        await connect(gateway.url(), origin=cast(Any, "https://evil.example"))
    port = gateway.parts.settings.http_port
    async with connect(gateway.url(), origin=cast(Any, f"http://127.0.0.1:{port}")) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"


async def test_a_token_that_expires_closes_its_sockets(gateway: Gateway) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2)
    token = jwt.encode({"sub": "asha", "exp": soon}, SECRET)
    async with connect(gateway.url(token=token)) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"
        assert await closed(viewer) == (4003, "the token has expired")


async def test_a_token_is_in_no_log(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    token = gateway.token()
    async with connect(gateway.url(token=token)):
        await asyncio.sleep(0.1)
    with pytest.raises(InvalidStatus):
        await connect(gateway.url(f"{MINE}/elsewhere", token))
    assert f"/ws/{MINE}?" in caplog.text
    assert f"/ws/{MINE}/elsewhere?" in caplog.text
    assert token not in caplog.text


# what is sent


async def test_a_viewer_resumes_behind_the_last_event_it_saw(gateway: Gateway) -> None:
    ids = [await gateway.say(f"event {i}") for i in range(4)]
    async with connect(gateway.url(after=ids[1])) as viewer:
        assert [(await received(viewer))["data"]["event_id"] for _ in range(2)] == ids[2:]
    async with connect(gateway.url(after="unknown")) as viewer:
        assert [(await received(viewer))["data"]["event_id"] for _ in range(4)] == ids


async def test_viewers_get_frames_and_the_runner_hears_that_it_is_watched(gateway: Gateway) -> None:
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


async def test_a_slow_viewer_loses_frames_and_no_event(gateway: Gateway) -> None:
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


async def test_an_answer_over_the_socket_reaches_the_question(gateway: Gateway) -> None:
    await gateway.ask()
    async with connect(gateway.url()) as viewer:
        await viewer.send(json.dumps({"type": "hitl:response", "hitl_id": "hitl_1", "response": "4 weeks"}))
        await until(gateway.is_answered)
    record = await gateway.answer_to()
    assert (record.response, record.answered_by) == ("4 weeks", "gateway")


async def test_of_two_browsers_that_answer_one_wins_and_the_other_is_told(gateway: Gateway) -> None:
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
    gateway: Gateway, answer: dict[str, Any], code: str
) -> None:
    await gateway.ask()
    async with connect(gateway.url()) as viewer:
        await viewer.send(json.dumps({"type": "hitl:response"} | answer))
        assert (await received(viewer))["data"]["code"] == code
        await gateway.say("still here")
        assert (await received(viewer))["message"] == "still here"


# how they close


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{not json", 1007),
        ("", 1007),
        (b"\xff\xfe", 1007),
        ("[" * 100_000, 1007),
        ("{}", 1008),
        ("[]", 1008),
        ("null", 1008),
        ('{"type": "nonsense"}', 1008),
        ('{"type": ["hitl:response"]}', 1008),
        ('{"type": "hitl:response", "response": "' + "x" * 1024 * 1024 + '"}', 1009),
    ],
    ids=["broken", "empty", "bytes", "deep", "object", "list", "null", "unknown", "odd", "huge"],
)
async def test_what_is_no_message_closes_the_socket(gateway: Gateway, message: str | bytes, code: int) -> None:
    async with connect(gateway.url()) as viewer:
        await viewer.send(message)
        assert (await closed(viewer))[0] == code


async def test_messages_beyond_the_rate_are_told_and_not_taken(gateway: Gateway) -> None:
    await gateway.ask()
    message = json.dumps({"type": "hitl:response", "hitl_id": "hitl_9", "response": "x"})
    async with connect(gateway.url()) as viewer:
        for _ in range(30):
            await viewer.send(message)
        codes = [(await received(viewer))["data"]["code"] for _ in range(30)]
    assert codes[:10] == ["not-found"] * 10
    assert codes.count("too-many-requests") >= 5


async def test_a_gateway_that_shuts_down_closes_with_1013(gateway: Gateway) -> None:
    async with connect(gateway.url()) as first, connect(gateway.url()) as second:
        await gateway.say("hello")
        for viewer in (first, second):
            assert (await received(viewer))["message"] == "hello"
        gateway.server.should_exit = True
        assert [(await closed(viewer))[0] for viewer in (first, second)] == [1013, 1013]


async def test_who_takes_nothing_any_more_is_let_go(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(viewer_module, "SEND_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.parts.settings.http_port, limit=1024)
    request = f"GET {gateway.url().partition(str(gateway.parts.settings.http_port))[2]} HTTP/1.1\r\nHost: x\r\n"
    request += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    writer.write(f"{request}Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
    assert b" 101 " in await reader.readline()
    await until(lambda: gateway.parts.hub.viewers == 1)
    async with asyncio.timeout(20):
        while gateway.parts.hub.viewers:
            await gateway.show(JPEG + bytes(900_000))
            await asyncio.sleep(0.02)
    writer.close()
    closes = gateway.parts.metrics.registry.get_sample_value("jobhunter_gateway_socket_closes_total", {"code": "1013"})
    assert closes == 1


async def test_one_user_cannot_open_sockets_without_end(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub_module, "SOCKETS_PER_USER", 2)
    async with connect(gateway.url()), connect(gateway.url()), connect(gateway.url()) as third:
        assert (await closed(third))[0] == 1013
    await until(lambda: gateway.parts.hub.viewers == 0)
    async with connect(gateway.url()) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"


async def test_without_postgres_ones_own_session_is_served_and_of_others_nothing_is_said(
    gateway: Gateway, postgres: Any
) -> None:
    postgres.stop()
    async with connect(gateway.url()) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"
    for uid in (THEIRS, str(uuid.uuid4())):
        async with connect(gateway.url(uid)) as viewer:
            assert await closed(viewer) == (1013, "try again")
    postgres.start()


async def test_a_socket_lives_on_while_nats_restarts(gateway: Gateway, nats_streams: Any) -> None:
    async with connect(gateway.url()) as viewer:
        await gateway.say("before")
        assert (await received(viewer))["message"] == "before"
        nats_streams.stop()
        await until(lambda: not gateway.parts.link.connected)
        nats_streams.start()
        await until(lambda: gateway.parts.link.connected)
        await gateway.say("after")
        await gateway.show(JPEG)
        types = {(await received(viewer, 15))["type"] for _ in range(2)}
    assert types == {"chat:message", "browser:screenshot"}


async def test_who_has_gone_leaves_nothing_behind(gateway: Gateway) -> None:
    sockets = [await connect(gateway.url()) for _ in range(5)]
    await gateway.say("hello")
    for viewer in sockets:
        await received(viewer)
    sockets[0].transport.abort()
    for viewer in sockets[1:]:
        await viewer.close()
    await until(lambda: gateway.parts.hub.viewers == 0)
    assert gateway.parts.metrics.registry.get_sample_value("jobhunter_gateway_sockets") == 0
