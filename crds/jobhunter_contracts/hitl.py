"""Questions and answers: records in the hitl bucket, where the first answer wins by revision.

The runner creates a record OPEN. Whoever answers reads it, and updates it to ANSWERED with the revision read: a second
answer meets a later revision and is refused. The runner then updates it to READ, an answer to a secret removed;
when time runs out it updates OPEN to EXPIRED by the same rule, so that exactly one of answer and expiry happens.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Protocol

from pydantic import AwareDatetime, Field

from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.wire import Message


class HitlKind(StrEnum):
    """How a question wants to be answered. MANUAL: by doing something in the page; REVIEW: a draft."""

    TEXT = "text"
    CHOICE = "choice"
    SECRET = "secret"  # noqa: S105 - a kind of question
    MANUAL = "manual"
    REVIEW = "review"


class HitlState(StrEnum):
    OPEN = "open"
    ANSWERED = "answered"
    READ = "read"
    EXPIRED = "expired"


class Suggestion(Message):
    """An answer that a document suggests; a person takes it or not. source: where it stood, such as "cv.pdf, page 2"."""

    text: str
    source: str


class HitlRecord(Message):
    """A question and what became of it.

    id: hitl_<milliseconds> or draft_<milliseconds>, a counter behind it where one repeats; unique in its task.
    options: for CHOICE, the answers allowed, word for word. response: the answer, while it is to be read.
    suggestions: what the person's documents say to it, best first.
    """

    id: str
    task_uid: str
    pod_uid: str
    kind: HitlKind
    reason: InputReason
    question: str
    context: str = ""
    options: list[str] | None = None
    suggestions: list[Suggestion] = Field(default_factory=list)
    required: bool = True
    asked_at: AwareDatetime
    deadline: AwareDatetime
    state: HitlState = HitlState.OPEN
    response: str | None = None
    response_length: int | None = None
    answered_at: AwareDatetime | None = None
    answered_by: str | None = None  # kubectl or gateway


CONFIRM_WORDS = frozenset({"confirm", "submit", "yes", "ok"})
REJECT_WORDS = frozenset({"no", "cancel", "reject", "discard"})


class ReviewDecision(StrEnum):
    CONFIRM = "confirm"
    REJECT = "reject"
    EDIT = "edit"


def review_decision(response: str) -> ReviewDecision:
    """What a person's answer to a draft means. Raises ValueError for an empty one, which is refused."""
    word = response.strip().lower()
    if not word:
        raise ValueError("an empty answer decides nothing: say confirm, reject, or what to change")
    if word in CONFIRM_WORDS:
        return ReviewDecision.CONFIRM
    if word in REJECT_WORDS:
        return ReviewDecision.REJECT
    return ReviewDecision.EDIT


class Question(Protocol):
    """What of a question decides whether an answer fits: a HitlRecord has it, and so has a status' PendingInput."""

    @property
    def kind(self) -> str: ...

    @property
    def options(self) -> list[str] | None: ...


def answer_fault(record: Question, response: str) -> str | None:
    """Why `response` cannot answer `record`, in a sentence; None where it can."""
    if not response.strip():
        return "the answer is empty"
    options = record.options if record.kind == HitlKind.CHOICE else None
    if options and response.strip().casefold() not in {option.strip().casefold() for option in options}:
        return f"the answer must be one of: {', '.join(options)}"
    return None
