"""A browser that dies: before the lease the attempt has failed and another may mend it; after it nobody knows what was sent."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import Event
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import Owner
from jobhunter_runner.application import apply
from jobhunter_runner.browser import Tabs, attached_browser, new_page
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import egress_guard
from jobhunter_runner.library_local import LocalLibrary
from jobhunter_runner.navigation import goto
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person_terminal import TerminalPerson
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases
from jobhunter_runner.submission_lease_file import FileLeaseStore

SECONDS = 20
"""In which the end comes: nobody is waited for, and no deadline (120 s)."""
FORM = """<!doctype html><title>Engineer</title><h1>Apply for Engineer</h1>
<form action="/apply" method="post" enctype="multipart/form-data">
<label for="first">First name</label><input id="first" name="first" required>
<label for="last">Last name</label><input id="last" name="last" required>
<label for="email">Email</label><input id="email" name="email" type="email" required>
<label for="cv">Resume</label><input id="cv" name="cv" type="file" required>
{fields}<button>Submit application</button></form>"""
QUESTION = "<label for=q>Which of our values is yours?</label><input id=q name=q required>"


class Events:
    """Keeps events, and does something at the first of a type."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.at: dict[str, Callable[[Event], None]] = {}

    def send(self, event: Event) -> None:
        self.seen.append(event)
        if action := self.at.get(event.type):
            action(event)

    @property
    def words(self) -> str:
        return "\n".join(f"{event.type} {event.message}" for event in self.seen)


class Someone(TerminalPerson):
    """Does something when they are asked, then says what they say, or nothing for a long time."""

    def __init__(self, picture: Path) -> None:
        super().__init__(draft_picture=picture, out=io.StringIO())
        self.first: Callable[[], Awaitable[None]] = self.nothing
        self.asked = 0
        self.said: str | None = "confirm"

    async def nothing(self) -> None:
        """As people do."""

    async def ask(self, questions: Any) -> list[str | None]:
        self.asked += 1
        return [await self._word() for _ in questions]

    async def review(self, draft: Any, context: str) -> str | None:
        return await self._word()

    async def _word(self) -> str | None:
        await self.first()
        if self.said is None:
            await asyncio.sleep(600)
        return self.said


class Stage:
    """One application in a browser of its own, which can be killed."""

    def __init__(self, session: Session, events: Events, person: Someone, browser: Any, site: Any) -> None:
        self.session = session
        self.events = events
        self.person = person
        self.browser = browser
        self.site = site

    async def outcome(self) -> Outcome:
        begun = time.monotonic()
        outcome = await asyncio.wait_for(apply(self.session), 60)
        assert time.monotonic() - begun < SECONDS
        return outcome

    async def fails(self) -> None:
        """The attempt fails: no reason, nothing final told, nothing sent, nothing handed over."""
        outcome = await self.outcome()
        assert (outcome.reason, outcome.outcome) == (None, "error"), outcome.message
        assert "applier:complete" not in self.events.words
        assert "apply manually" not in self.events.words
        assert self.site.posts == []


@pytest.fixture
async def stage(site: Any, own_chromium: Any, profile_file: Path, tmp_path: Path) -> AsyncIterator[Stage]:
    site.answers["/jobs/1"] = FORM.format(fields="")
    site.answers["/apply"] = "<!doctype html><h1>Thank you for applying!</h1><p>Your application has been received.</p>"
    events, store, person = Events(), FileLeaseStore(tmp_path / "state"), Someone(tmp_path / "draft.jpg")
    assignment = Assignment(
        task_uid="uid",
        task_name="uid",
        namespace="n",
        user_id="asha",
        attempt=1,
        url=site.url("/jobs/1"),
        review=Review.REQUIRED,
        owner=Owner.OPERATOR,
        soft_deadline_seconds=120,
        active_deadline_seconds=900,
        question_timeout_seconds=60,
        review_timeout_seconds=60,
        lease_identity=await store.identity(),
    )
    by_hand = [f"localhost:{site.port}"]
    async with (
        egress_guard([], by_hand=by_hand, port=own_chromium.guard_port) as guard,
        attached_browser(own_chromium.cdp_url) as attached,
    ):
        tabs = await new_page(attached)
        session = Session(
            assignment=assignment,
            tabs=tabs,
            guard=guard,
            library=LocalLibrary(profile_file, tmp_path / "draft.jpg"),
            person=person,
            leases=SubmissionLeases(store, Presser("asha", "uid", "uid", "pod"), assignment.lease_identity),
            report=Report(events, "uid", 1),
            clock=Clock(120),
            pauses=Pauses(0),
            watch_seconds=3,
        )
        yield Stage(session, events, person, own_chromium, site)


async def test_while_the_page_is_opened(stage: Stage) -> None:
    def dies(_: Any) -> tuple[int, str]:
        stage.browser.kill()
        time.sleep(0.5)
        return 200, "<h1>Nobody reads this</h1>"

    stage.site.answers["/jobs/1"] = dies
    await stage.fails()
    assert stage.person.asked == 0


