"""The whole runner against the careers sites: in terminal manner, and over NATS with the operator played by the contract."""

from __future__ import annotations

import io
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import Event
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import Owner
from jobhunter_contracts.submission import LeaseState, SubmissionLease, lease_key
from jobhunter_runner import opening, submission_outcome
from jobhunter_runner.application import apply
from jobhunter_runner.browser import local_browser, new_page
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import EgressGuard, egress_guard
from jobhunter_runner.library_local import LocalLibrary
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person_terminal import TerminalPerson
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases, seconds_here
from jobhunter_runner.submission_lease_file import FileLeaseStore

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def way_out(careers: Any) -> AsyncIterator[EgressGuard]:
    async with egress_guard([], by_hand=[f"127.0.0.1:{careers.port}"]) as guard:
        yield guard


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(way_out: EgressGuard) -> AsyncIterator[Browser]:
    async with local_browser(way_out.port) as browser:
        yield browser


class Events:
    """Keeps events, and does something at one of them."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.at: dict[str, Callable[[], None]] = {}

    def send(self, event: Event) -> None:
        self.seen.append(event)
        if action := self.at.get(event.type):
            action()

    @property
    def types(self) -> list[str]:
        return [str(event.type) for event in self.seen]

    @property
    def chat(self) -> str:
        return "\n".join(event.message for event in self.seen if event.type == "chat:message")


@dataclass
class Ran:
    outcome: Outcome
    events: Events
    out: str
    store: FileLeaseStore
    session: Session

    async def leases(self, url: str) -> list[SubmissionLease]:
        presser = Presser("asha.rao@example.org", "uid", "task", "pod")
        found = []
        for press in itertools.count(1):
            entry = await self.store.read(lease_key(presser.posting(url), press))
            if entry is None or entry.value is None:
                return found
            found.append(SubmissionLease.from_json(entry.value))
        raise AssertionError


Run = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="session")
async def run(way_out: EgressGuard, browser: Browser, profile_file: Path, tmp_path: Path) -> AsyncIterator[Run]:
    """run(url, answers="…", …): one application, as a terminal run makes it."""
    numbers = itertools.count(1)

    async def _run(
        url: str,
        *,
        answers: str | None = None,
        yes: bool = False,
        review: Review = Review.REQUIRED,
        review_timeout: float = 30,
        soft_deadline: float = 120,
        prepare: Callable[[Session, Events], None] | None = None,
        **session_arguments: Any,
    ) -> Ran:
        store, out, events = FileLeaseStore(tmp_path / "state"), io.StringIO(), Events()
        uid = f"uid-{next(numbers)}"
        report = Report(events, uid, 1)
        assignment = Assignment(
            task_uid=uid,
            task_name=uid,
            namespace="terminal",
            user_id="asha.rao@example.org",
            attempt=1,
            url=url,
            review=review,
            owner=Owner.OPERATOR,
            soft_deadline_seconds=soft_deadline,
            active_deadline_seconds=900,
            question_timeout_seconds=30,
            review_timeout_seconds=30,
            lease_identity=await store.identity(),
        )
        person = TerminalPerson(
            draft_picture=tmp_path / "draft.jpg",
            yes=yes,
            question_timeout_seconds=30,
            review_timeout_seconds=review_timeout,
            answers=io.StringIO(answers) if answers is not None else None,
            out=out,
        )
        tabs = await new_page(browser, report.navigate)
        session = Session(
            assignment=assignment,
            tabs=tabs,
            guard=way_out,
            library=LocalLibrary(profile_file, tmp_path / "draft.jpg"),
            person=person,
            leases=SubmissionLeases(store, Presser(assignment.user_id, uid, uid, uid), assignment.lease_identity),
            report=report,
            clock=Clock(soft_deadline),
            pauses=Pauses(0),
            **({"watch_seconds": 6.0} | session_arguments),
        )
        if prepare:
            prepare(session, events)
        try:
            outcome = await apply(session)
        finally:
            await tabs.close()
        return Ran(outcome, events, out.getvalue(), store, session)

    yield _run


@pytest.mark.parametrize("kind", ["greenhouse", "twelve", "embedded", "apply-button", "cookies", "talent", "js-submit"])
async def test_a_form_is_submitted_as_the_profile_has_it(careers: Any, run: Run, tmp_path: Path, kind: str) -> None:
    job = careers.new_job(kind)
    ran = await run(job.url, yes=True)
    assert (ran.outcome.reason, ran.outcome.outcome) == (Reason.SUBMITTED, "submitted"), ran.out
    assert job.differences() == []
    assert [post["outcome"] for post in job.posts] == ["accepted"]
    assert ran.outcome.confirmation
    assert (tmp_path / "draft.jpg").read_bytes().startswith(b"\xff\xd8")
    assert (tmp_path / "draft-confirmation.jpg").read_bytes().startswith(b"\xff\xd8")
    assert [lease.state for lease in await ran.leases(ran.outcome.canonical_url)] == [LeaseState.SENT]
    assert ran.events.types[0] == "applier:start"
    assert ran.events.types[-1] == "applier:complete"
    assert ran.events.types.count("applier:complete") == 1
    assert set(ran.outcome.seconds_by_stage) >= {"profile", "opening", "filling", "draft", "submitting"}


async def test_events_are_numbered_and_carry_no_typed_value(careers: Any, run: Run) -> None:
    ran = await run(careers.new_job("greenhouse").url, yes=True)
    numbers = [event.event_id.rsplit(".", 1)[1] for event in ran.events.seen[:-1]]
    assert numbers == [f"{n:06d}" for n in range(1, len(numbers) + 1)]
    told = " ".join(event.to_json().decode() for event in ran.events.seen)
    assert "555 0134" not in told
    assert "asha.rao@example.org" not in told
    assert {"label", "token", "source"} <= set(next(e for e in ran.events.seen if e.type == "applier:type").data)


async def test_questions_of_a_page_are_asked_together_and_answered(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse-questions")
    asked = [field for field in job.specs() if field["token"].startswith("question-")]
    said = {q["token"]: q["options"][-1] if q["options"] else f"Answer to {q['token']}" for q in asked}
    ran = await run(job.url, answers="".join(f"{answer}\n" for answer in said.values()), yes=True)
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert "Question 2 of 2" in ran.out
    assert job.differences(**said) == []


async def test_a_required_question_without_an_answer_hands_over(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse-question")
    ran = await run(job.url, yes=True)
    assert ran.outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert f"Please apply manually: {job.url}" in ran.events.chat
    assert ran.outcome.message.endswith(f"Please apply manually: {job.url}")
    assert job.posts == []


async def test_an_edit_in_words_makes_a_new_draft_and_is_sent(careers: Any, run: Run) -> None:
    job = careers.new_job("twelve")
    ran = await run(job.url, answers="change salary to 150k; change first name to Asha Maria\nconfirm\n")
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert job.differences(salary_expectation="150000", given_name="Asha Maria") == []
    assert ran.out.count("Draft for") == 2
    assert ran.events.types.count("draft:edit") == 1


async def test_an_edit_that_finds_no_field_is_asked_back(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse")
    ran = await run(job.url, answers="change shoe size to 43\nno\n")
    assert ran.outcome.reason is Reason.REJECTED
    assert "No field is called “shoe size”" in ran.out
    assert job.posts == []


async def test_a_rejected_draft_is_not_sent(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse")
    ran = await run(job.url, answers="Discard\n")
    assert ran.outcome.reason is Reason.REJECTED
    assert job.posts == []


async def test_a_draft_that_nobody_confirms_expires(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse")
    ran = await run(job.url)
    assert ran.outcome.reason is Reason.REVIEW_EXPIRED
    assert "--yes was not given" in ran.out
    assert job.posts == []


async def test_without_a_review_the_draft_is_kept_all_the_same(careers: Any, run: Run, tmp_path: Path) -> None:
    job = careers.new_job("greenhouse")
    ran = await run(job.url, review=Review.SKIP)
    assert ran.outcome.reason is Reason.SUBMITTED
    assert job.differences() == []
    draft = next(event for event in ran.events.seen if event.type == "draft:review")
    assert (draft.data["hitl_id"], draft.data["deadline"]) == (None, None)
    rows = {row["token"]: row for row in draft.data["fields"] if row["value"]}
    assert rows["email"]["value"] == "asha.rao@example.org"
    assert rows["email"]["source"] == "profile: basics.email"
    assert (tmp_path / "draft.jpg").exists()


async def test_a_change_after_the_confirmation_goes_back_to_review(careers: Any, run: Run) -> None:
    job = careers.new_job("twelve")
    name = job.spec("given-name")["name"]

    def prepare(session: Session, events: Events) -> None:
        once = iter([True])
        before_press = session.pauses.before_press

        async def tamper() -> None:
            if next(once, False):
                await session.page.fill(f'[name="{name}"]', "Mallory")
            await before_press()

        session.pauses.before_press = tamper  # type: ignore[method-assign] - a page's script that meddles

    ran = await run(job.url, yes=True, prepare=prepare)
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert "Changed since you confirmed" in ran.out
    assert job.differences() == []
    assert len(job.posts) == 1


async def test_a_broken_server_is_asked_about_and_pressed_again(careers: Any, run: Run) -> None:
    job = careers.new_job("flaky")
    ran = await run(job.url, answers="press again\n", yes=True)
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert [post["outcome"] for post in job.posts] == ["error", "accepted"]
    assert job.differences() == []
    states = [lease.state for lease in await ran.leases(ran.outcome.canonical_url)]
    assert states == [LeaseState.PRESS_AGAIN, LeaseState.SENT]


@pytest.mark.parametrize(
    ("said", "reason", "state"),
    [
        ("it was sent\n", Reason.SUBMITTED, LeaseState.SENT),
        ("stop\n", Reason.SUBMISSION_UNCONFIRMED, LeaseState.TAKEN),
        (None, Reason.SUBMISSION_UNCONFIRMED, LeaseState.TAKEN),
    ],
)
async def test_a_broken_server_is_never_pressed_twice_unasked(
    careers: Any, run: Run, said: str | None, reason: Reason, state: LeaseState
) -> None:
    job = careers.new_job("flaky")
    ran = await run(job.url, answers=said, yes=True)
    assert ran.outcome.reason is reason, ran.out
    assert len(job.posts) == 1
    assert [lease.state for lease in await ran.leases(ran.outcome.canonical_url)] == [state]


async def test_a_refused_form_is_reviewed_and_pressed_again(careers: Any, run: Run) -> None:
    job = careers.new_job("strict")
    ran = await run(job.url, yes=True)
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert [post["outcome"] for post in job.posts] == ["refused", "accepted"]
    assert "The site did not accept the form" in ran.out
    assert job.differences() == []
    states = [lease.state for lease in await ran.leases(ran.outcome.canonical_url)]
    assert states == [LeaseState.REFUSED, LeaseState.SENT]


async def test_a_rule_mends_what_the_site_complains_of(careers: Any, run: Run) -> None:
    job = careers.new_job("strict-phone")
    ran = await run(job.url, review=Review.SKIP)
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert [post["outcome"] for post in job.posts] == ["refused", "accepted"]


async def test_a_refusal_that_nothing_mends_is_asked_about(careers: Any, run: Run) -> None:
    job = careers.new_job("strict")
    ran = await run(job.url, review=Review.SKIP, answers="+14155550199\n")
    assert ran.outcome.reason is Reason.SUBMITTED, ran.out
    assert job.differences(tel="+14155550199") == []


async def test_an_outcome_that_cannot_be_seen_is_unconfirmed(careers: Any, run: Run) -> None:
    job = careers.new_job("hidden-confirmation")
    ran = await run(job.url, yes=True, watch_seconds=3.0)
    assert ran.outcome.reason is Reason.SUBMISSION_UNCONFIRMED, ran.outcome.confirmation
    assert len(job.posts) == 1
    again = await run(job.url, yes=True)
    assert again.outcome.reason is Reason.DUPLICATE_APPLICATION
    assert len(job.posts) == 1


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("closed", Reason.POSTING_CLOSED),
        ("gone", Reason.POSTING_CLOSED),
        ("login", Reason.MANUAL_APPLICATION_REQUIRED),
        ("noform", Reason.MANUAL_APPLICATION_REQUIRED),
        ("slow", Reason.MANUAL_APPLICATION_REQUIRED),
    ],
)
async def test_what_is_no_form_ends_in_words(
    careers: Any, run: Run, monkeypatch: pytest.MonkeyPatch, kind: str, reason: Reason
) -> None:
    monkeypatch.setattr(opening, "LATE_SECONDS", 1.0)
    ran = await run(careers.new_job(kind).url, yes=True, page_seconds=1.5 if kind == "slow" else 30)
    assert ran.outcome.reason is reason
    assert ran.outcome.message
    if reason is Reason.MANUAL_APPLICATION_REQUIRED:
        assert "Please apply manually" in ran.events.chat
        assert "1. retry" in ran.out
        assert "2. apply myself" in ran.out


async def test_a_login_wall_is_tried_again_when_the_person_says_so(careers: Any, run: Run) -> None:
    job = careers.new_job("login")
    ran = await run(job.url, answers="retry\napply myself\n")
    assert ran.outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert ran.events.types.count("applier:navigate") == 2


async def test_the_same_posting_by_another_address_is_a_duplicate(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse")
    assert (await run(f"{job.url}?utm_source=a", yes=True)).outcome.reason is Reason.SUBMITTED
    redirected = job.url.replace("/greenhouse/", "/redirect/")
    for url in (job.url, f"{job.url}/#apply", redirected):
        assert (await run(url, yes=True)).outcome.reason is Reason.DUPLICATE_APPLICATION
    assert len(job.posts) == 1


async def test_the_soft_deadline_hands_over(careers: Any, run: Run) -> None:
    job = careers.new_job("slow")
    ran = await run(job.url, yes=True, soft_deadline=1.0)
    assert ran.outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert "soft deadline" in ran.outcome.message
    assert f"Please apply manually: {job.url}" in ran.events.chat
    assert ran.outcome.message.endswith(f"Please apply manually: {job.url}")


async def test_a_lease_that_cannot_be_had_presses_nothing(careers: Any, run: Run, tmp_path: Path) -> None:
    job = careers.new_job("greenhouse")

    def damage(session: Session, events: Events) -> None:
        def write_over() -> None:
            (tmp_path / "state" / "submission" / "identity").write_text("another")

        events.at["applier:upload"] = write_over

    ran = await run(job.url, yes=True, prepare=damage)
    assert (ran.outcome.reason, ran.outcome.outcome) == (None, "error")
    assert "applier:complete" not in ran.events.types
    assert job.posts == []


async def test_a_pod_that_is_being_deleted_presses_nothing(careers: Any, run: Run) -> None:
    job = careers.new_job("greenhouse")
    ran = await run(job.url, yes=True, prepare=lambda s, e: e.at.__setitem__("draft:confirm", s.stopping.set))
    assert ran.outcome.reason is None
    assert job.posts == []
    assert await ran.leases(job.url) == []


async def test_a_runner_that_stood_still_with_its_lease_presses_nothing(
    careers: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Given up meanwhile, its press may be settled as not sent, and another task have applied."""
    job = careers.new_job("greenhouse")

    def prepare(session: Session, events: Events) -> None:
        monkeypatch.setattr(submission_outcome, "seconds_here", lambda: seconds_here() + 60)

    ran = await run(job.url, yes=True, prepare=prepare)
    assert ran.outcome.reason is None
    assert "too much time" in ran.outcome.message
    assert job.posts == []
    assert [lease.state for lease in await ran.leases(ran.outcome.canonical_url)] == [LeaseState.REFUSED]
