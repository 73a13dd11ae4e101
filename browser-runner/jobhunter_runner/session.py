"""One application under way: what it was given, what it found so far, and how it ends or asks."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NoReturn

from playwright.async_api import Page

from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import InputReason, Reason
from jobhunter_contracts.errors import JobHunterError
from jobhunter_contracts.hitl import HitlKind
from jobhunter_runner.browser import Tabs
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import EgressGuard
from jobhunter_runner.facts import NO_FACTS, Facts
from jobhunter_runner.file_value import FileValue
from jobhunter_runner.hitl_ids import HitlIds
from jobhunter_runner.library import Library
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person import Person, Question
from jobhunter_runner.posting_words import NO_WORDS, PostingWords
from jobhunter_runner.report import Report
from jobhunter_runner.submission_lease import SubmissionLeases
from jobhunter_runner.suggestions import with_suggestions

RETRY = "retry"
APPLY_MYSELF = "apply myself"


class Ended(Exception):
    """The application is over, for this reason. message: a sentence for the person; confirmation: the site's words."""

    def __init__(self, reason: Reason, message: str, confirmation: str | None = None) -> None:
        self.reason = reason
        self.message = message
        self.confirmation = confirmation
        super().__init__(message)


class AttemptFailed(JobHunterError):
    """This attempt failed before anything was sent; another may succeed."""

    code = "attempt-failed"


@dataclass
class Session:
    """Everything the stages are handed.

    answers: the person's words by fill_plan.answer_key. changes: edits of the draft by the same key, "" to empty a field.
    pressing: set from the taking of a lease until its outcome is recorded; nothing may break in then.
    pressed_again: the person said to press again after a press that may have been taken.
    stopping: set when the pod is being deleted; nothing new is pressed then.
    """

    assignment: Assignment
    tabs: Tabs
    guard: EgressGuard | None
    library: Library
    person: Person
    leases: SubmissionLeases
    report: Report
    clock: Clock
    pauses: Pauses
    page_seconds: float = 30.0
    watch_seconds: float = 30.0
    ids: HitlIds = field(default_factory=HitlIds)
    facts: Facts = NO_FACTS
    documents: dict[str, FileValue] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    changes: dict[str, str] = field(default_factory=dict)
    canonical_url: str = ""
    ats: str | None = None
    posting: PostingWords = NO_WORDS
    fields_filled: int = 0
    pressing: bool = False
    pressed_again: bool = False
    stopping: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def page(self) -> Page:
        """The page that a person would look at now; another one after a popup."""
        return self.tabs.page

    @property
    def posting_url(self) -> str:
        """The posting's own address, once it is known, else the task's."""
        return self.canonical_url or self.assignment.url

    async def check_browser(self) -> None:
        """Raises AttemptFailed where the browser is lost: then a fault is not the site's, nor a question the person's.

        With a lease taken nothing is raised: what became of the press is told then.
        """
        if not self.pressing and await self.tabs.gone():
            raise AttemptFailed(self.tabs.loss)

    async def ask(self, questions: Sequence[Question]) -> list[str | None]:
        """Asks all at once; the time until the answers is the person's. Raises AttemptFailed where the browser is lost."""
        await self.check_browser()
        questions = await with_suggestions(self.library, questions)
        with self.clock.waiting():
            return await self.person.ask(questions)

    async def ask_retry(self, text: str, *, reason: InputReason = InputReason.QUESTION, context: str = "") -> None:
        """Asks: retry, or apply myself. Returns on "retry"; everything else ends ManualApplicationRequired."""
        question = Question(
            self.ids.question(), text, HitlKind.CHOICE, reason, context=context, options=(RETRY, APPLY_MYSELF)
        )
        answer = (await self.ask([question]))[0]
        if answer is None or answer.strip().casefold() != RETRY:
            self.hand_over(text)

    def hand_over(self, why: str) -> NoReturn:
        """Ends ManualApplicationRequired, with the address in its words for who reads the status alone."""
        raise Ended(Reason.MANUAL_APPLICATION_REQUIRED, f"{why.rstrip('.')}. {self.please}")

    @property
    def please(self) -> str:
        """What a person is told whose application is handed over."""
        return f"Please apply manually: {self.assignment.url}"
