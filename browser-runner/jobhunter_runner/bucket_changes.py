"""Hints that a key of a NATS bucket changed: whoever waits for one reads the bucket sooner than at the next look.

An ordered consumer delivers the changes into the client's own inbox (a runner's credential may subscribe to nothing else).
It is a hint, never the truth: where it cannot be had, or is lost with a connection, the looks go on.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import nats.errors
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import ConsumerConfig, DeliverPolicy

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How long a change can go unseen where no hint comes."""
SUBSCRIBE_SECONDS = 3.0


class BucketChanges:
    """count: how many changes were heard of."""

    def __init__(self) -> None:
        self.count = 0
        self._heard = asyncio.Event()

    async def after(self, count: int, seconds: float) -> None:
        """Waits until more than `count` changes were heard of, `seconds` (and LOOK_SECONDS) at most."""
        if self.count > count:
            return
        self._heard.clear()
        try:
            await asyncio.wait_for(self._heard.wait(), max(0.0, min(seconds, LOOK_SECONDS)))
        except TimeoutError:
            return

    async def hear(self, _: Msg) -> None:
        self.count += 1
        self._heard.set()


@asynccontextmanager
async def bucket_changes(js: JetStreamContext, bucket: str, keys: str) -> AsyncIterator[BucketChanges]:
    """Changes from now on of the keys that `keys` (a subject filter) names."""
    changes = BucketChanges()
    subscription = None
    try:
        subscription = await asyncio.wait_for(
            js.subscribe(
                f"$KV.{bucket}.{keys}",
                stream=f"KV_{bucket}",
                ordered_consumer=True,
                config=ConsumerConfig(deliver_policy=DeliverPolicy.NEW),
                cb=changes.hear,
            ),
            SUBSCRIBE_SECONDS,
        )
    except (nats.errors.Error, TimeoutError, OSError) as error:
        log.info("changes of %s are looked for, not heard of: %s", bucket, type(error).__name__)
    try:
        yield changes
    finally:
        if subscription is not None:
            try:
                await asyncio.wait_for(subscription.unsubscribe(), SUBSCRIBE_SECONDS)
            except (nats.errors.Error, TimeoutError, OSError) as error:
                log.info("unsubscribing: %s", type(error).__name__)
