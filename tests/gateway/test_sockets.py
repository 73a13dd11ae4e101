"""Sockets on a real server over real NATS and Postgres: who gets in, and how they close."""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import jwt
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from jobhunter_gateway import event_log, events_table, tasks_table
from jobhunter_gateway import hub as hub_module
from jobhunter_gateway import viewer as viewer_module
from jobhunter_gateway.projector import Projector
from jobhunter_gateway.store import Store
from socket_gateway import JPEG, MINE, SECRET, THEIRS, SocketGateway, closed, received, running
from waiting import until


@pytest.fixture
async def gateway(nats_streams: Any, store: Store) -> AsyncIterator[SocketGateway]:
    async with running(nats_streams.url, store) as gateway:
        yield gateway


# who gets in


@pytest.mark.parametrize("path", ["/ws/{}", "/agent/tasks/{}/stream"])
async def test_the_owner_sees_what_happened_and_what_happens(gateway: SocketGateway, path: str) -> None:
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
async def test_a_bad_token_is_closed_4003(gateway: SocketGateway, token: str) -> None:
    await gateway.say("secret words")
    async with connect(gateway.url(token=token)) as viewer:
        with pytest.raises(ConnectionClosed):
            await asyncio.wait_for(viewer.recv(), 5)
        assert viewer.close_code == 4003


async def test_a_foreign_session_and_one_that_never_was_are_closed_alike(gateway: SocketGateway) -> None:
    """Not a word that it exists: code, reason and time taken are the same."""
    ends, took = [], []
    for uid in (THEIRS, str(uuid.uuid4())):
        begun = asyncio.get_running_loop().time()
        async with connect(gateway.url(uid)) as viewer:
            ends.append(await closed(viewer))
        took.append(asyncio.get_running_loop().time() - begun)
    assert ends[0] == ends[1]
    assert ends[0][0] == 4003
    assert abs(took[0] - took[1]) < 1.5  # neither waits for something; what else the machine does comes on top


@pytest.mark.parametrize("uid", ["nope", "x" * 2000, "%2e", MINE.upper(), f"{MINE}x", "%00"])
async def test_an_id_that_no_session_has_is_closed_4004(gateway: SocketGateway, uid: str) -> None:
    async with connect(gateway.url(uid)) as viewer:
        assert (await closed(viewer))[0] == 4004


async def test_a_session_that_is_only_in_the_store_is_served(gateway: SocketGateway, store: Store) -> None:
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


async def test_a_page_of_another_site_is_not_let_in(gateway: SocketGateway) -> None:
    with pytest.raises(InvalidStatus):
        await connect(gateway.url(), origin=cast(Any, "https://evil.example"))
    port = gateway.parts.settings.http_port
    async with connect(gateway.url(), origin=cast(Any, f"http://127.0.0.1:{port}")) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"


async def test_a_token_that_expires_closes_its_sockets(gateway: SocketGateway) -> None:
    soon = datetime.now(UTC) + timedelta(seconds=2 - gateway.parts.settings.jwt_leeway_seconds)
    token = jwt.encode({"sub": "asha", "exp": soon}, SECRET)
    async with connect(gateway.url(token=token)) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"
        assert await closed(viewer) == (4003, "the token has expired")


@pytest.mark.parametrize("uid", ["5b0c2f0e-6f0b-4a53-9a3d-0d7f2a1c9e11", "no-uid"])
async def test_who_leaves_before_the_refusal_comes_is_no_fault(
    gateway: SocketGateway, caplog: pytest.LogCaptureFixture, uid: str
) -> None:
    closes = gateway.parts.metrics.socket_closes
    before = sum(sample.value for sample in closes.collect()[0].samples if sample.name.endswith("_total"))
    viewer = await connect(gateway.url(uid))
    viewer.transport.abort()
    await until(
        lambda: sum(sample.value for sample in closes.collect()[0].samples if sample.name.endswith("_total")) > before
    )
    await asyncio.sleep(0.2)
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


