"""Pressing the button that sends an application, once, and watching what becomes of it.

What is watched: the requests that carry the form away and their answers, and the page's words. A confirmation is believed only
after something was sent; a refusal only while the form stands there with its errors; everything that cannot be told is UNSEEN.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import JSHandle, Page

from jobhunter_contracts.errors import JobHunterError
from jobhunter_runner.browser import first_line
from jobhunter_runner.egress_guard import EgressGuard
from jobhunter_runner.form import Button, FieldKind, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.outcome_words import (
    BROKEN_DOWN,
    ERROR,
    THANKED,
    THANKS,
    THANKS_ADDRESS,
    already_applied,
    confirmation,
    sentence_at,
)
from jobhunter_runner.overlays import close_overlays
from jobhunter_runner.page_frame import frame_of, locator_of
from jobhunter_runner.sent_requests import SentRequests
from jobhunter_runner.submission_lease import seconds_here

WATCH_SECONDS = 30.0
_LOOK_SECONDS = 0.15
_QUIET_SECONDS = 1.0  # after the last answer, before a refusal or a breakdown is believed
_READY_SECONDS = (1.0, 3.0)  # before and after recognised overlays are closed
_PRESS_SECONDS = 10.0
_TYPED = (FieldKind.TEXT, FieldKind.EMAIL, FieldKind.TEL, FieldKind.URL, FieldKind.NUMBER, FieldKind.TEXTAREA)
_INVALID = """() => {
  const seen = [];
  document.addEventListener("invalid", (event) => {
    const e = event.target;
    const label = (e.labels && e.labels[0] && e.labels[0].innerText) || e.getAttribute("aria-label") || e.name || e.id || "";
    seen.push({ label: label.replace(/\\s+/g, " ").trim(), message: e.validationMessage, name: e.name || "", id: e.id || "" });
  }, true);
  return seen;
}"""


class ButtonNotPressed(JobHunterError):
    """The button could not be pressed, and certainly was not."""

    code = "button-not-pressed"


class FormChanged(Exception):
    """The form is not what was to be sent any more; nothing was pressed. labels: of the fields that differ."""

    def __init__(self, labels: tuple[str, ...]) -> None:
        self.labels = labels
        super().__init__(", ".join(labels))


class PressResult(StrEnum):
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # the form is there with its errors; sent tells whether the site or the browser refused it
    DUPLICATE = "duplicate"  # the site says that one has applied already
    SERVER_ERROR = "server-error"
    UNSEEN = "unseen"


@dataclass(frozen=True)
class FieldError:
    """label: the field's words, "" where unknown. selector: "" where unknown."""

    label: str
    message: str
    selector: str = ""


@dataclass(frozen=True)
class PressOutcome:
    """words: the site's own where it said any, else what was seen. sent: a request that may carry the form left the browser.

    status: HTTP status of the answer to it, None where none came.
    """

    result: PressResult
    words: str
    sent: bool
    status: int | None = None
    url: str = ""
    field_errors: tuple[FieldError, ...] = ()


async def ready_to_press(page: Page, button: Button) -> None:
    """Checks, pressing nothing, that the button is there, enabled and uncovered. Raises ButtonNotPressed with words."""
    locator = locator_of(page, button)
    if locator is None:
        raise ButtonNotPressed("it is no longer on the page", where=button.label)
    for attempt in (1, 2):
        try:
            await locator.click(trial=True, timeout=_READY_SECONDS[attempt - 1] * 1000)
        except PlaywrightError as error:
            if attempt == 1:
                await close_overlays(page)
                continue
            raise ButtonNotPressed(_why_not(error), where=button.label, remedy="Look at the page") from error
        else:
            return


