"""How an application ends that is not sent, or not to be sent again, and in which words."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import InvalidProfile, JobHunterError, ProfileMissing
from jobhunter_contracts.submission import LeaseState
from jobhunter_runner import opening, submission_outcome
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import seconds_here
from one_application import Events, Run, browser, run, way_out

__all__ = ["browser", "run", "way_out"]

pytestmark = pytest.mark.asyncio(loop_scope="session")


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


async def test_a_profile_that_is_gone_and_one_that_cannot_be_read_are_told(careers: Any, run: Run) -> None:
    job = careers.new_job("twelve")

    def fails(error: JobHunterError) -> Callable[[Session, Events], None]:
        async def profile() -> Any:
            raise error

        return lambda session, events: setattr(session.library, "profile", profile)

    ran = await run(job.url, yes=True, prepare=fails(ProfileMissing("There is no Secret asha-profile")))
    assert (ran.outcome.reason, ran.events.chat) == (
        Reason.INVALID_SPEC,
        "Profile not found. Please complete onboarding.",
    )
    ran = await run(job.url, yes=True, prepare=fails(InvalidProfile("unknown key", where="application.shoe_size")))
    assert ran.outcome.reason is Reason.INVALID_SPEC
    assert ran.events.chat.startswith("Automation failed: application.shoe_size: unknown key")
    assert job.posts == []


async def test_a_fault_of_ours_is_named_by_kind_and_place_and_carries_no_value(
    careers: Any, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(profile: Any) -> Any:
        raise ValueError("cannot use asha.rao@example.org")

    monkeypatch.setattr(opening, "facts_from_profile", broken)
    ran = await run(careers.new_job("twelve").url, yes=True)
    assert (ran.outcome.reason, ran.outcome.outcome) == (None, "error")
    assert ran.events.chat.startswith("Automation failed: ValueError at opening.py, line ")
    assert ran.events.chat.endswith(ran.outcome.message)
    assert "example.org" not in " ".join(event.to_json().decode() for event in ran.events.seen) + ran.outcome.message
