"""From the job's address to its form: profile, duplicates, navigation, overlays, walls, an Apply link.

Every way that does not end at a form asks the person, and without an answer hands over to them.
"""

from __future__ import annotations

import asyncio

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from jobhunter_contracts.conditions import InputReason, Reason
from jobhunter_contracts.errors import EgressRefused, InvalidProfile, InvalidUrl, LeaseHeld, ProfileMissing
from jobhunter_contracts.hitl import HitlKind
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_contracts.profile import Profile, document_media_type
from jobhunter_contracts.submission import LeaseState
from jobhunter_runner.facts import facts_from_profile
from jobhunter_runner.file_value import FileValue
from jobhunter_runner.form import Button, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.navigation import NeverLoads, goto, settle
from jobhunter_runner.overlays import close_overlays
from jobhunter_runner.page_frame import locator_of
from jobhunter_runner.page_kind import PageKind, Verdict, page_kind
from jobhunter_runner.person import Question
from jobhunter_runner.posting_address import posting_address, system_of
from jobhunter_runner.posting_words import posting_words
from jobhunter_runner.recognise import recognise_form
from jobhunter_runner.session import APPLY_MYSELF, Ended, Session
from jobhunter_runner.submission_lease import OwnPress

_OF_THE_POSTING = frozenset({PageKind.APPLICATION_FORM, PageKind.ERRORS, PageKind.APPLY_LINK})
"""Pages whose address is the posting's; a login or a CAPTCHA may stand at one that all postings share."""
_MAY_DRAW_A_FORM = (PageKind.APPLY_LINK, PageKind.APPLY_UNCLEAR, PageKind.LOGIN_WALL, PageKind.POSTING_CLOSED)
APPLY_LINKS = 3  # followed one after the other
LOOKS = 12  # pages looked at, in all, before a person is handed the way
LATE_SECONDS = 6.0  # a form that a script draws may come so late
_LINK_SECONDS = 1.0  # the same, where the page has another way on, or a wall, to show meanwhile
_LOOK_AGAIN_SECONDS = 0.5
_CLICK_SECONDS = 10.0


async def receive(session: Session) -> None:
    """The profile and the documents it names. Raises Ended InvalidSpec where they cannot be used, Unavailable."""
    try:
        profile = await session.library.profile()
        for name in profile_documents(profile):
            data = await session.library.document(name)
            session.documents[name] = FileValue(name.rpartition("/")[2], data, document_media_type(name, data))
    except ProfileMissing as error:
        session.report.chat("Profile not found. Please complete onboarding.")
        raise Ended(Reason.INVALID_SPEC, str(error)) from error
    except InvalidProfile as error:
        session.report.chat(f"Automation failed: {error}")
        raise Ended(Reason.INVALID_SPEC, str(error)) from error
    session.facts = facts_from_profile(profile)


def profile_documents(profile: Profile) -> list[str]:
    """The documents that the profile names, each once."""
    named = profile.application.documents
    return [name for name in dict.fromkeys((named.resume, named.cover_letter)) if name]


async def check_duplicate(session: Session, url: str) -> None:
    """Ends where an application for the posting at `url` was, or may have been, sent already. Raises LeaseUnavailable."""
    try:
        await session.leases.check(url)
    except LeaseHeld as error:
        raise ended_by_lease(error) from error


def ended_by_lease(error: LeaseHeld) -> Ended:
    """What another's press, or this task's own in an earlier attempt, means for the task."""
    if not isinstance(error, OwnPress):
        return Ended(Reason.DUPLICATE_APPLICATION, str(error))
    if error.lease.state is LeaseState.SENT:
        return Ended(Reason.SUBMITTED, "The application was sent in an earlier attempt.", error.lease.confirmation)
    return Ended(Reason.SUBMISSION_UNCONFIRMED, "An earlier attempt pressed, and what became of it was not seen.")


async def open_form(session: Session) -> None:
    """Opens the job's page and finds the way to its application form. Raises Ended, EgressRefused, PlaywrightError."""
    try:
        url = normal_posting_url(session.assignment.url)
    except InvalidUrl as error:
        raise Ended(Reason.INVALID_SPEC, str(error)) from error
    await check_duplicate(session, url)
    try:
        status = await go(session, session.assignment.url)
    except EgressRefused as error:
        session.report.chat(f"Automation failed: {error}")
        raise Ended(Reason.INVALID_SPEC, str(error)) from error
    await _find_form(session, status)
    session.ats = system_of(session.page.url)


