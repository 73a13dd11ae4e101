"""A task's live frames: asked for while somebody watches, encoded once, the newest one for whoever is ready for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.js.errors import NotFoundError

from jobhunter_connection.background import end_tasks
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import InvalidMessage, JobHunterError
from jobhunter_contracts.subjects import FRAME_STREAM, WATCH_SECONDS, frame_subject, watch_subject
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.socket_messages import FRAME_LIMIT, frame_text

logger = logging.getLogger(__name__)
_PENDING = 8  # frames that may wait to be encoded; more would only be old
_RETRY_SECONDS = 1.0
_LAST_FRAME_TRIES = 5


class FrameFeed:
    """`text` is the newest frame as a socket message, `number` counts them; both change together, `wake` is called then."""

    def __init__(
        self,
        task_uid: str,
        link: NatsLink,
        metrics: Metrics,
        wake: Callable[[], None],
        last_event_id: Callable[[], str] = str,
    ) -> None:
        """last_event_id: the id of the task's last event so far, empty while there is none."""
        self._task_uid = task_uid
        self._link = link
        self._metrics = metrics
        self._wake = wake
        self._last_event_id = last_event_id
        self._subscription: Subscription | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._tell = asyncio.Event()
        self._refused = 0
        self.text = ""
        self.number = 0

    def start(self) -> None:
        self._tasks = [
            asyncio.create_task(self._listen(), name=f"frames of {self._task_uid}"),
            asyncio.create_task(self._say_watched(), name=f"watching {self._task_uid}"),
        ]

    def say_again(self) -> None:
        """The connection is back: the runner is told at once, before it gives up."""
        self._tell.set()

    async def close(self) -> None:
        """Nobody watches any more: the runner notices that no word comes."""
        await end_tasks(self._tasks)
        self._tasks = []
        if self._subscription is not None:
            with contextlib.suppress(nats.errors.Error, OSError):
                await self._subscription.unsubscribe()
        self._subscription = None

    async def _listen(self) -> None:
        """Subscribes, which the client keeps over reconnects, and takes the last frame that NATS has in memory."""
        tries = 0
        while tries < _LAST_FRAME_TRIES:
            try:
                if self._subscription is None:
                    self._subscription = await self._link.client.subscribe(
                        frame_subject(self._task_uid),
                        cb=self._received,
                        pending_msgs_limit=_PENDING,
                        pending_bytes_limit=_PENDING * FRAME_LIMIT,
                    )
                tries += 1
                await self._take_last()
                return
            except NotFoundError:
                return  # there was no frame yet
            except (nats.errors.Error, JobHunterError, OSError, TimeoutError) as error:
                logger.info("frames of task %s: %s", self._task_uid, error or type(error).__name__)
            await asyncio.sleep(_RETRY_SECONDS)

    async def _take_last(self) -> None:
        last = await self._link.js.get_msg(FRAME_STREAM, subject=frame_subject(self._task_uid), direct=False)
        if not self.number and last.data:
            self._take(last.data, last.headers or {})

    async def _received(self, message: Msg) -> None:
        self._metrics.frames.labels(what="received").inc()
        if self._subscription is not None and self._subscription.pending_msgs:
            self._metrics.frames.labels(what="dropped").inc()  # a newer one is here already
            return
        self._take(message.data, message.headers or {})

    def _take(self, data: bytes, headers: dict[str, str]) -> None:
        try:
            self.text = frame_text(data, headers, self._last_event_id() or f"{self._task_uid}.0")
        except InvalidMessage as error:
            self._metrics.frames.labels(what="refused").inc()
            self._refused += 1
            if self._refused == 1:  # said once: who sends one sends five a second
                logger.warning("task %s sends what is no frame: %s", self._task_uid, error)
            return
        self.number += 1
        self._wake()

    async def _say_watched(self) -> None:
        while True:
            try:
                await self._link.client.publish(watch_subject(self._task_uid))
            except (nats.errors.Error, JobHunterError, OSError) as error:
                logger.info("task %s is not told that it is watched: %s", self._task_uid, error)
            self._tell.clear()
            try:
                async with asyncio.timeout(WATCH_SECONDS):
                    await self._tell.wait()
            except TimeoutError:
                continue
