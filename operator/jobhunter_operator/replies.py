"""Requests over NATS, answered: with what was asked for, or with a Refusal and its code. Each is counted."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.asks import Refusal
from jobhunter_contracts.errors import JobHunterError
from jobhunter_contracts.subjects import HEADER_ERROR, OPERATOR_QUEUE
from jobhunter_operator.metrics import Metrics

logger = logging.getLogger(__name__)

Answer = tuple[bytes, dict[str, str]]
"""Payload and headers of a reply."""


class Replies:
    """Serves subjects, each request beside the others."""

    def __init__(self, link: NatsLink, metrics: Metrics) -> None:
        self._link = link
        self._metrics = metrics
        self._subscriptions: dict[str, Subscription] = {}
        self._at_work: set[asyncio.Task[None]] = set()

    async def serve(self, subject: str, what: str, work: Callable[[Msg, Mapping[str, str]], Awaitable[Answer]]) -> None:
        """Subscribes once, in the operators' queue group; the client keeps subscriptions over reconnects.

        `work` gets message and headers; a JobHunterError that it raises becomes the refusal. what: the metric's label.
        """
        if subject in self._subscriptions:
            return

        async def received(message: Msg) -> None:
            task = asyncio.create_task(self._answer(what, message, work))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

        self._subscriptions[subject] = await self._link.client.subscribe(subject, queue=OPERATOR_QUEUE, cb=received)

    async def _answer(
        self, what: str, message: Msg, work: Callable[[Msg, Mapping[str, str]], Awaitable[Answer]]
    ) -> None:
        headers: dict[str, str] = dict(message.headers or {})
        result = "answered"
        try:
            data, answer = await work(message, headers)
        except JobHunterError as error:
            logger.info("request %s refused: %s", message.subject, error)
            data, answer = Refusal(code=error.code, message=str(error)).to_json(), {HEADER_ERROR: error.code}
            result = error.code
        except Exception as error:  # a request's fate is decided here: it is answered, and recorded
            logger.exception("request %s failed", message.subject)
            refusal = Refusal(code=JobHunterError.code, message=f"the operator failed: {type(error).__name__}")
            data, answer, result = refusal.to_json(), {HEADER_ERROR: JobHunterError.code}, "failed"
        self._metrics.asks.labels(what=what, result=result).inc()
        try:
            await self._link.client.publish(message.reply, data, headers=answer)
        except (JobHunterError, nats.errors.Error, OSError) as error:
            logger.info("the answer to %s is lost: %s", message.subject, error)