async def go(session: Session, url: str) -> int | None:
    """Loads `url`, asking the person after three tries; the HTTP status. Raises EgressRefused, Ended."""
    while True:
        try:
            navigation = await goto(session.page, url, session.guard, timeout_seconds=session.page_seconds)
        except NeverLoads as error:
            await session.check_browser()
            session.report.chat(str(error))
            await session.ask_retry(error.what[:1].upper() + error.what[1:], context=url)
        else:
            return navigation.status


async def _find_form(session: Session, status: int | None) -> None:
    followed = 0
    for _ in range(LOOKS):
        # A page that a link of the posting led to is believed to be the posting's, whatever its address.
        view, verdict = await _look(session, status, "" if followed else session.assignment.url)
        if verdict.kind in _OF_THE_POSTING or verdict.kind is PageKind.POSTING_CLOSED:
            session.posting = session.posting.or_else(posting_words(view))
        if not session.canonical_url and verdict.kind in _OF_THE_POSTING:
            await _note_posting(session, view)
        match verdict.kind:
            case PageKind.APPLICATION_FORM | PageKind.ERRORS:
                return
            case PageKind.POSTING_CLOSED:
                raise Ended(Reason.POSTING_CLOSED, f"The posting is closed: {verdict.evidence}.")
            case PageKind.APPLY_LINK if verdict.apply is not None and followed < APPLY_LINKS:
                followed += 1
                status = await _follow(session, verdict.apply)
                continue
            case PageKind.APPLY_UNCLEAR:
                await session.ask_retry(
                    "The page offers to apply, and it is not clear which of its links is this job's.",
                    context=verdict.evidence,
                )
            case PageKind.LOGIN_WALL:
                await session.ask_retry(
                    "The site wants a login before one can apply, and none can be given from here. Open the job and apply"
                    " yourself, or try again.",
                    reason=InputReason.LOGIN,
                    context=verdict.evidence,
                )
            case PageKind.CAPTCHA:
                await _ask_captcha(session, verdict)
            case PageKind.BROKEN:
                await session.ask_retry("The site is out of order.", context=verdict.evidence)
            case PageKind.CONFIRMATION:
                await session.ask_retry("The site says that an application was sent already.", context=verdict.evidence)
            case _:
                await session.ask_retry("No application form was found on the page.", context=session.page.url)
        followed = 0
        status = await go(session, session.assignment.url)
    session.hand_over("No way to the application form was found")


async def _look(session: Session, status: int | None, asked_url: str) -> tuple[PageView, Verdict]:
    """Reads the page once recognised overlays are closed; a page without a form gets time to draw one."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    patience = {PageKind.NO_FORM: LATE_SECONDS} | dict.fromkeys(_MAY_DRAW_A_FORM, _LINK_SECONDS)
    while True:
        view, verdict = await _read(session.page, session, status, asked_url)
        if loop.time() - begun >= patience.get(verdict.kind, 0.0):
            return view, verdict
        await asyncio.sleep(_LOOK_AGAIN_SECONDS)


async def _read(page: Page, session: Session, status: int | None, asked_url: str) -> tuple[PageView, Verdict]:
    for overlay in await close_overlays(page):
        session.report.click(overlay.pressed, overlay.heading)
    view = await read_page(page, status)
    return view, page_kind(view, recognise_form(view), asked_url=asked_url)


async def _note_posting(session: Session, view: PageView) -> None:
    """The posting's own address, and whether somebody applied there already."""
    session.canonical_url = posting_address(view.url, view.canonical_url, session.assignment.url)
    await check_duplicate(session, session.canonical_url)


async def _follow(session: Session, apply: Button) -> int | None:
    """Presses an Apply link or button; the status of the page it leads to, where it is known."""
    session.report.click(apply.label, apply.selector)
    if apply.href.startswith(("http://", "https://")):
        return await go(session, apply.href)
    locator = locator_of(session.page, apply)
    if locator is None:
        return None
    try:
        await locator.click(timeout=_CLICK_SECONDS * 1000)
    except PlaywrightError as error:
        await session.ask_retry(
            f"The button {apply.label!r} cannot be pressed.", context=str(error).splitlines()[0][:200]
        )
    await settle(session.page)
    return None


async def _ask_captcha(session: Session, verdict: Verdict) -> None:
    """Asks to try again, for it may not be asked a second time; nobody can reach into the browser to solve it."""
    question = Question(
        session.ids.question(),
        "The site asks to prove that a person is there, which cannot be done from here. Open the job and apply yourself, or"
        " answer done to try again: it may not be asked a second time.",
        HitlKind.MANUAL,
        InputReason.CAPTCHA,
        context=verdict.evidence,
    )
    if ((await session.ask([question]))[0] or APPLY_MYSELF).strip().casefold() == APPLY_MYSELF:
        session.hand_over("The site asks to prove that a person is there")
