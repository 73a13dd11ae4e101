"""A durable pull consumer that several gateways share: each message is handled, and acknowledged by its handler."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol
from zlib import crc32

import asyncpg
import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import ServiceUnavailableError

from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.subjects import GATEWAY_CONSUMER
from jobhunter_gateway.store import Store

logger = logging.getLogger(__name__)
ACK_WAIT_SECONDS = 15.0
"""After so long a message that nobody acknowledged comes again: its gateway died."""
_FETCH_SECONDS = 2.0
_PAUSE_SECONDS = 0.5
_FAILURES = 5
_LANES = 4
_LANE_MESSAGES = 8


class Link(Protocol):
    """What of NatsLink is needed; `js` raises Unavailable without a connection."""

    @property
    def connected(self) -> bool: ...

    @property
    def js(self) -> JetStreamContext: ...


class Handler(Protocol):
    """Takes a message and acknowledges, delays or terminates it. What it leaves alone comes again."""

    def __call__(self, message: Msg, stream_created: datetime) -> Awaitable[None]: ...


WAITING = "waiting"
"""What a write answers that has to be done later; its handler delays the message."""


async def until_written(write: Callable[[], Awaitable[str]], message: Msg, store: Store, ack_wait: float) -> str:
    """What `write` returns, once PostgreSQL lets it; over an outage the message stays this gateway's.

    WAITING where PostgreSQL is there and fails again and again. Raises nats.errors.Error where NATS is away too: then the
    message comes again.
    """
    failures = 0
    while failures < _FAILURES:
        try:
            return await write()
        except Unavailable as error:
            logger.info("%s waits: %s", message.subject, error)
        except asyncpg.PostgresError:  # a deadlock with another gateway, say: the fate of this message is decided here
            logger.exception("%s cannot be written now", message.subject)
            failures += 1
        await message.in_progress()
        if store.connected:
            await asyncio.sleep(_PAUSE_SECONDS)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(store.reachable(), ack_wait / 3)
    return WAITING


class DurableConsumer:
    """running: whether messages are taken now. `on_lag` is told now and then how many messages wait.

    Messages are handled in lanes: those of one lane (`lane_of` their subject) one after another and in order, those of
    different lanes side by side, since a commit is mostly waiting for the disk.
    """

    def __init__(
        self,
        link: Link,
        stream: str,
        handle: Handler,
        *,
        lane_of: Callable[[str], str] = lambda subject: subject,
        on_lag: Callable[[int], None] = lambda _: None,
        ack_wait: float = ACK_WAIT_SECONDS,
    ) -> None:
        self._link = link
        self._stream = stream
        self._handle = handle
        self._lane_of = lane_of
        self._on_lag = on_lag
        self._ack_wait = ack_wait
        self.running = False

    async def run(self) -> None:
        """For ever; a stream or consumer that is gone (a lost volume) is waited for and made use of again."""
        while True:
            try:
                await self._pull()
            except* (nats.errors.Error, Unavailable, OSError, TimeoutError) as errors:
                error = errors.exceptions[0]
                logger.info("nothing from %s for a moment: %s: %s", self._stream, type(error).__name__, error)
            finally:
                self.running = False
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _pull(self) -> None:
        js = self._link.js
        created = (await js.stream_info(self._stream)).created
        if created is None:
            raise Unavailable("the stream's time of creation is not stated", where=self._stream)
        config = api.ConsumerConfig(
            durable_name=GATEWAY_CONSUMER,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=self._ack_wait,
            deliver_policy=api.DeliverPolicy.ALL,
            max_ack_pending=10_000,  # those of unknown tasks wait here and must not stop the others
        )
        await js.add_consumer(self._stream, config)
        subscription = await js.pull_subscribe_bind(durable=GATEWAY_CONSUMER, stream=self._stream)
        self.running = True
        lanes: list[asyncio.Queue[Msg]] = [asyncio.Queue(_LANE_MESSAGES) for _ in range(_LANES)]
        try:
            async with asyncio.TaskGroup() as group:
                workers = [group.create_task(self._work(lane, created)) for lane in lanes]
                await self._fetch(js, subscription, lanes)
                for worker in workers:
                    worker.cancel()
        finally:
            if self._link.connected:
                await subscription.unsubscribe()

    async def _fetch(
        self, js: JetStreamContext, subscription: JetStreamContext.PullSubscription, lanes: list[asyncio.Queue[Msg]]
    ) -> None:
        """Until the server says that it cannot serve."""
        while True:
            try:
                # One by one: nats-py's fetch of a batch holds the first message back until its time is up.
                messages = await subscription.fetch(1, timeout=_FETCH_SECONDS)
            except (nats.errors.TimeoutError, TimeoutError):
                info = await js.consumer_info(self._stream, GATEWAY_CONSUMER)  # raises where it is gone
                self._on_lag((info.num_pending or 0) + (info.num_ack_pending or 0))
                continue
            except ServiceUnavailableError:
                return
            for message in messages:
                self._on_lag(message.metadata.num_pending)
                await lanes[crc32(self._lane_of(message.subject).encode()) % len(lanes)].put(message)

    async def _work(self, lane: asyncio.Queue[Msg], created: datetime) -> None:
        while True:
            message = await lane.get()
            try:
                await self._handle(message, created)
            except (nats.errors.Error, Unavailable, OSError, TimeoutError):
                raise
            except Exception:  # this message's fate is decided here: it comes again, and the others do not wait for it
                logger.exception("%s could not be handled", message.subject)
