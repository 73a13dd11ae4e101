"""The browser: our own in a terminal run, the sidecar's over DevTools in a pod; and the tabs of one application in it."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Dialog, Frame, Page, async_playwright
from playwright.async_api import Error as PlaywrightError

from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.runner_env import BROWSER_ARGS, CHROMIUM, DEFAULT_CHROMIUM

VIEWPORT_WIDTH, VIEWPORT_HEIGHT = 1280, 900
DIALOGS_TOLD = 10  # of an application; a page that goes on with dialogs tells nobody anything
DIALOG_LIMIT = 500  # characters of what a dialog said
_START_SECONDS = 60.0
_POLL_SECONDS = 0.05
_ALIVE_SECONDS = 5.0  # the browser's own process answers within it, also on a node that is busy
_NOT_OURS_TO_PASS = ("--remote-debugging-", "--proxy-server=", "--headless")  # Playwright's pipe and headless, our port


class BrowserUnavailable(Unavailable):
    """There is no browser to work in."""

    code = "browser-unavailable"


@asynccontextmanager
async def local_browser(egress_port: int) -> AsyncIterator[Browser]:
    """Debian's Chromium as a child process, all its traffic through the egress guard on `egress_port`.

    Raises BrowserUnavailable where it is missing or does not start. It is ended with the block.
    """
    executable = os.environ.get(CHROMIUM) or DEFAULT_CHROMIUM
    if not os.access(executable, os.X_OK):
        raise BrowserUnavailable(
            f"{executable} is not there",
            where="Chromium",
            remedy=f"Install it (apt-get install chromium) or set {CHROMIUM}",
        )
    sandbox = os.geteuid() != 0
    if not sandbox:
        print(
            "Chromium cannot use its sandbox as root: it runs without it. Run as another user to have it.",
            file=sys.stderr,
        )
    arguments = [a for a in BROWSER_ARGS if not a.startswith(_NOT_OURS_TO_PASS)]
    arguments.append(f"--proxy-server=http://127.0.0.1:{egress_port}")
    async with async_playwright() as playwright:
        try:
            browser = await playwright.chromium.launch(
                executable_path=executable,
                args=arguments,
                chromium_sandbox=sandbox,
                timeout=_START_SECONDS * 1000,
                handle_sigint=False,
                handle_sigterm=False,
                handle_sighup=False,
            )
        except PlaywrightError as error:
            raise BrowserUnavailable(
                f"it did not start: {first_line(error)}", where=executable, remedy="Start it by hand to see why"
            ) from error
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def attached_browser(cdp_url: str, patience_seconds: float = 30.0) -> AsyncIterator[Browser]:
    """The browser that answers DevTools at `cdp_url` (http://127.0.0.1:9222), waited for up to `patience_seconds`.

    Raises BrowserUnavailable. It is left running: it ends with its container.
    """
    until = time.monotonic() + patience_seconds
    host, port = urlsplit(cdp_url).hostname or "127.0.0.1", urlsplit(cdp_url).port or 80
    async with async_playwright() as playwright:
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
                browser = await playwright.chromium.connect_over_cdp(cdp_url, timeout=10_000)
                break
            except (OSError, PlaywrightError) as error:
                if time.monotonic() > until:
                    why = first_line(error) if isinstance(error, PlaywrightError) else str(error)
                    raise BrowserUnavailable(
                        f"no browser answered within {patience_seconds:.0f} s: {why}",
                        where=cdp_url,
                        remedy="See the browser container's log",
                    ) from error
                await asyncio.sleep(_POLL_SECONDS)
        try:
            yield browser
        finally:
            await browser.close()


class Tabs:
    """The pages of one application: a context of its own, with the page that a person would be looking at as `page`.

    A popup or new tab becomes the current page, and gives way to the one before it when it closes. dialogs: what alert, confirm
    and prompt said, the first DIALOGS_TOLD of them; each was dismissed (a page that asks whether to leave it is left).
    accept_confirms: while it is set a confirm is accepted: the page asks whether to send what is just being sent.
    lost: set once the browser went away or the current page's process crashed; loss then says so in words.
    on_change: called when another page became the current one, and when the current one went to another address.
    """

    def __init__(
        self,
        context: BrowserContext,
        on_navigation: Callable[[str], None] | None = None,
        on_dialog: Callable[[str], None] | None = None,
    ) -> None:
        self.context = context
        self.dialogs: list[str] = []
        self.accept_confirms = False
        self.lost = asyncio.Event()
        self.loss = ""
        self.on_change: Callable[[], None] | None = None
        self._pages: list[Page] = []
        self._on_navigation = on_navigation
        self._on_dialog = on_dialog
        self._dismissals: set[asyncio.Task[None]] = set()
        context.on("page", self._opened)
        context.on("dialog", self._dialog)
        context.on("close", self._context_closed)
        if context.browser is not None:
            context.browser.on("disconnected", self._disconnected)

    @property
    def page(self) -> Page:
        """The current page. Raises BrowserUnavailable when every page was closed."""
        if not self._pages:
            raise BrowserUnavailable("every page was closed", where="browser", remedy="Start again")
        return self._pages[-1]

    @property
    def current(self) -> Page | None:
        """The current page, None when every page was closed."""
        return self._pages[-1] if self._pages else None

    async def gone(self) -> bool:
        """Whether the browser is lost, asked of its process: the news of a death may come after the faults it causes."""
        if not self.lost.is_set():
            try:
                async with asyncio.timeout(_ALIVE_SECONDS):
                    await self.context.cookies("http://127.0.0.1/")
            except (PlaywrightError, TimeoutError):
                self._lose("The browser does not answer any more.")
        return self.lost.is_set()

    async def close(self) -> None:
        self.context.remove_listener("close", self._context_closed)
        if self.context.browser is not None:
            self.context.browser.remove_listener("disconnected", self._disconnected)
        await self.context.close()

    def _lose(self, words: str) -> None:
        self.loss = self.loss or words
        self.lost.set()

    def _disconnected(self, _browser: Browser) -> None:
        self._lose("The browser went away.")

    def _context_closed(self, _context: BrowserContext) -> None:
        self._lose("The browser went away.")

    def _changed(self) -> None:
        if self.on_change:
            self.on_change()

    def _opened(self, page: Page) -> None:
        self._pages.append(page)
        self._changed()
        page.on("close", self._closed)
        page.on("crash", self._crash)
        page.on("framenavigated", self._navigated)

    def _closed(self, page: Page) -> None:
        if page in self._pages:
            self._pages.remove(page)
            self._changed()

    def _crash(self, page: Page) -> None:
        if page is self.current:
            self._lose("The page's process in the browser crashed.")

    def _navigated(self, frame: Frame) -> None:
        current = self._pages[-1].main_frame if self._pages else None
        if frame == current:
            self._changed()
        if self._on_navigation and frame == current and not frame.url.startswith(("about:", "chrome-error:")):
            self._on_navigation(frame.url)

    def _dialog(self, dialog: Dialog) -> None:
        if dialog.type != "beforeunload" and len(self.dialogs) < DIALOGS_TOLD:
            said = dialog.message[:DIALOG_LIMIT]
            self.dialogs.append(said)
            if self._on_dialog:
                self._on_dialog(said)
        accepted = dialog.type == "beforeunload" or (dialog.type == "confirm" and self.accept_confirms)
        task = asyncio.ensure_future(_answer(dialog, accepted))
        self._dismissals.add(task)
        task.add_done_callback(self._dismissals.discard)


async def _answer(dialog: Dialog, accepted: bool) -> None:
    try:
        await (dialog.accept() if accepted else dialog.dismiss())
    except PlaywrightError:  # its page went away
        return


async def new_page(
    browser: Browser,
    on_navigation: Callable[[str], None] | None = None,
    on_dialog: Callable[[str], None] | None = None,
) -> Tabs:
    """A fresh context with one blank page: nothing kept, nothing permitted, no downloads, no service workers."""
    context = await browser.new_context(
        viewport={"width": VIEWPORT_WIDTH, "height": VIEWPORT_HEIGHT},
        locale="en-US",
        accept_downloads=False,
        service_workers="block",
        permissions=[],
        reduced_motion="reduce",
    )
    tabs = Tabs(context, on_navigation, on_dialog)
    await context.new_page()
    return tabs


def first_line(error: PlaywrightError) -> str:
    """Playwright's message without its call log."""
    return error.message.strip().splitlines()[0] if error.message.strip() else "no reason given"