async def test_a_token_is_in_no_log(gateway: SocketGateway, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    token = gateway.token()
    async with connect(gateway.url(token=token)):
        await asyncio.sleep(0.1)
    with pytest.raises(InvalidStatus):
        await connect(gateway.url(f"{MINE}/elsewhere", token))
    assert f"/ws/{MINE}?" in caplog.text
    assert f"/ws/{MINE}/elsewhere?" in caplog.text
    assert token not in caplog.text


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
async def test_what_is_no_message_closes_the_socket(gateway: SocketGateway, message: str | bytes, code: int) -> None:
    async with connect(gateway.url()) as viewer:
        await viewer.send(message)
        assert (await closed(viewer))[0] == code


async def test_a_huge_message_while_frames_flow_is_closed_in_order(
    gateway: SocketGateway, caplog: pytest.LogCaptureFixture
) -> None:
    async with connect(gateway.url()) as viewer:

        async def show() -> None:
            while True:
                await gateway.show(JPEG)
                await asyncio.sleep(0.001)

        showing = asyncio.create_task(show())
        await received(viewer)
        await viewer.send("x" * 1024 * 1025)
        assert (await closed(viewer))[0] == 1009
        await until(lambda: gateway.parts.hub.viewers == 0)
        showing.cancel()
    assert "Exception in ASGI application" not in caplog.text


async def test_messages_beyond_the_rate_are_told_and_not_taken(gateway: SocketGateway) -> None:
    await gateway.ask()
    message = json.dumps({"type": "hitl:response", "hitl_id": "hitl_9", "response": "x"})
    async with connect(gateway.url()) as viewer:
        for _ in range(30):
            await viewer.send(message)
        codes = [(await received(viewer))["data"]["code"] for _ in range(30)]
    assert codes[:10] == ["not-found"] * 10
    assert codes.count("too-many-requests") >= 5


async def test_a_gateway_that_shuts_down_closes_with_1013(gateway: SocketGateway) -> None:
    async with connect(gateway.url()) as first, connect(gateway.url()) as second:
        await gateway.say("hello")
        for viewer in (first, second):
            assert (await received(viewer))["message"] == "hello"
        gateway.server.should_exit = True
        assert [(await closed(viewer))[0] for viewer in (first, second)] == [1013, 1013]


async def test_who_takes_nothing_any_more_is_let_go(gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch) -> None:
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


async def test_one_user_cannot_open_sockets_without_end(
    gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "SOCKETS_PER_USER", 2)
    async with connect(gateway.url()), connect(gateway.url()), connect(gateway.url()) as third:
        assert (await closed(third))[0] == 1013
    await until(lambda: gateway.parts.hub.viewers == 0)
    async with connect(gateway.url()) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"


async def test_without_postgres_ones_own_session_is_served_and_of_others_nothing_is_said(
    gateway: SocketGateway, postgres: Any
) -> None:
    postgres.stop()
    async with connect(gateway.url()) as viewer:
        await gateway.say("hello")
        assert (await received(viewer))["message"] == "hello"
    for uid in (THEIRS, str(uuid.uuid4())):
        async with connect(gateway.url(uid)) as viewer:
            assert await closed(viewer) == (1013, "try again")
    postgres.start()


async def test_a_socket_lives_on_while_nats_restarts(gateway: SocketGateway, nats_streams: Any) -> None:
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


async def test_who_has_gone_leaves_nothing_behind(gateway: SocketGateway) -> None:
    sockets = [await connect(gateway.url()) for _ in range(5)]
    await gateway.say("hello")
    for viewer in sockets:
        await received(viewer)
    sockets[0].transport.abort()
    for viewer in sockets[1:]:
        await viewer.close()
    await until(lambda: gateway.parts.hub.viewers == 0)
    assert gateway.parts.metrics.registry.get_sample_value("jobhunter_gateway_sockets") == 0


# who lags behind what is kept in memory


@pytest.fixture
async def stored(gateway: SocketGateway, store: Store, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[str]]:
    """Thirty events of the task in the store, of which the log has room for eight; their ids."""
    monkeypatch.setattr(event_log, "LOG_LIMIT", 8)

    async def owner_of(_: str) -> str | None:
        return "asha"

    projecting = asyncio.create_task(Projector(gateway.parts.link, store, owner_of).run())
    said = [await gateway.say(f"event {number}") for number in range(30)]

    async def written() -> bool:
        async with store.user("asha") as connection:
            return len(await events_table.after(connection, MINE)) == len(said)

    await until(written)
    yield said
    projecting.cancel()
    await asyncio.gather(projecting, return_exceptions=True)


@pytest.mark.parametrize("seen", [None, 0, 11, 27])
async def test_what_the_log_has_dropped_comes_from_the_store(
    gateway: SocketGateway, stored: list[str], seen: int | None
) -> None:
    after = "" if seen is None else f"{stored[seen]}~1"  # of a frame behind the event
    async with connect(gateway.url(after=after)) as viewer:
        wanted = stored[0 if seen is None else seen + 1 :]
        assert [(await received(viewer))["data"]["event_id"] for _ in wanted] == wanted
        last = await gateway.say("and now")
        assert (await received(viewer))["data"]["event_id"] == last


@pytest.mark.parametrize("after", ["garbage", "%00", "%ff", "'%20OR%201=1%20--"])
async def test_behind_garbage_all_of_it_comes(gateway: SocketGateway, stored: list[str], after: str) -> None:
    async with connect(gateway.url(after=after)) as viewer:
        assert [(await received(viewer))["data"]["event_id"] for _ in stored] == stored


async def test_while_the_store_is_away_who_lags_is_sent_away(
    gateway: SocketGateway, stored: list[str], postgres: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer_module, "_STORE_AGAIN_SECONDS", 0.02)
    async with connect(gateway.url()) as first:
        assert [(await received(first))["data"]["event_id"] for _ in stored] == stored
        postgres.stop()
        async with connect(gateway.url(after=stored[3])) as viewer:
            assert await closed(viewer) == (1013, "too far behind")
        postgres.start()


async def test_what_refuses_an_answer_resumes_as_a_frame_does(gateway: SocketGateway) -> None:
    seen = await gateway.say("seen")
    async with connect(gateway.url()) as viewer:
        await received(viewer)
        for _ in range(2):
            await viewer.send(json.dumps({"type": "hitl:response", "hitl_id": "nothing", "response": "x"}))
        refusals = [(await received(viewer))["data"] for _ in range(2)]
    assert [refusal["code"] for refusal in refusals] == ["not-found"] * 2
    ids = [refusal["event_id"] for refusal in refusals]
    assert len(set(ids)) == 2
    assert all(one.startswith(f"{seen}~") for one in ids)
    missed = await gateway.say("missed")
    async with connect(gateway.url(after=ids[-1])) as viewer:
        assert (await received(viewer))["data"]["event_id"] == missed
