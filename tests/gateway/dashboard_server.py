"""The dashboard's world: the real gateway over real NATS, PostgreSQL and API server, and a Chromium that visits it.

Operator and runner are played by the contract: a status is patched, events, frames and questions go over NATS.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, ConsoleMessage, Page

from jobhunter_gateway.app import create_app
from jobhunter_gateway.parts import Parts, running_parts
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.socket_server import SOCKET_OPTIONS, SocketServer
from jobhunter_gateway.tokens import make_token
from nats_server import nats_client
from waiting import until

WCAG = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
COUNT_VIOLATIONS = """
window.__violations = [];
document.addEventListener("securitypolicyviolation", (e) => window.__violations.push(`${e.violatedDirective} ${e.blockedURI}`));
"""


@dataclass(frozen=True)
class Gateway:
    """One gateway process' worth, on loopback. nc: a connection as the operator's, for who plays operator and runner."""

    parts: Parts
    port: int
    nc: Any
    kubectl: Any

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def token(self, user: str, hours: float = 1) -> str:
        return make_token(user, self.parts.settings, hours=hours)


@pytest_asyncio.fixture(loop_scope="session")
async def gateway(
    nats_streams: Any, database: Any, kubectl: Any, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """A gateway of the test's own over the namespace of the test run."""
    monkeypatch.setenv("KUBECONFIG", kubectl.kubeconfig)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    settings = Settings(
        nats_url=nats_streams.url,
        database_url=database.app_url,
        jwt_secret=secrets.token_hex(32),
        namespace=kubectl.namespace,
        http_host="127.0.0.1",
    )
    nc = await nats_client(nats_streams.url)
    async with running_parts(settings) as parts:
        assert await parts.tasks.wait_ready(15)
        options = SOCKET_OPTIONS | {"loop": "none"}
        config = uvicorn.Config(create_app(parts), host="127.0.0.1", port=0, log_level="warning", **options)
        server = SocketServer(config, parts.hub.close)
        serving = asyncio.create_task(server.serve())
        await until(lambda: server.started and parts.link.connected)
        yield Gateway(parts, server.servers[0].sockets[0].getsockname()[1], nc, kubectl)
        server.should_exit = True
        await serving
    await nc.close()


@dataclass
class Person:
    """Somebody with a window of the browser, signed in. complaints: what the browser said that it must not."""

    user: str
    page: Page
    gateway: Gateway
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> Page:
        await self.page.goto(f"{self.gateway.url}{path}")
        return self.page

    async def violations(self) -> list[str]:
        """Of the content security policy on this page, and errors of scripts on all."""
        return [*await self.page.evaluate("window.__violations"), *self.complaints]

    async def faults(self) -> list[str]:
        """What axe finds against WCAG 2.2 A and AA."""
        found = await Axe().run(self.page, options={"runOnly": WCAG})
        return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in found.response["violations"]]


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The session's Chromium; what windows the test leaves open in it are closed."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


SignIn = Callable[..., Awaitable[Person]]


@pytest_asyncio.fixture(loop_scope="session")
async def sign_in(gateway: Gateway, browser: Browser) -> AsyncIterator[SignIn]:
    """sign_in(user, url=…, **context options): a Person in a window of their own, at the list of tasks.

    At the end no window may have complained: no violated policy, no error of a script.
    """
    people: list[Person] = []

    async def person(user: str = "", *, url: str = "", **options: Any) -> Person:
        context = await browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(10_000)
        await context.add_init_script(COUNT_VIOLATIONS)
        page = await context.new_page()
        made = Person(user or f"user-{secrets.token_hex(3)}", page, gateway)
        page.on("pageerror", lambda error: made.complaints.append(f"error: {error}"))
        page.on("console", lambda message: _heard(message, made.complaints))
        await page.goto(f"{url or gateway.url}/login#token={gateway.token(made.user)}")
        await page.wait_for_url(f"{url or gateway.url}/")
        people.append(made)
        return made

    yield person
    for made in people:
        if not made.page.is_closed():
            assert await made.violations() == []


def _heard(message: ConsoleMessage, complaints: list[str]) -> None:
    if "Content Security Policy" in message.text or "Trusted" in message.text:
        complaints.append(message.text)


class Line:
    """A forwarder between browser and gateway that can be cut and mended."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Ends what is open; nothing new is taken."""
        assert self._server is not None
        self._server.close()
        for writer in list(self._open):
            writer.transport.abort()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._to)
        self._open |= {writer, far_writer}

        async def copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
            try:
                while data := await source.read(65536):
                    target.write(data)
                    await target.drain()
            except OSError:
                pass  # the line was cut
            finally:
                target.close()

        await asyncio.gather(copy(reader, far_writer), copy(far_reader, writer))
        self._open -= {writer, far_writer}
