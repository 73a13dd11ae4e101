"""How an attempt ended: the data of applier:complete, and the runner's termination message."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.wire import Message

TERMINATION_LIMIT = 2048
"""Bytes a termination message may have. It is untrusted: the operator checks its shape."""


def _at_most(characters: int) -> BeforeValidator:
    """Words of a page are shortened, not refused: the outcome is worth more than they are."""
    return BeforeValidator(lambda words: words[:characters] if isinstance(words, str) else words)


_Count = Annotated[int, Field(ge=0, le=1_000_000_000)]
_Stage = Annotated[str, Field(max_length=64)]
_Seconds = Annotated[float, Field(ge=0, le=10_000_000, allow_inf_nan=False)]


class Outcome(Message):
    """What a runner says is untrusted and goes into a status: every part has its bound.

    reason: None where the attempt failed in a way that another attempt may mend (exit status not 0).

    outcome: "submitted", "not-submitted", "unconfirmed" or "error". message: a sentence for the person.
    title, company: of the posting, as its page states them.
    """

    task_uid: str = Field(max_length=64)
    attempt: _Count
    outcome: str = Field(max_length=64)
    reason: Reason | None = None
    message: Annotated[str, _at_most(4000)] = ""
    confirmation: Annotated[str | None, _at_most(4000)] = None
    canonical_url: Annotated[str | None, _at_most(4000)] = None
    ats: Annotated[str | None, _at_most(64)] = None
    title: str | None = Field(default=None, max_length=300)
    company: str | None = Field(default=None, max_length=300)
    fields_filled: _Count = 0
    llm_calls: _Count = 0
    tokens: _Count = 0
    seconds_by_stage: dict[_Stage, _Seconds] = Field(default_factory=dict, max_length=32)

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
