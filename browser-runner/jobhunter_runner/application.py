"""One application, from the job's address to an outcome. Read `_way` from top to bottom: it is the whole of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import traceback
from pathlib import Path
from typing import NoReturn

from playwright.async_api import Error as PlaywrightError

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import EgressRefused, JobHunterError
from jobhunter_contracts.hitl import HitlKind
from jobhunter_contracts.outcome import Outcome, outcome_word
from jobhunter_runner.fill_plan import answer_key
from jobhunter_runner.filling import FilledForm, Filling
from jobhunter_runner.opening import open_form, receive
from jobhunter_runner.person import Question
from jobhunter_runner.reviewing import review
from jobhunter_runner.session import Ended, Session
from jobhunter_runner.submission_outcome import FieldError
from jobhunter_runner.submitting import ChangedMeanwhile, OpenAgain, Refused, submit

log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.25
_BREAK_OFF_SECONDS = 10.0  # for what is put away when the application is broken off
_READ_OFF_THE_PAGE = frozenset({Reason.MANUAL_APPLICATION_REQUIRED, Reason.POSTING_CLOSED})
"""Endings that a dead browser can bring about."""


async def apply(session: Session) -> Outcome:
    """The whole application; the outcome is reported before it is returned.

    An outcome without a reason is an attempt that another may mend: nothing was sent in it.
    """
    session.report.start(session.assignment.url)
    way = asyncio.create_task(_way(session), name="application")
    watch = asyncio.create_task(_watch(session, way), name="soft deadline and browser")
    try:
        outcome = await _ending(session, way)
    finally:
        watch.cancel()
        if not way.done():
            way.cancel()
        await asyncio.gather(way, watch, return_exceptions=True)
    if outcome.reason is not None:
        session.report.complete(outcome)
    return outcome


async def _way(session: Session) -> NoReturn:
    """Never returns: it ends by Ended, or fails."""
    clock = session.clock
    with clock.stage("profile"):
        await receive(session)
    with clock.stage("opening"):
        await open_form(session)
    with clock.stage("filling"):
        filled = await Filling(session).run()
    if filled.submit is None:
        session.hand_over("No button that sends the application was found")
    with clock.stage("draft"):
        confirmed = await review(session, filled)
    refused: list[str] = []
    while True:
        with clock.stage("submitting"):
            result = await submit(session, confirmed)
        match result:
            case ChangedMeanwhile():
                with clock.stage("filling"):
                    filled = await Filling(session).run()
                words = "Changed since you confirmed: " + ", ".join(f"“{label}”" for label in result.labels)
                with clock.stage("draft"):
                    confirmed = await review(session, filled, words)
            case Refused():
                refused.append(confirmed.posted.digest())
                confirmed = await _after_refusal(session, confirmed, result, refused)
            case OpenAgain():
                confirmed = await _once_more(session, confirmed)


async def _after_refusal(session: Session, before: FilledForm, result: Refused, refused: list[str]) -> FilledForm:
    """The form filled anew and confirmed once more, after the site gave it back with `result`.

    What the site's words change by a stated rule is changed. The person sees its words with the next draft; where nobody
    reviews, or the same values were refused twice, they are asked for other values first.
    """
    with session.clock.stage("filling"):
        filled = await Filling(session).run()
        reviewed = session.assignment.review == "Required"
        if filled.posted.digest() in (refused[:-1] if reviewed else refused):
            await _ask_refused(session, before, result)
            filled = await Filling(session).run()
    with session.clock.stage("draft"):
        return await review(session, filled, f"The site did not accept the form: {result.words}")


async def _ask_refused(session: Session, filled: FilledForm, result: Refused) -> None:
    """Asks for each field that the site complains of, all together; without such a field, whether to go on."""
    keys = {_key_of(filled, error): error for error in result.errors}
    entries = {answer_key(entry.field): entry for entry in filled.entries}
    fields = {key: error for key, error in keys.items() if key in entries}
    if not fields:
        await session.ask_retry(f"The site did not accept the form: {result.words}")
        return
    questions = []
    for key, error in fields.items():
        field = entries[key].field
        options = tuple(option.label for option in field.options if option.label)
        questions.append(
            Question(
                session.ids.question(),
                f"What should go into “{field.label or error.label}”?",
                HitlKind.CHOICE if options else HitlKind.TEXT,
                context=f"The site says: {error.message}",
                options=options,
            )
        )
    for key, answer in zip(fields, await session.ask(questions), strict=True):
        if answer is None:
            session.hand_over(f"The site did not accept the form: {result.words}")
        session.changes.pop(key, None)
        session.answers[key] = answer


def _key_of(filled: FilledForm, error: FieldError) -> str:
    for entry in filled.entries:
        if error.selector and error.selector == entry.field.selector:
            return answer_key(entry.field)
        if not error.selector and error.label and error.label == entry.field.label:
            return answer_key(entry.field)
    return ""


async def _once_more(session: Session, confirmed: FilledForm) -> FilledForm:
    """The form again, after the site broke down or it went away; reviewed again where it is not what was confirmed."""
    with session.clock.stage("opening"):
        await open_form(session)
    with session.clock.stage("filling"):
        filled = await Filling(session).run()
    if filled.posted.digest() == confirmed.posted.digest():
        return filled
    with session.clock.stage("draft"):
        return await review(session, filled, "The form is not what you confirmed; look again.")


async def _watch(session: Session, way: asyncio.Task[NoReturn]) -> None:
    """Breaks off at the soft deadline and where the browser is lost, unless a press is under way."""
    lost = session.tabs.lost
    while not way.done():
        if lost.is_set():
            await asyncio.sleep(_LOOK_SECONDS)
        else:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(lost.wait(), _LOOK_SECONDS)
        if (session.clock.overdue or lost.is_set()) and not session.pressing:
            way.cancel()
            await asyncio.wait({way}, timeout=_BREAK_OFF_SECONDS)


async def _ending(session: Session, way: asyncio.Task[NoReturn]) -> Outcome:
    """How it ended. After a press that was not recorded everything unforeseen is SubmissionUnconfirmed.

    Before it an ending that was read off the page, or none in time, is believed only of a browser that is alive.
    """
    try:
        await asyncio.shield(way)
    except Ended as end:
        if end.reason in _READ_OFF_THE_PAGE and not session.pressing and await session.tabs.gone():
            return _failed(session, session.tabs.loss)
        if end.reason is Reason.MANUAL_APPLICATION_REQUIRED:
            session.report.chat(session.please)
        return _outcome(session, end.reason, end.message, end.confirmation)
    except asyncio.CancelledError:
        itself = asyncio.current_task()
        if not way.cancelled() or (itself is not None and itself.cancelling()):
            raise  # the whole application was cancelled: the pod is being deleted
        if await session.tabs.gone():
            return _failed(session, session.tabs.loss)
        session.report.chat(session.please)
        words = f"The soft deadline passed before the application could be sent. {session.please}"
        return _outcome(session, Reason.MANUAL_APPLICATION_REQUIRED, words)
    except EgressRefused as error:
        session.report.chat(session.please)
        return _outcome(session, Reason.MANUAL_APPLICATION_REQUIRED, str(error))
    except (JobHunterError, PlaywrightError) as error:
        log.warning("the attempt failed: %s", error)
        return _failed(session, str(error).splitlines()[0])
    except Exception as error:  # an attempt's fate is decided here; the operator may replace the pod
        log.exception("the attempt failed")
        return _failed(session, _kind_and_place(error))
    raise AssertionError("unreachable: the way ends by raising")


def _kind_and_place(error: Exception) -> str:
    """What a fault of ours is told as: its own words may quote what was typed, and stand in the log alone."""
    ours = [frame for frame in traceback.extract_tb(error.__traceback__) if __package__ in frame.filename]
    place = f" at {Path(ours[-1].filename).name}, line {ours[-1].lineno}" if ours else ""
    return f"{type(error).__name__}{place}. The runner's log says more."


def _failed(session: Session, words: str) -> Outcome:
    if session.pressing:
        message = f"The application may have been sent: {words} Look whether it arrived, and settle the task."
        return _outcome(session, Reason.SUBMISSION_UNCONFIRMED, message)
    session.report.chat(f"Automation failed: {words}")
    return _outcome(session, None, words)


def _outcome(session: Session, reason: Reason | None, message: str, confirmation: str | None = None) -> Outcome:
    return Outcome(
        task_uid=session.assignment.task_uid,
        attempt=session.assignment.attempt,
        outcome=outcome_word(reason),
        reason=reason,
        message=message,
        confirmation=confirmation,
        canonical_url=session.canonical_url or None,
        ats=session.ats,
        title=session.posting.title or None,
        company=session.posting.company or None,
        fields_filled=session.fields_filled,
        seconds_by_stage=session.clock.seconds_by_stage,
    )
