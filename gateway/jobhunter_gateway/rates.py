"""How often somebody may ask: moving windows of the library limits, in this process's memory.

With several gateways each counts for itself, so that a person gets at most so many times the rate as there are gateways.
"""

from __future__ import annotations

import math
import time
from enum import StrEnum

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.settings import Settings

_KEYS = 10_000
"""Windows after which empty ones are looked for: the library keeps a key for ever."""


class Rate(StrEnum):
    """What is counted. BEFORE_SIGN_IN is by client address, all others by user."""

    REQUESTS = "requests"
    WRITES = "writes"
    SOCKET_MESSAGES = "socket-messages"
    BEFORE_SIGN_IN = "before-sign-in"


class Rates:
    """Counts and refuses."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._items: dict[Rate, RateLimitItem] = {
            Rate.REQUESTS: parse(settings.rate_requests),
            Rate.WRITES: parse(settings.rate_writes),
            Rate.SOCKET_MESSAGES: parse(settings.rate_socket_messages),
            Rate.BEFORE_SIGN_IN: parse(settings.rate_before_sign_in),
        }
        self._metrics = metrics
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._sweep_at = _KEYS

    @property
    def windows(self) -> int:
        """How many are kept."""
        return len(self._storage.events)

    def hit(self, rate: Rate, who: str) -> int | None:
        """Counts one. None where it may go on, else in how many whole seconds (1 or more) it may be tried again."""
        item = self._items[rate]
        if self._limiter.hit(item, rate, who):
            self._sweep()
            return None
        self._metrics.rate_limited.labels(rate=rate).inc()
        reset = self._limiter.get_window_stats(item, rate, who).reset_time
        return max(1, math.ceil(reset - time.time()))

    def check(self, rate: Rate, who: str) -> None:
        """Counts one. Raises Problem too-many-requests."""
        if (seconds := self.hit(rate, who)) is not None:
            raise too_many(seconds, str(self._items[rate]))

    def _sweep(self) -> None:
        events = self._storage.events
        if len(events) < self._sweep_at:
            return
        for key in [key for key, entries in events.items() if not entries]:
            events.pop(key, None)
        self._sweep_at = max(_KEYS, 2 * len(events))


def too_many(seconds: int, allowed: str) -> Problem:
    """429 with Retry-After. allowed: the rate in words."""
    return Problem(
        "too-many-requests",
        f"too many requests: {allowed} are allowed",
        remedy=f"Try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )
