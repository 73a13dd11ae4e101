"""Tells the operator, at a task's admission, whether the store can serve the task; and the person, once, if it cannot."""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js import api

from jobhunter_connection.drain import drain
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts import asks
from jobhunter_contracts.errors import InvalidProfile, JobHunterError, ProfileMissing, Unavailable
from jobhunter_contracts.events import EventType, make_event
from jobhunter_contracts.subjects import (
    GATEWAY_QUEUE,
    HEADER_ERROR,
    PROFILE_CHANGED_SUBJECT,
    PROFILE_EXISTS_SUBJECT,
    event_subject,
)
from jobhunter_gateway.profile_in_use import profile_in_use
from jobhunter_gateway.store import Store

logger = logging.getLogger(__name__)
_TOLD_LIMIT = 10_000


async def tell_profile_changed(link: NatsLink, user_id: str) -> None:
    """Has the operator look at once at tasks that wait for this user's profile; without it, it looks every few seconds."""
    try:
        await link.client.publish(PROFILE_CHANGED_SUBJECT, asks.ProfileChanged(user_id=user_id).to_json())
    except (Unavailable, nats.errors.Error, OSError) as error:
        logger.info("the operator is not told of a changed profile: %s", error)


class ProfileExists:
    """Any gateway of the queue group answers."""

    def __init__(self, link: NatsLink, store: Store) -> None:
        self._link = link
        self._store = store
        self._told: OrderedDict[str, None] = OrderedDict()
        self._subscription: Subscription | None = None
        self._at_work: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Subscribes, once there is a connection; the client keeps subscriptions over reconnects."""
        if self._subscription is None:
            self._subscription = await self._link.client.subscribe(
                PROFILE_EXISTS_SUBJECT, queue=GATEWAY_QUEUE, cb=self._received
            )

    async def stop(self) -> None:
        """Takes no more requests, and ends when those under way are answered."""
        subscription, self._subscription = self._subscription, None
        if subscription is not None:
            await drain([subscription])
        if self._at_work:
            await asyncio.wait(self._at_work)

    async def _received(self, message: Msg) -> None:
        task = asyncio.create_task(self._serve(message))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _serve(self, message: Msg) -> None:
        headers = None
        try:
            query = asks.ProfileQuery.from_json(message.data)
            data = (await self._state(query)).to_json()
        except JobHunterError as error:
            logger.info("whether there is a profile cannot be said: %s", error)
            data, headers = asks.Refusal(code=error.code, message=str(error)).to_json(), {HEADER_ERROR: error.code}
        except Exception as error:  # a request's fate is decided here: it is answered, and recorded
            logger.exception("whether there is a profile cannot be said")
            refusal = asks.Refusal(code=JobHunterError.code, message=f"the gateway failed: {type(error).__name__}")
            data, headers = refusal.to_json(), {HEADER_ERROR: JobHunterError.code}
        try:
            await self._link.client.publish(message.reply, data, headers=headers)
        except (JobHunterError, nats.errors.Error, OSError) as error:
            logger.info("the answer to %s is lost: %s", message.subject, error)

    async def _state(self, query: asks.ProfileQuery) -> asks.ProfileState:
        try:
            async with self._store.user(query.user_id) as connection:
                await profile_in_use(connection)
        except (ProfileMissing, InvalidProfile) as error:
            await self._tell(query, error)
            return asks.ProfileState(exists=False, why=str(error))
        return asks.ProfileState(exists=True)

    async def _tell(self, query: asks.ProfileQuery, why: ProfileMissing | InvalidProfile) -> None:
        """Says it to the person, once for a task and a kind of fault: the operator asks again and again."""
        event_id = f"{query.task_uid}.{why.code}"
        if event_id in self._told or not query.task_uid:
            return
        try:
            async with self._store.user(query.user_id) as connection:
                stored = await connection.fetchval("SELECT 1 FROM events WHERE event_id = $1", event_id)
            if not stored:
                event = make_event(EventType.CHAT_MESSAGE, str(why), {}, event_id=event_id, agent="system")
                await self._link.js.publish(
                    event_subject(query.task_uid, EventType.CHAT_MESSAGE),
                    event.to_json(),
                    headers={api.Header.MSG_ID.value: event_id},
                )
        except (Unavailable, nats.errors.Error, TimeoutError, OSError) as error:
            logger.info("the person is not told yet: %s", error)  # the operator will ask again
            return
        self._told[event_id] = None
        while len(self._told) > _TOLD_LIMIT:
            self._told.popitem(last=False)
