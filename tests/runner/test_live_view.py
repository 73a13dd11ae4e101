"""The live view over a real nats-server: frames while somebody watches, of the page that a person would look at."""

from __future__ import annotations

import asyncio
import contextlib
import io
import itertools
import signal
import time
from collections.abc import AsyncIterator
from typing import Any, Self
from urllib.parse import unquote

import pytest
import pytest_asyncio
from PIL import Image

from jobhunter_contracts.subjects import (
    FRAME_STREAM,
    HEADER_AT,
    HEADER_HEIGHT,
    HEADER_PAGE_TITLE,
    HEADER_PAGE_URL,
    HEADER_WIDTH,
    frame_subject,
    watch_subject,
)
from jobhunter_runner import live_view as live_view_module
from jobhunter_runner.live_view import live_view
from jobhunter_runner.nats_connection import connected
from jobhunter_runner.picture import page_picture
from jobhunter_runner.screencast import Screencast
from nats_server import nats_client

pytestmark = pytest.mark.asyncio(loop_scope="session")

RED, GREEN, BLUE = "rgb(250, 0, 0)", "rgb(0, 250, 0)", "rgb(0, 0, 250)"
COLOURED = "<title>{title}</title><style>html {{ background: {colour} }}</style><p id=n>0</p>"


def page(colour: str, title: str = "Job") -> str:
    return COLOURED.format(colour=colour, title=title)


