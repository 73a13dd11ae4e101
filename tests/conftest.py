"""Fixtures for all tests: a real nats-server with JetStream, the owner of tasks, the careers sites and a profile."""

from __future__ import annotations

import asyncio
import copy
import hashlib
import itertools
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from xdist.scheduler import LoadScopeScheduling

from every_test_runs import pytest_make_collect_report, pytest_runtest_makereport
from jobhunter_contracts.asks import ContextQuery, ContextReply, Passage, ProfileReply, Refusal
from jobhunter_contracts.subjects import (
    BLOB_CHUNK,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    Ask,
    Owner,
    ask_subjects,
)
from nats_server import NatsServer

__all__ = ["pytest_make_collect_report", "pytest_runtest_makereport"]

SEED = int(os.environ.setdefault("CAREERS_SEED", str(secrets.randbelow(1_000_000))))
"""Of all careers sites of the run: workers and what they start inherit it."""

HELPERS = (
    "dashboard_server",
    "played_task",
    "plugin_command",
    "running_gateway",
    "running_site",
    "second_cluster",
    "world",
)
pytest.register_assert_rewrite(*HELPERS)  # what fails in one says what it saw, as a test does

THE_CLUSTER, SECOND_CLUSTER = "the cluster", "a second cluster"
TOGETHER = {
    "tests/journey/": THE_CLUSTER,
    "tests/chart/test_api_server.py": THE_CLUSTER,
    "tests/cluster/test_demo.py": SECOND_CLUSTER,
    "tests/cluster/test_leaves_nothing.py": SECOND_CLUSTER,
}
"""What the names of tests begin with to the one that runs all of these, one after another."""
LONGEST = (THE_CLUSTER, SECOND_CLUSTER, "tests/runner/test_forms_dev.py")
"""What is begun first, or others would wait for it at the end."""


class SideBySide(LoadScopeScheduling):
    """`make test` has three workers: one takes the tests on the cluster, which mostly wait; the rest go file by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return next((scope for start, scope in TOGETHER.items() if file.startswith(start)), file)

    def _assign_work_unit(self, node: Any) -> None:
        first = next((scope for scope in LONGEST if scope in self.workqueue), None)
        if first is not None:
            self.workqueue.move_to_end(first, last=False)
        super()._assign_work_unit(node)


def pytest_report_header() -> str:
    return f"careers sites: CAREERS_SEED={SEED} draws them again"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    terminalreporter.line(pytest_report_header())


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> SideBySide:
    return SideBySide(config, log)


class TaskOwner:
    """The owner of tasks' profiles and blobs, played by the contract from memory, as operator and gateway are in a cluster.

    passages: what ask.context is answered with; None where nobody answers it, as for the operator's tasks.
    """

    def __init__(self, nc: Any, owner: Owner = Owner.OPERATOR) -> None:
        self._nc = nc
        self._owner = owner
        self.passages: list[Passage] | None = None
        self.queries: list[ContextQuery] = []
        self.profile: dict[str, Any] | Refusal = {}
        self.blobs: dict[str, bytes] = {}
        self.put: dict[str, bytes] = {}
        self.pods: set[str] = set()
        self.sha256: str | None = None
        self._incoming: dict[str, bytearray] = {}

    async def start(self) -> None:
        await self._nc.subscribe(ask_subjects(self._owner, Ask.PROFILE), cb=self._on_profile)
        await self._nc.subscribe(ask_subjects(self._owner, Ask.BLOB), cb=self._on_blob)
        if self.passages is not None:
            await self._nc.subscribe(ask_subjects(self._owner, Ask.CONTEXT), cb=self._on_context)
        await self._nc.flush()  # from here on who asks is heard

    async def _refuse(self, message: Any, refusal: Refusal) -> None:
        await self._nc.publish(message.reply, refusal.to_json(), headers={HEADER_ERROR: refusal.code})

    def forget_uploads(self) -> None:
        """As a restart does: of an upload under way nothing is known any more."""
        self._incoming.clear()

    async def _on_profile(self, message: Any) -> None:
        self.pods.add((message.headers or {})[HEADER_POD])
        if isinstance(self.profile, Refusal):
            await self._refuse(message, self.profile)
        else:
            reply = ProfileReply(profile=self.profile, documents={n: len(b) for n, b in self.blobs.items()})
            await message.respond(reply.to_json())

    async def _on_context(self, message: Any) -> None:
        self.queries.append(ContextQuery.from_json(message.data))
        await message.respond(ContextReply(passages=self.passages or []).to_json())

    async def _on_blob(self, message: Any) -> None:
        headers = message.headers or {}
        name, offset = headers[HEADER_BLOB], int(headers[HEADER_OFFSET])
        if headers[HEADER_OPERATION] == "put":
            data = self._incoming.setdefault(name, bytearray()) if offset else bytearray()
            self._incoming[name] = data
            if offset != len(data):
                refusal = Refusal(code="bad-upload", message="the chunks before this one are not here")
                await self._refuse(message, refusal)
                return
            data += message.data
            if len(data) == int(headers[HEADER_SIZE]):
                assert hashlib.sha256(data).hexdigest() == headers[HEADER_SHA256]
                self.put[name] = bytes(data)
            await message.respond(b"")
            return
        if name not in self.blobs:
            await self._refuse(message, Refusal(code="not-found", message="no such blob"))
            return
        blob = self.blobs[name]
        sha256 = self.sha256 or hashlib.sha256(blob).hexdigest()
        chunk = blob[offset : offset + BLOB_CHUNK]
        await self._nc.publish(message.reply, chunk, headers={HEADER_SIZE: str(len(blob)), HEADER_SHA256: sha256})


@pytest.fixture
def task_owner() -> type[TaskOwner]:
    """task_owner(nc, owner): answers runners' requests by the contract, once started."""
    return TaskOwner


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A running nats-server without streams."""
    folder = tmp_path / "nats"
    folder.mkdir()
    server = NatsServer(folder)
    server.start()
    yield server
    server.stop(signal.SIGKILL)


@pytest.fixture
async def nats_streams(nats_server: NatsServer) -> NatsServer:
    """A running nats-server with JobHunter's stream and buckets."""
    await asyncio.wait_for(nats_server.make_streams(), 10)
    return nats_server


