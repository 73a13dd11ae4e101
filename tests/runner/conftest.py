"""A real Chromium behind the real egress guard for the whole run, and a careers site of the test's own on loopback.

For tests of a whole pod: a browser of the test's own, and the operator played by the contract.
"""

from __future__ import annotations

import os
import socket
import subprocess
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nats
import nats.js.errors
import pytest
import pytest_asyncio
from playwright.async_api import Browser

from jobhunter_contracts import runner_env
from jobhunter_contracts.application_task import Review
from jobhunter_contracts.asks import document_blob
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.runner_env import BROWSER_ARGS
from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    HITL_BUCKET,
    SUBMISSION_BUCKET,
    Owner,
    hitl_key,
)
from jobhunter_contracts.submission import SubmissionLease, bucket_identity, lease_key, posting_hash
from jobhunter_runner import pod
from jobhunter_runner.browser import Tabs, local_browser, new_page
from jobhunter_runner.egress_guard import EgressGuard, egress_guard
from jobhunter_runner.form import Field, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.pod_environment import PodEnvironment
from nats_server import nats_client

POD = "pod-uid-1"


@dataclass(frozen=True)
class Asked:
    """A request that reached the site."""

    method: str
    path: str
    body: bytes
    headers: dict[str, str]


Answer = Callable[[Asked], tuple[int, str]]


@dataclass
class Site:
    """path to what is answered there: HTML, or a function of the request that gives (status, HTML or Location)."""

    port: int
    answers: dict[str, str | Answer] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"http://localhost:{self.port}{path}"

    @property
    def posts(self) -> list[Asked]:
        return [a for a in self.asked if a.method == "POST"]


