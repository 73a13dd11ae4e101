"""How often somebody may ask: moving windows of the library limits, in this process's memory.

With several gateways each counts for itself, so that a person gets at most so many times the rate as there are gateways.
"""

from __future__ import annotations

import ipaddress
import math
import time
from enum import StrEnum

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.settings import Settings

_KEYS = 2_000
"""Windows after which empty ones are looked for: the library keeps a key for ever, and looks at each every ten milliseconds.

While there are more, client addresses that are new share one window: who has a hundred thousand addresses is still one.
"""
_OTHERS = "all others"
_NETWORK_BITS = 64
"""Of an IPv6 address: what one household or machine is given."""
_SWEEP_SECONDS = 1.0


class Rate(StrEnum):
    """What is counted. BEFORE_SIGN_IN is by client address, all others by user."""

    REQUESTS = "requests"
    WRITES = "writes"
    SOCKET_MESSAGES = "socket-messages"
    SOCKET_OPENS = "socket-opens"
    BEFORE_SIGN_IN = "before-sign-in"


class Rates:
    """Counts and refuses."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._items: dict[Rate, RateLimitItem] = {
            Rate.REQUESTS: parse(settings.rate_requests),
            Rate.WRITES: parse(settings.rate_writes),
            Rate.SOCKET_MESSAGES: parse(settings.rate_socket_messages),
            Rate.SOCKET_OPENS: parse(settings.rate_socket_opens),
            Rate.BEFORE_SIGN_IN: parse(settings.rate_before_sign_in),
        }
        self._metrics = metrics
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
        self._sweep_at = 0.0  # on the monotonic clock

    @property
    def windows(self) -> int:
        """How many are kept."""
        return len(self._storage.events)

    def hit(self, rate: Rate, who: str) -> int | None:
        """Counts one. None where it may go on, else in how many whole seconds (1 or more) it may be tried again."""
        item = self._items[rate]
        if rate is Rate.BEFORE_SIGN_IN:
            who = _network(who)
            if self.windows >= _KEYS and item.key_for(rate, who) not in self._storage.events:
                self._sweep()
                who = who if self.windows < _KEYS else _OTHERS
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
        events, now = self._storage.events, time.monotonic()
        if len(events) < _KEYS or now < self._sweep_at:
            return
        for key in [key for key, entries in events.items() if not entries]:
            events.pop(key, None)
        self._sweep_at = now + _SWEEP_SECONDS


def _network(address: str) -> str:
    """Whose window a client address has: an IPv6 address its network's."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _NETWORK_BITS), strict=False))


def too_many(seconds: int, allowed: str) -> Problem:
    """429 with Retry-After. allowed: the rate in words."""
    return Problem(
        "too-many-requests",
        f"too many requests: {allowed} are allowed",
        remedy=f"Try again in {seconds} s",
        headers={"Retry-After": str(seconds)},
    )
