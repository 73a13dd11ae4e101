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
from datetime import datetime
from typing import Any, Final

import nats.errors
from nats.aio.msg import Msg
from nats.js import api
from pydantic import ValidationError

from jobhunter_contracts.errors import InvalidMessage, JobHunterError, Unavailable
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.subjects import EVENT_STREAM, GATEWAY_CONSUMER, event_subject
from jobhunter_gateway import events_table
from jobhunter_gateway.nats_link import NatsLink
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.socket_messages import event_id_seen, shown, text_of, with_picture
from jobhunter_gateway.store import Store

logger = logging.getLogger(__name__)
LOG_LIMIT = 20_000
"""Events kept of one task; who lags further behind is sent away, to come back by ?after=."""

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
    """`log(index)` is the text of an event; indexes go on for ever, from `first` (older ones are dropped) to `end`."""

    def __init__(
        self, task_uid: str, user_id: str, link: NatsLink, store: Store, pictures: Pictures, wake: Callable[[], None]
    ) -> None:
        self._task_uid = task_uid
        self._user_id = user_id
        self._link = link
        self._store = store
        self._pictures = pictures
        self._wake = wake
        self._log: list[str] = []
        self._index: dict[str, int] = {}
        self._last = ""
        self._draft: tuple[int, dict[str, Any]] | None = None  # the last draft's index and message
        self._sequence = 0  # of the stream's last message taken
        self._created: datetime | None = None  # the stream's
        self._messages: asyncio.Queue[Msg | None] = asyncio.Queue()
        self._ready = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self.first = 0
        self.whole = True  # whether the store was asked: it has what is older than the stream

    @property
    def end(self) -> int:
        return self.first + len(self._log)

    def text(self, index: int) -> str:
        """The event at `index`, from `first` to `end` - 1, as a socket message."""
        return self._log[index - self.first]

    def index_after(self, event_id: str) -> int:
        """Where a viewer goes on that has seen this event or frame: behind it, or at the beginning if it is not known."""
        place = self._index.get(event_id_seen(event_id))
        return self.first if place is None else max(place + 1, self.first)

    def last_event_id(self) -> str:
        """Of the last event in the log, empty while there is none."""
        return self._last

    def start(self) -> None:
        self._task = asyncio.create_task(self._run(), name=f"events of {self._task_uid}")

    async def ready(self) -> None:
        """Waits until all that happened so far is in the log, READY_SECONDS at most."""
        try:
            async with asyncio.timeout(READY_SECONDS):
                await self._ready.wait()
        except TimeoutError:
            logger.info("events of task %s: the stream is not read yet", self._task_uid)

    def read_again(self) -> None:
        """The connection was lost and is back: what came meanwhile is fetched."""
        self._messages.put_nowait(None)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
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
                    for event in page:
                        self._append(event)
                    after = page[-1].event_id
        except (JobHunterError, TimeoutError, OSError, ValidationError) as error:
            self.whole = False
            logger.warning("events of task %s: without the store: %s", self._task_uid, error or type(error).__name__)

    async def _stored_page(self, after: str | None) -> list[Event]:
        async with self._store.user(self._user_id) as connection:
            rows = await events_table.after(connection, self._task_uid, after, _PAGE)
        return [Event.model_validate(row) for row in rows]

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
                await self._take(event)
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

    async def _take(self, event: Event) -> None:
        """Appends it. A draft that is new gets its picture first; those read at the start share what there is at the end."""
        picture = None
        if self._ready.is_set() and event.type is EventType.DRAFT_REVIEW and event.event_id not in self._index:
            picture = await self._picture()
        self._append(event, picture)
        self._wake()

    async def _caught_up(self) -> None:
        if self._ready.is_set():
            return
        if self._draft is not None:
            self._draw(*self._draft, await self._picture())
        self._ready.set()
        self._wake()

    def _append(self, event: Event, picture: bytes | None = None) -> None:
        if event.event_id in self._index:
            return
        message = shown(event)
        if message is None:
            return
        try:
            text = text_of(message)
        except InvalidMessage as error:
            logger.warning("event %s of task %s is not shown: %s", event.event_id, self._task_uid, error)
            return
        self._index[event.event_id] = self.end
        self._last = event.event_id
        self._log.append(text)
        if event.type is EventType.DRAFT_REVIEW:
            if self._draft is not None:
                self._draw(*self._draft, None)  # its picture is no longer kept by anybody
            self._draft = (self.end - 1, message)
            self._draw(*self._draft, picture)
        self._forget_oldest()

    def _draw(self, index: int, message: dict[str, Any], picture: bytes | None) -> None:
        if index >= self.first:
            self._log[index - self.first] = text_of(with_picture(message, picture))

    def _forget_oldest(self) -> None:
        if len(self._log) <= LOG_LIMIT:
            return
        count = LOG_LIMIT // 4
        del self._log[:count]
        self.first += count

    async def _picture(self) -> bytes | None:
        try:
            async with asyncio.timeout(_PICTURE_SECONDS):
                return await self._pictures.get(self._user_id, self._task_uid, "draft.jpg")
        except (Unavailable, TimeoutError) as error:
            logger.warning("task %s: a draft without its picture: %s", self._task_uid, error or type(error).__name__)
            return None
