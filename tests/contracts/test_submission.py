"""The submission lease: one posting of one user has one row of presses, and only what was not sent lets another press."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.submission import (
    BLOCKING,
    LeaseState,
    SubmissionLease,
    TaskPostings,
    bucket_identity,
    lease_key,
    posting_hash,
    task_postings_key,
)

URL = "https://careers.example.com/jobs/1"


def test_user_and_posting_make_the_key() -> None:
    hashes = {
        posting_hash("asha", URL),
        posting_hash("ben", URL),
        posting_hash("asha", URL + "2"),
        posting_hash("asha", URL, task_uid="u1"),
        posting_hash("asha", URL, task_uid="u2"),
    }
    assert len(hashes) == 5
    assert posting_hash("asha", URL) == posting_hash("asha", URL)


def test_where_the_user_ends_and_the_url_begins_matters() -> None:
    assert posting_hash("ab", "c") != posting_hash("a", "bc")


def test_keys_are_what_a_bucket_takes() -> None:
    keys = [lease_key(posting_hash("a b/ü", URL), 3), task_postings_key("0d9a1f5e-0000")]
    assert keys[0].endswith(".3")
    for key in keys:
        assert all(character.isalnum() or character in "-_=./" for character in key)


def test_only_what_was_not_sent_lets_another_press() -> None:
    assert {LeaseState.TAKEN, LeaseState.SENT} == BLOCKING
    assert {state for state in LeaseState if state not in BLOCKING} == {
        LeaseState.REFUSED,
        LeaseState.NOT_SENT,
        LeaseState.PRESS_AGAIN,
    }


def test_a_lease_reads_back_and_is_born_taken() -> None:
    lease = SubmissionLease(
        task_uid="u",
        task_name="t",
        pod_uid="p",
        nonce="00" * 16,
        press=1,
        url=URL,
        at=datetime(2026, 1, 31, tzinfo=UTC),
    )
    assert lease.state is LeaseState.TAKEN
    assert SubmissionLease.from_json(lease.to_json()) == lease
    assert TaskPostings.from_json(TaskPostings(postings=["a"]).to_json()).postings == ["a"]


@pytest.mark.parametrize("data", [b"", b"{}", b'{"state": "sent"}'])
def test_a_record_that_cannot_be_read_is_an_error_and_never_taken_for_free(data: bytes) -> None:
    with pytest.raises(InvalidMessage):
        SubmissionLease.from_json(data)


def test_a_bucket_is_known_by_the_moment_of_its_creation_in_whatever_zone_it_is_stated() -> None:
    moment = datetime(2026, 1, 31, 9, 30, 0, 123456, tzinfo=UTC)
    assert bucket_identity(moment) == bucket_identity(moment.astimezone(timezone(timedelta(hours=5))))
    assert bucket_identity(moment) != bucket_identity(moment + timedelta(microseconds=1))
