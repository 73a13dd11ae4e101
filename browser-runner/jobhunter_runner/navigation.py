"""Going to a page: three tries, and words for why none of them loaded."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page, Request
from playwright.async_api import TimeoutError as PlaywrightTimeout

from jobhunter_contracts.errors import EgressRefused, JobHunterError
from jobhunter_runner.browser import first_line
from jobhunter_runner.egress_guard import EgressGuard, Refusal, RefusalKind

SETTLE_SECONDS = 3.0
_RETRY_SECONDS = 1.0
_QUIET_MILLISECONDS = 250
_DEFAULT_PORTS = {"http": 80, "https": 443}
# Resolves when the DOM was left alone for `quiet` ms, or after `most` ms.
_QUIET_DOM = """([quiet, most]) => new Promise((done) => {
  let timer = setTimeout(done, quiet);
  const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, quiet); });
  watch.observe(document, { childList: true, subtree: true, attributes: true });
  setTimeout(() => { watch.disconnect(); done(); }, most);
})"""


class NeverLoads(JobHunterError):
    """No try to load the page succeeded."""

    code = "never-loads"


class HostUnknown(NeverLoads):
    """The name of the page's host does not resolve."""

    code = "host-unknown"


@dataclass(frozen=True)
class Navigation:
    """Where a navigation led. status: the HTTP status of the page, None where it has none (a file)."""

    url: str
    status: int | None
    attempts: int


async def goto(
    page: Page,
    url: str,
    guard: EgressGuard | None,
    *,
    attempts: int = 3,
    timeout_seconds: float = 30.0,
    settle_seconds: float = SETTLE_SECONDS,
) -> Navigation:
    """Load `url` and wait until its DOM is quiet, `settle_seconds` at most.

    An HTTP status such as 404 is no error; a 5xx is given all tries.
    Raises EgressRefused at once with the guard's words where the way leads to an address that is not allowed; HostUnknown or
    NeverLoads after `attempts` tries of `timeout_seconds` each.
    """
    reason = ""
    unknown = False
    for attempt in range(1, attempts + 1):
        if attempt > 1:
            await _leave(page)
            await asyncio.sleep(_RETRY_SECONDS * (attempt - 1))
        before = guard.refusals[-1].number if guard and guard.refusals else 0
        failed: list[str] = []

        def note(request: Request, failed: list[str] = failed) -> None:
            if request.is_navigation_request() and request.frame == page.main_frame:
                failed.append(request.url)

        page.on("requestfailed", note)
        try:
            response = await page.goto(url, wait_until="domcontentloaded", timeout=timeout_seconds * 1000)
            status = response.status if response else None
            await settle(page, settle_seconds)
            reached, reason = page.url, ""
        except PlaywrightTimeout:
            reached, status, reason = url, None, f"nothing came within {timeout_seconds:.0f} s"
        except PlaywrightError as error:
            reached, status, reason = failed[-1] if failed else url, None, _plain_reason(error)
        finally:
            page.remove_listener("requestfailed", note)
        refusal = _refusal(guard, [reached, *failed], before)
        if refusal and refusal.kind is RefusalKind.NOT_ALLOWED:
            raise EgressRefused(refusal.words, where=_without_query(url))
        # 502 is the guard's own answer where a plain http host is not reached.
        if refusal and (reason or status == 502):
            reason, unknown = refusal.words, refusal.kind is RefusalKind.NAME_UNKNOWN
        elif not reason and status is not None and status >= 500 and attempt < attempts:
            continue
        elif not reason:
            return Navigation(reached, status, attempt)
        if "ERR_CERT" in reason or "a file to download" in reason:
            break  # another try changes nothing
    raise (HostUnknown if unknown else NeverLoads)(
        f"the page does not load: {reason}",
        where=_without_query(url),
        remedy="" if unknown else "Open it yourself to see whether it does, or try later",
    )


async def settle(page: Page, most_seconds: float = SETTLE_SECONDS) -> None:
    """Wait until the page has loaded and its DOM was left alone for a moment, `most_seconds` at most."""
    try:
        async with asyncio.timeout(most_seconds):
            await page.wait_for_load_state("load")
            await page.evaluate(_QUIET_DOM, [_QUIET_MILLISECONDS, most_seconds * 1000])
    except (TimeoutError, PlaywrightError):  # it goes on loading, or left for another page: it is read as it stands
        return


async def _leave(page: Page) -> None:
    """Ends what is still loading, and the browser's own error page, which would break into the next try."""
    for _ in range(5):
        try:
            await page.goto("about:blank", timeout=5_000)
        except PlaywrightError:  # the error page broke into this one
            await asyncio.sleep(0.1)
        else:
            return


def _refusal(guard: EgressGuard | None, urls: list[str], after: int) -> Refusal | None:
    for url in urls if guard else []:
        parts = urlsplit(url)
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 0)
        if guard and (found := guard.refusal_of(parts.hostname or "", port, after)):
            return found
    return None


def _plain_reason(error: PlaywrightError) -> str:
    line = first_line(error)
    if "Download is starting" in line or "ERR_ABORTED" in line:
        return "it is a file to download, not a page" if "Download" in line else "the site broke it off (ERR_ABORTED)"
    _, _, code = line.partition("net::")
    return code.split(" at ")[0] if code else line.removeprefix("Page.goto: ")


def _without_query(url: str) -> str:
    return url.partition("?")[0].partition("#")[0]
