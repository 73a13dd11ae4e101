"""All open sockets: which tasks they look at, and the feeds that serve them. A task's feeds are shared by its viewers."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

from jobhunter_connection.nats_link import NatsLink
from jobhunter_gateway.event_feed import EventFeed
from jobhunter_gateway.frame_feed import FrameFeed
from jobhunter_gateway.hitl_answers import HitlAnswers
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.rates import Rates
from jobhunter_gateway.socket_messages import CLOSE_TRY_AGAIN
from jobhunter_gateway.store import Store
from jobhunter_gateway.tokens import SignedIn
from jobhunter_gateway.viewer import Viewer

logger = logging.getLogger(__name__)
KEEP_SECONDS = 60.0
"""How long a task's events are kept ready after its last viewer went: a page that is loaded anew comes back soon."""

SOCKETS_PER_USER = 250
"""Open sockets of one user, at most."""

_CLOSE_SECONDS = 2.0


@dataclass
class _Watched:
    """A task that somebody looks at, or did a moment ago."""

    events: EventFeed
    frames: FrameFeed | None = None
    viewers: set[Viewer] = field(default_factory=set)
    forget: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        for viewer in self.viewers:
            viewer.wake()


async def refuse(socket: WebSocket, code: int, reason: str) -> None:
    """Closes a socket that is not served; its client may have left before it hears why."""
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code, reason)


class Hub:
    def __init__(
        self,
        link: NatsLink,
        store: Store,
        pictures: Pictures,
        answers: HitlAnswers,
        rates: Rates,
        metrics: Metrics,
        keep_seconds: float = KEEP_SECONDS,
    ) -> None:
        self._link = link
        self._store = store
        self._pictures = pictures
        self._answers = answers
        self._rates = rates
        self._metrics = metrics
        self._keep_seconds = keep_seconds
        self._watched: dict[str, _Watched] = {}
        self._per_user: Counter[str] = Counter()
        self._ending: set[asyncio.Task[None]] = set()
        self.closing = False
        link.on_connected(self._connected)

    @property
    def viewers(self) -> int:
        """Open sockets."""
        return sum(len(watched.viewers) for watched in self._watched.values())

    @property
    def tasks(self) -> int:
        """Tasks whose feeds are open."""
        return len(self._watched)

    async def serve(self, socket: WebSocket, who: SignedIn, task_uid: str, after: str) -> None:
        """Serves an accepted socket of a task that is `who`'s, until one side closes it."""
        if self.closing or self._per_user[who.user_id] >= SOCKETS_PER_USER:
            reason = "the gateway is shutting down" if self.closing else "too many sockets are open"
            self._metrics.socket_closes.labels(code=CLOSE_TRY_AGAIN).inc()
            await refuse(socket, CLOSE_TRY_AGAIN, reason)
            return
        watched = self._watch(who.user_id, task_uid)
        frames = watched.frames or self._frames(watched, task_uid)
        viewer = Viewer(socket, who, task_uid, watched.events, frames, self._answers, self._rates, self._metrics)
        watched.viewers.add(viewer)
        self._per_user[who.user_id] += 1
        self._metrics.sockets.inc()
        try:
            await viewer.run(after)
        finally:
            watched.viewers.discard(viewer)
            self._per_user[who.user_id] -= 1
            if not self._per_user[who.user_id]:
                del self._per_user[who.user_id]
            self._metrics.sockets.dec()
            if not watched.viewers:
                self._leave(watched, task_uid)

    async def close(self) -> None:
        """Closes all sockets with 1013, before the server does it with a code that says less; then the feeds."""
        self.closing = True
        viewers = [viewer for watched in self._watched.values() for viewer in watched.viewers]
        for viewer in viewers:
            viewer.stop(CLOSE_TRY_AGAIN, "the gateway is shutting down")
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                for viewer in viewers:
                    await viewer.done.wait()
        except TimeoutError:
            logger.info("some sockets take no word of farewell; their connections are cut")
        for watched in list(self._watched.values()):
            if watched.forget is not None:
                watched.forget.cancel()
            await watched.events.close()
            if watched.frames is not None:
                await watched.frames.close()
        self._watched.clear()
        await asyncio.gather(*self._ending, return_exceptions=True)

    def _watch(self, user_id: str, task_uid: str) -> _Watched:
        watched = self._watched.get(task_uid)
        if watched is not None:
            if watched.forget is not None:
                watched.forget.cancel()
                watched.forget = None
            return watched

        def wake() -> None:
            found = self._watched.get(task_uid)
            if found is not None:
                found.wake()

        events = EventFeed(task_uid, user_id, self._link, self._store, self._pictures, wake)
        watched = self._watched[task_uid] = _Watched(events)
        events.start()
        return watched

    def _frames(self, watched: _Watched, task_uid: str) -> FrameFeed:
        watched.frames = FrameFeed(task_uid, self._link, self._metrics, watched.wake, watched.events.last_event_id)
        watched.frames.start()
        return watched.frames

    def _leave(self, watched: _Watched, task_uid: str) -> None:
        """The last viewer went: no more frames; the events are kept for a while, unless something was missing."""
        if watched.frames is not None:
            self._end(watched.frames.close())
            watched.frames = None
        if self.closing:
            return
        seconds = self._keep_seconds if watched.events.whole else 0.0
        watched.forget = asyncio.get_running_loop().call_later(seconds, self._forget, watched, task_uid)

    def _forget(self, watched: _Watched, task_uid: str) -> None:
        if not watched.viewers and self._watched.get(task_uid) is watched:
            del self._watched[task_uid]
            self._end(watched.events.close())

    def _end(self, closing: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(closing)
        self._ending.add(task)
        task.add_done_callback(self._ending.discard)

    async def _connected(self) -> None:
        for watched in self._watched.values():
            watched.events.read_again()
            if watched.frames is not None:
                watched.frames.say_again()
