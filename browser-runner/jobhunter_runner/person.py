"""The person on whose behalf the application is made: who is asked, and who reviews the draft."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.hitl import HitlKind, HitlRecord, Suggestion

QUESTION_LIMIT = 2_000  # characters of a question, of its context and of one option: what status.pendingInputs holds
OPTIONS_LIMIT = 300


@dataclass(frozen=True)
class Question:
    """One question. id: from HitlIds, unique in the task. options: for HitlKind.CHOICE, word for word.

    sought: what is looked for in the person's documents before they are asked, "" for nothing. suggestions: what was found.
    """

    id: str
    text: str
    kind: HitlKind = HitlKind.TEXT
    reason: InputReason = InputReason.QUESTION
    context: str = ""
    options: tuple[str, ...] = ()
    required: bool = True
    sought: str = ""
    suggestions: tuple[Suggestion, ...] = ()

    def record(self, task_uid: str, pod_uid: str, asked_at: datetime, deadline: datetime) -> HitlRecord:
        """The question as it stands in the hitl bucket.

        A choice among more options than a status holds becomes a text question; its answer is looked up in them anyway.
        """
        choice = self.kind is HitlKind.CHOICE and 0 < len(self.options) <= OPTIONS_LIMIT
        kind = HitlKind.TEXT if self.kind is HitlKind.CHOICE and not choice else self.kind
        return HitlRecord(
            id=self.id,
            task_uid=task_uid,
            pod_uid=pod_uid,
            kind=kind,
            reason=self.reason,
            question=self.text[:QUESTION_LIMIT],
            context=self.context[:QUESTION_LIMIT],
            options=[option[:QUESTION_LIMIT] for option in self.options] if choice else None,
            suggestions=list(self.suggestions),
            required=self.required,
            asked_at=asked_at,
            deadline=deadline,
        )


class Person(Protocol):
    """Both calls wait for the person as long as the task says, and raise Unavailable where nobody can be asked."""

    async def ask(self, questions: Sequence[Question]) -> list[str | None]:
        """An answer for each question, in order; None where none came in time. All are open at the same time."""
        ...

    async def review(self, draft: Draft, context: str) -> str | None:
        """The response to a draft (see contracts.hitl.review_decision), None where none came in time.

        `draft.hitl_id` is its id; its picture and table were put into the library before.
        """
        ...