class Viewer:
    """A gateway: tells that somebody watches, and keeps the frames."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.frames: list[tuple[float, Any]] = []

    async def __aenter__(self) -> Self:
        self.nc = await nats_client(self._url, max_reconnect_attempts=-1, reconnect_time_wait=0.1)
        await self.nc.subscribe(frame_subject("uid"), cb=self._on_frame)
        await self.nc.flush()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.nc.close()

    async def _on_frame(self, message: Any) -> None:
        self.frames.append((time.monotonic(), message))

    async def watch(self) -> None:
        await self.nc.publish(watch_subject("uid"))
        with contextlib.suppress(Exception):
            await self.nc.flush(1)

    async def shown(self, want: Any, seconds: float = 8.0) -> Any:
        """The first frame from now on for which `want` holds."""
        begun = len(self.frames)
        until = time.monotonic() + seconds
        for number in itertools.count(begun):
            while len(self.frames) <= number:
                assert time.monotonic() < until, f"it is not shown; {len(self.frames) - begun} frames came"
                await asyncio.sleep(0.005)
            if want(self.frames[number][1]):
                return self.frames[number][1]
        raise AssertionError


def colour(message: Any) -> tuple[int, int, int]:
    return Image.open(io.BytesIO(message.data)).convert("RGB").getpixel((1200, 800))


def near(wanted: str) -> Any:
    numbers = [int(n) for n in wanted[4:-1].split(",")]
    return lambda message: all(abs(a - b) < 12 for a, b in zip(colour(message), numbers, strict=True))


def at(url: str) -> Any:
    return lambda message: unquote(message.headers[HEADER_PAGE_URL]) == url


@pytest_asyncio.fixture(loop_scope="session")
async def connection(nats_streams: Any) -> AsyncIterator[Any]:
    async with connected(
        nats_streams.url, name="runner", inbox="_INBOX.pod", user="runner", password="runner"
    ) as connection:
        yield connection


@pytest_asyncio.fixture(loop_scope="session")
async def view(connection: Any, tabs: Any) -> AsyncIterator[Any]:
    async with live_view(connection.nc, "uid", tabs) as view:
        await connection.nc.flush()
        yield view


@pytest_asyncio.fixture(loop_scope="session")
async def viewer(nats_streams: Any) -> AsyncIterator[Viewer]:
    async with Viewer(nats_streams.url) as viewer:
        yield viewer


async def test_nobody_watches_and_nothing_is_sent(
    view: Any, viewer: Viewer, tabs: Any, site: Any, monkeypatch: Any
) -> None:
    sessions = []
    attach = tabs.context.new_cdp_session

    async def attached(page: Any) -> Any:
        sessions.append(page)
        return await attach(page)

    monkeypatch.setattr(tabs.context, "new_cdp_session", attached)
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await asyncio.sleep(1.5)
    assert (viewer.frames, sessions) == ([], [])


async def test_a_blank_page_is_shown_too(view: Any, viewer: Viewer) -> None:
    await viewer.watch()
    frame = await viewer.shown(at("about:blank"), 2)
    assert (frame.headers[HEADER_WIDTH], frame.headers[HEADER_HEIGHT]) == ("1280", "900")
    assert Image.open(io.BytesIO(frame.data)).size == (1280, 900)
    assert frame.headers[HEADER_AT].endswith("Z")


async def test_a_change_after_quiet_goes_at_once_and_quiet_is_repeated_once_a_second(
    view: Any, viewer: Viewer, tabs: Any, site: Any
) -> None:
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    await asyncio.sleep(1.5)
    delays = []
    for wanted in (GREEN, BLUE, RED, GREEN):
        begun = time.monotonic()
        await tabs.page.evaluate(f"document.documentElement.style.background = '{wanted}'")
        await viewer.shown(near(wanted))
        delays.append(time.monotonic() - begun)
        await asyncio.sleep(0.5)
    assert sorted(delays)[1] < 0.4, delays  # what is repeated comes a second later
    viewer.frames.clear()
    await viewer.watch()
    await asyncio.sleep(3.1)
    assert 2 <= len(viewer.frames) <= 4
    assert len({message.headers[HEADER_AT] for _, message in viewer.frames}) == len(viewer.frames)


async def test_a_restless_page_is_shown_five_times_a_second_at_most_and_its_end_is_not_missed(
    view: Any, viewer: Viewer, tabs: Any, site: Any
) -> None:
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    viewer.frames.clear()
    await tabs.page.evaluate(
        """async () => { for (let n = 0; n < 180; n++) {
          document.getElementById('n').textContent = n;
          await new Promise(requestAnimationFrame); }
          document.documentElement.style.background = 'rgb(0, 0, 250)'; }"""
    )
    await viewer.shown(near(BLUE))
    moments = [moment for moment, _ in viewer.frames]
    assert len(moments) >= 8
    # The time between two arrivals varies by what lies between; over a second there are never more than five and one.
    assert all(sum(m <= other < m + 1 for other in moments) <= 6 for m in moments)


@pytest.mark.parametrize("milliseconds", [5, 20, 60])
async def test_the_last_of_a_few_quick_changes_is_shown(
    view: Any, viewer: Viewer, tabs: Any, site: Any, milliseconds: int
) -> None:
    """The browser keeps back what changes while its frames are not acknowledged, and does not show it later by itself."""
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    await asyncio.sleep(0.6)
    await tabs.page.evaluate(
        f"""async () => {{ for (const n of [1, 2, 3, 4, 5, 6, 7]) {{
          document.documentElement.style.background = `rgb(0, ${{n * 20}}, ${{n * 20}})`;
          await new Promise((done) => setTimeout(done, {milliseconds})); }}
          document.documentElement.style.background = '{GREEN}'; }}"""
    )
    await viewer.shown(near(GREEN))


async def test_a_change_that_the_browser_kept_back_is_shown_with_the_next_repetition(
    view: Any, viewer: Viewer, tabs: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    receive, kept_back = Screencast.received, asyncio.Event()

    def received(cast: Screencast, event: dict[str, Any]) -> None:
        if not kept_back.is_set():
            receive(cast, event)

    monkeypatch.setattr(Screencast, "received", received)
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    await tabs.page.evaluate(f"document.documentElement.style.background = '{BLUE}'")
    await viewer.shown(near(BLUE))
    await asyncio.sleep(0.5)  # long enough for what the page's arrival had it look at anyhow
    kept_back.set()
    await tabs.page.evaluate(f"document.documentElement.style.background = '{GREEN}'")
    await viewer.shown(near(GREEN))


async def test_a_page_that_draws_the_same_again_and_again_stands_still(
    view: Any, viewer: Viewer, tabs: Any, site: Any
) -> None:
    site.answers["/"] = page(RED) + "<div id=d style='position: fixed; inset: 300px 0 0'></div>"
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    await tabs.page.evaluate(
        """() => { let n = 0; setInterval(() => {
          document.getElementById('d').style.background = `rgba(250, 0, 0, ${n++ % 2})`; }, 20); }"""
    )
    await asyncio.sleep(1.5)
    viewer.frames.clear()
    await viewer.watch()
    await asyncio.sleep(3.1)
    assert 2 <= len(viewer.frames) <= 4
    await tabs.page.evaluate(f"document.documentElement.innerHTML = '<style>html {{ background: {GREEN} }}</style>'")
    await viewer.shown(near(GREEN))


async def test_popups_are_followed_and_left(view: Any, viewer: Viewer, tabs: Any, site: Any) -> None:
    site.answers["/"] = page(RED) + "<a href=/form target=_blank>Apply</a>"
    site.answers["/form"] = page(GREEN)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(at(site.url("/")))
    async with tabs.context.expect_page():
        await tabs.page.click("a")
    shown = await viewer.shown(lambda m: at(site.url("/form"))(m) and near(GREEN)(m), 3)
    assert shown.headers[HEADER_WIDTH] == "1280"
    await tabs.page.close()
    await viewer.shown(lambda m: at(site.url("/"))(m) and near(RED)(m), 3)


async def test_a_page_drawn_by_another_process_is_followed(view: Any, viewer: Viewer, tabs: Any, site: Any) -> None:
    """The browser's own error page is drawn by a process of its own, and so is the page after it."""
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    with contextlib.suppress(Exception):
        await tabs.page.goto("http://127.0.0.1:1/")
    await viewer.shown(lambda m: not near(RED)(m), 3)
    site.answers["/next"] = page(BLUE)
    await asyncio.sleep(0.5)
    await tabs.page.goto(site.url("/next"))
    await viewer.shown(near(BLUE), 3)
    await tabs.page.evaluate(f"document.documentElement.style.background = '{GREEN}'")
    await viewer.shown(near(GREEN), 3)


