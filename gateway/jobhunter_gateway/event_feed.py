"""A task's events as an ordered log that sockets read by index: what the store has, then the event stream from its start.

The log is fed by the stream itself, not by the store: a viewer sees an event when it happens, and Postgres may be away.
Each event is in it once, by its id. Every gap (a lost connection, a lost consumer, a lost stream) is closed by reading the
stream again from behind the last message taken.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import nats.errors
from nats.aio.msg import Msg
from nats.js import api
from pydantic import ValidationError

from jobhunter_connection.background import end_tasks
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import InvalidMessage, JobHunterError, Unavailable
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.subjects import EVENT_STREAM, GATEWAY_CONSUMER, event_subject
from jobhunter_gateway import events_table
from jobhunter_gateway.event_log import EventLog
from jobhunter_gateway.events_table import StoredEvent
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.socket_messages import event_id_seen, shown, text_of, with_picture
from jobhunter_gateway.store import Store

logger = logging.getLogger(__name__)
HEARTBEAT_SECONDS = 5.0
"""How often NATS says that there is nothing new."""

READY_SECONDS = 3.0
"""How long a viewer waits for the stream to be read before it is shown what there is."""

_SILENCE_SECONDS = 2.5 * HEARTBEAT_SECONDS
_STORE_SECONDS = 5.0
_PICTURE_SECONDS = 6.0
_RETRY_SECONDS = 0.5
_PAGE = 500
_LAST_CONSUMER: Final = api.Header.LAST_CONSUMER.value


class Gap(JobHunterError):
    """Messages are missing: the stream is to be read again from behind the last one taken."""

    code = "gap"


class EventFeed:
    """`log` has the newest events; what it has dropped is `older`, from the store."""

    def __init__(
        self, task_uid: str, user_id: str, link: NatsLink, store: Store, pictures: Pictures, wake: Callable[[], None]
    ) -> None:
        self._task_uid = task_uid
        self._user_id = user_id
        self._link = link
        self._store = store
        self._pictures = pictures
        self._wake = wake
        self._draft: _Draft | None = None  # the last one
        self._sequence = 0  # of the stream's last message taken
        self._created: datetime | None = None  # the stream's
        self._messages: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.log = EventLog()
        self.whole = True  # whether the store was asked: it has what is older than the stream

    def index_after(self, event_id: str) -> int | None:
        """Where a viewer goes on that has seen this event or frame; None where `older` says what comes next.

        Behind the event, or at the beginning if it is not known.
        """
        place = self.log.place(event_id_seen(event_id))
        if place is not None:
            return place + 1
        return None if self.log.first else 0

    async def older(self, after: str) -> list[tuple[str, str | None]]:
        """A page of what the store has behind the event `after`: ids and messages, None for what viewers do not get.

        Empty at the end. Raises Unavailable, TimeoutError.
        """
        async with asyncio.timeout(_STORE_SECONDS):
            page = await self._stored_page(after)
        return [(stored.event.event_id, await self._older_text(stored.event)) for stored in page]

    async def _older_text(self, event: Event) -> str | None:
        message = shown(event)
        if message is None:
            return None
        if self._draft is not None and event.event_id == self._draft.event_id:
            message = with_picture(message, await self._picture())
        return _text(message, event, self._task_uid)

    def last_event_id(self) -> str:
        """Of the last event in the log, empty while there is none."""
        return self.log.last_event_id

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"events of {self._task_uid}")

    async def ready(self) -> None:
        """Waits until all that happened so far is in the log, with the last draft's picture, READY_SECONDS at most."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
                await self._draw_again()
        except TimeoutError:
            what = "a picture is not there" if self._ready.is_set() else "the stream is not read"
            logger.info("events of task %s: %s yet", self._task_uid, what)

    def read_again(self) -> None:
        """The connection was lost and is back: what came meanwhile is fetched."""
        self._messages.put_nowait(None)

    async def close(self) -> None:
        if self._task is not None:
            await end_tasks([self._task])
            self._task = None

    async def _run(self) -> None:
        await self._take_stored()
        while True:
            try:
                await self._follow()
            except (nats.errors.Error, JobHunterError, OSError, TimeoutError) as error:
                logger.info("events of task %s are read again: %s", self._task_uid, error or type(error).__name__)
            except Exception:  # the feed's fate is decided here: it goes on
                logger.exception("events of task %s are read again", self._task_uid)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _take_stored(self) -> None:
        """What the store has: events that the stream has dropped."""
        try:
            async with asyncio.timeout(_STORE_SECONDS):
                after: str | None = None
                while page := await self._stored_page(after):
                    for stored in page:
                        self._append(stored.event, stored.published_at)
                    after = page[-1].event.event_id
        except (JobHunterError, TimeoutError, OSError, ValidationError) as error:
            self.whole = False
            logger.warning("events of task %s: without the store: %s", self._task_uid, error or type(error).__name__)

    async def _stored_page(self, after: str | None) -> list[StoredEvent]:
        async with self._store.user(self._user_id) as connection:
            return await events_table.after(connection, self._task_uid, after, _PAGE)

    async def _follow(self) -> None:
        """Reads the stream from behind the last message taken, until something is missing or NATS is silent."""
        js, client = self._link.js, self._link.client
        created = (await js.stream_info(EVENT_STREAM)).created
        if created != self._created:
            self._created, self._sequence = created, 0  # another stream: its numbers begin anew
        messages: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._messages = messages
        inbox = client.new_inbox()

        async def received(message: Msg) -> None:
            messages.put_nowait(message)

        subscription = await client.subscribe(inbox, cb=received)
        try:
            consumer = await js.add_consumer(EVENT_STREAM, self._consumer(inbox))
            if not consumer.num_pending and not (consumer.delivered and consumer.delivered.consumer_seq):
                await self._caught_up()
            await self._take_all(messages)
        finally:
            with contextlib.suppress(nats.errors.Error, OSError):
                await subscription.unsubscribe()  # the consumer goes by itself, a while after its listener

    def _consumer(self, inbox: str) -> api.ConsumerConfig:
        again = self._sequence > 0
        return api.ConsumerConfig(
            name=f"{GATEWAY_CONSUMER}-{secrets.token_hex(8)}",  # the credential lets only a named one be made
            deliver_subject=inbox,
            deliver_policy=api.DeliverPolicy.BY_START_SEQUENCE if again else api.DeliverPolicy.ALL,
            opt_start_seq=self._sequence + 1 if again else None,
            filter_subject=f"jobhunter.task.{self._task_uid}.event.>",
            ack_policy=api.AckPolicy.NONE,
            idle_heartbeat=HEARTBEAT_SECONDS,
            inactive_threshold=2 * HEARTBEAT_SECONDS,
            num_replicas=1,
            mem_storage=True,
        )

    async def _take_all(self, messages: asyncio.Queue[Msg | None]) -> None:
        taken = 0  # the consumer's number of the last message
        while True:
            async with asyncio.timeout(_SILENCE_SECONDS):
                message = await messages.get()
            if message is None:
                raise Gap("the connection was lost for a while", where=EVENT_STREAM)
            headers = message.headers or {}
            if headers.get("Status"):
                if int(headers.get(_LAST_CONSUMER, taken)) != taken:
                    raise Gap("a message did not arrive", where=EVENT_STREAM)
                continue
            metadata = message.metadata
            if metadata.sequence.consumer != taken + 1:
                raise Gap("a message did not arrive", where=EVENT_STREAM)
            taken += 1
            event = self._event(message)
            if event is not None:
                await self._take(event, metadata.timestamp.astimezone(UTC))
            self._sequence = metadata.sequence.stream
            if not metadata.num_pending:
                await self._caught_up()

    def _event(self, message: Msg) -> Event | None:
        try:
            event = Event.from_json(message.data)
        except InvalidMessage as error:
            logger.warning("what came on %s is no event: %s", message.subject, error)
            return None
        own = event.event_id.startswith(f"{self._task_uid}.")
        if not own or message.subject != event_subject(self._task_uid, event.type):
            logger.warning("an event of another task or type came on %s", message.subject)
            return None
        return event

    async def _take(self, event: Event, published_at: datetime) -> None:
        """Appends it. A draft that is new gets its picture first; those read at the start share what there is at the end."""
        picture = None
        new = not self.log.had(event.event_id, published_at)
        if self._ready.is_set() and event.type is EventType.DRAFT_REVIEW and new:
            picture = await self._picture()
        self._append(event, published_at, picture)
        self._wake()

    async def _caught_up(self) -> None:
        if self._ready.is_set():
            return
        await self._draw_again()
        self._ready.set()
        self._wake()

    def _append(self, event: Event, published_at: datetime, picture: bytes | None = None) -> None:
        if self.log.had(event.event_id, published_at):
            return
        message = shown(event)
        text = _text(message, event, self._task_uid) if message is not None else None
        if message is None or text is None:
            return
        index = self.log.append(event.event_id, published_at, text)
        if event.type is EventType.DRAFT_REVIEW:
            if self._draft is not None:
                self._draw(self._draft, None)  # its picture is no longer kept by anybody
            self._draft = _Draft(event.event_id, index, message)
            self._draw(self._draft, picture)

    def _draw(self, draft: _Draft, picture: bytes | None) -> None:
        draft.drawn = picture is not None
        self.log.replace(draft.index, text_of(with_picture(draft.message, picture)))

    async def _draw_again(self) -> None:
        """The last draft's picture, where it could not be had before: whoever comes later is to see it."""
        draft = self._draft
        if draft is None or draft.drawn:
            return
        picture = await self._picture()
        if picture is not None and draft is self._draft:
            self._draw(draft, picture)

    async def _picture(self) -> bytes | None:
        try:
            async with asyncio.timeout(_PICTURE_SECONDS):
                return await self._pictures.get(self._user_id, self._task_uid, "draft.jpg")
        except (Unavailable, TimeoutError) as error:
            logger.warning("task %s: a draft without its picture: %s", self._task_uid, error or type(error).__name__)
            return None


@dataclass
class _Draft:
    """drawn: whether its message has the picture."""

    event_id: str
    index: int
    message: dict[str, Any]
    drawn: bool = False


def _text(message: dict[str, Any], event: Event, task_uid: str) -> str | None:
    try:
        return text_of(message)
    except InvalidMessage as error:
        logger.warning("event %s of task %s is not shown: %s", event.event_id, task_uid, error)
        return None
