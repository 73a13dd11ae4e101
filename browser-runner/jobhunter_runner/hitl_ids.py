"""Ids of questions and drafts: hitl_<milliseconds> and draft_<milliseconds>, each unique in its task."""

from __future__ import annotations

import time
from collections.abc import Callable


class HitlIds:
    """Hands out ids; where a millisecond repeats, a counter follows it."""

    def __init__(self, milliseconds: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self._milliseconds = milliseconds
        self._last = 0
        self._repeats = 0

    def question(self) -> str:
        """Id of a question."""
        return f"hitl_{self._next()}"

    def draft(self) -> str:
        """Id of a draft."""
        return f"draft_{self._next()}"

    def _next(self) -> str:
        # A clock that is set back must not repeat an id: time only moves forward here.
        moment = max(self._milliseconds(), self._last)
        self._repeats = self._repeats + 1 if moment == self._last else 0
        self._last = moment
        return f"{moment}_{self._repeats}" if self._repeats else str(moment)
