"""A task's status as lines: each change is told once, in words, with what to type next."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_kubectl.answering import open_question
from jobhunter_kubectl.drafts import draft_table
from jobhunter_kubectl.faults import BadUsage, NothingToDo
from jobhunter_kubectl.story import Hints, draft_on_dashboard, ended_with, new_drafts, outcome, story
from jobhunter_kubectl.terminal_text import columns, plain, width

AT = datetime(2026, 1, 31, 9, 30, tzinfo=UTC)
HINTS = Hints("asha-1", "--namespace jobs ")


def task(status: dict[str, Any] | None = None, **spec: Any) -> ApplicationTask:
    return ApplicationTask.model_validate(
        {
            "metadata": {"name": "asha-1", "namespace": "jobs", "uid": "u", "resourceVersion": "1"},
            "spec": {
                "userId": "asha",
                "url": "https://careers.example.com/jobs/1",
                "profileRef": {"name": "asha-profile"},
                **spec,
            },
            "status": status or {},
        }
    )


def condition(kind: str, status: str, reason: str, message: str = "") -> dict[str, str]:
    return {
        "type": kind,
        "status": status,
        "reason": reason,
        "message": message,
        "lastTransitionTime": "2026-01-31T09:30:00Z",
    }


def question(id: str = "hitl_1", **fields: Any) -> dict[str, Any]:  # noqa: A002 - the API's word
    return {"id": id, "kind": "text", "question": "What is your favourite colour?"} | fields


def told(before: ApplicationTask | None, now: ApplicationTask) -> list[str]:
    return story(before, now, HINTS, AT)


def test_the_first_line_says_whose_task_it_is() -> None:
    assert told(None, task()) == ["asha-1: https://careers.example.com/jobs/1 for asha"]


def test_what_was_told_is_not_told_again() -> None:
    now = task(
        {
            "phase": "WaitingForInput",
            "attempts": 1,
            "podName": "asha-1-1",
            "conditions": [condition("Admitted", "True", "Admitted", "It may use a browser.")],
            "pendingInputs": [question()],
            "responses": [{"id": "hitl_0", "state": "late", "message": "The question had closed."}],
        }
    )
    assert len(told(None, now)) > 4
    assert told(now, now) == []


def test_a_new_phase_names_attempt_and_pod() -> None:
    before = task({"phase": "Queued"})
    now = task({"phase": "Starting", "attempts": 2, "podName": "asha-1-2"})
    assert told(before, now) == ["Starting (attempt 2, pod asha-1-2)"]


def test_a_second_attempt_in_the_same_phase_is_told() -> None:
    before = task({"phase": "Starting", "attempts": 1, "podName": "asha-1-1"})
    now = task({"phase": "Starting", "attempts": 2, "podName": "asha-1-2"})
    assert told(before, now) == ["Starting (attempt 2, pod asha-1-2)"]


def test_why_it_waits_is_told_and_told_anew_when_the_words_change() -> None:
    before = task(
        {"conditions": [condition("Admitted", "False", "ProfileMissing", "Secret asha-profile is not there.")]}
    )
    now = task({"conditions": [condition("Admitted", "False", "UserLimit", "3 tasks of asha run.")]})
    assert told(None, before)[1:] == ["  not Admitted (ProfileMissing): Secret asha-profile is not there."]
    assert told(before, now) == ["  not Admitted (UserLimit): 3 tasks of asha run."]


def test_a_question_comes_with_options_deadline_and_the_command_that_answers_it() -> None:
    asked = question(
        kind="choice",
        options=["Yes", "No"],
        question="Will you need sponsorship?",
        deadline=(AT + timedelta(seconds=120)).isoformat(),
    )
    assert told(task(), task({"pendingInputs": [asked]})) == [
        "Question hitl_1 (choice, waits until 09:32:00 UTC, 120 s from now): Will you need sponsorship?",
        "  Options:    Yes | No",
        "  Answer it:  kubectl jobhunter --namespace jobs answer asha-1 --id hitl_1 VALUE",
    ]


def test_a_secret_question_points_to_a_secret() -> None:
    lines = told(task(), task({"pendingInputs": [question(kind="secret")]}))
    assert lines[-1].endswith("answer asha-1 --id hitl_1 --from-secret SECRET/KEY")
    assert "VALUE" not in lines[-1]


def test_a_draft_says_how_to_see_send_change_and_refuse_it() -> None:
    lines = "\n".join(
        told(task(), task({"pendingInputs": [question("draft_1", kind="review", question="Send this?")]}))
    )
    for command in ("draft asha-1 -o draft.jpg", "--id draft_1 confirm", "--id draft_1 reject", "--id draft_1 change"):
        assert command in lines


def test_a_draft_that_the_gateway_keeps_is_not_to_be_seen_here_and_can_be_answered_here() -> None:
    now = task({"pendingInputs": [question("draft_1", kind="review", question="Send this?")]}, profileRef=None)
    lines = "\n".join(story(task(profileRef=None), now, HINTS, AT, {"draft_1": [draft_on_dashboard(now)]}))
    assert "dashboard, at /tasks/u" in lines
    assert "See it:" not in lines
    for command in ("--id draft_1 confirm", "--id draft_1 reject", "--id draft_1 change"):
        assert command in lines


def test_a_draft_s_table_stands_between_its_headline_and_the_commands() -> None:
    now = task({"pendingInputs": [question("draft_1", kind="review", question="Send this?")]})
    assert new_drafts(None, now) == new_drafts(task(), now) == ["draft_1"]
    assert new_drafts(now, now) == []
    lines = story(task(), now, HINTS, AT, {"draft_1": ["FIELD VALUE", "Name Asha"]})
    assert lines[0].startswith("Draft draft_1")
    assert lines[1:3] == ["  FIELD VALUE", "  Name Asha"]
    assert lines[3].startswith("  See it:")


def test_a_question_that_closed_and_an_answer_s_fate_are_told() -> None:
    before = task({"pendingInputs": [question()]})
    now = task({"responses": [{"id": "hitl_1", "state": "refused", "message": "It must be one of: Yes, No."}]})
    assert told(before, now) == [
        "  Answer to hitl_1 refused: It must be one of: Yes, No.",
        "  hitl_1 is no longer open",
    ]


def test_the_end_is_told_with_the_site_s_words() -> None:
    now = task(
        {
            "phase": "Succeeded",
            "conditions": [condition("Succeeded", "True", "Submitted", "The site confirmed it.")],
            "result": {"confirmation": "Thank you, Asha!", "fieldsFilled": 12},
        }
    )
    assert told(task(), now) == [
        "Succeeded",
        "Submitted: The site confirmed it.",
        "  The site says: Thank you, Asha!",
        "  12 fields filled",
    ]


def test_an_unconfirmed_end_says_how_to_settle_it_until_it_is_settled() -> None:
    status = {"conditions": [condition("Succeeded", "False", "SubmissionUnconfirmed", "No answer came.")]}
    assert "settle asha-1 sent" in told(task(), task(status))[-1]
    assert "settle" not in "".join(told(task(), task(status, settle="sent")))


def test_succeeded_unknown_is_no_end() -> None:
    running = task({"conditions": [condition("Succeeded", "Unknown", "Running")]})
    assert outcome(running) is None
    assert told(task(), running) == []
    assert "not ended" in ended_with(running)


def test_what_a_page_says_cannot_drive_the_terminal() -> None:
    nasty = "red \x1b[31m\x07 line\nbreak \u202eevil\u202c \x9b2J tab\there"
    line = told(task(), task({"pendingInputs": [question(question=nasty, options=["\x1b]0;x\x07"], kind="choice")]}))
    assert all(character.isprintable() for text in line for character in text)
    assert plain(nasty) == "red [31m line break evil 2J tab here"


def test_columns_wrap_and_cut_nothing() -> None:
    long = "A sentence that is longer than its column, and a" + "b" * 30
    lines = columns([("FIELD", "VALUE"), (long, "日本語"), ("x", "")], (20, 10))
    assert "".join(line[:20].rstrip() for line in lines[1:-1]).replace(" ", "") == long.replace(" ", "")
    assert width("日本語") == 6
    assert all(width(line) <= 32 for line in lines)


def test_the_draft_s_table_shows_every_field_whole() -> None:
    letter = "Dear team, " + "I like your work. " * 30
    draft = Draft(
        url="https://careers.example.com/jobs/1",
        title="Engineer",
        digest="d",
        fields=[
            DraftField(label="Name", value="Asha", source="profile: basics.name", required=True),
            DraftField(label="Letter", value=letter, source="person", confidence=0.85),
            DraftField(label="Country", value="", source="site", default=True),
        ],
    )
    lines = draft_table(draft)
    assert lines[0] == "Engineer, https://careers.example.com/jobs/1"
    assert lines[1].split() == ["FIELD", "VALUE", "SOURCE", "SURE"]
    assert lines[2].split() == ["Name", "*", "Asha", "profile:", "basics.name", "100%"]
    assert "".join(lines).count("I like your") + "".join(lines).count("like your work") >= 30
    assert "85%" in "".join(lines)
    assert lines[-1].split() == ["Country", "(empty)", "site", "100%", "site's", "default"]


def test_one_open_question_needs_no_id_and_several_do() -> None:
    one, two = question(), question("hitl_2")
    assert open_question(task({"pendingInputs": [one]}), None, HINTS).id == "hitl_1"
    assert open_question(task({"pendingInputs": [one, two]}), "hitl_2", HINTS).id == "hitl_2"
    with pytest.raises(BadUsage, match="2 questions are open") as caught:
        open_question(task({"pendingInputs": [one, two]}), None, HINTS)
    assert str(caught.value) == "asha-1: 2 questions are open. Name one of these with --id."
    listed = [line for line in caught.value.detail if line.startswith("Question ")]
    assert ["hitl_1" in listed[0], "hitl_2" in listed[1]] == [True, True]


def test_no_question_and_an_ended_task_are_told_apart() -> None:
    with pytest.raises(NothingToDo, match="no question is open, the task is Running"):
        open_question(task({"phase": "Running"}), None, HINTS)
    with pytest.raises(NothingToDo, match="has ended"):
        open_question(task({"conditions": [condition("Succeeded", "False", "Rejected")]}), None, HINTS)
