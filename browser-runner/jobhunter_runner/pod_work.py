"""What a bound pod does: one application, its outcome reported twice."""

from __future__ import annotations

import asyncio
import logging

from playwright.async_api import Browser
from playwright.async_api import Error as PlaywrightError

from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.outcome import Outcome, outcome_word
from jobhunter_runner.application import apply
from jobhunter_runner.browser import BrowserUnavailable, Tabs, first_line, new_page
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import EgressGuard
from jobhunter_runner.library_nats import NatsLibrary
from jobhunter_runner.live_view import live_view
from jobhunter_runner.nats_connection import NatsConnection
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person_nats import NatsPerson
from jobhunter_runner.pod_environment import PodEnvironment
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases
from jobhunter_runner.submission_lease_nats import NatsLeaseStore

log = logging.getLogger(__name__)

GRACE_SECONDS = 25.0
"""How long a press under way is watched after SIGTERM; the pod's grace period has to be longer."""


class PodWork:
    """The pod with everything it holds, once its browser answers and it is bound."""

    def __init__(
        self,
        environment: PodEnvironment,
        connection: NatsConnection,
        guard: EgressGuard,
        browser: Browser,
        report: Report,
        stopping: asyncio.Event,
    ) -> None:
        self._environment = environment
        self._connection = connection
        self._guard = guard
        self._browser = browser
        self._report = report
        self._stopping = stopping

    async def run(self, assignment: Assignment) -> Outcome:
        """Applies. The outcome is in the termination message, and where it is final among the events."""
        report = self._report
        try:
            tabs = await new_page(
                self._browser, report.navigate, lambda said: report.chat(f"The page said: {said[:500]}")
            )
        except PlaywrightError as error:
            raise BrowserUnavailable(f"it opens no page: {first_line(error)}", where="browser") from error
        async with live_view(self._connection.nc, assignment.task_uid, tabs):
            outcome = await self._apply(self._session(assignment, tabs))
        self._write_termination_message(outcome)
        log.info("%s: %s", outcome.reason or "failed", outcome.message)
        return outcome

    async def _apply(self, session: Session) -> Outcome:
        """The outcome; on SIGTERM the application is broken off unless a press is under way."""
        application = asyncio.create_task(apply(session), name="apply")
        stop = asyncio.create_task(session.stopping.wait(), name="SIGTERM")
        await asyncio.wait({application, stop}, return_when=asyncio.FIRST_COMPLETED)
        stop.cancel()
        if application.done():
            return application.result()
        if session.pressing:
            log.info("SIGTERM while a press is under way: its outcome is watched for first")
            done, _ = await asyncio.wait({application}, timeout=GRACE_SECONDS)
            if done:
                return application.result()
        application.cancel()
        await asyncio.gather(application, return_exceptions=True)
        return Outcome(
            task_uid=session.assignment.task_uid,
            attempt=session.assignment.attempt,
            outcome=outcome_word(None),
            message="The pod was deleted.",
        )

    def _session(self, assignment: Assignment, tabs: Tabs) -> Session:
        pod_uid = self._environment.pod_uid
        presser = Presser(
            user_id=assignment.user_id,
            task_uid=assignment.task_uid,
            task_name=assignment.task_name,
            pod_uid=pod_uid,
            allow_duplicate=assignment.allow_duplicate,
        )
        return Session(
            assignment=assignment,
            tabs=tabs,
            guard=self._guard,
            library=NatsLibrary(self._connection.nc, assignment.task_uid, pod_uid, assignment.owner),
            person=NatsPerson(
                self._connection,
                self._report,
                task_uid=assignment.task_uid,
                pod_uid=pod_uid,
                question_timeout_seconds=assignment.question_timeout_seconds,
                review_timeout_seconds=assignment.review_timeout_seconds,
            ),
            leases=SubmissionLeases(NatsLeaseStore(self._connection.js), presser, assignment.lease_identity),
            report=self._report,
            clock=Clock(assignment.soft_deadline_seconds),
            pauses=Pauses.from_environment(),
            stopping=self._stopping,
        )

    def _write_termination_message(self, outcome: Outcome) -> None:
        try:
            self._environment.termination_log.write_bytes(outcome.termination_message())
        except OSError as error:
            log.warning("no termination message: %s", error)
