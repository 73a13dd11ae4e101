"""Questions and answers: what confirms, what refuses, what is an edit, and what can be no answer."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from jobhunter_contracts.application_task import PendingInput
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState, ReviewDecision, answer_fault, review_decision
from jobhunter_contracts.subjects import hitl_key


def question(kind: HitlKind, options: list[str] | None = None) -> HitlRecord:
    return HitlRecord(
        id="hitl_1",
        task_uid="u",
        pod_uid="p",
        kind=kind,
        reason=InputReason.QUESTION,
        question="?",
        options=options,
        asked_at=datetime(2026, 1, 31, tzinfo=UTC),
        deadline=datetime(2026, 1, 31, 0, 2, tzinfo=UTC),
    )


@pytest.mark.parametrize("word", ["confirm", "submit", "yes", "ok", " Confirm ", "YES\n", "Ok"])
def test_these_words_send(word: str) -> None:
    assert review_decision(word) is ReviewDecision.CONFIRM


@pytest.mark.parametrize("word", ["no", "cancel", "reject", "discard", " No ", "REJECT"])
def test_these_words_refuse(word: str) -> None:
    assert review_decision(word) is ReviewDecision.REJECT


@pytest.mark.parametrize(
    "word", ["change salary to 150k", "yes please", "ok.", "no, change the date", "confirm?", "do not submit", "y", "n"]
)
def test_anything_else_is_an_edit_and_never_sends(word: str) -> None:
    assert review_decision(word) is ReviewDecision.EDIT


@pytest.mark.parametrize("word", ["", " ", "\n\t"])
def test_an_empty_answer_decides_nothing(word: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        review_decision(word)
    assert answer_fault(question(HitlKind.REVIEW), word) == "the answer is empty"


def test_a_choice_takes_its_options_alone() -> None:
    asked = question(HitlKind.CHOICE, ["Yes", "No, I will not"])
    assert answer_fault(asked, "yes") is None
    assert answer_fault(asked, " No, I will NOT ") is None
    assert answer_fault(asked, "maybe") == "the answer must be one of: Yes, No, I will not"


def test_text_takes_anything_but_nothing() -> None:
    assert answer_fault(question(HitlKind.TEXT, ["a suggestion"]), "something else") is None
    assert answer_fault(question(HitlKind.SECRET), "hunter2") is None


def test_a_status_question_is_judged_as_the_record_is() -> None:
    asked = PendingInput(id="hitl_1", kind="choice", question="?", options=["Yes", "No"])
    assert answer_fault(asked, "maybe") == "the answer must be one of: Yes, No"
    assert answer_fault(asked, "NO") is None


def test_a_record_is_born_open_and_reads_back() -> None:
    record = question(HitlKind.CHOICE, ["Yes"])
    assert record.state is HitlState.OPEN
    assert HitlRecord.from_json(record.to_json()) == record
    assert hitl_key("u", record.id) == "u.hitl_1"
