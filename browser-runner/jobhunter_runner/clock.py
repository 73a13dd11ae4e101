"""Time of an attempt: seconds by stage, and a soft deadline that stands still while a person is waited for."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PEOPLE = "people"
"""The stage under which time that a person took is counted; it is taken out of every other stage."""


class Clock:
    """All times in seconds; `now` is a monotonic clock (tests hand in their own)."""

    def __init__(self, soft_deadline_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._started = now()
        self._limit = soft_deadline_seconds
        self._stages: dict[str, float] = {}
        self._stage: list[str] = []
        self._since = self._started

    @property
    def waited(self) -> float:
        """Seconds in which a person was waited for."""
        return self.seconds_by_stage.get(PEOPLE, 0.0)

    @property
    def spent(self) -> float:
        """Seconds of the runner's own since the start."""
        return self._now() - self._started - self.waited

    @property
    def overdue(self) -> bool:
        """Whether the soft deadline has passed."""
        return self.spent >= self._limit

    @property
    def seconds_by_stage(self) -> dict[str, float]:
        """Seconds so far, rounded to milliseconds; stages do not overlap."""
        stages = dict(self._stages)
        if self._stage:
            stages[self._stage[-1]] = stages.get(self._stage[-1], 0.0) + self._now() - self._since
        return {stage: round(seconds, 3) for stage, seconds in stages.items()}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Counts the time inside as `name`'s; a stage within another interrupts the outer one."""
        self._charge()
        self._stage.append(name)
        try:
            yield
        finally:
            self._charge()
            self._stage.pop()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Time inside is the person's: no stage's, and the soft deadline stands still."""
        with self.stage(PEOPLE):
            yield

    def _charge(self) -> None:
        now = self._now()
        if self._stage:
            stage = self._stage[-1]
            self._stages[stage] = self._stages.get(stage, 0.0) + now - self._since
        self._since = now
