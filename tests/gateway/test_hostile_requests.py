"""Requests of clients that mean harm: bodies without end, addresses without number, texts that stop the gateway's one loop."""

from __future__ import annotations

import asyncio
import contextlib
import io
import re
import time
import zipfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.asyncio.client import connect

from jobhunter_gateway import rates as rates_module
from jobhunter_gateway import request_limits, socket_server
from jobhunter_gateway.applications_table import StoredApplication
from jobhunter_gateway.document_text import DocumentTexts
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.rates import Rate, Rates
from jobhunter_gateway.routes_applications import csv_of
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from socket_gateway import SocketGateway, received, running


@pytest.fixture
async def gateway(nats_streams: Any, store: Store) -> AsyncIterator[SocketGateway]:
    async with running(nats_streams.url, store) as gateway:
        yield gateway


async def said(gateway: SocketGateway, request: str, *, first: str = "") -> bytes:
    """What the gateway answers to these bytes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.parts.settings.http_port)
    headers = f"Host: x\r\nAuthorization: Bearer {gateway.token()}\r\nConnection: close\r\n"
    line, _, rest = request.partition("\r\n")
    writer.write(f"{line}\r\n{first}{headers}{rest}".encode("latin-1"))
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    return answer


async def test_a_body_that_never_ends_is_given_up(gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request_limits, "BODY_SECONDS", 0.5)
    monkeypatch.setattr(socket_server, "LINGER_QUIET_SECONDS", 0.2)
    post = "POST /api/hitl/resolve HTTP/1.1\r\nContent-Type: application/json\r\n"
    for length in ("Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n", "Content-Length: 9\r\n\r\n{"):
        answer = await said(gateway, post + length)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b"application/problem+json" in answer
        assert b'"code": "request-timeout"' in answer


@pytest.mark.parametrize("megabytes", [1, 6, 12])
async def test_who_is_refused_while_it_sends_hears_why(gateway: SocketGateway, megabytes: int) -> None:
    length = megabytes * 1024 * 1024
    for path, status in (("/api/profile", 413), ("/api/documents", 413 if megabytes > 5 else 422)):
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.parts.settings.http_port)
        head = f"PUT {path}" if path == "/api/profile" else f"POST {path}"
        writer.write(f"{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n".encode())
        writer.write(f"Authorization: Bearer {gateway.token()}\r\nContent-Length: {length}\r\n\r\n".encode())
        for _ in range(megabytes):
            writer.write(bytes(1024 * 1024))
            await asyncio.wait_for(writer.drain(), 10)
        answer = await asyncio.wait_for(reader.read(), 10)
        assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
        assert answer.endswith(b"}"), answer
        writer.close()


async def test_a_refused_body_that_never_ends_is_not_waited_for_long(
    gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "LINGER_QUIET_SECONDS", 0.2)
    post = "PUT /api/profile HTTP/1.1\r\nContent-Length: 99999999\r\n"
    assert (await said(gateway, f"{post}\r\nx")).startswith(b"HTTP/1.1 413 ")
    monkeypatch.setattr(socket_server, "LINGER_QUIET_SECONDS", 60.0)
    monkeypatch.setattr(socket_server, "LINGER_SECONDS", 0.2)
    assert (await said(gateway, f"{post}\r\nx")).startswith(b"HTTP/1.1 413 ")
    monkeypatch.setattr(socket_server, "LINGER_SECONDS", 60.0)
    monkeypatch.setattr(socket_server, "LINGER_BYTES", 9)
    assert (await said(gateway, f"{post}\r\n{'x' * 10}")).startswith(b"HTTP/1.1 413 ")
    # Who asks first whether to send its body sends none once it is told no.
    assert (await said(gateway, f"{post}Expect: 100-continue\r\n\r\n")).startswith(b"HTTP/1.1 413 ")


async def test_an_answer_that_takes_long_is_no_slow_body(
    gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(request_limits, "BODY_SECONDS", 0.1)

    async def slow(*_: Any) -> None:
        await asyncio.sleep(0.5)

    monkeypatch.setattr(gateway.parts.answers, "answer", slow)
    body = f'{{"hitl_id": "hitl_1", "response": "x", "session_id": "{next(iter(gateway.parts.tasks.all())).uid}"}}'
    request = "POST /api/hitl/resolve HTTP/1.1\r\nContent-Type: application/json\r\n"
    answer = await said(gateway, f"{request}Content-Length: {len(body)}\r\n\r\n{body}")
    assert answer.startswith((b"HTTP/1.1 200 ", b"HTTP/1.1 404 ")), answer


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET http://elsewhere/api/nothing HTTP/1.1", 404),
        ("OPTIONS * HTTP/1.1", 404),
        ("TRACE /healthz HTTP/1.1", 405),
        ("HEAD /api/jobs/apply HTTP/1.1", 405),
        ("GET /static/x/..%2f..%2fapp.py HTTP/1.1", 404),
        ("GET /static/x/app.py HTTP/1.1", 404),
        ("GET /static/../app.py HTTP/1.1", 404),
        ("GET /api/tasks/%ff%00 HTTP/1.1", 404),
        ("GET /api/tasks?limit=-1 HTTP/1.1", 422),
        ("GET /api/tasks?limit=1e9 HTTP/1.1", 422),
        ("GET /api/tasks?before=%00%ff&limit=5 HTTP/1.1", 200),
        ("GET /api/applications?before=%00%ff HTTP/1.1", 200),
        ("GET /ws/x HTTP/1.1", 404),
    ],
)
async def test_an_odd_request_is_answered_in_order(gateway: SocketGateway, line: str, status: int) -> None:
    for task in gateway.parts.tasks.all():
        gateway.parts.tasks.drop(task.uid)
    answer = await said(gateway, f"{line}\r\n\r\n")
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert status == 200 or b"application/problem+json" in answer
    assert b"content-security-policy: default-src 'none'" in answer.lower()


@pytest.mark.parametrize(
    ("path", "status"), [("/healthz", 200), ("/readyz", 200), ("/api/me", 200), ("/", 200), ("/api/nothing", 404)]
)
async def test_what_can_be_got_can_be_asked_for_without_its_body(
    gateway: SocketGateway, path: str, status: int
) -> None:
    got = await said(gateway, f"GET {path} HTTP/1.1\r\n\r\n")
    asked = await said(gateway, f"HEAD {path} HTTP/1.1\r\n\r\n")
    assert asked.startswith(f"HTTP/1.1 {status} ".encode()), asked
    head, _, body = asked.partition(b"\r\n\r\n")
    assert body == b""
    length = re.compile(rb"content-length: \d+")
    assert length.findall(head) == length.findall(got.partition(b"\r\n\r\n")[0])


@pytest.mark.parametrize(
    "begun",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: x\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\nX: ",
    ],
    ids=["nothing", "half", "a second one"],
)
async def test_a_request_that_never_begins_is_given_up(
    gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch, begun: bytes
) -> None:
    monkeypatch.setattr(socket_server, "HEADER_SECONDS", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.parts.settings.http_port)
    first, sep, second = begun.partition(b"\r\n\r\n")
    writer.write(first + sep)
    if sep:
        await reader.readuntil(b"}")  # the first one is answered, and the connection kept
        writer.write(second)
    with contextlib.suppress(ConnectionResetError):
        await asyncio.wait_for(reader.read(), 10)
    writer.close()


async def test_who_takes_longer_than_headers_may_is_served(
    gateway: SocketGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket_server, "HEADER_SECONDS", 0.3)
    async with connect(gateway.url()) as viewer:
        reader, writer = await asyncio.open_connection("127.0.0.1", gateway.parts.settings.http_port)
        for _ in range(2):  # between two requests the keep-alive time counts
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            assert b"200" in await asyncio.wait_for(reader.readuntil(b"}"), 10)
            await asyncio.sleep(0.6)
        writer.close()
        await gateway.say("still there")
        assert (await received(viewer))["message"] == "still there"


async def test_an_address_that_a_client_claims_is_not_believed(gateway: SocketGateway) -> None:
    tries = gateway.parts.rates.windows
    for number in range(5):
        await said(
            gateway, "GET /api/me HTTP/1.1\r\n\r\n", first=f"Authorization: x\r\nX-Forwarded-For: 10.9.8.{number}\r\n"
        )
    assert gateway.parts.rates.windows == tries + 1


def rates() -> Rates:
    return Rates(Settings(_env_file=None), Metrics())


def test_any_number_of_addresses_takes_a_bounded_number_of_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates_module, "_KEYS", 20)
    counting = rates()
    for number in range(500):
        counting.hit(Rate.BEFORE_SIGN_IN, f"10.0.{number // 200}.{number % 200}")
    assert counting.windows <= 21
    assert counting.hit(Rate.BEFORE_SIGN_IN, "10.9.9.9") is not None  # the window of all others is full
    assert counting.hit(Rate.BEFORE_SIGN_IN, "10.0.0.1") is None  # who was known before is not held back
    assert counting.hit(Rate.REQUESTS, "asha") is None


def test_all_addresses_of_one_network_share_a_window() -> None:
    counting = rates()
    for number in range(50):
        counting.hit(Rate.BEFORE_SIGN_IN, f"2001:db8:1:2::{number:x}")
    assert counting.windows == 1
    for address in ("2001:db8:1:3::1", "10.0.0.1", "::ffff:10.0.0.1", "fe80::1%eth0", "unknown"):
        counting.hit(Rate.BEFORE_SIGN_IN, address)
    assert counting.windows == 5


@pytest.mark.parametrize(
    "text", ["=1+1", " =1", "\u00a0=1", "\n=1", "\t=1", "\r\n@x", "+1", "-1", "@x", "\uff1d1", "\uff20x"]
)
def test_what_a_site_wrote_is_no_formula_in_a_spreadsheet(text: str) -> None:
    now = datetime.now(UTC)
    application = StoredApplication(
        "id", text, text, text, 'a "quoted", title', "submitted", "Submitted", now, now, -1.5, {"confirmation": text}, 1
    )
    row = csv_of([application])
    assert row.count(f"'{text}") == 4
    assert '"a ""quoted"", title"' in row
    assert "-1.5" in row
    assert "'-1.5" not in row


@pytest.mark.parametrize(
    "text", [b"\n " * 2_500_000, b"ab\n \n" * 1_000_000, b"a\t" * 2_500_000], ids=["nl", "ab", "tab"]
)
async def test_a_large_text_of_blanks_does_not_hold_up_the_others(text: bytes) -> None:
    texts = DocumentTexts()
    reading = asyncio.create_task(texts.text_of("a.txt", "text/plain", text))
    longest = 0.0
    while not reading.done():
        begun = time.monotonic()
        await asyncio.sleep(0.005)
        longest = max(longest, time.monotonic() - begun)
    await asyncio.gather(reading, return_exceptions=True)
    assert longest < 2


def test_an_archive_of_very_many_parts_is_a_document_all_the_same_and_then_refused() -> None:
    from jobhunter_gateway.document_reader import Refused, check_archive

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("word/document.xml", "x")
        for number in range(5000):
            archive.writestr(str(number), "")
    with pytest.raises(Refused, match="5001 parts"):
        check_archive(packed.getvalue())
