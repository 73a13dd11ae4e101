"""Sockets: what a gateway adds to a frame's way, with 200 viewers of 20 tasks; events beside the frames; its memory.

One real gateway process as it is shipped, over a real NATS and a real Postgres on loopback; the viewers are a process of their
own. Every task sends 5 frames a second of 20 KB and one event a second; every socket watches one task. A frame's delay is from
its being handed to NATS until the viewer's process has the whole message.

    python tests/bench/sockets.py [--seconds 300]
"""

from __future__ import annotations

import argparse
import asyncio
import importlib.util
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import uvloop
from nats.aio.client import Client
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parents[1] / "servers"))

from figure import Figure

from jobhunter_contracts.events import EventType, event_id, make_event
from jobhunter_contracts.subjects import HEADER_AT, HEADER_HEIGHT, HEADER_WIDTH, event_subject, frame_subject
from jobhunter_contracts.wire import rfc3339
from jobhunter_gateway import tasks_table
from jobhunter_gateway.migrate import migrate
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.tokens import make_token
from nats_server import NatsServer, free_port, nats_client

TASKS, SOCKETS, FRAMES_A_SECOND, FRAME_BYTES = 20, 200, 5, 20_000
P99_LIMIT = 50.0  # ms
GROWTH_LIMIT = 10.0  # MiB
WARM_SECONDS = 10.0
SECRET = "a secret of the benchmark, of 32 bytes or more"
_TESTS = Path(__file__).resolve().parents[1]
_AT = b'"at":"'


@dataclass(frozen=True)
class Bench:
    """What runs: the gateway's process and port, and NATS."""

    gateway: subprocess.Popen[bytes]
    port: int
    nats_url: str
    store: Store


def measure(seconds: float = 300.0) -> list[Figure]:
    return uvloop.run(_measure(seconds))


