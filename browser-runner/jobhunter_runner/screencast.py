"""DevTools' screencast of one page: JPEGs as the page changes, and one on request.

The browser sends at most IN_FLIGHT frames that are not acknowledged; what changes while so many wait is not shown later by
itself. Acknowledging late is therefore a brake, and after braking the last state has to be captured.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as PlaywrightError

from jobhunter_runner.browser import VIEWPORT_HEIGHT, VIEWPORT_WIDTH

QUALITY = 50
IN_FLIGHT = 3
"""What Chromium sends without an acknowledgement, measured; fewer are no brake, more never come."""
_KEPT_BACK = 2  # of them stay unacknowledged under the brake, so that each acknowledgement brings one frame
_CALL_SECONDS = 5.0
_CAPTURE_SECONDS = 1.0


@dataclass(frozen=True)
class Frame:
    """jpeg: the view, width by height in CSS pixels. at: when it was shown, seconds since the epoch."""

    jpeg: bytes
    width: int
    height: int
    at: float


class Screencast:
    """The frames of one page. latest: the newest that nobody took yet. on_frame: called when there is one."""

    def __init__(self, session: CDPSession, page: Page, on_frame: Callable[[], None]) -> None:
        self._session = session
        self._page = page
        self._on_frame = on_frame
        self._waiting: list[int] = []
        self._acknowledging: set[asyncio.Task[None]] = set()
        self.latest: Frame | None = None

    @property
    def full(self) -> bool:
        """Whether the browser may have kept a change back, because too many frames wait for their acknowledgement."""
        return len(self._waiting) >= IN_FLIGHT

    def take(self) -> Frame | None:
        """The newest frame, once."""
        frame, self.latest = self.latest, None
        return frame

    def acknowledge(self, *, braking: bool = False) -> None:
        """Lets the browser send again: freely, or under the brake one frame."""
        kept = self._waiting[:_KEPT_BACK] if braking else []
        for number in self._waiting[len(kept) :]:
            task = asyncio.ensure_future(self._acknowledge(number))
            self._acknowledging.add(task)
            task.add_done_callback(self._acknowledging.discard)
        self._waiting = kept

    async def capture(self) -> Frame | None:
        """The page as it is now, None where it cannot be had in time (it hangs, or is between two documents)."""
        call = self._session.send("Page.captureScreenshot", {"format": "jpeg", "quality": QUALITY})
        try:
            async with asyncio.timeout(_CAPTURE_SECONDS):
                taken = await call
        except (PlaywrightError, TimeoutError):
            return None
        return self._view(base64.b64decode(taken["data"]), time.time())

    async def title(self) -> str:
        """The page's title as the browser's own process knows it, so that a page that hangs holds nobody up."""
        async with asyncio.timeout(_CALL_SECONDS):
            info = await self._session.send("Target.getTargetInfo")
        return str(info["targetInfo"]["title"])

    def received(self, event: dict[str, Any]) -> None:
        """Page.screencastFrame."""
        self._waiting.append(event["sessionId"])
        at = float(event["metadata"].get("timestamp") or time.time())
        frame = self._view(base64.b64decode(event["data"]), at)
        if frame is None:
            self.acknowledge()
            return
        self.latest = frame
        self._on_frame()

    def _view(self, jpeg: bytes, at: float) -> Frame | None:
        """The frame, None for a picture of another size than the view's: one of a whole page is being taken just then."""
        width, height = jpeg_size(jpeg)
        size = self._page.viewport_size
        if size is not None and (size["width"], size["height"]) != (width, height):
            return None
        return Frame(jpeg, width, height, at)

    async def _acknowledge(self, number: int) -> None:
        with contextlib.suppress(PlaywrightError):  # the page went away: nothing more comes of it
            await self._session.send("Page.screencastFrameAck", {"sessionId": number})


def jpeg_size(jpeg: bytes) -> tuple[int, int]:
    """Width and height in pixels by the frame header (SOF) of ITU-T T.81; (0, 0) for what is no JPEG."""
    place = 2
    while place + 9 <= len(jpeg) and jpeg[place] == 0xFF:
        marker, length = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xC3:
            height, width = jpeg[place + 5 : place + 7], jpeg[place + 7 : place + 9]
            return int.from_bytes(width, "big"), int.from_bytes(height, "big")
        place += 2 + length
    return 0, 0


@asynccontextmanager
async def screencast(page: Page, on_frame: Callable[[], None]) -> AsyncIterator[Screencast]:
    """The page's screencast while the block lasts. Raises PlaywrightError or TimeoutError where it cannot be had."""
    async with asyncio.timeout(_CALL_SECONDS):
        session = await page.context.new_cdp_session(page)
    try:
        cast = Screencast(session, page, on_frame)
        session.on("Page.screencastFrame", cast.received)
        wanted = {"format": "jpeg", "quality": QUALITY, "maxWidth": VIEWPORT_WIDTH, "maxHeight": VIEWPORT_HEIGHT}
        async with asyncio.timeout(_CALL_SECONDS):
            await session.send("Page.startScreencast", wanted)
        yield cast
    finally:
        with contextlib.suppress(PlaywrightError, TimeoutError):  # the screencast ends with its session
            async with asyncio.timeout(_CALL_SECONDS):
                await session.detach()
