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
from typing import TypeVar

import nats.errors
import nats.js.errors
from nats.js import JetStreamContext
from playwright.async_api import Browser

from jobhunter_contracts import runner_env
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.egress import parse_egress
from jobhunter_contracts.errors import InvalidMessage, JobHunterError
from jobhunter_contracts.subjects import ASSIGNMENT_BUCKET, inbox_prefix
from jobhunter_runner.browser import attached_browser
from jobhunter_runner.bucket_changes import LOOK_SECONDS, bucket_changes
from jobhunter_runner.egress_guard import EgressGuard, egress_guard
from jobhunter_runner.nats_connection import NatsConnection, NatsEvents, connected
from jobhunter_runner.pod_environment import PodEnvironment
from jobhunter_runner.report import Report

log = logging.getLogger(__name__)

READ_SECONDS = 3.0
DRAIN_SECONDS = 20.0
"""How long the last events wait for their acknowledgement; the termination message carries the outcome besides."""
STOPPING_DRAIN_SECONDS = 2.0
READY_SECONDS = 0.5


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
        if assignment is None:
            log.info("ended before there was anything to do")
            return 1
        return await _serve_bound(environment, nats_connection, guard, attaching, assignment, stopping)


async def _serve_bound(
    environment: PodEnvironment,
    connection: NatsConnection,
    guard: EgressGuard,
    attaching: Awaitable[Browser],
    assignment: Assignment,
    stopping: asyncio.Event,
) -> int:
    events = NatsEvents(connection.js)
    report = Report(events, assignment.task_uid, assignment.attempt)
    report.chat("Starting browser…")
    browser = await _unless(stopping, attaching)
    if browser is None:
        log.info("ended before the browser was there")
        return 1
    report.browser_ready(environment.pod_uid, environment.pod_name)
    await events.drained(READY_SECONDS)
    # Half a second of imports, which the word that the browser is ready need not wait for.
    from jobhunter_runner.pod_work import PodWork

    outcome = await PodWork(environment, connection, guard, browser, report, stopping).run(assignment)
    await events.drained(DRAIN_SECONDS if not stopping.is_set() else STOPPING_DRAIN_SECONDS)
    await events.close()
    return 0 if outcome.reason is not None else 1


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
