"""Fixtures of the gateway's tests: a real PostgreSQL of the session, and of each test a database and a store of its own."""

from __future__ import annotations

import asyncio
import itertools
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.events import EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.subjects import event_subject
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.migrate import migrate
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store

PASSWORD = "only-on-loopback"
ROLES = f"""
CREATE ROLE jobhunter_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE PASSWORD '{PASSWORD}';
CREATE ROLE jobhunter_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE PASSWORD '{PASSWORD}';
"""
"""The roles as the chart's init script (or an administrator) makes them."""
REMEDY = "PostgreSQL's server is not there: apt-get install postgresql (its programs are looked for under {})"


class PostgresServer:
    """A PostgreSQL on loopback, run by an account that is not root. It can be stopped, killed and started again."""

    def __init__(self, folder: Path, binaries: Path) -> None:
        self.folder = folder
        self.binaries = binaries
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._as: dict[str, Any] = {}
        if os.geteuid() == 0:
            account = _account()
            self._as = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
            os.chown(folder, account.pw_uid, account.pw_gid)

    def initialise(self) -> None:
        """Makes the cluster, its roles, and the database that every test's is a copy of."""
        secret = self.folder / "password"
        secret.write_text(PASSWORD)
        secret.chmod(0o644)
        command = [
            str(self.binaries / "initdb"),
            "-D",
            str(self.folder / "data"),
            "-U",
            "postgres",
            "-A",
            "scram-sha-256",
        ]
        command += [f"--pwfile={secret}", "--no-sync", "--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(command, check=True, capture_output=True, cwd=self.folder, timeout=120, **self._as)
        self.start()

    def start(self) -> None:
        """Starts it and waits until it lets people in."""
        options = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            "unix_socket_directories": "",
            "fsync": "off",
            "shared_buffers": "32MB",
            "max_connections": "60",
        }
        command = [str(self.binaries / "postgres"), "-D", str(self.folder / "data")]
        for name, value in options.items():
            command += ["-c", f"{name}={value}"]
        log = (self.folder / "postgres.log").open("ab")
        self._process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, **self._as)
        log.close()
        for _ in range(600):
            if self._process.poll() is not None:
                raise RuntimeError(f"postgres ended: {(self.folder / 'postgres.log').read_text('utf-8')[-2000:]}")
            ready = [str(self.binaries / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(self.port)]
            if subprocess.run(ready, check=False).returncode == 0:
                return
            time.sleep(0.05)
        raise RuntimeError("postgres does not answer")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Ends it: SIGINT as a fast shutdown, SIGQUIT as a crash."""
        if self._process is not None:
            os.kill(self._process.pid, how)
            self._process.wait(30)
            self._process = None

    @property
    def running(self) -> bool:
        return self._process is not None

    def url(self, role: str, database: str) -> str:
        return f"postgresql://{role}:{PASSWORD}@127.0.0.1:{self.port}/{database}"

    def run(self, sql: str, database: str = "postgres") -> None:
        """As the administrator."""

        async def execute() -> None:
            connection = await asyncpg.connect(self.url("postgres", database))
            try:
                for statement in filter(str.strip, sql.split(";")):
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(execute())


@dataclass(frozen=True)
class Database:
    """One test's database, migrated. app_url: as the gateway; owner_url: as its migrations."""

    server: PostgresServer
    name: str

    @property
    def app_url(self) -> str:
        return self.server.url("jobhunter_app", self.name)

    @property
    def owner_url(self) -> str:
        return self.server.url("jobhunter_owner", self.name)

    @property
    def admin_url(self) -> str:
        return self.server.url("postgres", self.name)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _account() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses to run as root, and there is neither an account postgres nor nobody")


def _binaries() -> Path:
    root = Path("/usr/lib/postgresql")
    found = [path.parent for path in root.glob("*/bin/postgres")]
    if not found:
        pytest.fail(REMEDY.format(root), pytrace=False)
    return max(found, key=lambda path: float(path.parent.name))


_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A running PostgreSQL with the roles jobhunter_owner and jobhunter_app, and a migrated template."""
    binaries = _binaries()
    folder = Path(tempfile.mkdtemp(prefix="jobhunter-postgres-"))
    server = PostgresServer(folder, binaries)
    try:
        server.initialise()
        server.run(ROLES + "CREATE DATABASE jobhunter_template OWNER jobhunter_owner")
        asyncio.run(migrate(server.url("jobhunter_owner", "jobhunter_template")))
        yield server
    finally:
        server.stop(signal.SIGQUIT)
        shutil.rmtree(folder)


@pytest.fixture
def empty_database(postgres: PostgresServer) -> Iterator[Database]:
    """A database of the test's own, not migrated."""
    yield from _database(postgres, "template1")


@pytest.fixture
def database(postgres: PostgresServer) -> Iterator[Database]:
    """A migrated database of the test's own."""
    yield from _database(postgres, "jobhunter_template")


def _database(postgres: PostgresServer, template: str) -> Iterator[Database]:
    if not postgres.running:
        postgres.start()
    name = f"test_{next(_numbers)}"
    postgres.run(f"CREATE DATABASE {name} OWNER jobhunter_owner TEMPLATE {template}")
    yield Database(postgres, name)
    if not postgres.running:
        postgres.start()
    postgres.run(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def store(database: Database) -> AsyncIterator[Store]:
    """A store over a database of the test's own."""
    async with Store(database.app_url, timeout=5) as opened:
        yield opened


@pytest.fixture
async def admin(database: Database) -> AsyncIterator[Any]:
    """A connection of the administrator, who sees every row."""
    connection = await asyncpg.connect(database.admin_url)
    yield connection
    await connection.close()


@pytest.fixture
async def nats_link(nats_streams: Any) -> AsyncIterator[NatsLink]:
    """The gateway's connection to a nats-server with JobHunter's streams and buckets."""
    link = NatsLink("gateway", Settings(nats_url=nats_streams.url), Metrics())
    await asyncio.wait_for(link.connect(), 10)
    yield link
    await link.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """One Chromium for all tests of the dashboard, of which each has windows of its own: a start costs a second of a core."""
    async with async_playwright() as playwright:
        launched = await playwright.chromium.launch(executable_path="/usr/bin/chromium")
        yield launched
        await launched.close()


class ExampleEvents:
    """Messages of the event stream as runners send them: (subject, payload)."""

    def make(self, task: str, kind: EventType, message: str, event_id: str, /, **data: Any) -> tuple[str, bytes]:
        return event_subject(task, kind), make_event(kind, message, data, event_id=event_id).to_json()

    def chat(self, task: str, attempt: int, number: int, message: str) -> tuple[str, bytes]:
        return self.make(task, EventType.CHAT_MESSAGE, message, event_id(task, attempt, number))

    def complete(self, task: str, attempt: int = 1, **outcome: Any) -> tuple[str, bytes]:
        data = {"outcome": "submitted", "reason": "Submitted", "confirmation": "Thank you", "ats": "greenhouse"}
        data |= {"canonical_url": "https://careers.example.com/jobs/1", "title": "Engineer", "company": "Example"}
        data |= {"seconds_by_stage": {"look": 1.5, "fill": 2.5}, "fields_filled": 6} | outcome
        name = complete_event_id(task)
        return self.make(task, EventType.APPLIER_COMPLETE, "Sent", name, task_uid=task, attempt=attempt, **data)

    def application(self, task: str, attempt: int = 1) -> list[tuple[str, bytes]]:
        """A whole application: started, one question answered, reviewed, confirmed, sent."""
        asked = {"hitl_id": "hitl_1", "kind": "text", "context": "", "deadline": "2026-11-21T10:00:00Z"}
        draft = {"hitl_id": "draft_1", "context": "", "fields": [], "digest": "d", "picture": "draft.jpg"}
        steps: list[tuple[EventType, str, dict[str, Any]]] = [
            (EventType.SYSTEM_BROWSER_READY, "Browser ready", {"pod_uid": "p"}),
            (EventType.APPLIER_START, "Applying", {"url": "https://careers.example.com/jobs/1", "task_id": task}),
            (EventType.APPLIER_NAVIGATE, "Navigating", {"url": "https://careers.example.com/jobs/1"}),
            (EventType.APPLIER_TYPE, "Filling", {"label": "Name", "token": "name", "source": "profile: basics.name"}),
            (EventType.HITL_REQUEST, "Why us?", asked),
            (EventType.HITL_RESPONSE, "Answered", {"hitl_id": "hitl_1", "state": "answered", "response_length": 12}),
            (EventType.DRAFT_REVIEW, "Draft", draft),
            (EventType.DRAFT_CONFIRM, "Draft confirmed", {"hitl_id": "draft_1"}),
        ]
        made = [
            self.make(task, kind, message, event_id(task, attempt, number), **data)
            for number, (kind, message, data) in enumerate(steps, 1)
        ]
        return [*made, self.complete(task, attempt)]


@pytest.fixture
def example_events() -> ExampleEvents:
    return ExampleEvents()


@pytest.fixture
def task_resource() -> Callable[..., ApplicationTask]:
    """task_resource(uid, user_id, version=1, status={…}, **spec): an ApplicationTask as the API server gives it."""

    def make(
        uid: str, user_id: str, *, version: int = 1, status: dict[str, Any] | None = None, **spec: Any
    ) -> ApplicationTask:
        metadata = {
            "name": f"task-{uid[:8]}",
            "namespace": "jobhunter-sessions",
            "uid": uid,
            "resourceVersion": str(version),
            "creationTimestamp": "2026-11-20T09:30:00Z",
        }
        wanted = {"userId": user_id, "url": "https://careers.example.com/jobs/1"} | spec
        return ApplicationTask.model_validate({"metadata": metadata, "spec": wanted, "status": status or {}})

    return make
