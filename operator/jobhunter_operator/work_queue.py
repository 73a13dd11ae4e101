"""A keyed work queue: a key is worked on by one worker at a time, and waits in the queue once however often it is added."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

Key = TypeVar("Key", bound=Hashable)


class WorkQueue(Generic[Key]):
    """add() marks a key as due; run() hands due keys to `work`, which may ask for the key again with add_after().

    A key added while it is worked on is worked on again afterwards. Where `work` raises, its key comes again after a pause
    that doubles with each failure in a row, from first_pause to longest_pause seconds; one added in the pause comes at once.
    """

    def __init__(self, *, first_pause: float = 0.2, longest_pause: float = 30.0) -> None:
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._due: deque[Key] = deque()
        self._queued: set[Key] = set()
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._failures: dict[Key, int] = {}
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._ready = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def add(self, key: Key) -> None:
        """The key is due now; a pause it waited for is over."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        if key in self._working:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._due.append(key)
            self._ready.set()

    def add_after(self, key: Key, seconds: float) -> None:
        """The key is due in so many seconds, or when it is already, whichever comes first."""
        loop = asyncio.get_running_loop()
        due = loop.time() + seconds
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= due:
                return
            timer.cancel()
        self._timers[key] = loop.call_at(due, self._come_due, key)

    def _come_due(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)

    async def run(self, work: Callable[[Key], Awaitable[None]], *, workers: int) -> None:
        """Works until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(workers):
                group.create_task(self._worker(work))

    async def _worker(self, work: Callable[[Key], Awaitable[None]]) -> None:
        while True:
            key = await self._next()
            started = time.monotonic()
            try:
                await work(key)
            except Exception as error:  # noqa: BLE001 - a task's fate is decided here: its key comes again
                self._again.discard(key)  # its pause is not skipped by what came meanwhile
                self._fail(key, error)
            else:
                self._failures.pop(key, None)
            finally:
                self._working.discard(key)
                if key in self._again:
                    self._again.discard(key)
                    self.add(key)
                logger.debug("worked on %s for %.3f s", key, time.monotonic() - started)

    async def _next(self) -> Key:
        while not self._due:
            self._ready.clear()
            await self._ready.wait()
        key = self._due.popleft()
        self._queued.discard(key)
        self._working.add(key)
        return key

    def _fail(self, key: Key, error: Exception) -> None:
        failures = self._failures[key] = self._failures.get(key, 0) + 1
        pause = min(self._longest_pause, self._first_pause * 2 ** min(failures - 1, 20))
        logger.warning(
            "work on %s failed (%d in a row), again in %.1f s: %s: %s",
            key,
            failures,
            pause,
            type(error).__name__,
            error,
        )
        logger.debug("the failure of %s", key, exc_info=error)
        self.add_after(key, pause)
