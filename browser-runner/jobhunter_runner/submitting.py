"""Pressing, once a lease is taken, and what becomes of it.

Between the taking of a lease and the record of its outcome nothing breaks in: whatever goes wrong there ends
SubmissionUnconfirmed, because it may have been sent.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import dataclass

from playwright.async_api import Error as PlaywrightError

from jobhunter_contracts.asks import CONFIRMATION_BLOB
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import JobHunterError, LeaseHeld, LeaseUnavailable
from jobhunter_contracts.hitl import HitlKind
from jobhunter_contracts.submission import LeaseState
from jobhunter_runner.filling import FilledForm
from jobhunter_runner.form import Button
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.opening import ended_by_lease
from jobhunter_runner.outcome_words import confirmation
from jobhunter_runner.page_state import field_key, posted_values
from jobhunter_runner.person import Question
from jobhunter_runner.picture import page_picture
from jobhunter_runner.sent_unasked import end_as_sent
from jobhunter_runner.session import AttemptFailed, Ended, Session
from jobhunter_runner.submission_lease import Press, RevisionConflict
from jobhunter_runner.submission_outcome import (
    ButtonNotPressed,
    FieldError,
    FormChanged,
    PressOutcome,
    PressResult,
    press_and_watch,
    ready_to_press,
)

log = logging.getLogger(__name__)

PRESS_AGAIN = "press again"
WAS_SENT = "it was sent"
STOP = "stop"
SETTLE_TRIES = 12
_SETTLE_PAUSE_SECONDS = 1.0
_PICTURE_SECONDS = 20.0  # for the picture of the confirmation, which whoever keeps it may have no time for


@dataclass(frozen=True)
class ChangedMeanwhile:
    """The page no longer holds what was confirmed; nothing was pressed. labels: of the fields that differ."""

    labels: tuple[str, ...]


@dataclass(frozen=True)
class Refused:
    """The site (or the browser's own check) gave the form back."""

    words: str
    errors: tuple[FieldError, ...]


@dataclass(frozen=True)
class OpenAgain:
    """The person said to try again: to press again after the site broke down, or because the form went away."""


async def submit(session: Session, filled: FilledForm) -> ChangedMeanwhile | Refused | OpenAgain:
    """Presses what was confirmed. Raises Ended, also for the good end; AttemptFailed, LeaseUnavailable where not pressed."""
    button = await _button(session, filled)
    if button is None:
        return OpenAgain()
    await session.pauses.before_press()
    try:
        await _check_unchanged(session, filled)
    except FormChanged as changed:
        return ChangedMeanwhile(changed.labels)
    if session.stopping.is_set():
        raise AttemptFailed("the pod is being deleted, so nothing is pressed")
    session.pressing = True
    try:
        press = await session.leases.take(session.posting_url, session.assignment.url)
    except LeaseHeld as error:
        session.pressing = False
        raise ended_by_lease(error) from error
    except LeaseUnavailable:
        session.pressing = False
        raise
    if session.assignment.hold_seconds:  # a test's time to kill somebody in
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(session.stopping.wait(), session.assignment.hold_seconds)
    if session.stopping.is_set():
        raise Ended(Reason.SUBMISSION_UNCONFIRMED, "The pod was deleted with the lease taken.")
    try:
        outcome = await _press(session, filled, button, press)
    except FormChanged as changed:
        note = f"not pressed: changed since it was confirmed: {changed}"
        if not await _settle(session, press, LeaseState.REFUSED, note=note[:500]):
            raise AttemptFailed(note) from changed
        session.pressing = False
        return ChangedMeanwhile(changed.labels)
    return await _conclude(session, press, outcome)


async def _button(session: Session, filled: FilledForm) -> Button | None:
    """The button, there and free to be pressed; None where it is not, and the person asked says to try again."""
    if filled.submit is None:
        session.hand_over("No button that sends the application was found")
    try:
        await ready_to_press(session.page, filled.submit)
    except ButtonNotPressed as error:
        await session.check_browser()
        now = await read_page(session.page)
        if words := confirmation(now.text, filled.view.text):  # it may have sent itself while a person looked at it
            raise await end_as_sent(session, words, seen=False) from error
        await session.ask_retry(f"The button that sends the application cannot be pressed: {error.what}")
        return None
    return filled.submit


async def _check_unchanged(session: Session, filled: FilledForm) -> None:
    """Raises FormChanged where the page no longer holds what was confirmed, PlaywrightError where it cannot be read."""
    now = await posted_values(session.page, filled.view, filled.form)
    if now.digest() != filled.posted.digest():
        labels = {field_key(field): field.label or field.selector for field in filled.view.fields}
        raise FormChanged(tuple(labels.get(key, key) for key in now.changed_since(filled.posted)))


async def _press(session: Session, filled: FilledForm, button: Button, press: Press) -> PressOutcome:
    """One press. What raises after it is an outcome that was not seen. Raises FormChanged where it was not made."""
    session.report.click(button.label, button.selector)
    session.tabs.accept_confirms = True
    try:
        return await press_and_watch(
            session.page,
            button,
            filled.view,
            guard=session.guard,
            watch_seconds=session.watch_seconds,
            press_by=press.press_by + session.assignment.hold_seconds,
            last_look=lambda: _check_unchanged(session, filled),
        )
    except ButtonNotPressed as error:
        await _settle(session, press, LeaseState.REFUSED, note=f"not pressed: {error.what}")
        session.pressing = False
        raise AttemptFailed(f"the button was not pressed: {error.what}") from error
    except (PlaywrightError, JobHunterError) as error:
        log.exception("after the press")
        return PressOutcome(PressResult.UNSEEN, f"{type(error).__name__}: {error}", sent=True)
    finally:
        session.tabs.accept_confirms = False


async def _conclude(session: Session, press: Press, outcome: PressOutcome) -> Refused | OpenAgain:
    match outcome.result:
        case PressResult.CONFIRMED:
            raise await _sent(session, press, outcome.words, picture=True)
        case PressResult.REFUSED:
            note = "by the site" if outcome.sent else "by the browser's own check"
            if not await _settle(session, press, LeaseState.REFUSED, note=f"{note}: {outcome.words[:500]}"):
                raise _unconfirmed(outcome.words)
            session.pressing = False
            session.report.chat(f"The form was not accepted: {outcome.words}")
            return Refused(outcome.words, outcome.field_errors)
        case PressResult.DUPLICATE:
            raise await _duplicate(session, press, outcome.words)
        case PressResult.SERVER_ERROR:
            return await _ask_what_became(session, press, f"The site broke down: {outcome.words}", outcome)
        case PressResult.UNSEEN if not outcome.sent:
            return await _ask_what_became(session, press, "Nothing was seen to happen after the press.", outcome)
    _note(press, outcome)
    raise _unconfirmed(outcome.words)


async def _ask_what_became(session: Session, press: Press, text: str, outcome: PressOutcome) -> OpenAgain:
    """Asks: press again, it was sent, or stop. Silence and stop leave the press unconfirmed."""
    _note(press, outcome)
    question = Question(
        session.ids.question(),
        f"{text} Was the application sent?",
        HitlKind.CHOICE,
        context=f"{outcome.url} answered {outcome.status}" if outcome.status else outcome.url,
        options=(PRESS_AGAIN, WAS_SENT, STOP),
    )
    answer = ((await session.ask([question]))[0] or "").strip().casefold()
    if answer == WAS_SENT:
        raise await _sent(session, press, "The person says that it was sent.", picture=False)
    if answer == PRESS_AGAIN and await _settle(session, press, LeaseState.PRESS_AGAIN, note=outcome.words[:500]):
        session.pressing = False
        session.pressed_again = True
        return OpenAgain()
    raise _unconfirmed(outcome.words)


async def _duplicate(session: Session, press: Press, words: str) -> Ended:
    """What it means that the site has an application already: another's, or this task's where it was pressed again."""
    if session.pressed_again:
        return _unconfirmed(f"After the second press the site says: {words}")
    if not await _settle(session, press, LeaseState.REFUSED, note=f"a duplicate: {words[:500]}"):
        return _unconfirmed(words)
    session.pressing = False
    return Ended(Reason.DUPLICATE_APPLICATION, f"The site says that you applied there already: {words}")


async def _sent(session: Session, press: Press, words: str, *, picture: bool) -> Ended:
    """Records the press as sent, keeps a picture of the confirmation, and says so."""
    await _settle(session, press, LeaseState.SENT, confirmation=words)
    if picture:
        try:
            async with asyncio.timeout(_PICTURE_SECONDS):
                await session.library.put_blob(CONFIRMATION_BLOB, await page_picture(session.page))
        except (PlaywrightError, JobHunterError, TimeoutError) as error:  # the application is sent, with or without it
            log.warning("no picture of the confirmation: %s", error or type(error).__name__)
    return Ended(Reason.SUBMITTED, "The application was submitted.", words)


def _note(press: Press, outcome: PressOutcome) -> None:
    log.warning("press %d: %s (status %s, sent %s)", press.lease.press, outcome.words, outcome.status, outcome.sent)


def _unconfirmed(words: str) -> Ended:
    return Ended(
        Reason.SUBMISSION_UNCONFIRMED,
        f"The application may have been sent: {words.rstrip('.')}. Look whether it arrived, and settle the task.",
    )


async def _settle(
    session: Session, press: Press, state: LeaseState, *, confirmation: str | None = None, note: str = ""
) -> bool:
    """Records what became of the press, patiently; whether that was possible."""
    for attempt in range(SETTLE_TRIES):
        try:
            await session.leases.settle(press, state, confirmation=confirmation, note=note)
        except RevisionConflict as error:
            log.warning("the press is settled otherwise already: %s", error)
            return False
        except LeaseUnavailable as error:
            log.warning("the press is not recorded as %s yet (%d): %s", state, attempt + 1, error)
            await asyncio.sleep(_SETTLE_PAUSE_SECONDS)
        else:
            return True
    return False
