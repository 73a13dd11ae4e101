"""One socket: sends events in order, all of them, and between them the newest frame; takes answers."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from datetime import UTC, datetime

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.event_feed import EventFeed
from jobhunter_gateway.frame_feed import FrameFeed
from jobhunter_gateway.hitl_answers import HitlAnswers
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.rates import Rate, Rates
from jobhunter_gateway.socket_messages import (
    CLOSE_NOT_JSON,
    CLOSE_NOT_YOURS,
    CLOSE_TRY_AGAIN,
    CLOSE_UNKNOWN_MESSAGE,
    NotJson,
    UnknownMessage,
    client_message,
    event_id_seen,
    fault_text,
)
from jobhunter_gateway.tokens import SignedIn

logger = logging.getLogger(__name__)
SEND_SECONDS = 30.0
"""How long a client may take nothing of what waits for it."""

_TOO_MANY = "too-many-requests"
_PAUSE_SECONDS = 0.1
_STORE_TRIES = 5
_STORE_AGAIN_SECONDS = 1.0
_FAULTS = 50  # words to one client that may wait


class Viewer:
    """Who looks at one task through one socket that is accepted already."""

    def __init__(
        self,
        socket: WebSocket,
        who: SignedIn,
        task_uid: str,
        events: EventFeed,
        frames: FrameFeed,
        answers: HitlAnswers,
        rates: Rates,
        metrics: Metrics,
    ) -> None:
        self._socket = socket
        self._who = who
        self._task_uid = task_uid
        self._events = events
        self._frames = frames
        self._answers = answers
        self._rates = rates
        self._metrics = metrics
        self._news = asyncio.Event()
        self._faults: deque[tuple[str, JobHunterError]] = deque()
        self._seen = ""  # id of the last event that the client has
        self._end: tuple[int, str] | None = None  # close code and reason; code 0: the client has gone
        self.done = asyncio.Event()

    def wake(self) -> None:
        """There may be something to send."""
        self._news.set()

    def stop(self, code: int, reason: str) -> None:
        """Has the socket closed; the first reason stands."""
        if self._end is None:
            self._end = (code, reason)
        self._news.set()

    async def run(self, after: str) -> None:
        """Until one side ends it. after: the last event that the client has seen, empty for none."""
        receiving = asyncio.create_task(self._receive(), name="messages of a socket")
        seconds = (self._who.taken_until - datetime.now(UTC)).total_seconds()
        expiry = asyncio.get_running_loop().call_later(max(0.0, seconds), self._expire)
        try:
            await self._send_all(after)
        except TimeoutError:
            logger.info("a viewer of task %s takes nothing any more", self._task_uid)
            self._end = (CLOSE_TRY_AGAIN, "too slow")
        except WebSocketDisconnect:
            self._end = (0, "")
        except RuntimeError as error:
            # The server closed it meanwhile (a message too large, no answer to its pings), and takes nothing more.
            logger.info("a viewer of task %s: %s", self._task_uid, error)
            self._end = (0, "")
        finally:
            expiry.cancel()
            receiving.cancel()
            await asyncio.gather(receiving, return_exceptions=True)
            try:
                await self._close()
            finally:
                self.done.set()

    def _expire(self) -> None:
        self.stop(CLOSE_NOT_YOURS, "the token has expired")

    async def _send_all(self, after: str) -> None:
        await self._events.ready()
        self._seen = event_id_seen(after)
        place = self._events.index_after(after)
        log = self._events.log
        number = 0
        while True:
            self._news.clear()
            while self._end is None and self._faults:
                hitl_id, error = self._faults.popleft()
                await self._send(fault_text(hitl_id, error, self._seen or f"{self._task_uid}.0"))
            while self._end is None and (place is None or place < log.end):
                if place is None or place < log.first:
                    place = await self._send_older()
                    continue
                self._seen = log.event_id(place)
                await self._send_event(log.text(place))
                place += 1
            if self._end is not None:
                return
            if self._frames.number > number:
                if number and self._frames.number > number + 1:
                    self._metrics.frames.labels(what="dropped").inc(self._frames.number - number - 1)
                number = self._frames.number
                await self._send(self._frames.text)
                self._metrics.frames.labels(what="sent").inc()
            if self._frames.number == number and place == log.end:
                await self._news.wait()

    async def _send_older(self) -> int:
        """Sends what the log has dropped; where it goes on in the log. What the store does not have yet is waited for."""
        tries = 0
        while self._end is None:
            try:
                page = await self._events.older(self._seen)
            except (JobHunterError, TimeoutError, OSError) as error:
                logger.info(
                    "a viewer of task %s waits for the store: %s", self._task_uid, error or type(error).__name__
                )
                page = []
            for event_id, text in page:
                if self._end is not None:
                    break
                if self._events.log.place(event_id) is not None:
                    return self._events.log.first
                self._seen = event_id
                if text is not None:
                    await self._send_event(text)
            if not page:
                tries += 1
                if tries > _STORE_TRIES:
                    self.stop(CLOSE_TRY_AGAIN, "too far behind")
                    break
                await asyncio.sleep(_STORE_AGAIN_SECONDS)
        return self._events.log.end

    async def _send_event(self, text: str) -> None:
        await self._send(text)
        self._metrics.events_sent.inc()

    async def _send(self, text: str) -> None:
        """Raises TimeoutError where the client takes nothing, WebSocketDisconnect where it has gone."""
        async with asyncio.timeout(SEND_SECONDS):
            await self._socket.send_text(text)

    async def _close(self) -> None:
        code, reason = self._end or (CLOSE_TRY_AGAIN, "the gateway failed")
        self._metrics.socket_closes.labels(code=code or "client").inc()
        if not code or self._socket.application_state is not WebSocketState.CONNECTED:
            return
        try:
            async with asyncio.timeout(1.0):
                await self._socket.close(code, reason)
        except (TimeoutError, RuntimeError, OSError, WebSocketDisconnect) as error:
            logger.debug("a socket is not closed in order: %s", error or type(error).__name__)

    async def _receive(self) -> None:
        try:
            while self._end is None:
                message = await self._socket.receive()
                if message["type"] == "websocket.disconnect":
                    self.stop(0, "")
                    return
                text = message.get("text")
                await self._take(text if text is not None else message.get("bytes") or b"")
        except Exception:  # the socket's fate is decided here
            logger.exception("a message of a viewer of task %s", self._task_uid)
            self.stop(CLOSE_TRY_AGAIN, "the gateway failed")

    async def _take(self, text: str | bytes) -> None:
        hitl_id = ""
        try:
            self._rates.check(Rate.SOCKET_MESSAGES, self._who.user_id)
            answer = client_message(text)
            hitl_id = answer.hitl_id
            await self._answers.answer(self._task_uid, hitl_id, answer.response)
        except NotJson as error:
            self.stop(CLOSE_NOT_JSON, error.what)
        except UnknownMessage as error:
            self.stop(CLOSE_UNKNOWN_MESSAGE, error.what)
        except JobHunterError as error:
            self._tell(hitl_id, error)
            if error.code == _TOO_MANY:
                await asyncio.sleep(_PAUSE_SECONDS)  # meanwhile nothing is read: who floods fills their own buffers

    def _tell(self, hitl_id: str, error: JobHunterError) -> None:
        if len(self._faults) >= _FAULTS:
            self.stop(CLOSE_UNKNOWN_MESSAGE, "too many messages")
            return
        self._faults.append((hitl_id, error))
        self._news.set()
