"""The requests that leave the browser after a press and may carry the application, and their answers."""

from __future__ import annotations

import time
from types import TracebackType
from typing import Self
from urllib.parse import quote_plus, urlsplit

from playwright.async_api import Page, Request, Response

from jobhunter_runner.form import PageView

_READS = frozenset({"GET", "HEAD", "OPTIONS"})
_TELLING_LENGTH = 6  # characters of a field's value that make its appearance in a request no accident


class SentRequests:
    """Listens while the block lasts.

    Counted are navigations, and requests other than reads that go to the site itself or hold something out of the form. A
    third party's statistics are not.

    any: one left. waiting: one has no answer yet. navigated: the answer to a navigation came. status: of the latest answer,
    a navigation's before a script's. failed: why the latest broke off, "" where none did. last_at: when the last news came.
    """

    def __init__(self, page: Page, before: PageView) -> None:
        self._page = page
        self._hosts = {
            _site(before.url),
            *(_site(f.action) for f in before.forms),
            *(_site(u) for u in before.frame_urls),
        }
        self._values = {
            f.value for f in before.fields if len(f.value) >= _TELLING_LENGTH and f.value.lower() != "false"
        }
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
        if not self._counts(request):
            return
        self._counted.add(request)
        self._open.add(request)
        self.last_at = time.monotonic()

    def _counts(self, request: Request) -> bool:
        if request.is_navigation_request():
            return not request.url.startswith(("about:", "data:", "blob:"))
        if request.method in _READS:
            return any(_contains(request.url.encode(), value) for value in self._values)
        body = request.post_data_buffer or b""
        if any(_contains(body, value) for value in self._values):
            return True
        return request.resource_type in ("xhr", "fetch") and _site(request.url) in self._hosts

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


def _contains(body: bytes, value: str) -> bool:
    return value.encode() in body or quote_plus(value).encode() in body


def _site(url: str) -> str:
    """The last two labels of the host: near enough to tell a site from its statistics."""
    host = urlsplit(url).hostname or ""
    return host if host.replace(".", "").isdigit() else ".".join(host.split(".")[-2:])
