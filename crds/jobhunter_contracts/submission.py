"""The submission lease: the records that make one application be sent once.

In the submission bucket, key `<posting>.<press>`: one record for each press of the button that sends an application.
A record is created with "expect nothing there" immediately before the press; who finds one that blocks never presses.
Key `task.<task uid>` is written before a task's first lease and names the postings it may press for, so that the
operator finds a lost pod's leases without knowing what the runner saw.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from enum import StrEnum

from jobhunter_contracts.wire import Message


class LeaseState(StrEnum):
    """TAKEN: pressed, or about to be. SENT: the site confirmed it, or a person said so. REFUSED: the site gave the form
    back with its errors. NOT_SENT: a person settled it so. PRESS_AGAIN: a person said to press again (after a 5xx).
    """

    TAKEN = "taken"
    SENT = "sent"
    REFUSED = "refused"
    NOT_SENT = "notSent"
    PRESS_AGAIN = "pressAgain"


BLOCKING = frozenset({LeaseState.TAKEN, LeaseState.SENT})
"""States after which nobody may press for the posting."""


class SubmissionLease(Message):
    """One press. nonce: 128 random bits, hex, of the presser, so that a lost answer is told from a rival."""

    task_uid: str
    task_name: str
    pod_uid: str
    nonce: str
    press: int
    url: str
    at: datetime
    state: LeaseState = LeaseState.TAKEN
    confirmation: str | None = None
    note: str = ""


class TaskPostings(Message):
    """The postings (hashes) that a task may press for."""

    postings: list[str]


def posting_hash(user_id: str, canonical_url: str, *, task_uid: str | None = None) -> str:
    """Hash of user and posting, hex; under allowDuplicate `task_uid` joins it: only the task is in its own way."""
    parts = [user_id, canonical_url, *([task_uid] if task_uid else [])]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:40]


def lease_key(posting: str, press: int) -> str:
    """Key of the press-th (1, 2 …) press."""
    return f"{posting}.{press}"


def task_postings_key(task_uid: str) -> str:
    """Key under which a task's postings are found."""
    return f"task.{task_uid}"


MAX_PRESSES = 20
"""Presses for one posting, over all tasks, after which a person has to look."""


def bucket_identity(created: datetime) -> str:
    """Identity of the submission bucket: when its stream was created, as the server states it (UTC, microseconds).

    A bucket made anew after a loss has another, and holds none of the old records.
    """
    return created.astimezone(UTC).isoformat(timespec="microseconds")
