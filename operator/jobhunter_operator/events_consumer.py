"""The durable consumer of lifecycle events. An event is acknowledged only after the status write that it caused."""

from __future__ import annotations

import asyncio
import json
import logging
from dataclasses import dataclass

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext, api
from nats.js.errors import ServiceUnavailableError

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import InvalidMessage, Unavailable
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import (
    EVENT_STREAM,
    OPERATOR_CONSUMER,
    OPERATOR_FILTER_SUBJECTS,
    event_subject,
    task_uid_of,
)
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.status_draft import ended
from jobhunter_operator.work_queue import WorkQueue

logger = logging.getLogger(__name__)
ACK_WAIT_SECONDS = 3.0
"""After so long an event comes again: what an operator that died had taken reaches its successor soon."""
_FETCH_SECONDS = 2.0


@dataclass
class _Received:
    event: Event
    message: Msg


class Inbox:
    """Events received and not yet acknowledged, by task. A redelivered one takes its former place.

    caught_up: whether what was said while nobody listened is here by now.
    """

    def __init__(self, metrics: Metrics) -> None:
        self.caught_up = False
        self._metrics = metrics
        self._received: dict[str, dict[str, _Received]] = {}

    def put(self, task_uid: str, event: Event, message: Msg) -> None:
        self._received.setdefault(task_uid, {})[event.event_id] = _Received(event, message)

    def __len__(self) -> int:
        return sum(len(events) for events in self._received.values())

    def events(self, task_uid: str) -> tuple[Event, ...]:
        """What was received of the task, in order of arrival."""
        return tuple(one.event for one in self._received.get(task_uid, {}).values())

    def ids(self, task_uid: str) -> list[str]:
        """All that wait for their acknowledgement now."""
        return list(self._received.get(task_uid, ()))

    def handled(self, task: ApplicationTask, ids: list[str]) -> list[str]:
        """Those of `ids` that status speaks of. An outcome is held until the task has ended: the lease may be waited for.

        That of an earlier attempt comes to nothing, and is not held.
        """
        waiting = self._received.get(task.uid, {})
        if ended(task):
            return ids
        attempts = task.status.attempts or 0
        return [i for i in ids if i in waiting and not _may_end(waiting[i].event, attempts)]

    def has_complete(self, task: ApplicationTask) -> bool:
        """Whether the last attempt's applier:complete was received; an earlier attempt's is not the task's."""
        received = self._received.get(task.uid, {}).values()
        return any(completed_attempt(one.event) == (task.status.attempts or 0) for one in received)

    async def acknowledge(self, task_uid: str, ids: list[str]) -> None:
        """The status that these caused is written."""
        waiting = self._received.get(task_uid, {})
        for event_id in ids:
            one = waiting.pop(event_id, None)
            if one is None:
                continue
            try:
                await one.message.ack()
            except (nats.errors.Error, OSError) as error:
                logger.info("the acknowledgement of %s is lost, it comes again: %s", event_id, error)
            else:
                self._metrics.events.labels(result="acknowledged").inc()
        if not waiting:
            self._received.pop(task_uid, None)


def completed_attempt(event: Event) -> int | None:
    """The attempt that an applier:complete speaks of; None for another event, or one that does not say."""
    attempt = event.data.get("attempt") if event.type is EventType.APPLIER_COMPLETE else None
    return attempt if isinstance(attempt, int) else None


def _may_end(event: Event, attempts: int) -> bool:
    attempt = completed_attempt(event)
    return attempt is not None and attempt >= attempts


class EventsConsumer:
    """Pulls events into the inbox, and makes their tasks due."""

    def __init__(self, link: NatsLink, inbox: Inbox, queue: WorkQueue[str], metrics: Metrics) -> None:
        self._link = link
        self._inbox = inbox
        self._queue = queue
        self._metrics = metrics
        self.running = False

    async def run(self) -> None:
        """For ever; where the stream or the consumer is gone (a lost volume), they are waited for and made again."""
        while True:
            try:
                await self._pull()
            except (nats.errors.Error, Unavailable, OSError, TimeoutError) as error:
                logger.info("no events for a moment: %s: %s", type(error).__name__, error)
            finally:
                self.running = self._inbox.caught_up = False
            await asyncio.sleep(0.5)

    async def _pull(self) -> None:
        js = self._link.js
        config = api.ConsumerConfig(
            durable_name=OPERATOR_CONSUMER,
            ack_policy=api.AckPolicy.EXPLICIT,
            ack_wait=ACK_WAIT_SECONDS,
            deliver_policy=api.DeliverPolicy.ALL,
            filter_subjects=OPERATOR_FILTER_SUBJECTS,
            max_ack_pending=10_000,
        )
        await js.add_consumer(EVENT_STREAM, config)
        subscription = await js.pull_subscribe_bind(durable=OPERATOR_CONSUMER, stream=EVENT_STREAM)
        self.running = True
        left = 0  # events behind the last one that came
        try:
            while True:
                if not self._inbox.caught_up and not left:
                    await self._look_how_far(js)
                try:
                    # One by one: nats-py's fetch of a batch holds the first message back until its time is up.
                    messages = await subscription.fetch(1, timeout=_FETCH_SECONDS)
                except (nats.errors.TimeoutError, TimeoutError):
                    await js.consumer_info(EVENT_STREAM, OPERATOR_CONSUMER)  # raises where it is gone
                    left = 0
                    continue
                except ServiceUnavailableError:
                    return
                for message in messages:
                    await self._take(message)
                    left = message.metadata.num_pending
        finally:
            if self._link.connected:
                await subscription.unsubscribe()

    async def _look_how_far(self, js: JetStreamContext) -> None:
        """What an operator before this one took and did not acknowledge comes again once ACK_WAIT_SECONDS are over."""
        info = await js.consumer_info(EVENT_STREAM, OPERATOR_CONSUMER)
        waiting = (info.num_pending or 0) + (info.num_ack_pending or 0)
        self._inbox.caught_up = waiting <= len(self._inbox)

    async def _take(self, message: Msg) -> None:
        task_uid = task_uid_of(message.subject)
        try:
            event = Event.from_json(message.data)
            if message.subject != event_subject(task_uid, event.type) or not event.event_id.startswith(f"{task_uid}."):
                raise InvalidMessage("the event is not of the subject's task and type", where=message.subject)
            if event.type is EventType.APPLIER_COMPLETE:
                Outcome.from_json(json.dumps(event.data))
        except InvalidMessage as error:
            logger.warning("an event on %s is dropped: %s", message.subject, error)
            self._metrics.events.labels(result="invalid").inc()
            await message.term()
            return
        self._metrics.events.labels(result="received").inc()
        self._inbox.put(task_uid, event, message)
        self._queue.add(task_uid)
