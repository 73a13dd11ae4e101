"""One application as a terminal run makes it, against the careers sites."""

from __future__ import annotations

import io
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest_asyncio
from playwright.async_api import Browser

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.events import Event
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import Owner
from jobhunter_contracts.submission import SubmissionLease, lease_key
from jobhunter_runner.application import apply
from jobhunter_runner.browser import local_browser, new_page
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import EgressGuard, egress_guard
from jobhunter_runner.library_local import LocalLibrary
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person_terminal import TerminalPerson
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases
from jobhunter_runner.submission_lease_file import FileLeaseStore


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def way_out(careers: Any) -> AsyncIterator[EgressGuard]:
    async with egress_guard([], by_hand=[f"127.0.0.1:{careers.port}"]) as guard:
        yield guard


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def browser(way_out: EgressGuard) -> AsyncIterator[Browser]:
    async with local_browser(way_out.port) as browser:
        yield browser


class Events:
    """Keeps events, and does something at one of them."""

    def __init__(self) -> None:
        self.seen: list[Event] = []
        self.at: dict[str, Callable[[], None]] = {}

    def send(self, event: Event) -> None:
        self.seen.append(event)
        if action := self.at.get(event.type):
            action()

    @property
    def types(self) -> list[str]:
        return [str(event.type) for event in self.seen]

    @property
    def chat(self) -> str:
        return "\n".join(event.message for event in self.seen if event.type == "chat:message")


@dataclass
class Ran:
    outcome: Outcome
    events: Events
    out: str
    store: FileLeaseStore
    session: Session

    async def leases(self, url: str) -> list[SubmissionLease]:
        presser = Presser("asha.rao@example.org", "uid", "task", "pod")
        found = []
        for press in itertools.count(1):
            entry = await self.store.read(lease_key(presser.posting(url), press))
            if entry is None or entry.value is None:
                return found
            found.append(SubmissionLease.from_json(entry.value))
        raise AssertionError


Run = Callable[..., Any]


@pytest_asyncio.fixture(loop_scope="session")
async def run(way_out: EgressGuard, browser: Browser, profile_file: Path, tmp_path: Path) -> AsyncIterator[Run]:
    """run(url, answers="…", …): one application, as a terminal run makes it."""
    numbers = itertools.count(1)

    async def _run(
        url: str,
        *,
        answers: str | None = None,
        yes: bool = False,
        review: Review = Review.REQUIRED,
        review_timeout: float = 30,
        soft_deadline: float = 120,
        prepare: Callable[[Session, Events], None] | None = None,
        **session_arguments: Any,
    ) -> Ran:
        store, out, events = FileLeaseStore(tmp_path / "state"), io.StringIO(), Events()
        uid = f"uid-{next(numbers)}"
        report = Report(events, uid, 1)
        assignment = Assignment(
            task_uid=uid,
            task_name=uid,
            namespace="terminal",
            user_id="asha.rao@example.org",
            attempt=1,
            url=url,
            review=review,
            owner=Owner.OPERATOR,
            soft_deadline_seconds=soft_deadline,
            active_deadline_seconds=900,
            question_timeout_seconds=30,
            review_timeout_seconds=30,
            lease_identity=await store.identity(),
        )
        person = TerminalPerson(
            draft_picture=tmp_path / "draft.jpg",
            yes=yes,
            question_timeout_seconds=30,
            review_timeout_seconds=review_timeout,
            answers=io.StringIO(answers) if answers is not None else None,
            out=out,
        )
        tabs = await new_page(browser, report.navigate)
        session = Session(
            assignment=assignment,
            tabs=tabs,
            guard=way_out,
            library=LocalLibrary(profile_file, tmp_path / "draft.jpg"),
            person=person,
            leases=SubmissionLeases(store, Presser(assignment.user_id, uid, uid, uid), assignment.lease_identity),
            report=report,
            clock=Clock(soft_deadline),
            pauses=Pauses(0),
            **({"watch_seconds": 6.0} | session_arguments),
        )
        if prepare:
            prepare(session, events)
        try:
            outcome = await apply(session)
        finally:
            await tabs.close()
        return Ran(outcome, events, out.getvalue(), store, session)

    yield _run
