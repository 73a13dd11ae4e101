"""The whole runner against the careers sites: in terminal manner, and over NATS with the operator played by the contract."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.asks import CONFIRMATION_BLOB
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.submission import LeaseState
from jobhunter_runner import submitting
from jobhunter_runner.session import Session
from one_application import Events, Run, browser, run, way_out

__all__ = ["browser", "run", "way_out"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_a_confirmation_whose_picture_nobody_takes_is_told_all_the_same(
    careers: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(submitting, "_PICTURE_SECONDS", 0.5)
    job = careers.new_job("twelve")

    def prepare(session: Session, events: Events) -> None:
        put_blob = session.library.put_blob

        async def silent_at_the_end(name: str, data: bytes) -> None:
            await (asyncio.sleep(3600) if name == CONFIRMATION_BLOB else put_blob(name, data))

        session.library.put_blob = silent_at_the_end  # type: ignore[method-assign]

    ran = await asyncio.wait_for(run(job.url, yes=True, prepare=prepare), 60)
    assert ran.outcome.reason is Reason.SUBMITTED
    assert [lease.state for lease in await ran.leases(ran.outcome.canonical_url)] == [LeaseState.SENT]


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
