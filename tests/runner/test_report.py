"""Events are exactly the contract's; the clock counts the runner's own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobhunter_contracts.conditions import InputReason, Reason
from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.hitl import HitlKind, HitlRecord, Suggestion
from jobhunter_contracts.outcome import Outcome
from jobhunter_runner.clock import PEOPLE, Clock
from jobhunter_runner.report import DRAFT_EVENT_LIMIT, DRAFT_TITLE_LIMIT, DRAFT_VALUE_LIMIT, Report


class Kept:
    def __init__(self) -> None:
        self.events: list[Event] = []

    def send(self, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def report(kept: Kept) -> Report:
    return Report(kept, "uid", 2)


def data(event: Event) -> dict[str, Any]:
    return {key: value for key, value in event.data.items() if key not in ("event_id", "at")}


def test_each_event_has_the_contracts_type_and_data(kept: Kept, report: Report) -> None:
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    record = HitlRecord(
        id="hitl_1",
        task_uid="uid",
        pod_uid="pod",
        kind=HitlKind.CHOICE,
        reason=InputReason.LOGIN,
        question="A login is wanted.",
        context="Sign in",
        options=["retry", "apply myself"],
        suggestions=[Suggestion(text="Led a team of four.", source="cv.pdf, page 2")],
        asked_at=moment,
        deadline=moment + timedelta(seconds=120),
    )
    report.browser_ready("pod", "name")
    report.start("https://user:secret@x.example/jobs/1#top")
    report.navigate("https://x.example/jobs/1?gh_src=2")
    report.click("Submit", "#go")
    report.typed("Phone", "tel", "profile: basics.phone")
    report.upload("Résumé", "cv.pdf", 1797)
    report.chat("Please apply manually: https://x.example/jobs/1")
    report.question(record)
    report.unanswered("hitl_1")
    report.answered("hitl_2", 7)
    report.draft_confirmed("draft_1", "Yes")
    report.draft_edited("draft_1", "salary: 150k")
    assert [(event.type, data(event)) for event in kept.events] == [
        (EventType.SYSTEM_BROWSER_READY, {"pod_uid": "pod", "pod_name": "name"}),
        (EventType.APPLIER_START, {"url": "https://x.example/jobs/1", "task_id": "uid", "attempt": 2}),
        (EventType.APPLIER_NAVIGATE, {"url": "https://x.example/jobs/1?gh_src=2"}),
        (EventType.APPLIER_CLICK, {"label": "Submit", "selector": "#go"}),
        (EventType.APPLIER_TYPE, {"label": "Phone", "token": "tel", "source": "profile: basics.phone"}),
        (EventType.APPLIER_UPLOAD, {"label": "Résumé", "filename": "cv.pdf", "size": 1797}),
        (EventType.CHAT_MESSAGE, {}),
        (
            EventType.HITL_REQUEST,
            {
                "hitl_id": "hitl_1",
                "context": "Sign in",
                "kind": "choice",
                "options": ["retry", "apply myself"],
                "suggestions": [{"text": "Led a team of four.", "source": "cv.pdf, page 2"}],
                "deadline": "2026-11-21T09:32:00Z",
                "required": True,
                "reason": "Login",
            },
        ),
        (EventType.HITL_RESPONSE, {"hitl_id": "hitl_1", "state": "expired", "response_length": 0}),
        (EventType.HITL_RESPONSE, {"hitl_id": "hitl_2", "state": "answered", "response_length": 7}),
        (EventType.DRAFT_CONFIRM, {"hitl_id": "draft_1", "response_length": 3}),
        (EventType.DRAFT_EDIT, {"hitl_id": "draft_1", "message": "salary: 150k", "response_length": 12}),
    ]
    assert [event.event_id for event in kept.events] == [f"uid.2.{n:06d}" for n in range(1, 13)]
    assert kept.events[7].message == "A login is wanted."
    assert "secret" not in kept.events[1].message
    assert {event.attempt for event in kept.events} == {2}


def test_a_draft_is_told_by_reference_and_fits_into_a_message(kept: Kept, report: Report) -> None:
    rows = [DraftField(label=f"Field {n}", value="x" * 20_000, source="person") for n in range(500)]
    draft = Draft(
        hitl_id="draft_1", url="https://x.example/jobs/1", title="Engineer" * 200_000, digest="d", fields=rows
    )
    report.draft(draft, deadline="2026-11-21T09:32:00Z", context="look")
    event = kept.events[0]
    assert event.type is EventType.DRAFT_REVIEW
    assert event.data["picture"] == "draft.jpg"
    assert event.data["digest"] == "d"
    assert event.data["title"] == draft.title[:DRAFT_TITLE_LIMIT]
    assert set(event.data["fields"][0]) >= {"label", "token", "value", "source", "confidence", "default"}
    assert max(len(row["value"]) for row in event.data["fields"]) <= DRAFT_VALUE_LIMIT
    assert len(event.to_json()) < DRAFT_EVENT_LIMIT * 2 < 1_000_000


def test_an_end_is_told_once_and_only_a_final_one(kept: Kept, report: Report) -> None:
    final = Outcome(task_uid="uid", attempt=2, outcome="submitted", reason=Reason.SUBMITTED, message="Sent.")
    with pytest.raises(ValueError, match="not final"):
        report.complete(final.model_copy(update={"reason": None}))
    report.complete(final)
    report.complete(final)
    assert [event.event_id for event in kept.events] == ["uid.complete"]
    assert {"outcome", "reason", "confirmation"} <= set(kept.events[0].data)
    assert Outcome.model_validate(kept.events[0].data) == final


def test_time_in_which_a_person_is_waited_for_is_nobodys_else() -> None:
    now = [0.0]
    clock = Clock(10, lambda: now[0])
    with clock.stage("filling"):
        now[0] += 4
        with clock.waiting():
            now[0] += 100
            assert not clock.overdue
        now[0] += 5
        assert not clock.overdue
        now[0] += 1.5
        assert clock.overdue
    assert clock.seconds_by_stage == {"filling": 10.5, PEOPLE: 100.0}
    assert (clock.waited, clock.spent) == (100.0, 10.5)


def test_a_stage_is_counted_while_it_lasts_and_ends_with_an_error() -> None:
    now = [0.0]
    clock = Clock(10, lambda: now[0])

    def fail() -> None:
        with clock.stage("opening"):
            now[0] += 2
            assert clock.seconds_by_stage == {"opening": 2.0}
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    now[0] += 7
    assert clock.seconds_by_stage == {"opening": 2.0}
    assert clock.spent == 9
