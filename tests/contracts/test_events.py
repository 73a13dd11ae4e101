"""Events and messages: the WebSocket contract's JSON, ids unique for ever, subjects that a NATS server takes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from jobhunter_contracts import subjects
from jobhunter_contracts.asks import PUT_BLOBS, ProfileReply, Refusal, document_blob
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.draft import Draft, DraftField, draft_digest
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.events import LIFECYCLE, Event, EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.wire import rfc3339

UID = "0d9a1f5e-0000-4000-8000-000000000001"


def test_an_event_is_the_contract_s_json() -> None:
    at = datetime(2026, 1, 31, 15, 32, 45, 123456, tzinfo=timezone(timedelta(hours=1)))
    event = make_event(
        EventType.APPLIER_NAVIGATE, "Navigating to x", {"url": "https://x"}, event_id=event_id(UID, 1, 7), at=at
    )
    assert json.loads(event.to_json()) == {
        "type": "applier:navigate",
        "agent": "applier",
        "message": "Navigating to x",
        "data": {"url": "https://x", "event_id": f"{UID}.1.000007", "at": "2026-01-31T14:32:45.123Z"},
        "timestamp": "14:32:45",
    }
    assert Event.from_json(event.to_json()) == event
    assert (event.event_id, event.attempt) == (f"{UID}.1.000007", 1)


def test_ids_are_in_order_within_an_attempt_and_a_task_ends_once() -> None:
    ids = [event_id(UID, 1, number) for number in (1, 2, 10, 99, 100, 12345)]
    assert ids == sorted(ids)
    end = make_event(EventType.APPLIER_COMPLETE, "Done", {}, event_id=complete_event_id(UID))
    assert end.attempt is None


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b'{"type": "nonsense", "agent": "applier", "message": "", "data": {"event_id": "a"}, "timestamp": ""}',
        b'{"type": "chat:message", "agent": "me", "message": "", "data": {"event_id": "a"}, "timestamp": ""}',
        b'{"type": "chat:message", "agent": "applier", "message": "", "data": {}, "timestamp": ""}',
        b'{"type": "chat:message", "agent": "applier", "message": "", "data": {"event_id": 5}, "timestamp": ""}',
        b"\xff",
    ],
)
def test_what_is_no_event_is_refused_in_words(data: bytes) -> None:
    with pytest.raises(InvalidMessage) as caught:
        Event.from_json(data)
    assert caught.value.where == "Event"


def test_a_newer_sender_is_understood() -> None:
    raw = json.loads(make_event(EventType.CHAT_MESSAGE, "hi", {}, event_id="a.1.1").to_json())
    assert Event.from_json(json.dumps(raw | {"later": True})).message == "hi"


def test_half_a_surrogate_pair_of_a_page_does_not_stop_a_message() -> None:
    event = make_event(EventType.CHAT_MESSAGE, "broken \ud83d emoji", {"label": "\udc00"}, event_id="a.1.1")
    assert Event.from_json(event.to_json()).message == "broken ? emoji"
    assert draft_digest({"#a": "\ud83d"}, {}) != draft_digest({"#a": "?"}, {})


def test_the_digest_changes_with_every_value_and_file_and_not_with_their_order() -> None:
    digest = draft_digest({"#a": "1", "#b": "2"}, {"#f": "00"})
    assert digest == draft_digest({"#b": "2", "#a": "1"}, {"#f": "00"})
    others = [
        draft_digest({"#a": "1", "#b": "3"}, {"#f": "00"}),
        draft_digest({"#a": "1", "#b": "2"}, {"#f": "01"}),
        draft_digest({"#a": "1", "#b": "2", "#c": ""}, {"#f": "00"}),
        draft_digest({"#a": "1", "#b": "2", "#f": "00"}, {}),
    ]
    assert len({digest, *others}) == 5


def test_a_draft_reads_back() -> None:
    draft = Draft(
        url="https://x", digest="d", fields=[DraftField(label="Name", value="Asha", source="profile: basics.name")]
    )
    assert Draft.from_json(draft.to_json()) == draft


def test_every_lifecycle_event_reaches_the_operator_and_no_other() -> None:
    assert [f"jobhunter.task.*.event.{kind.value}" for kind in LIFECYCLE] == subjects.OPERATOR_FILTER_SUBJECTS
    assert EventType.BROWSER_SCREENSHOT not in LIFECYCLE
    assert EventType.APPLIER_COMPLETE in LIFECYCLE


def test_subjects_are_those_of_the_design_and_name_their_task() -> None:
    event = subjects.event_subject(UID, EventType.APPLIER_START)
    ask = subjects.ask_subject(UID, subjects.Owner.OPERATOR, subjects.Ask.PROFILE)
    assert event == f"jobhunter.task.{UID}.event.applier:start"
    assert ask == f"jobhunter.task.{UID}.ask.operator.profile"
    assert subjects.task_uid_of(event) == subjects.task_uid_of(ask) == UID
    assert subjects.ask_subjects(subjects.Owner.OPERATOR, subjects.Ask.BLOB) == "jobhunter.task.*.ask.operator.blob"
    assert not any(character in event + ask for character in " \t\r\n")


def test_requests_of_a_runner_read_back() -> None:
    reply = ProfileReply(profile={"basics": {"name": "Asha"}}, documents={"cv.pdf": 7})
    assert ProfileReply.from_json(reply.to_json()) == reply
    assert Refusal.from_json(Refusal(code="not-found", message="no").to_json()).code == "not-found"
    assert document_blob("cv.pdf") not in PUT_BLOBS, "a runner may not overwrite a person's document"


def test_an_assignment_without_its_lease_identity_is_none() -> None:
    with pytest.raises(InvalidMessage, match="lease_identity"):
        Assignment.from_json(
            json.dumps(
                {
                    "task_uid": UID,
                    "task_name": "a",
                    "namespace": "b",
                    "user_id": "asha",
                    "attempt": 1,
                    "url": "https://x",
                    "review": "Required",
                    "owner": "operator",
                    "soft_deadline_seconds": 1,
                    "active_deadline_seconds": 2,
                    "question_timeout_seconds": 3,
                    "review_timeout_seconds": 4,
                }
            )
        )


def test_times_are_utc_with_a_z() -> None:
    moment = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
    assert rfc3339(moment) == "2026-01-31T09:30:00Z"
    assert rfc3339(moment, milliseconds=True) == "2026-01-31T09:30:00.000Z"


def test_two_pods_never_share_an_inbox() -> None:
    assert subjects.inbox_prefix("a") != subjects.inbox_prefix("b")
    assert not subjects.inbox_prefix("ab").startswith(subjects.inbox_prefix("a") + ".")


@pytest.mark.parametrize("attempt", ["²²2", "1" * 5000, "-1", "", "one"])
def test_an_event_id_without_a_number_has_no_attempt(attempt: str) -> None:
    event = make_event(EventType.APPLIER_START, "", {}, event_id=f"t.{attempt}.1")
    assert event.attempt is None
