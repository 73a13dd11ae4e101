"""A browser pod's main: wait for the assignment, apply, report twice (event and termination message), end.

Exit status: 0 when the task is over, 1 when another attempt may mend it. On SIGTERM nothing new is pressed; a press whose
outcome is being watched is watched to its end, as long as the pod's grace period lasts.
"""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from playwright.async_api import Browser

from jobhunter_contracts import runner_env
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.egress import parse_egress
from jobhunter_contracts.errors import InvalidMessage, JobHunterError
from jobhunter_contracts.outcome import Outcome, outcome_word
from jobhunter_contracts.subjects import ASSIGNMENT_BUCKET, inbox_prefix
from jobhunter_runner.application import apply
from jobhunter_runner.browser import Tabs, attached_browser, new_page
from jobhunter_runner.bucket_changes import LOOK_SECONDS, bucket_changes
from jobhunter_runner.clock import Clock
from jobhunter_runner.egress_guard import EgressGuard, egress_guard
from jobhunter_runner.library_nats import NatsLibrary
from jobhunter_runner.nats_connection import NatsConnection, NatsEvents, connected
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person_nats import NatsPerson
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases
from jobhunter_runner.submission_lease_nats import NatsLeaseStore

log = logging.getLogger(__name__)

READ_SECONDS = 3.0
DRAIN_SECONDS = 20.0
"""How long the last events wait for their acknowledgement; the termination message carries the outcome besides."""
GRACE_SECONDS = 25.0
"""How long a press under way is watched after SIGTERM; the pod's grace period has to be longer."""


@dataclass(frozen=True)
class PodEnvironment:
    """contracts' runner_env, read."""

    nats_url: str
    nats_user: str
    nats_password: str
    pod_uid: str
    pod_name: str
    cdp_url: str
    egress_allow: str
    guard_port: int
    termination_log: Path

    @classmethod
    def read(cls) -> PodEnvironment:
        """Raises InvalidMessage where a variable that is needed is not set."""
        needed = (runner_env.NATS_URL, runner_env.POD_UID)
        missing = [name for name in needed if not os.environ.get(name)]
        if missing:
            raise InvalidMessage(f"{', '.join(missing)} is not set", where="environment", remedy="The operator sets it")
        return cls(
            nats_url=os.environ[runner_env.NATS_URL],
            nats_user=os.environ.get(runner_env.NATS_USER, ""),
            nats_password=os.environ.get(runner_env.NATS_PASSWORD, ""),
            pod_uid=os.environ[runner_env.POD_UID],
            pod_name=os.environ.get(runner_env.POD_NAME, ""),
            cdp_url=os.environ.get(runner_env.CDP_URL) or f"http://127.0.0.1:{runner_env.CDP_PORT}",
            egress_allow=os.environ.get(runner_env.EGRESS_ALLOW, ""),
            guard_port=runner_env.EGRESS_GUARD_PORT,
            termination_log=Path(runner_env.TERMINATION_LOG),
        )


def run() -> int:
    """The pod's main; its exit status."""
    level = os.environ.get(runner_env.LOG_LEVEL, "INFO").upper()
    logging.basicConfig(level=level, format="%(asctime)s %(levelname)s %(name)s: %(message)s", stream=sys.stderr)
    try:
        return asyncio.run(serve(PodEnvironment.read()))
    except JobHunterError as error:
        log.error("%s", error)
        return 1


async def serve(environment: PodEnvironment) -> int:
    """Serves one assignment; the exit status. Raises Unavailable and InvalidMessage."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopping.set)
    connection = connected(
        environment.nats_url,
        name=f"runner {environment.pod_name or environment.pod_uid}",
        inbox=inbox_prefix(environment.pod_uid),
        user=environment.nats_user,
        password=environment.nats_password,
    )
    rules = parse_egress(environment.egress_allow)
    # The browser is attached to while NATS is connected and the assignment waited for.
    async with (
        egress_guard(rules, port=environment.guard_port) as guard,
        _attaching(environment.cdp_url) as attaching,
        connection as nats_connection,
    ):
        assignment = await _unless(stopping, wait_for_assignment(nats_connection.js, environment.pod_uid))
        browser = await _unless(stopping, attaching) if assignment else None
        if assignment is None or browser is None:
            log.info("ended before there was anything to do")
            return 1
        return await _Pod(environment, nats_connection, guard, browser).work(assignment, stopping)


async def wait_for_assignment(js: JetStreamContext, pod_uid: str) -> Assignment:
    """The assignment under this pod's uid, which may have been created before the pod came."""
    async with bucket_changes(js, ASSIGNMENT_BUCKET, pod_uid) as changes:
        while True:
            heard = changes.count
            found = await _read_assignment(js, pod_uid)
            if found is not None:
                return found
            await changes.after(heard, LOOK_SECONDS)