async def _measure(seconds: float) -> list[Figure]:
    async with _running() as bench:
        uids = [str(uuid.uuid4()) for _ in range(TASKS)]
        await _own(bench.store, uids)
        settings = Settings(jwt_secret=SECRET)  # type: ignore[arg-type]  # pydantic makes the secret of it
        urls = [
            f"ws://127.0.0.1:{bench.port}/ws/{uid}?token={make_token(f'user-{number % TASKS}', settings)}"
            for number, uid in enumerate(uids * (SOCKETS // TASKS))
        ]
        viewers = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--viewers", stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert viewers.stdin is not None
        assert viewers.stdout is not None
        viewers.stdin.write(json.dumps(urls).encode() + b"\n")
        await viewers.stdin.drain()
        if await asyncio.wait_for(viewers.stdout.readline(), 60) != b"open\n":
            raise RuntimeError("the viewers did not get in")
        nc = await nats_client(bench.nats_url)
        memory: list[tuple[float, float]] = []
        watching = asyncio.create_task(_memory(bench.gateway.pid, memory))
        begun, cpu = time.monotonic(), _cpu_seconds(bench.gateway.pid)
        end = begun + WARM_SECONDS + seconds
        events = await asyncio.gather(*(_play(nc, uid, end) for uid in uids))
        cpu = (_cpu_seconds(bench.gateway.pid) - cpu) / (time.monotonic() - begun)
        watching.cancel()
        await asyncio.sleep(2)
        output, _ = await asyncio.wait_for(viewers.communicate(b"end\n"), 60)
        said = json.loads(output)
        await nc.close()
    return _figures(seconds, events, said, memory, cpu)


def _figures(
    seconds: float, events: list[int], said: dict[str, Any], memory: list[tuple[float, float]], cpu: float
) -> list[Figure]:
    delays = sorted(said["delays"])
    p50, p99 = (delays[round(share * (len(delays) - 1))] for share in (0.5, 0.99))
    expected = round(seconds * FRAMES_A_SECOND * SOCKETS)
    wanted = sum(events) * (SOCKETS // TASKS)
    early = [mebi for at, mebi in memory if at <= memory[0][0] + (memory[-1][0] - memory[0][0]) / 4]
    late = [mebi for at, mebi in memory if at >= memory[-1][0] - (memory[-1][0] - memory[0][0]) / 4]
    growth = sum(late) / len(late) - sum(early) / len(early)
    load = f"{SOCKETS} sockets, {TASKS} tasks, {FRAMES_A_SECOND} frames/s of {FRAME_BYTES // 1000} KB, {seconds:.0f} s"
    return [
        Figure(
            "delay added to a frame, NATS to socket, p99",
            f"{p99:.1f} ms",
            f"{P99_LIMIT:.0f} ms",
            "none known",
            p99 <= P99_LIMIT,
            f"{load}; p50 {p50:.1f}, max {delays[-1]:.0f} ms; {len(delays)} of {expected} frames seen; {cpu:.0%} of a core",
        ),
        Figure(
            "events beside the frames, lost or doubled",
            f"{wanted - said['events']} of {wanted}",
            "0",
            "none known",
            said["events"] == wanted and said["in_order"] and not said["closed"],
            f"in order: {'yes' if said['in_order'] else 'no'}; sockets closed: {said['closed']}",
        ),
        Figure(
            "the gateway's memory, last quarter over first",
            f"{growth:+.1f} MiB",
            f"{GROWTH_LIMIT:.0f} MiB",
            "none known",
            growth <= GROWTH_LIMIT,
            f"{memory[0][1]:.0f} to {memory[-1][1]:.0f} MiB resident",
        ),
    ]


# what runs


@asynccontextmanager
async def _running() -> AsyncIterator[Bench]:
    of_gateway = _module("gateway/conftest.py")
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jobhunter-sockets-")))
        (folder / "nats").mkdir()
        server = NatsServer(folder / "nats")
        server.start()
        stack.callback(server.stop)
        await server.make_streams()
        # A folder of its own, which it gives to the account that PostgreSQL runs as.
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="jobhunter-sockets-")))
        postgres = of_gateway.PostgresServer(data, of_gateway._binaries())
        await asyncio.to_thread(postgres.initialise)
        stack.callback(postgres.stop, signal.SIGQUIT)
        await asyncio.to_thread(postgres.run, f"{of_gateway.ROLES}CREATE DATABASE jobhunter OWNER jobhunter_owner")
        await migrate(postgres.url("jobhunter_owner", "jobhunter"))
        url = postgres.url("jobhunter_app", "jobhunter")
        port = free_port()
        gateway = _gateway(folder, server.url, url, port, free_port())
        stack.callback(_end, gateway)
        await _answers(port)
        store = await stack.enter_async_context(Store(url))
        yield Bench(gateway, port, server.url, store)


def _gateway(folder: Path, nats_url: str, database_url: str, port: int, metrics_port: int) -> subprocess.Popen[bytes]:
    """The gateway; its API server is away, which sockets do without: the store knows whose the tasks are."""
    kubeconfig = folder / "kubeconfig"
    named = {"clusters": "cluster", "users": "user", "contexts": "context"}
    parts: dict[str, Any] = {
        "cluster": {"server": "https://127.0.0.1:1", "insecure-skip-tls-verify": True},
        "user": {"token": "none"},
        "context": {"cluster": "bench", "user": "bench"},
    }
    config = {kind: [{"name": "bench", one: parts[one]}] for kind, one in named.items()}
    head = {"apiVersion": "v1", "kind": "Config", "current-context": "bench"}
    kubeconfig.write_text(json.dumps(head | config))
    environment = {
        "JOBHUNTER_GATEWAY_NATS_URL": nats_url,
        "JOBHUNTER_GATEWAY_DATABASE_URL": database_url,
        "JOBHUNTER_GATEWAY_JWT_SECRET": SECRET,
        "JOBHUNTER_GATEWAY_HTTP_HOST": "127.0.0.1",
        "JOBHUNTER_GATEWAY_HTTP_PORT": str(port),
        "JOBHUNTER_GATEWAY_METRICS_PORT": str(metrics_port),
        "KUBECONFIG": str(kubeconfig),
    }
    with (folder / "gateway.log").open("wb") as log:
        command = [sys.executable, "-m", "jobhunter_gateway", "serve"]
        return subprocess.Popen(command, env=os.environ | environment, stdout=log, stderr=log)


async def _answers(port: int) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            except OSError:
                await asyncio.sleep(0.1)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()


