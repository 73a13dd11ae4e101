"""The outcome fits a termination message whatever the site says."""

from __future__ import annotations

import pytest

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.outcome import TERMINATION_LIMIT, Outcome, outcome_word

UID = "0d9a1f5e-0000-4000-8000-000000000001"


@pytest.mark.parametrize("letter", ["a", "ü", "😀", '"', "\\", "\x00", "\n", "\ud83d"])
@pytest.mark.parametrize("length", [0, 10, 700, 100_000])
def test_a_termination_message_fits_and_reads_back(letter: str, length: int) -> None:
    outcome = Outcome(
        task_uid=UID,
        attempt=2,
        outcome="submitted",
        reason=Reason.SUBMITTED,
        message=letter * length,
        confirmation=letter * length,
        canonical_url="https://careers.example.com/" + "x" * min(length, 2000),
        seconds_by_stage={f"stage-{number}": number / 7 for number in range(32)},
    )
    data = outcome.termination_message()
    assert len(data) <= TERMINATION_LIMIT
    back = Outcome.from_json(data)
    assert (back.task_uid, back.attempt, back.reason) == (UID, 2, Reason.SUBMITTED)


def test_what_fits_is_kept_whole() -> None:
    outcome = Outcome(
        task_uid=UID,
        attempt=1,
        outcome="submitted",
        reason=Reason.SUBMITTED,
        confirmation="Thank you",
        fields_filled=12,
    )
    assert Outcome.from_json(outcome.termination_message()) == outcome


def test_every_reason_has_its_word() -> None:
    words = {reason: outcome_word(reason) for reason in Reason}
    assert words[Reason.SUBMITTED] == "submitted"
    assert words[Reason.SUBMISSION_UNCONFIRMED] == "unconfirmed"
    assert {
        word for reason, word in words.items() if reason not in {Reason.SUBMITTED, Reason.SUBMISSION_UNCONFIRMED}
    } == {"not-submitted"}
    assert outcome_word(None) == "error"


@pytest.mark.parametrize(
    "data", [b"", b"Killed", b"{}", b'{"task_uid": "u", "attempt": 1, "outcome": "x", "reason": "Won"}']
)
def test_an_untrusted_message_that_is_no_outcome_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidMessage):
        Outcome.from_json(data)


@pytest.mark.parametrize(
    "wrong",
    [
        '"seconds_by_stage": {"fill": 1e999}',
        '"seconds_by_stage": {"fill": NaN}',
        '"seconds_by_stage": {"fill": -1}',
        f'"seconds_by_stage": {{"{"x" * 65}": 1}}',
        f'"seconds_by_stage": {{{", ".join(f"{chr(34)}{n}{chr(34)}: 1" for n in range(33))}}}',
        f'"fields_filled": {10**30}',
        '"fields_filled": -1',
        f'"tokens": {10**30}',
        '"llm_calls": 1e999',
        f'"ats": {10**30}',
    ],
)
def test_what_no_status_could_hold_is_refused(wrong: str) -> None:
    with pytest.raises(InvalidMessage):
        Outcome.from_json(f'{{"task_uid": "u", "attempt": 1, "outcome": "x", "reason": "Rejected", {wrong}}}')


def test_a_page_s_endless_words_are_shortened() -> None:
    outcome = Outcome(task_uid=UID, attempt=1, outcome="error", message="x" * 10**6, confirmation="y" * 10**6)
    assert len(outcome.to_json()) < 10_000
