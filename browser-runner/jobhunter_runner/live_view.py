"""The live view: frames of the current page over NATS while somebody watches, at most five a second.

A change after quiet goes at once; a page that stands still is repeated once a second. Whatever goes wrong here stays here: no
frame is waited for by the application, and none waits in the connection before an event.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import quote

import nats.errors
from nats.aio.client import Client
from nats.aio.msg import Msg
from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from jobhunter_connection.background import end_tasks
from jobhunter_contracts.subjects import (
    HEADER_AT,
    HEADER_HEIGHT,
    HEADER_PAGE_TITLE,
    HEADER_PAGE_URL,
    HEADER_WIDTH,
    WATCH_EXPIRES_SECONDS,
    frame_subject,
    watch_subject,
)
from jobhunter_contracts.wire import rfc3339
from jobhunter_runner.browser import Tabs
from jobhunter_runner.report import shown_url
from jobhunter_runner.screencast import Frame, Screencast, screencast

log = logging.getLogger(__name__)

FRAME_SECONDS = 0.2
"""Between two frames of a page that changes, at least."""
FRAMES_A_SECOND = 5
KEEP_ALIVE_SECONDS = 1.0
_REDRAW_SECONDS = 0.1  # that the frame may come later than the capture that caused it
_RETRY_SECONDS = 1.0
_PENDING_LIMIT = 256 * 1024  # bytes that wait in the connection; behind so many a frame is not put
_HEADERS_LIMIT = 16 * 1024
_URL_LIMIT, _TITLE_LIMIT = 2_000, 300  # characters, before they are encoded


class LiveView:
    """Of one task. frames: how many were sent, repeated ones too."""

    def __init__(self, nc: Client, task_uid: str, tabs: Tabs) -> None:
        self._nc = nc
        self._subject = frame_subject(task_uid)
        self._tabs = tabs
        self._watched_until = 0.0
        self._watched = asyncio.Event()
        self._news = asyncio.Event()
        self._moved = False
        self._changed_at = 0.0
        self._sent_at: deque[float] = deque([0.0] * FRAMES_A_SECOND, FRAMES_A_SECOND)
        self._title = ""
        self.frames = 0

    async def watch(self, _: Msg) -> None:
        """Somebody watches."""
        self._watched_until = time.monotonic() + WATCH_EXPIRES_SECONDS
        self._watched.set()

    def page_changed(self) -> None:
        """Another page is the current one, or it went to another address."""
        self._moved = True
        self._news.set()

    async def run(self) -> None:
        """Until it is cancelled."""
        while True:
            await self._watched.wait()
            page = self._tabs.current
            if not self._is_watched or page is None:
                self._watched.clear()  # without a page the next heartbeat looks again
                continue
            try:
                async with screencast(page, self._news.set) as cast:
                    await self._show(page, cast)
            except (PlaywrightError, nats.errors.Error, TimeoutError, OSError) as error:
                if page is self._tabs.current:  # else it went away, and the next one is shown at once
                    log.info("live view: %s", str(error).splitlines()[0] if str(error) else type(error).__name__)
                    await asyncio.sleep(_RETRY_SECONDS)

    @property
    def _is_watched(self) -> bool:
        return time.monotonic() < self._watched_until

    @property
    def _repeat_in(self) -> float:
        """Seconds until what was sent last is sent again."""
        return self._sent_at[-1] + KEEP_ALIVE_SECONDS - time.monotonic()

    async def _show(self, page: Page, cast: Screencast) -> None:
        """Sends the page's frames as long as it is the current one and watched.

        Of quick changes the browser may keep the last one back and never say so. Whatever was shown is therefore looked at once
        more: soon where something was kept back for sure, else when the next repetition is due.
        """
        last: Frame | None = None
        self._moved = True
        look: float | None = None  # after so many seconds of quiet; None where the page is known to be as in `last`
        while page is self._tabs.current and self._is_watched:
            while self._moved:
                self._moved = False
                look = FRAME_SECONDS  # the page may be drawn by another process now
                self._title = await cast.title()
            quiet = FRAME_SECONDS if look == FRAME_SECONDS else max(0.0, self._repeat_in)
            frame = cast.take() or await self._next(cast, quiet)
            if frame is None and self._moved:
                continue
            looking = frame is None and look is not None
            if looking:
                frame = await self._redrawn(cast)
            changed = frame if frame is not None and (last is None or frame.jpeg != last.jpeg) else None
            if changed is not None:
                await self._turn()
                self._changed_at = time.monotonic()
                last = cast.take() or changed
                await self._send(page, last)
            if looking and changed is None:
                look = FRAME_SECONDS if frame is None else None
            elif frame is not None:
                look = FRAME_SECONDS if cast.full else KEEP_ALIVE_SECONDS
            if changed is None:
                if last is not None and self._repeat_in <= 0:
                    self._title = await cast.title()  # it stands still, or hangs: it looks as it did
                    await self._send(page, replace(last, at=time.time()))
                elif not cast.full:
                    continue
            if cast.full:  # the page goes on changing: one frame is let through when the next may be sent
                await asyncio.sleep(FRAME_SECONDS)
                cast.acknowledge(braking=True)
            else:
                cast.acknowledge()

    async def _redrawn(self, cast: Screencast) -> Frame | None:
        """The page as it is now, None where it cannot be had in time (it hangs, or is between two documents).

        To be captured it is drawn, which makes a frame too: the same bytes as the last one where nothing changed. That frame is
        preferred, since a capture of the same page has other bytes.
        """
        cast.acknowledge()
        captured = await cast.capture()
        if captured is None:
            return cast.take()
        return cast.take() or await self._next(cast, _REDRAW_SECONDS) or captured

    async def _turn(self) -> None:
        """Until a frame of a change may be sent; one that only repeats another does not put it off."""
        earliest = max(self._changed_at + FRAME_SECONDS, self._sent_at[0] + 1.0)
        await asyncio.sleep(max(0.0, earliest - time.monotonic()))

    async def _next(self, cast: Screencast, seconds: float) -> Frame | None:
        """The next frame, None where none comes in time or the page changed first."""
        if self._moved:
            return None
        self._news.clear()
        # Not wait_for(): before Python 3.12 it can swallow a cancellation, and the view would go on for ever.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()
        return cast.take()

    async def _send(self, page: Page, frame: Frame) -> None:
        """One message; none while NATS is away or slow, or where it is larger than the server takes."""
        self._sent_at.append(time.monotonic())
        if not self._nc.is_connected or self._nc.pending_data_size > _PENDING_LIMIT:
            return
        if len(frame.jpeg) + _HEADERS_LIMIT > self._nc.max_payload:
            log.info("live view: a frame of %d bytes is not sent", len(frame.jpeg))
            return
        await self._nc.publish(self._subject, frame.jpeg, headers=_headers(frame, page.url, self._title))
        self.frames += 1


def _headers(frame: Frame, url: str, title: str) -> dict[str, str]:
    return {
        HEADER_AT: rfc3339(datetime.fromtimestamp(frame.at, UTC), milliseconds=True),
        HEADER_WIDTH: str(frame.width),
        HEADER_HEIGHT: str(frame.height),
        HEADER_PAGE_URL: _encoded(_shown(url)[:_URL_LIMIT]),
        HEADER_PAGE_TITLE: _encoded(title[:_TITLE_LIMIT]),
    }


def _shown(url: str) -> str:
    """What a person sees of the address; a document that stands in its own address is not repeated beside the picture."""
    scheme = url.partition(":")[0]
    if scheme in ("data", "blob", "javascript"):
        return f"{scheme}:"
    try:
        return shown_url(url)
    except ValueError:  # a page can be at an address that is none to us
        return ""


def _encoded(text: str) -> str:
    return quote(text, safe="/:?&=+,;@~", errors="replace")


@asynccontextmanager
async def live_view(nc: Client, task_uid: str, tabs: Tabs) -> AsyncIterator[LiveView]:
    """Frames of `tabs` while the block lasts and somebody watches."""
    view = LiveView(nc, task_uid, tabs)
    tabs.on_change = view.page_changed
    subscription = None
    try:
        subscription = await nc.subscribe(watch_subject(task_uid), cb=view.watch)
    except (nats.errors.Error, OSError) as error:
        log.warning("nobody can watch: %s", type(error).__name__)
    running = asyncio.create_task(view.run(), name="live view")
    running.add_done_callback(_tell)
    try:
        yield view
    finally:
        tabs.on_change = None
        await end_tasks([running])
        if subscription is not None:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()


def _tell(running: asyncio.Task[None]) -> None:
    if not running.cancelled() and (error := running.exception()):
        log.error("the live view ended: %r", error)