@pytest.mark.parametrize("kind", ["applier:navigate", "applier:type", "applier:upload"])
async def test_at_each_step_of_the_filling(stage: Stage, kind: str) -> None:
    stage.session.tabs._on_navigation = stage.session.report.navigate
    stage.events.at[kind] = lambda _: stage.browser.kill()
    await stage.fails()
    assert stage.person.asked == 0


async def test_while_a_question_is_open_nobody_goes_on_waiting(stage: Stage) -> None:
    async def dies() -> None:
        stage.browser.kill()

    stage.site.answers["/jobs/1"] = FORM.format(fields=QUESTION)
    stage.person.first, stage.person.said = dies, None
    await stage.fails()
    assert stage.person.asked == 1


@pytest.mark.parametrize("said", [None, "confirm", "change last name to Rao Patel"])
async def test_while_the_draft_is_reviewed(stage: Stage, said: str | None) -> None:
    """A word that comes in the same moment does not make the page alive."""

    async def dies() -> None:
        stage.browser.kill()

    stage.person.first, stage.person.said = dies, said
    await stage.fails()


@pytest.mark.parametrize("milliseconds", [0, 2, 5, 10, 20, 40])
async def test_a_confirmation_that_races_the_death_never_hands_over(stage: Stage, milliseconds: int) -> None:
    async def dies() -> None:
        asyncio.get_running_loop().call_later(milliseconds / 1000, stage.browser.kill)

    stage.person.first = dies
    outcome = await stage.outcome()
    # Late enough, the lease was taken first, or everything was over.
    assert outcome.reason in (None, Reason.SUBMISSION_UNCONFIRMED, Reason.SUBMITTED)
    if outcome.reason is None:
        assert stage.site.posts == []
    assert "apply manually" not in stage.events.words
    assert stage.person.asked <= (outcome.reason is not None)


async def test_a_renderer_that_crashes_is_a_failed_attempt(stage: Stage) -> None:
    async def crashes() -> None:
        devtools = await stage.session.tabs.context.new_cdp_session(stage.session.page)
        with contextlib.suppress(Exception):
            await asyncio.wait_for(devtools.send("Page.crash"), 2)

    stage.person.first = crashes
    await stage.fails()


async def test_news_that_does_not_come_is_asked_for(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fault is told before the death that caused it: the browser's process is asked before a person is."""
    monkeypatch.setattr(Tabs, "_lose", lambda self, words: None)
    tabs = stage.session.tabs
    assert not await tabs.gone()
    stage.browser.kill()
    await asyncio.sleep(0.5)
    assert not tabs.lost.is_set()
    monkeypatch.undo()
    assert await tabs.gone()
    with pytest.raises(Exception, match="does not answer"):
        await stage.session.ask_retry("No application form was found on the page.")
    assert stage.person.asked == 0


async def test_a_browser_that_is_frozen_past_the_soft_deadline_is_not_the_persons(stage: Stage) -> None:
    async def freezes() -> None:
        stage.browser.process.send_signal(signal.SIGSTOP)

    stage.session.clock = Clock(3)
    stage.person.first = freezes
    try:
        await stage.fails()
    finally:
        stage.browser.process.send_signal(signal.SIGCONT)


async def test_a_lost_page_of_a_living_browser_still_is_the_persons(stage: Stage) -> None:
    """What the browser is not to blame for is asked and handed over as ever."""
    stage.site.answers["/jobs/1"] = "<h1>Welcome</h1>"
    stage.person.said = "apply myself"
    outcome = await stage.outcome()
    assert outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert stage.events.words.count("chat:message Please apply manually") == 1


async def test_with_the_lease_taken_the_press_is_unconfirmed(stage: Stage) -> None:
    def dies(event: Event) -> None:
        if "Submit application" in event.message:
            assert stage.session.pressing
            stage.browser.kill()

    stage.events.at["applier:click"] = dies
    outcome = await stage.outcome()
    assert outcome.reason in (Reason.SUBMISSION_UNCONFIRMED, None)
    if outcome.reason is None:  # certainly not pressed: the lease is settled as refused, and another attempt may press
        assert "not pressed" in outcome.message
    assert stage.site.posts == []


async def test_after_the_press_nothing_is_known_and_nobody_presses_again(stage: Stage) -> None:
    def dies(_: Any) -> tuple[int, str]:
        stage.browser.kill()
        time.sleep(0.3)
        return 200, "<h1>Thank you for applying!</h1>"

    stage.site.answers["/apply"] = dies
    assert (await stage.outcome()).reason is Reason.SUBMISSION_UNCONFIRMED
    assert len(stage.site.posts) == 1


async def test_a_navigation_in_a_dead_browser_ends(stage: Stage) -> None:
    stage.browser.kill()
    with pytest.raises(Exception, match=r"never|closed|does not load"):
        await asyncio.wait_for(goto(stage.session.page, stage.site.url("/jobs/1"), None), SECONDS)
