"""A form that the page sends by itself while it is filled, after its last field or a file: nobody pressed, it may have arrived.

It is recorded like a press, after the fact, so that no other attempt and no other task sends it a second time.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from playwright.async_api import BrowserContext, Request

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import LeaseHeld, LeaseUnavailable
from jobhunter_contracts.submission import LeaseState
from jobhunter_runner.form import PageView
from jobhunter_runner.opening import ended_by_lease
from jobhunter_runner.outcome_words import confirmation
from jobhunter_runner.sent_requests import READS, FormTraffic
from jobhunter_runner.session import Ended, Session
from jobhunter_runner.submission_lease import RevisionConflict
from jobhunter_runner.submit_button import STRONGLY

_ANSWER_SECONDS = 10.0


class UnaskedPosts:
    """Listens while the block lasts. any: something was posted that may hold the form. navigated: a page was left by it."""

    def __init__(self, context: BrowserContext) -> None:
        self._context = context
        self._traffic: FormTraffic | None = None
        self.any = False
        self.navigated = False
        self._open: set[Request] = set()
        self._none_open = asyncio.Event()
        self._none_open.set()

    def __enter__(self) -> Self:
        self._context.on("request", self._left)
        self._context.on("requestfinished", self._over)
        self._context.on("requestfailed", self._over)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.remove_listener("request", self._left)
        self._context.remove_listener("requestfinished", self._over)
        self._context.remove_listener("requestfailed", self._over)

    def expect(self, view: PageView, frame_index: int, filled: Iterable[str]) -> None:
        """Tells what is on the page now, in which frame its form is, and what the form is about to hold."""
        self._traffic = FormTraffic(view, frame_index, filled)

    def _left(self, request: Request) -> None:
        if request.method not in READS and self._traffic is not None and self._traffic.counts(request):
            self.any = True
            self.navigated |= request.is_navigation_request()
            self._open.add(request)
            self._none_open.clear()

    def _over(self, request: Request) -> None:
        self._open.discard(request)
        if not self._open:
            self._none_open.set()

    async def answered(self) -> bool:
        """Waits for the answers that are still to come; whether there were any, so that the page has to be looked at again."""
        if not self._open:
            return False
        try:
            await asyncio.wait_for(self._none_open.wait(), _ANSWER_SECONDS)
        except TimeoutError:
            self._open.clear()
        return True

    def sent(self, before: PageView | None, now: PageView, *, form_is_there: bool) -> str | None:
        """The site's words of confirmation, "" where the form went away by a post without any, None where it was not sent.

        A post after which the form is there is its page's own way of drawing or keeping it (a country's states, a résumé that
        is read); so is one after which there is a button to send it.
        """
        if not self.any or form_is_there:
            return None
        words = confirmation(now.text, before.text if before else "")
        if words and any(button.visible and STRONGLY.search(button.label) for button in now.buttons):
            words = ""
        return words or ("" if self.navigated else None)


async def end_as_sent(session: Session, words: str, *, seen: bool = True) -> Ended:
    """Records what the page sent by itself, and how the application ends by it. words: the site's, "" where it said none.

    seen: a request that sends it was seen, without which the words alone are not believed.
    """
    session.pressing = True
    session.report.chat("The page sent the form by itself, before it was confirmed.")
    unconfirmed = Ended(
        Reason.SUBMISSION_UNCONFIRMED,
        "The page sent the form by itself while it was filled, and does not say that it arrived. Look whether it did, and"
        " settle the task."
        if seen
        else f"The page says “{words}”, though nothing was pressed. Look whether it arrived, and settle the task.",
    )
    try:
        press = await session.leases.take(session.posting_url, session.assignment.url)
        if words and seen:
            await session.leases.settle(
                press, LeaseState.SENT, confirmation=words, note="the page sent the form by itself"
            )
    except LeaseHeld as error:
        return ended_by_lease(error)
    except (LeaseUnavailable, RevisionConflict):
        return unconfirmed
    if not words or not seen:
        return unconfirmed
    return Ended(Reason.SUBMITTED, "The page sent the form by itself while it was filled.", words)