async def test_title_and_address_are_data(view: Any, viewer: Viewer, tabs: Any, site: Any) -> None:
    title = 'Ingénieur 100% "<script>alert(1)</script>"'
    site.answers["/"] = page(RED, "Ingénieur 100% &quot;&lt;script>alert(1)&lt;/script>&quot;")
    await tabs.page.goto(f"http://user:secret@localhost:{site.port}/?q=a%20b#top")
    await viewer.watch()
    frame = await viewer.shown(lambda m: unquote(m.headers[HEADER_PAGE_TITLE]) == title)
    assert unquote(frame.headers[HEADER_PAGE_URL]) == site.url("/?q=a%20b")
    assert all(32 < ord(c) < 127 for name in (HEADER_PAGE_TITLE, HEADER_PAGE_URL) for c in frame.headers[name])
    await tabs.page.evaluate("document.title = 'Later'")
    await viewer.shown(lambda m: m.headers[HEADER_PAGE_TITLE] == "Later", 3)
    await tabs.page.evaluate("document.title = 'é'.repeat(100000)")
    await viewer.shown(lambda m: m.headers[HEADER_PAGE_TITLE] == "%C3%A9" * 300, 3)
    await tabs.page.goto("data:text/html,<title>Own</title>" + "x" * 100_000)
    await viewer.shown(at("data:"), 3)


async def test_who_stops_watching_stops_the_frames(
    view: Any, viewer: Viewer, tabs: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_view_module, "WATCH_EXPIRES_SECONDS", 1.0)
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    await asyncio.sleep(2.2)
    viewer.frames.clear()
    await tabs.page.evaluate(f"document.documentElement.style.background = '{GREEN}'")
    await asyncio.sleep(1.2)
    assert viewer.frames == []
    await viewer.watch()
    await viewer.shown(near(GREEN), 2)


async def test_frames_go_on_after_nats_was_away(
    view: Any, viewer: Viewer, connection: Any, nats_streams: Any, tabs: Any, site: Any
) -> None:
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    nats_streams.stop(signal.SIGKILL)
    for n in range(20):
        await tabs.page.evaluate(f"document.getElementById('n').textContent = {n}")
        await asyncio.sleep(0.05)
    assert connection.nc.pending_data_size < 300_000
    nats_streams.start()
    await tabs.page.evaluate(f"document.documentElement.style.background = '{BLUE}'")
    until = time.monotonic() + 10
    while not any(near(BLUE)(message) for _, message in viewer.frames):
        assert time.monotonic() < until
        await viewer.watch()
        await asyncio.sleep(0.2)


async def test_a_picture_of_the_whole_page_and_frames_do_not_disturb_each_other(
    view: Any, viewer: Viewer, tabs: Any, site: Any
) -> None:
    site.answers["/"] = page(RED) + "<div style='height: 4000px'></div><input id=i>"
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    for n in range(4):
        picture = Image.open(io.BytesIO(await page_picture(tabs.page)))
        assert picture.size[1] > 4000
        assert near(RED)(type("Picture", (), {"data": _jpeg(picture)}))
        await tabs.page.fill("#i", str(n))
        assert await tabs.page.evaluate("[innerWidth, innerHeight]") == [1280, 900]
    await asyncio.sleep(0.5)
    assert {Image.open(io.BytesIO(message.data)).size for _, message in viewer.frames} == {(1280, 900)}


def _jpeg(picture: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, "JPEG")
    return data.getvalue()


async def test_a_page_that_hangs_holds_up_nobody(view: Any, viewer: Viewer, tabs: Any, site: Any) -> None:
    site.answers["/"] = page(RED)
    await tabs.page.goto(site.url("/"))
    await viewer.watch()
    await viewer.shown(near(RED))
    hanging = asyncio.ensure_future(
        tabs.page.evaluate("() => { const end = Date.now() + 4000; while (Date.now() < end); }")
    )
    viewer.frames.clear()
    await asyncio.sleep(3)
    assert len(viewer.frames) >= 1  # repeated: it looks as it did
    await hanging


async def test_who_joins_late_gets_the_last_frame_and_the_end_ends_it(
    connection: Any, viewer: Viewer, tabs: Any, site: Any
) -> None:
    site.answers["/"] = page(GREEN)
    await tabs.page.goto(site.url("/"))
    async with live_view(connection.nc, "uid", tabs):
        await connection.nc.flush()
        await viewer.watch()
        await viewer.shown(near(GREEN))
    assert tabs.on_change is None
    await asyncio.sleep(0.3)
    viewer.frames.clear()
    await viewer.watch()
    await asyncio.sleep(1.5)
    assert viewer.frames == []
    kept = await viewer.nc.jetstream().get_msg(FRAME_STREAM, subject=frame_subject("uid"), direct=False)
    assert kept.data.startswith(b"\xff\xd8")
