"""The projector: every event of the stream into the store, once, though it may be delivered twice.

It acknowledges after the commit, so that nothing is lost when it dies; what is delivered again is found written.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from nats.aio.msg import Msg

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.subjects import EVENT_STREAM, task_uid_of
from jobhunter_gateway import events_aside
from jobhunter_gateway.connection import REFUSALS
from jobhunter_gateway.durable_consumer import ACK_WAIT_SECONDS, WAITING, DurableConsumer, Link, until_written
from jobhunter_gateway.incoming_event import IncomingEvent, read_event
from jobhunter_gateway.projection import project
from jobhunter_gateway.store import BadUserId, Store

logger = logging.getLogger(__name__)
OWNER_SECONDS = 60.0
"""How long an event may wait for its task to be seen, before it is kept aside."""
_ASK_OWNER_AGAIN_SECONDS = 2.0

OwnerOf = Callable[[str], Awaitable[str | None]]
"""Whose task a uid is, None where nobody knows; may raise Unavailable."""


class Projector:
    """count(result): projected, repeated, waiting, aside, invalid or refused; lag(events): how many wait."""

    def __init__(
        self,
        link: Link,
        store: Store,
        owner_of: OwnerOf,
        *,
        count: Callable[[str], None] = lambda _: None,
        lag: Callable[[int], None] = lambda _: None,
        owner_seconds: float = OWNER_SECONDS,
        ack_wait: float = ACK_WAIT_SECONDS,
    ) -> None:
        self._store = store
        self._owner_of = owner_of
        self._count = count
        self._owner_seconds = owner_seconds
        self._ack_wait = ack_wait
        self._consumer = DurableConsumer(
            link, EVENT_STREAM, self._take, lane_of=task_uid_of, on_lag=lag, ack_wait=ack_wait
        )

    @property
    def running(self) -> bool:
        return self._consumer.running

    async def run(self) -> None:
        """For ever, over outages of NATS and PostgreSQL."""
        await self._consumer.run()

    async def _take(self, message: Msg, stream_created: datetime) -> None:
        try:
            incoming = read_event(message.subject, message.data, message.metadata.timestamp.astimezone(UTC))
        except InvalidMessage as error:
            logger.warning("an event on %s is dropped: %s", message.subject[:200], error)
            self._count("invalid")
            await message.term()
            return
        result = await until_written(
            lambda: self._write(incoming, message.metadata.num_delivered), message, self._store, self._ack_wait
        )
        self._count(result)
        if result == WAITING:
            await message.nak(delay=_ASK_OWNER_AGAIN_SECONDS)
        else:
            await message.ack()

    async def _write(self, incoming: IncomingEvent, delivered: int) -> str:
        """What became of it. Raises Unavailable."""
        owner = await self._owner_of(incoming.task_id)
        if owner is None:
            waited = (datetime.now(UTC) - incoming.published_at).total_seconds()
            if waited < self._owner_seconds or delivered * _ASK_OWNER_AGAIN_SECONDS < self._owner_seconds / 2:
                return WAITING
            await self._keep_aside(incoming, f"nobody knows whose task it is, after {waited:.0f} s", refused=False)
            owner = await self._owner_of(incoming.task_id)
            if owner is not None:  # it became known just now: nobody else would look
                await self._store.readmit(owner, incoming.task_id)
            return "aside"
        try:
            async with self._store.user(owner) as connection:
                new = await project(connection, owner, incoming)
        except (*REFUSALS, BadUserId) as error:
            # It would be refused for ever, and the others must not wait for it.
            logger.exception("event %s cannot be written", incoming.event.event_id)
            await self._keep_aside(incoming, events_aside.refusal_words(error), refused=True)
            return "refused"
        return "projected" if new else "repeated"

    async def _keep_aside(self, incoming: IncomingEvent, why: str, *, refused: bool) -> None:
        async with self._store.nobody() as connection:
            await events_aside.keep(connection, incoming, why, refused=refused)
        logger.warning("event %s is kept aside: %s", incoming.event.event_id, why)