async def press_and_watch(
    page: Page,
    button: Button,
    before: PageView,
    *,
    guard: EgressGuard | None = None,
    watch_seconds: float = WATCH_SECONDS,
    press_by: float = math.inf,
    last_look: Callable[[], Awaitable[None]] | None = None,
) -> PressOutcome:
    """Presses once, then watches for at most `watch_seconds`. `before` is the page as it was read before the press.

    guard: its kept connections are closed first, so that the browser itself never sends twice (see rest_connections).
    press_by: by submission_lease.seconds_here, after which nothing is pressed.
    last_look: awaited immediately before the press; it raises FormChanged where the form must not be sent as it is.
    Raises that, and ButtonNotPressed, only where certainly nothing was pressed; after the press nothing raises.
    """
    await ready_to_press(page, button)
    frame, locator = frame_of(page, button), locator_of(page, button)
    if frame is None or locator is None:
        raise ButtonNotPressed("it is no longer on the page", where=button.label)
    try:
        invalid = await frame.evaluate_handle(_INVALID)
    except PlaywrightError as error:
        raise ButtonNotPressed(first_line(error), where=button.label) from error
    pages_before = list(page.context.pages)
    if guard is not None:
        await guard.rest_connections()
    if last_look is not None:
        try:
            await last_look()
        except PlaywrightError as error:
            raise ButtonNotPressed(first_line(error), where=button.label) from error
    if seconds_here() > press_by:
        raise ButtonNotPressed("too much time went by since the lease was taken", where=button.label)
    with SentRequests(page, before, button) as sent:
        with contextlib.suppress(PlaywrightError):  # it may have been pressed all the same: what is seen decides
            await locator.click(timeout=_PRESS_SECONDS * 1000, no_wait_after=True)
        watch = _Watch(page, pages_before, button, before, sent, invalid)
        return await watch.until(time.monotonic() + watch_seconds)


