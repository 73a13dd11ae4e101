"""The runner's connection to NATS: it reconnects for ever, and events wait in order until they are acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.js.api import Header

from jobhunter_connection.background import end_tasks
from jobhunter_connection.lasting_client import LASTING, LastingClient
from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.events import Event
from jobhunter_contracts.subjects import EVENT_STREAM, event_subject

log = logging.getLogger(__name__)

CONNECT_SECONDS = 60.0
PUBLISH_SECONDS = 3.0
RETRY_SECONDS = 0.5
CLOSE_SECONDS = 2.0


@dataclass
class ConnectionHealth:
    """What happened to a connection so far."""

    errors: int = 0
    disconnects: int = 0
    reconnects: int = 0
    closed: bool = False


@dataclass(frozen=True)
class NatsConnection:
    nc: Client
    js: JetStreamContext
    health: ConnectionHealth


@asynccontextmanager
async def connected(
    url: str, *, name: str, inbox: str, user: str = "", password: str = "", patience_seconds: float = CONNECT_SECONDS
) -> AsyncIterator[NatsConnection]:
    """A connection that reconnects for ever once it was there. Raises Unavailable where it cannot be made in time.

    name: shown by the server's monitoring. inbox: the prefix of this client's inboxes, its own, so that nobody else's
    permissions cover it.
    """
    health = ConnectionHealth()

    async def on_error(error: Exception) -> None:
        health.errors += 1
        log.warning("NATS: %s: %s", type(error).__name__, error)

    async def on_disconnect() -> None:
        health.disconnects += 1
        log.warning("NATS: disconnected")

    async def on_reconnect() -> None:
        health.reconnects += 1
        log.info("NATS: connected again")

    async def on_close() -> None:
        health.closed = True
        log.info("NATS: connection closed")

    nc = LastingClient()
    connecting = nc.connect(
        servers=[url],
        name=name,
        user=user or None,
        password=password or None,
        inbox_prefix=inbox,
        connect_timeout=2,
        error_cb=on_error,
        disconnected_cb=on_disconnect,
        reconnected_cb=on_reconnect,
        closed_cb=on_close,
        **LASTING,
    )
    try:
        await asyncio.wait_for(connecting, patience_seconds)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        await _close(nc)
        raise Unavailable(
            f"no connection within {patience_seconds:.0f} s ({type(error).__name__})",
            where=f"NATS at {url}",
            remedy="See whether it runs, and the credential",
        ) from error
    try:
        yield NatsConnection(nc, nc.jetstream(timeout=PUBLISH_SECONDS), health)
    finally:
        await _close(nc)


async def _close(nc: Client) -> None:
    try:
        await asyncio.wait_for(nc.close(), CLOSE_SECONDS)
    except (nats.errors.Error, OSError, TimeoutError) as error:
        log.info("NATS: closed with %s", type(error).__name__)


class NatsEvents:
    """An EventSink: one event after the other into the stream, each repeated until it is acknowledged.

    The event's id is the message's, so that one that was stored without our hearing of it is stored once.
    """

    def __init__(self, js: JetStreamContext) -> None:
        self._js = js
        self._waiting: deque[Event] = deque()
        self._news = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._task: asyncio.Task[None] | None = None
        self.published = 0
        self.retries = 0

    def send(self, event: Event) -> None:
        self._waiting.append(event)
        self._empty.clear()
        self._news.set()
        if self._task is None:
            self._task = asyncio.create_task(self._publish_all(), name="events to NATS")

    async def drained(self, seconds: float) -> bool:
        """Waits until all events are acknowledged, `seconds` at most; whether they are."""
        try:
            await asyncio.wait_for(self._empty.wait(), seconds)
        except TimeoutError:
            log.warning("%d events are not acknowledged", len(self._waiting))
        return not self._waiting

    async def close(self) -> None:
        """Stops publishing; what was not acknowledged is given up."""
        if self._task is not None:
            await end_tasks([self._task])
            self._task = None

    async def _publish_all(self) -> None:
        while True:
            await self._news.wait()
            self._news.clear()
            while self._waiting:
                if await self._published(self._waiting[0]):
                    self._waiting.popleft()
                    self.published += 1
            self._empty.set()

    async def _published(self, event: Event) -> bool:
        task_uid = event.event_id.split(".")[0]
        subject = event_subject(task_uid, event.type)
        try:
            await self._js.publish(
                subject,
                event.to_json(),
                timeout=PUBLISH_SECONDS,
                stream=EVENT_STREAM,
                headers={Header.MSG_ID.value: event.event_id},
            )
        except (nats.errors.Error, TimeoutError, OSError) as error:
            self.retries += 1
            log.warning("event %s is not acknowledged yet: %s", event.event_id, type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            return False
        return True