@pytest.fixture(scope="session")
def _site_server() -> Iterator[Site]:
    site = Site(0)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            asked = Asked(self.command, self.path, body, dict(self.headers))
            path = urlsplit(self.path).path
            if path != "/favicon.ico":
                site.asked.append(asked)
            answer = site.answers.get(path, lambda _: (404, "<h1>Not found</h1>"))
            status, text = (200, answer) if isinstance(answer, str) else answer(asked)
            if status == 0:  # break the connection off
                self.close_connection = True
                self.connection.close()
                return
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", text)
                text = ""
            data = text.encode()
            self.send_header("Content-Type", "application/json" if text.startswith("{") else "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(data)

        do_POST = do_GET  # noqa: N815 - the name http.server looks for

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield site
    server.shutdown()
    server.server_close()


@pytest.fixture
def site(_site_server: Site) -> Site:
    _site_server.answers.clear()
    _site_server.asked.clear()
    return _site_server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def guard(_site_server: Site) -> AsyncIterator[EgressGuard]:
    async with egress_guard([], by_hand=[f"localhost:{_site_server.port}"]) as guard:
        yield guard


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium(guard: EgressGuard) -> AsyncIterator[Browser]:
    async with local_browser(guard.port) as browser:
        yield browser


@pytest_asyncio.fixture(loop_scope="session")
async def tabs(chromium: Browser) -> AsyncIterator[Tabs]:
    tabs = await new_page(chromium)
    yield tabs
    await tabs.close()


@dataclass
class Shown:
    """A page of the test's own, open in the browser."""

    tabs: Tabs
    view: PageView

    def field(self, label: str) -> Field:
        return next(f for f in self.view.fields if f.label == label)


Show = Callable[..., "object"]


@pytest.fixture
def show(site: Site, tabs: Tabs):  # type: ignore[no-untyped-def] - the fixture's own function says its types
    """show(html, path="/") opens a page of this HTML and reads it."""

    async def _show(html: str, path: str = "/") -> Shown:
        site.answers.setdefault(path, html if html.lstrip().startswith("<!doctype") else f"<!doctype html><body>{html}")
        await tabs.page.goto(site.url(path), wait_until="load")
        return Shown(tabs, await read_page(tabs.page))

    return _show


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class Chromium:
    """A browser of one test, as a pod's sidecar has it: DevTools on a port, all traffic to a guard on another."""

    process: subprocess.Popen[bytes]
    cdp_port: int
    guard_port: int

    @property
    def cdp_url(self) -> str:
        return f"http://127.0.0.1:{self.cdp_port}"

    def kill(self) -> None:
        """As the node's out-of-memory killer would."""
        self.process.kill()


@pytest.fixture
def own_chromium(tmp_path: Path) -> Iterator[Chromium]:
    cdp, guard = free_port(), free_port()
    replaced = {"--remote-debugging-port": f"{cdp}", "--proxy-server": f"http://127.0.0.1:{guard}"}
    arguments = [f"{name}={replaced[name]}" if (name := a.split("=")[0]) in replaced else a for a in BROWSER_ARGS]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    executable = os.environ.get(runner_env.CHROMIUM, runner_env.DEFAULT_CHROMIUM)
    process = subprocess.Popen(
        [executable, *arguments, *sandbox, f"--user-data-dir={tmp_path}/chrome"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    yield Chromium(process, cdp, guard)
    process.kill()
    process.wait(10)


Answering = Callable[[HitlRecord], str | None]


class Operator:
    """Binds, answers the runner's requests, and answers questions as `answer` says; by the contracts alone."""

    def __init__(self, nc: Any, owner: Any) -> None:
        self.nc = nc
        self.js = nc.jetstream()
        self.owner = owner
        self.answer: Answering = lambda record: "confirm" if record.kind is HitlKind.REVIEW else None
        self.records: dict[str, HitlRecord] = {}
        self.at: dict[str, Callable[[], Awaitable[None]]] = {}

    async def start(self) -> None:
        await self.owner.start()
        await self.nc.subscribe("jobhunter.task.*.event.>", cb=self._on_event)

    async def bind(self, url: str, **changes: Any) -> Assignment:
        identity = bucket_identity((await self.js.stream_info(f"KV_{SUBMISSION_BUCKET}")).created)
        fields: dict[str, Any] = {
            "task_uid": "task-uid",
            "task_name": "apply-asha",
            "namespace": "jobhunter-sessions",
            "user_id": "asha",
            "attempt": 1,
            "url": url,
            "review": Review.REQUIRED,
            "owner": Owner.OPERATOR,
            "soft_deadline_seconds": 120,
            "active_deadline_seconds": 900,
            "question_timeout_seconds": 20,
            "review_timeout_seconds": 20,
            "lease_identity": identity,
        }
        assignment = Assignment(**(fields | changes))
        bucket = await self.js.key_value(ASSIGNMENT_BUCKET)
        await bucket.update(POD, assignment.to_json(), last=0)
        return assignment

    async def _on_event(self, message: Any) -> None:
        event = Event.from_json(message.data)
        if action := self.at.pop(event.type, None):
            await action()
        if event.type in (EventType.HITL_REQUEST, EventType.DRAFT_REVIEW) and event.data.get("hitl_id"):
            bucket = await self.js.key_value(HITL_BUCKET)
            key = hitl_key("task-uid", event.data["hitl_id"])
            entry = await bucket.get(key)
            record = HitlRecord.from_json(entry.value)
            self.records[record.id] = record
            response = self.answer(record)
            if response is not None:
                update = {"state": HitlState.ANSWERED, "response": response, "answered_at": datetime.now(UTC)}
                await bucket.update(key, record.model_copy(update=update).to_json(), last=entry.revision)

    async def events(self) -> list[Event]:
        state = (await self.js.stream_info(EVENT_STREAM)).state
        numbers = range(state.first_seq, state.last_seq + 1)
        return [Event.from_json((await self.js.get_msg(EVENT_STREAM, seq=n)).data) for n in numbers]

    async def leases(self, url: str) -> list[SubmissionLease]:
        bucket = await self.js.key_value(SUBMISSION_BUCKET)
        found: list[SubmissionLease] = []
        while True:
            try:
                entry = await bucket.get(lease_key(posting_hash("asha", url), len(found) + 1))
            except nats.js.errors.KeyNotFoundError:
                return found
            found.append(SubmissionLease.from_json(entry.value))


@pytest.fixture
async def operator(nats_streams: Any, task_owner: Any, profile_data: Any, resume: bytes) -> AsyncIterator[Operator]:
    nc = await nats_client(nats_streams.url)
    owner = task_owner(nc)
    owner.profile = profile_data
    owner.blobs = {document_blob("cv.pdf"): resume}
    operator = Operator(nc, owner)
    await operator.start()
    yield operator
    await nc.close()


@pytest.fixture
def environment(
    nats_streams: Any, careers: Any, own_chromium: Chromium, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> PodEnvironment:
    """A pod's environment, with a browser that answers DevTools beside it.

    The careers sites are on loopback, which no rule of a cluster allows: the guard takes them by hand.
    """
    monkeypatch.setattr(pod, "egress_guard", partial(egress_guard, by_hand=[f"127.0.0.1:{careers.port}"]))
    monkeypatch.setattr(pod, "DRAIN_SECONDS", 10.0)
    monkeypatch.setenv(runner_env.PAUSE_SCALE, "0")
    return PodEnvironment(
        nats_url=nats_streams.url,
        nats_user="runner",
        nats_password="runner",
        pod_uid=POD,
        pod_name="apply-asha-1",
        cdp_url=own_chromium.cdp_url,
        egress_allow="[]",
        guard_port=own_chromium.guard_port,
        termination_log=tmp_path / "termination-log",
    )