class _Watch:
    """The time after a press."""

    def __init__(
        self,
        page: Page,
        pages_before: list[Page],
        button: Button,
        before: PageView,
        sent: SentRequests,
        invalid: JSHandle,
    ) -> None:
        self._page = page
        self._pages_before = pages_before
        self._button = button
        self._before = before
        self._sent = sent
        self._invalid = invalid
        self._pressed_at = time.monotonic()
        self._old_errors = {(f.selector, f.error) for f in before.fields if f.error}
        self._old_alerts = set(before.alerts)

    async def until(self, deadline: float) -> PressOutcome:
        view: PageView | None = None
        while time.monotonic() < deadline:
            await asyncio.sleep(_LOOK_SECONDS)
            stopped = await self._stopped_by_browser()
            if stopped:
                return stopped
            if self._sent.waiting and not self._sent.navigated:
                continue  # the answer is still on its way: what the page says meanwhile is not the site's word
            try:
                view = await read_page(self._present_page())
            except PlaywrightError:  # between two pages
                continue
            outcome = self._judge(view)
            if outcome is not None:
                return outcome
        return await self._unseen(view)

    def _present_page(self) -> Page:
        """The page that was pressed, or one that the press opened, or the last one left."""
        opened = [p for p in self._page.context.pages if p not in self._pages_before and not p.is_closed()]
        if opened:
            return opened[-1]
        if self._page.is_closed() and self._page.context.pages:
            return self._page.context.pages[-1]
        return self._page

    @property
    def _quiet(self) -> bool:
        return time.monotonic() - max(self._sent.last_at, self._pressed_at) >= _QUIET_SECONDS

    async def _stopped_by_browser(self) -> PressOutcome | None:
        """The browser's own validation fired its `invalid` events and no request left."""
        if self._sent.any or not self._quiet or not self._button.submits:
            return None
        try:
            found = await self._invalid.json_value()
        except PlaywrightError:  # the page was left
            return None
        if not found:
            return None
        errors = tuple(FieldError(i["label"], i["message"], self._selector_of(i["name"], i["id"])) for i in found)
        words = "; ".join(f"{e.label}: {e.message}" if e.label else e.message for e in errors)
        return PressOutcome(PressResult.REFUSED, words, sent=False, url=self._page.url, field_errors=errors)

    def _selector_of(self, name: str, element_id: str) -> str:
        for field in self._before.fields:
            if field.frame_index != self._button.frame_index:
                continue
            if (name and field.attributes.get("name") == name) or (
                element_id and field.attributes.get("id") == element_id
            ):
                return field.selector
        return ""

    def _judge(self, view: PageView) -> PressOutcome | None:
        status = self._sent.status
        stands = self._form_stands(view)
        errors = self._field_errors(view)
        words = ""
        if self._sent.any and (status is None or status < 400):
            words = confirmation(view.text, self._before.text)
            if words and not (stands and errors):
                return self._outcome(PressResult.CONFIRMED, words, view)
            if not stands and not errors and (words := self._thanks(view)):
                return self._outcome(PressResult.CONFIRMED, words, view)
        if not self._quiet or self._sent.waiting:
            return None
        alerts = [a for a in view.alerts if a not in self._old_alerts]
        thanked = any(THANKED.search(a) for a in alerts)
        faults = [a for a in alerts if ERROR.search(a) and not THANKED.search(a)]
        broken = next((a for a in [*alerts, view.title, view.text[:400]] if BROKEN_DOWN.search(a)), "")
        if self._sent.any and (self._sent.failed or (status is not None and status >= 500)):
            return self._outcome(PressResult.SERVER_ERROR, broken or self._what_happened(), view)
        if not words and not thanked and (said := already_applied(view.text, self._before.text)):
            return self._outcome(PressResult.DUPLICATE, said, view)
        # Words of thanks beside errors, or a form emptied by a script: it may have been taken, so it is not called refused.
        taken = words or thanked or self._emptied(view)
        if stands and (errors or faults) and not (broken and not errors) and not taken:
            words = "; ".join(dict.fromkeys([*faults, *(f"{e.label}: {e.message}" for e in errors)]))
            return self._outcome(PressResult.REFUSED, words, view, errors)
        if self._sent.any and broken and not errors:
            return self._outcome(PressResult.SERVER_ERROR, broken, view)
        if self._sent.any and status is not None and status >= 400 and not stands:
            return self._outcome(PressResult.SERVER_ERROR, broken or self._what_happened(), view)
        return None

    def _outcome(
        self, result: PressResult, words: str, view: PageView, errors: tuple[FieldError, ...] = ()
    ) -> PressOutcome:
        return PressOutcome(result, words[:1000], self._sent.any, self._sent.status, view.url, errors)

    def _form_stands(self, view: PageView) -> bool:
        """Whether at least half of what was filled can still be seen."""
        wanted = {
            (f.kind, f.attributes.get("name") or f.selector)
            for f in self._before.fields
            if f.visible and f.frame_index == self._button.frame_index and self._of_the_form(f.form_index)
        }
        present = {(f.kind, f.attributes.get("name") or f.selector) for f in view.fields if f.visible}
        return bool(wanted) and len(wanted & present) * 2 >= len(wanted)

    def _emptied(self, view: PageView) -> bool:
        """Whether a script emptied the form after an answer that was no error, as pages do that start it anew."""
        if self._sent.navigated or self._sent.status is None or self._sent.status >= 400:
            return False
        filled = {
            (f.frame_index, f.selector) for f in self._before.fields if f.visible and f.value and f.kind in _TYPED
        }
        now = [f.value for f in view.fields if (f.frame_index, f.selector) in filled]
        return bool(now) and not any(now)

    def _of_the_form(self, form_index: int) -> bool:
        return self._button.form_index < 0 or form_index in (self._button.form_index, -1)

    def _field_errors(self, view: PageView) -> tuple[FieldError, ...]:
        """Errors at fields; those that were there before the press count only where the site gave the page anew."""
        anew = self._sent.navigated
        return tuple(
            FieldError(f.label, f.error, f.selector)
            for f in view.fields
            if f.error and (anew or (f.selector, f.error) not in self._old_errors)
        )

    def _thanks(self, view: PageView) -> str:
        """Words of thanks where the form went away: believed with an address that says so too, or as a page of their own."""
        moved = view.url != self._before.url
        match = next((m for m in THANKS.finditer(view.text) if m.group() not in self._before.text), None)
        if match is None or BROKEN_DOWN.search(view.text[:400]):
            return ""
        address = view.url.partition("://")[2].partition("/")[2]
        if (moved and THANKS_ADDRESS.search(address)) or THANKS.search(view.title):
            return sentence_at(view.text, match.start(), match.end())
        return ""

    def _what_happened(self) -> str:
        if self._sent.failed:
            return f"The connection broke after the press ({self._sent.failed})"
        return f"The site answered {self._sent.status}"

    async def _unseen(self, view: PageView | None) -> PressOutcome:
        url = view.url if view else self._page.url
        if self._sent.any and (self._sent.failed or (self._sent.status or 0) >= 500):
            return PressOutcome(PressResult.SERVER_ERROR, self._what_happened(), True, self._sent.status, url)
        if self._sent.waiting:
            words = "The site has not answered yet"
        elif self._sent.any:
            words = "The form was sent, and the page says neither that it arrived nor what is wrong"
        else:
            words = "Nothing was seen to leave the browser, and the page says nothing"
        return PressOutcome(PressResult.UNSEEN, words, self._sent.any, self._sent.status, url)


def _why_not(error: PlaywrightError) -> str:
    text = error.message
    if "intercepts pointer events" in text:
        return "something on the page lies over it"
    if "not enabled" in text:
        return "the page has it switched off"
    if "not visible" in text:
        return "it is not visible"
    return f"the page does not let it be pressed ({first_line(error)})"
