"""The browser reaches public addresses and what is allowed besides, whatever a name, a redirect or a header says."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import proxy.core.connection.server as proxy_connection
import pytest

from jobhunter_contracts.egress import Address, EgressRule
from jobhunter_contracts.errors import InvalidMessage, Unavailable
from jobhunter_runner.egress_guard import EgressGuard, RefusalKind, egress_guard, is_own_address, parse_by_hand

PUBLIC = ipaddress.ip_address("93.184.216.34")
PRIVATE = ipaddress.ip_address("10.20.30.40")


class Upstream:
    """A web server on loopback that keeps the raw requests it got; bytes after an upgrade are echoed."""

    def __init__(self) -> None:
        self.port = 0
        self.requests: list[bytes] = []

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Upstream]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = next(
                    (int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length")), 0
                )
                self.requests.append(head + await reader.readexactly(length))
                if b"upgrade: websocket" in head.lower():
                    writer.write(
                        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"
                    )
                    while data := await reader.read(1000):
                        writer.write(data)
                    return
                writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        finally:
            writer.close()


@pytest.fixture
async def upstream() -> AsyncIterator[Upstream]:
    async with Upstream().running() as running:
        yield running


async def exchange(guard: EgressGuard, *requests: bytes, until: bytes = b"") -> bytes:
    """Sends the requests on one connection to the guard; the answer, up to its end or to `until`."""
    reader, writer = await asyncio.open_connection("127.0.0.1", guard.port)
    answer = b""
    try:
        for request in requests:
            writer.write(request)
            await writer.drain()
            await asyncio.sleep(0.05)
        async with asyncio.timeout(5):
            while data := await reader.read(65536):
                answer += data
                if until and answer.endswith(until):
                    break
    finally:
        writer.close()
    return answer


def get(url: str, host: str = "whatever.example", more: str = "") -> bytes:
    return f"GET {url} HTTP/1.1\r\nHost: {host}\r\n{more}\r\n".encode()


def connect(target: str) -> bytes:
    return f"CONNECT {target} HTTP/1.1\r\nHost: {target}\r\n\r\n".encode()


@pytest.fixture
def way(monkeypatch: pytest.MonkeyPatch, upstream: Upstream) -> list[tuple[str, int]]:
    """Where the guard connected to; every way leads to `upstream`, for there is no public network in a test."""
    ways: list[tuple[str, int]] = []

    def dial(addr: tuple[str, int], source_address: object = None) -> socket.socket:
        ways.append(addr)
        return socket.create_connection(("127.0.0.1", upstream.port))

    monkeypatch.setattr(proxy_connection, "new_socket_connection", dial)
    return ways


def names(**addresses: str):
    """A resolver that knows these names, and counts what it is asked."""
    asked: list[str] = []

    def resolve(host: str, port: int) -> list[Address]:
        asked.append(host)
        if host not in addresses:
            raise socket.gaierror(-2, "Name or service not known")
        return [ipaddress.ip_address(a) for a in addresses[host].split()]

    resolve.asked = asked
    return resolve


@pytest.mark.parametrize(
    "rules", [[], [EgressRule(cidr="0.0.0.0/0"), EgressRule(cidr="::/0"), EgressRule(host="localhost")]]
)
@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "0177.0.0.1", "0.0.0.0", "0", "[::1]", "[::]",
        "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "169.254.169.254", "[fe80::1]",
        "224.0.0.1",
    ],
)  # fmt: skip
async def test_loopback_and_its_kin_are_refused_in_every_notation_whatever_the_rules_say(upstream, host, rules):
    async with egress_guard(rules) as guard:
        for request in (get(f"http://{host}:{upstream.port}/"), connect(f"{host}:{upstream.port}")):
            answer = await exchange(guard, request)
            assert answer.startswith(b"HTTP/1.1 403 "), answer
            assert b"is not allowed" in answer
        assert [r.kind for r in guard.refusals] == [RefusalKind.NOT_ALLOWED] * 2
        assert guard.refusal_of(host, upstream.port).words in answer.decode()
    assert upstream.requests == []


async def test_an_address_of_the_pod_itself_is_refused_though_a_rule_covers_it(monkeypatch, upstream):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
            own = probe.getsockname()[0]
        except OSError:
            own = "127.0.0.1"
    assert is_own_address(ipaddress.ip_address(own))
    assert not is_own_address(PUBLIC)
    async with egress_guard([EgressRule(cidr="0.0.0.0/0")]) as guard:
        assert (await exchange(guard, connect(f"{own}:{upstream.port}"))).startswith(b"HTTP/1.1 403 ")


async def test_a_private_address_is_refused_with_words_that_say_what_to_do(way):
    async with egress_guard([], resolve=names(**{"intranet.example": "10.20.30.40"})) as guard:
        answer = (await exchange(guard, get("http://intranet.example/jobs?token=secret"))).decode()
        assert "intranet.example (10.20.30.40) port 80 is a private address and is not allowed" in answer
        assert "egress.allow in the chart" in answer
        assert "--egress-allow intranet.example:80" in answer
        assert "secret" not in answer
    assert way == []


async def test_rules_allow_private_hosts_and_ranges_on_their_ports_alone(way):
    rules = [EgressRule(host="careers.internal", ports=[8080]), EgressRule(cidr="10.99.0.0/16")]
    known = names(**{"careers.internal": "10.20.30.40", "other.internal": "10.20.30.40", "wide.internal": "10.99.1.2"})
    async with egress_guard(rules, resolve=known) as guard:
        verdicts = {}
        for target in ("careers.internal:8080", "careers.internal:8081", "other.internal:8080", "wide.internal:5"):
            verdicts[target] = (
                (await exchange(guard, connect(target), until=b"\r\n\r\n")).split(b"\r\n")[0].split(b" ")[1]
            )
    assert list(verdicts.values()) == [b"200", b"403", b"403", b"200"]
    assert way == [("10.20.30.40", 8080), ("10.99.1.2", 5)]


async def test_a_public_name_is_resolved_once_and_that_very_address_is_connected_to(way, upstream):
    known = names(**{"jobs.example": str(PUBLIC)})
    async with egress_guard([], resolve=known) as guard:
        answer = await exchange(guard, get("http://jobs.example/a?b=c"), until=b"hello")
        assert answer.endswith(b"hello")
        tunnel = await exchange(
            guard, connect("jobs.example:443"), b"GET / HTTP/1.1\r\nHost: inside\r\n\r\n", until=b"hello"
        )
        assert tunnel.startswith(b"HTTP/1.1 200 ")
        assert tunnel.endswith(b"hello")
    assert way == [(str(PUBLIC), 80), (str(PUBLIC), 443)]
    assert known.asked == ["jobs.example", "jobs.example"]
    assert b"Host: jobs.example\r\n" in upstream.requests[0]


async def test_a_name_that_turns_private_after_its_first_answer_gains_nothing(way):
    answers = iter([[PUBLIC], [PRIVATE], [ipaddress.ip_address("127.0.0.1")]])
    async with egress_guard([], resolve=lambda host, port: next(answers)) as guard:
        assert (await exchange(guard, get("http://rebind.example/"), until=b"hello")).endswith(b"hello")
        for request in (get("http://rebind.example/"), connect("rebind.example:443")):
            assert (await exchange(guard, request)).startswith(b"HTTP/1.1 403 ")
    assert way == [(str(PUBLIC), 80)]


async def test_of_a_names_addresses_only_those_allowed_are_used(way):
    known = names(**{"mixed.example": f"{PRIVATE} 127.0.0.1 {PUBLIC}"})
    async with egress_guard([], resolve=known) as guard:
        assert (await exchange(guard, get("http://mixed.example/"), until=b"hello")).endswith(b"hello")
    assert way == [(str(PUBLIC), 80)]


async def test_the_host_header_is_the_targets(way, upstream):
    known = names(**{"jobs.example": str(PUBLIC)})
    async with egress_guard([], resolve=known) as guard:
        await exchange(guard, get("http://jobs.example:8080/", host="intranet.internal"), until=b"hello")
    assert b"\r\nHost: jobs.example:8080\r\n" in upstream.requests[0]
    assert b"intranet" not in upstream.requests[0]
    assert b"via:" not in upstream.requests[0].lower()
    assert known.asked == ["jobs.example"]


async def test_a_second_request_on_a_connection_cannot_name_another_host(way, upstream):
    known = names(**{"jobs.example": str(PUBLIC), "intranet.example": "10.0.0.1"})
    async with egress_guard([], resolve=known) as guard:
        answer = await exchange(
            guard, get("http://jobs.example/1"), get("http://jobs.example/2"), get("http://intranet.example/3")
        )
    assert answer.count(b"hello") == 2
    assert b"421 Misdirected Request" in answer
    assert [r.split(b" ")[1] for r in upstream.requests] == [b"/1", b"/2"]


async def test_a_hand_allowed_host_and_port_is_allowed_and_no_other(upstream):
    async with egress_guard([], by_hand=[f"127.0.0.1:{upstream.port}"]) as guard:
        assert (await exchange(guard, get(f"http://127.0.0.1:{upstream.port}/"), until=b"hello")).endswith(b"hello")
        for other in (f"localhost:{upstream.port}", f"127.0.0.1:{upstream.port - 1}", f"127.0.0.2:{upstream.port}"):
            assert (await exchange(guard, connect(other))).startswith(b"HTTP/1.1 403 "), other


async def test_the_devtools_port_and_the_guards_own_are_never_allowed(upstream):
    with pytest.raises(InvalidMessage, match="DevTools port and is never allowed"):
        parse_by_hand("localhost:9222")
    with socket.create_server(("127.0.0.1", 0)) as free:
        own_port = free.getsockname()[1]
    async with egress_guard([EgressRule(host="localhost")], port=own_port, by_hand=[f"localhost:{own_port}"]) as guard:
        assert (await exchange(guard, get(f"http://localhost:{own_port}/"))).startswith(b"HTTP/1.1 403 ")
        assert (await exchange(guard, connect("localhost:9222"))).startswith(b"HTTP/1.1 403 ")
        guard._by_hand = frozenset({("localhost", 9222), ("127.0.0.1", 9222)})  # had it slipped in all the same
        answer = await exchange(guard, connect("127.0.0.1:9222"))
        assert b"DevTools port and is never allowed" in answer


@pytest.mark.parametrize(
    "text", ["", "localhost", "localhost:", ":80", "localhost:0", "localhost:70000", "localhost:http"]
)
async def test_a_bad_hand_allowance_is_refused_with_words(text):
    with pytest.raises(InvalidMessage, match="is not HOST:PORT"):
        parse_by_hand(text)
    assert parse_by_hand("[::1]:8000") == ("::1", 8000)


async def test_unknown_names_and_dead_hosts_are_told_apart():
    dead = socket.socket()  # bound, so that nobody else gets the port, and not listening
    dead.bind(("127.0.0.1", 0))
    port = dead.getsockname()[1]
    async with contextlib.AsyncExitStack() as stack:
        stack.callback(dead.close)
        guard = await stack.enter_async_context(egress_guard([], by_hand=[f"127.0.0.1:{port}"], resolve=_either))
        answer = await exchange(guard, connect("no-such-name.invalid:443"))
        assert answer.startswith(b"HTTP/1.1 502 ")
        assert b"The name no-such-name.invalid does not resolve (Name or service not known)" in answer
        answer = await exchange(guard, get(f"http://127.0.0.1:{port}/"))
        assert b"cannot be reached (Connection refused)" in answer
        assert [r.kind for r in guard.refusals] == [RefusalKind.NAME_UNKNOWN, RefusalKind.UNREACHABLE]
        assert [r.number for r in guard.refusals] == [1, 2]
        assert guard.refusal_of("no-such-name.invalid", 443, after=1) is None


def _either(host: str, port: int) -> list[Address]:
    if host.endswith(".invalid"):
        raise socket.gaierror(-2, "Name or service not known")
    return [ipaddress.ip_address(host)]


async def test_a_websocket_upgrade_passes(upstream):
    async with egress_guard([], by_hand=[f"127.0.0.1:{upstream.port}"]) as guard:
        more = "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        answer = await exchange(
            guard, get(f"http://127.0.0.1:{upstream.port}/ws", more=more), b"\x81\x03one", b"\x81\x03two", until=b"two"
        )
    assert answer.startswith(b"HTTP/1.1 101 ")
    assert answer.endswith(b"\x81\x03one\x81\x03two")


async def test_a_large_upload_arrives_whole(upstream):
    body = bytes(range(256)) * 4 * 5120  # 5 MiB
    head = f"POST http://127.0.0.1:{upstream.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    async with egress_guard([], by_hand=[f"127.0.0.1:{upstream.port}"]) as guard:
        assert (await exchange(guard, head + body, until=b"hello")).endswith(b"hello")
    assert upstream.requests[0].endswith(body)


async def test_a_site_that_hangs_delays_no_other(upstream):
    hang = await asyncio.start_server(lambda r, w: asyncio.sleep(30), "127.0.0.1", 0)
    hang_port = hang.sockets[0].getsockname()[1]
    async with egress_guard([], by_hand=[f"127.0.0.1:{upstream.port}", f"127.0.0.1:{hang_port}"]) as guard:
        waiting = [asyncio.create_task(exchange(guard, get(f"http://127.0.0.1:{hang_port}/"))) for _ in range(20)]
        await asyncio.sleep(0.2)
        async with asyncio.timeout(2):
            assert (await exchange(guard, get(f"http://127.0.0.1:{upstream.port}/"), until=b"hello")).endswith(b"hello")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    hang.close()


async def test_what_is_no_proxy_request_is_a_bad_request(upstream):
    async with egress_guard([]) as guard:
        for nonsense in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00\r\n\r\n"):
            answer = await exchange(guard, nonsense)
            assert answer.startswith(b"HTTP/1.1 400 ")
        assert (await exchange(guard, connect("127.0.0.1:1"))).startswith(b"HTTP/1.1 403 ")


async def test_nothing_is_logged_of_requests(caplog, upstream):
    caplog.set_level(logging.DEBUG)
    async with egress_guard([], by_hand=[f"127.0.0.1:{upstream.port}"]) as guard:
        await exchange(guard, get(f"http://127.0.0.1:{upstream.port}/?email=ada@example.com"), until=b"hello")
        await exchange(guard, get("http://10.0.0.1/?email=ada@example.com"))
    assert "ada@example.com" not in caplog.text


async def test_a_taken_port_is_said(upstream):
    with pytest.raises(Unavailable, match=f"cannot listen on 127.0.0.1:{upstream.port}"):
        async with egress_guard([], port=upstream.port):
            pass


async def test_the_guard_leaves_no_thread_and_no_port_behind(upstream):
    before = set(threading.enumerate())
    async with egress_guard([], by_hand=[f"127.0.0.1:{upstream.port}"]) as guard:
        port = guard.port
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(get(f"http://127.0.0.1:{upstream.port}/"))
        await asyncio.sleep(0.1)
    await asyncio.sleep(0.1)
    assert not [t for t in threading.enumerate() if t not in before and t.name.startswith("egress")]
    with pytest.raises(OSError, match=r"refused|Connect call failed"):
        await asyncio.open_connection("127.0.0.1", port)