async def _own(store: Store, uids: list[str]) -> None:
    for number, uid in enumerate(uids):
        user, now = f"user-{number}", datetime.now(UTC)
        async with store.user(user) as connection:
            row = tasks_table.TaskRow(
                id=uid, user_id=user, url="https://x.test/1", raw_prompt=None, status="running", created_at=now
            )
            await tasks_table.record(connection, row)


def _module(path: str) -> ModuleType:
    name = f"bench_{path.removesuffix('.py').replace('/', '_')}"
    spec = importlib.util.spec_from_file_location(name, _TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# what is sent and looked at


async def _play(nc: Client, uid: str, end: float) -> int:
    """A task's runner: frames and events until `end`; how many events."""
    picture = b"\xff\xd8\xff\xe0" + random.randbytes(FRAME_BYTES - 6) + b"\xff\xd9"
    js, sent, tick = nc.jetstream(), 0, 0
    due = time.monotonic() + random.random() / FRAMES_A_SECOND
    while due < end:
        await asyncio.sleep(max(0.0, due - time.monotonic()))
        headers = {HEADER_AT: rfc3339(datetime.now(UTC), milliseconds=True), HEADER_WIDTH: "1280", HEADER_HEIGHT: "720"}
        await nc.publish(frame_subject(uid), picture, headers=headers)
        if tick % FRAMES_A_SECOND == 0:
            sent += 1
            event = make_event(EventType.CHAT_MESSAGE, f"event {sent}", {}, event_id=event_id(uid, 1, sent))
            await js.publish(event_subject(uid, EventType.CHAT_MESSAGE), event.to_json())
        tick += 1
        due += 1 / FRAMES_A_SECOND
    return sent


async def _memory(pid: int, samples: list[tuple[float, float]]) -> None:
    """Resident memory in MiB, once a second."""
    await asyncio.sleep(WARM_SECONDS)
    while True:
        lines = await asyncio.to_thread(Path(f"/proc/{pid}/status").read_text)
        kibi = next(int(line.split()[1]) for line in lines.splitlines() if line.startswith("VmRSS:"))
        samples.append((time.monotonic(), kibi / 1024))
        await asyncio.sleep(1)


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# the viewers, a process of their own


async def _view() -> None:
    urls = json.loads(await asyncio.to_thread(sys.stdin.readline))
    delays: list[float] = []
    counts, closed, ordered = [0] * len(urls), 0, True
    warm = time.time() + WARM_SECONDS

    async def look(number: int, url: str, opened: asyncio.Semaphore) -> None:
        nonlocal closed, ordered
        async with connect(url, compression=None, max_size=None, ping_interval=None) as socket:
            opened.release()
            try:
                while True:
                    data = await socket.recv(decode=False)
                    now = time.time()
                    if b'"browser:screenshot"' in data[:40]:
                        if now > warm:
                            delays.append((now - _at(data)) * 1000)
                        continue
                    counts[number] += 1
                    ordered = ordered and json.loads(data)["message"] == f"event {counts[number]}"
            except ConnectionClosed:
                closed += 1

    opened = asyncio.Semaphore(0)
    looking = [asyncio.create_task(look(number, url, opened)) for number, url in enumerate(urls)]
    for _ in urls:
        await opened.acquire()
    warm = time.time() + WARM_SECONDS
    print("open", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    said = {
        "delays": [round(delay, 2) for delay in delays],
        "events": sum(counts),
        "in_order": ordered,
        "closed": closed,
    }
    for task in looking:
        task.cancel()
    await asyncio.gather(*looking, return_exceptions=True)
    print(json.dumps(said), flush=True)


def _at(data: bytes) -> float:
    """When the frame was handed to NATS; it stands behind the picture."""
    place = data.rindex(_AT) + len(_AT)
    return datetime.fromisoformat(data[place : place + 24].decode()).timestamp()


def main() -> int:
    parser = argparse.ArgumentParser(description="What a gateway with 200 viewers adds to frames.")
    parser.add_argument("--seconds", type=float, default=300.0, help="how long frames are sent (300)")
    parser.add_argument("--viewers", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.viewers:
        uvloop.run(_view())
        return 0
    figures = measure(arguments.seconds)
    for figure in figures:
        print(figure.row())
    return 0 if all(figure.holds is not False for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
