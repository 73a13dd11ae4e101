"""A real Chromium behind the real egress guard for the whole run, and a careers site of the test's own on loopback."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from jobhunter_runner.browser import Tabs, local_browser, new_page
from jobhunter_runner.egress_guard import EgressGuard, egress_guard
from jobhunter_runner.form import Field, PageView
from jobhunter_runner.form_reader import read_page


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