SITES = Path(__file__).parent / "sites"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PROFILE: dict[str, Any] = {
    "basics": {
        "name": "Asha Rao",
        "email": "asha.rao@example.org",
        "phone": "+1 415 555 0134",
        "url": "https://asha.example.org",
        "location": {"city": "Oakland", "region": "California", "countryCode": "US", "postalCode": "94607"},
        "profiles": [{"network": "LinkedIn", "url": "https://www.linkedin.com/in/asharao"}],
    },
    "application": {
        "given_name": "Asha",
        "family_name": "Rao",
        "work_authorization": {"US": "citizen", "DE": "needs-sponsorship"},
        "notice_period": "4 weeks",
        "start_date": "2026-12-01",
        "salary_expectation": {"amount": 120000, "currency": "USD", "period": "year"},
        "voluntary": {"gender": "decline", "veteran": "decline", "disability": "decline"},
        "consents": {"data_processing": True, "marketing": False},
        "documents": {"resume": "cv.pdf"},
    },
}
EXPECTED: dict[str, Any] = {
    "given-name": "Asha",
    "family-name": "Rao",
    "email": "asha.rao@example.org",
    "tel": "+1 415 555 0134",
    "country": "US",
    "address-level2": "Oakland",
    "linkedin-url": "https://www.linkedin.com/in/asharao",
    "portfolio-url": "https://asha.example.org",
    "resume": {"sha256": hashlib.sha256(PDF).hexdigest(), "filename": "cv.pdf", "size": len(PDF)},
    "work-authorization": {"US": "yes", "DE": "no"},
    "visa-sponsorship": {"US": "no", "DE": "yes"},
    "salary-expectation": "120000",
    "start-date": "2026-12-01",
    "notice-period": "4 weeks",
    "gender": "decline",
    "veteran-status": "decline",
    "disability-status": "decline",
    "consent": True,
    "marketing-consent": False,
}


@dataclass(frozen=True)
class Careers:
    """The careers sites, running; numbers of jobs are drawn once and never again."""

    port: int
    numbers: Iterator[int]

    def new_job(self, kind: str) -> Job:
        return Job(self, kind, str(next(self.numbers)))

    def call(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", data, timeout=20) as answer:
            return json.load(answer)


@dataclass(frozen=True)
class Job:
    careers: Careers
    kind: str
    number: str

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.careers.port}/{self.kind}/jobs/{self.number}"

    @property
    def posts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.careers.call(f"/_record?kind={self.kind}&job_id={self.number}")
        return found

    def differences(self, **expected: Any) -> list[Any]:
        """What the last accepted post has otherwise than the profile and `expected` (tokens with _ for -) say."""
        wanted = EXPECTED | {token.replace("_", "-"): value for token, value in expected.items()}
        found: list[Any] = self.careers.call(f"/_judge?kind={self.kind}&job_id={self.number}", wanted)
        return found

    def specs(self) -> list[dict[str, Any]]:
        """What the form asks, in its order."""
        found: list[dict[str, Any]] = self.careers.call(f"/_spec/{self.kind}/{self.number}")
        return found

    def spec(self, token: str) -> dict[str, Any]:
        return next(field for field in self.specs() if field["token"] == token)


@pytest.fixture(scope="session")
def careers() -> Iterator[Careers]:
    command = [sys.executable, "-m", "careers_site", "--host", "127.0.0.1", "--port", "0", "--seed", str(SEED)]
    process = subprocess.Popen(command, cwd=SITES, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    port = re.search(r":(\d+)/", line)
    assert port, line
    yield Careers(int(port[1]), itertools.count(SEED * 1000 + 1))
    process.terminate()
    process.wait(10)


@pytest.fixture
def profile_data() -> dict[str, Any]:
    """A profile that answers all that the careers sites ask of everybody."""
    return copy.deepcopy(PROFILE)


@pytest.fixture
def profile_file(tmp_path: Path, profile_data: dict[str, Any]) -> Path:
    """profile.yaml with the résumé beside it."""
    (tmp_path / "cv.pdf").write_bytes(PDF)
    (tmp_path / "profile.yaml").write_text(yaml.safe_dump(profile_data), "utf-8")
    return tmp_path / "profile.yaml"


@pytest.fixture
def resume() -> bytes:
    """The bytes of cv.pdf."""
    return PDF
