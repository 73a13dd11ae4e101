"""The requests that leave the browser after a press and may carry the application, and their answers."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self
from urllib.parse import quote_plus, urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Request, Response

from jobhunter_runner.form import Button, PageView

READS = frozenset({"GET", "HEAD", "OPTIONS"})
_TELLING_LENGTH = 6  # characters of a field's value that make its appearance in a request no accident


class FormTraffic:
    """Tells the requests that may carry a form away from all others: statistics, a CAPTCHA's frame.

    Counted are navigations of a whole page, what holds something out of the form, and other requests than reads that go to
    the site of the page, of the form's frame, or of an address that the frame's forms are sent to.
    """

    def __init__(self, view: PageView, frame_index: int = 0, filled: Iterable[str] = ()) -> None:
        """frame_index: of the form's frame. filled: what the form is to hold beside what `view` was read with."""
        frames = {field.frame for field in view.fields if field.frame_index == frame_index}
        actions = {form.action for form in view.forms if form.frame_index == frame_index}
        self._hosts = {_site(url) for url in {view.url} | frames | actions} - {""}
        shown = f"{view.url} {view.title} {view.text}"  # which statistics repeat
        values = {*(field.value for field in view.fields), *filled}
        self._values = {value for value in values if len(value) >= _TELLING_LENGTH and value not in shown}

    def counts(self, request: Request) -> bool:
        if request.url.startswith(("about:", "data:", "blob:")):
            return False
        if request.is_navigation_request() and _of_a_whole_page(request):
            return True
        body = request.post_data_buffer or b""
        if any(_contains(request.url.encode(), value) or _contains(body, value) for value in self._values):
            return True
        if request.method in READS or _site(request.url) not in self._hosts:
            return False
        return request.is_navigation_request() or request.resource_type in ("xhr", "fetch")


class SentRequests:
    """Listens while the block lasts, and counts what FormTraffic does, with the redirects that follow it.

    any: one left. waiting: one has no answer yet. navigated: the answer to a navigation came. status: of the latest answer,
    a navigation's before a script's. failed: why the latest broke off, "" where none did. last_at: when the last news came.
    """

    def __init__(self, page: Page, before: PageView, button: Button) -> None:
        self._page = page
        self._traffic = FormTraffic(before, button.frame_index)
        self._open: set[Request] = set()
        self._counted: set[Request] = set()
        self._navigation_status: int | None = None
        self._script_status: int | None = None
        self.navigated = False
        self.failed = ""
        self.last_at = time.monotonic()

    @property
    def any(self) -> bool:
        return bool(self._counted)

    @property
    def waiting(self) -> bool:
        return bool(self._open)

    @property
    def status(self) -> int | None:
        return self._navigation_status if self._navigation_status is not None else self._script_status

    def __enter__(self) -> Self:
        context = self._page.context
        context.on("request", self._left)
        context.on("response", self._answered)
        context.on("requestfinished", self._finished)
        context.on("requestfailed", self._broke)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        context = self._page.context
        context.remove_listener("request", self._left)
        context.remove_listener("response", self._answered)
        context.remove_listener("requestfinished", self._finished)
        context.remove_listener("requestfailed", self._broke)

    def _left(self, request: Request) -> None:
        if request.redirected_from not in self._counted and not self._traffic.counts(request):
            return
        self._counted.add(request)
        self._open.add(request)
        self.last_at = time.monotonic()

    def _answered(self, response: Response) -> None:
        request = response.request
        if request not in self._counted:
            return
        self.last_at = time.monotonic()
        if request.is_navigation_request():
            if not 300 <= response.status < 400:
                self._open.discard(request)
                self._navigation_status = response.status
                self.navigated = True
                self.failed = ""
        else:
            self._script_status = max(response.status, self._script_status or 0)

    def _finished(self, request: Request) -> None:
        if request in self._counted:
            self._open.discard(request)
            self.last_at = time.monotonic()

    def _broke(self, request: Request) -> None:
        if request not in self._counted:
            return
        self._open.discard(request)
        self.last_at = time.monotonic()
        why = request.failure or "broken off"
        # A page that is left, or a navigation that another follows, aborts what was under way: that is no failure of the site.
        if "ERR_ABORTED" not in why:
            self.failed = why.removeprefix("net::")


def _of_a_whole_page(request: Request) -> bool:
    try:
        return request.frame.parent_frame is None
    except PlaywrightError:  # a page that is opened by it, and is not there yet
        return True


def _contains(body: bytes, value: str) -> bool:
    return value.encode() in body or quote_plus(value).encode() in body


def _site(url: str) -> str:
    """The last two labels of the host: near enough to tell a site from its statistics."""
    host = urlsplit(url).hostname or ""
    return host if host.replace(".", "").isdigit() else ".".join(host.split(".")[-2:])
