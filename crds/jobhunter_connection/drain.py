"""Ends subscriptions of a queue group so that nothing asked meanwhile is lost: it is answered here, or goes to another."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

import nats.errors
from nats.aio.subscription import Subscription

logger = logging.getLogger(__name__)

DRAIN_SECONDS = 3.0  # that a server may take to hear of it; without one, what it sent is gone anyhow


async def drain(subscriptions: Iterable[Subscription]) -> None:
    """Returns when the server sends no more to them and what it had sent was handed to their callbacks."""
    await asyncio.gather(*(_drain(subscription) for subscription in subscriptions))


async def _drain(subscription: Subscription) -> None:
    try:
        async with asyncio.timeout(DRAIN_SECONDS):
            await subscription.drain()  # type: ignore[no-untyped-call]  # nats-py's, without types
    except (nats.errors.Error, OSError, TimeoutError) as error:
        logger.info("a subscription ends without the server's word: %s", error or type(error).__name__)