async def _read_assignment(js: JetStreamContext, pod_uid: str) -> Assignment | None:
    stream, subject = f"KV_{ASSIGNMENT_BUCKET}", f"$KV.{ASSIGNMENT_BUCKET}.{pod_uid}"
    try:
        message = await asyncio.wait_for(js.get_msg(stream, subject=subject, direct=False), READ_SECONDS)
        return Assignment.from_json(message.data or b"")
    except nats.js.errors.NotFoundError:
        return None
    except (nats.errors.Error, TimeoutError, OSError) as error:
        log.info("the assignment is not read: %s", type(error).__name__)
    except InvalidMessage as error:  # deleted, or of another version: only a new one can help
        log.warning("assignment: %s", error)
    return None


class _Pod:
    """The pod with everything it holds, once its browser answers."""

    def __init__(
        self, environment: PodEnvironment, connection: NatsConnection, guard: EgressGuard, browser: Browser
    ) -> None:
        self._environment = environment
        self._connection = connection
        self._guard = guard
        self._browser = browser

    async def work(self, assignment: Assignment, stopping: asyncio.Event) -> int:
        """Applies, and reports twice. Returns the exit status."""
        events = NatsEvents(self._connection.js)
        report = Report(events, assignment.task_uid, assignment.attempt)
        report.browser_ready(self._environment.pod_uid, self._environment.pod_name)
        tabs = await new_page(self._browser, report.navigate, lambda said: report.chat(f"The page said: {said[:500]}"))
        session = self._session(assignment, report, tabs=tabs, stopping=stopping)
        outcome = await self._apply(session)
        self._write_termination_message(outcome)
        await events.drained(2.0 if stopping.is_set() else DRAIN_SECONDS)
        await events.close()
        log.info("%s: %s", outcome.reason or "failed", outcome.message)
        return 0 if outcome.reason is not None else 1

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

    def _session(self, assignment: Assignment, report: Report, *, tabs: Tabs, stopping: asyncio.Event) -> Session:
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
                report,
                task_uid=assignment.task_uid,
                pod_uid=pod_uid,
                question_timeout_seconds=assignment.question_timeout_seconds,
                review_timeout_seconds=assignment.review_timeout_seconds,
            ),
            leases=SubmissionLeases(NatsLeaseStore(self._connection.js), presser, assignment.lease_identity),
            report=report,
            clock=Clock(assignment.soft_deadline_seconds),
            pauses=Pauses.from_environment(),
            stopping=stopping,
        )

    def _write_termination_message(self, outcome: Outcome) -> None:
        try:
            self._environment.termination_log.write_bytes(outcome.termination_message())
        except OSError as error:
            log.warning("no termination message: %s", error)


@asynccontextmanager
async def _attaching(cdp_url: str) -> AsyncIterator[asyncio.Future[Browser]]:
    """The browser as a future; it is let go of at the end."""
    attached: asyncio.Future[Browser] = asyncio.get_running_loop().create_future()
    over = asyncio.Event()

    async def hold() -> None:
        try:
            async with attached_browser(cdp_url) as browser:
                if not attached.done():
                    attached.set_result(browser)
                await over.wait()
        except JobHunterError as error:
            if attached.done():
                raise
            attached.set_exception(error)

    holding = asyncio.create_task(hold(), name="browser")
    try:
        yield attached
    finally:
        over.set()
        if not attached.done():
            holding.cancel()
        await asyncio.gather(holding, return_exceptions=True)


T = TypeVar("T")


async def _unless(stopping: asyncio.Event, awaited: Awaitable[T]) -> T | None:
    """What is awaited, or None when the pod is to end first."""
    work = asyncio.ensure_future(awaited)
    stop = asyncio.create_task(stopping.wait())
    try:
        await asyncio.wait({work, stop}, return_when=asyncio.FIRST_COMPLETED)
        return work.result() if work.done() else None
    finally:
        stop.cancel()
        work.cancel()
