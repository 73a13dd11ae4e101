"""How an attempt ended: the data of applier:complete, and the runner's termination message."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.wire import Message

TERMINATION_LIMIT = 2048
"""Bytes a termination message may have. It is untrusted: the operator checks its shape."""


class Outcome(Message):
    """reason: None where the attempt failed in a way that another attempt may mend (exit status not 0).

    outcome: "submitted", "not-submitted", "unconfirmed" or "error". message: a sentence for the person.
    title, company: of the posting, as its page states them.
    """

    task_uid: str
    attempt: int
    outcome: str
    reason: Reason | None = None
    message: str = ""
    confirmation: str | None = None
    canonical_url: str | None = None
    ats: str | None = None
    title: str | None = Field(default=None, max_length=300)
    company: str | None = Field(default=None, max_length=300)
    fields_filled: int = 0
    llm_calls: int = 0
    tokens: int = 0
    seconds_by_stage: dict[str, float] = Field(default_factory=dict)

    def event_data(self) -> dict[str, Any]:
        """Data of applier:complete: outcome, reason and confirmation always, of the rest what is known."""
        known = self.model_dump(mode="json", exclude_none=True)
        return {**known, "reason": self.reason, "confirmation": self.confirmation}

    def termination_message(self) -> bytes:
        """JSON of at most TERMINATION_LIMIT bytes: words are shortened before anything else is."""
        shorter = self
        for limit in (600, 200, 60, 0):
            data = shorter.to_json()
            if len(data) <= TERMINATION_LIMIT:
                return data
            shorter = self.model_copy(
                update={
                    "message": self.message[:limit],
                    "confirmation": (self.confirmation or "")[:limit] or None,
                    "canonical_url": self.canonical_url if limit > 200 else None,
                    "title": self.title if limit > 200 else None,
                    "company": self.company if limit > 200 else None,
                    "seconds_by_stage": self.seconds_by_stage if limit > 60 else {},
                }
            )
        return shorter.to_json()


def outcome_word(reason: Reason | None) -> str:
    """The outcome word that goes with a reason."""
    if reason is None:
        return "error"
    if reason is Reason.SUBMITTED:
        return "submitted"
    return "unconfirmed" if reason is Reason.SUBMISSION_UNCONFIRMED else "not-submitted"
