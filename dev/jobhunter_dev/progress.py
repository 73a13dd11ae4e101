"""Progress for people: a line when a step starts and one when it ends, each with the seconds since the beginning."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO


class Progress:
    """Writes the lines; safe to use from several threads, since steps overlap."""

    def __init__(self, out: TextIO | None = None, *, began: float | None = None) -> None:
        """began: reading of the monotonic clock that elapsed seconds are counted from; now, if it is not given."""
        self._out = out if out is not None else sys.stderr
        self._began = time.monotonic() if began is None else began
        self._lock = threading.Lock()

    def say(self, mark: str, words: str) -> None:
        """One line: seconds since the beginning, a mark, the words."""
        elapsed = time.monotonic() - self._began
        with self._lock:
            print(f"[{elapsed:6.1f}s] {mark} {words}", file=self._out, flush=True)

    def note(self, words: str) -> None:
        """A line that belongs to no step."""
        self.say("·", words)

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Says that ``name`` starts, and how it ended and after how many seconds."""
        began = time.monotonic()
        self.say("▸", name)
        try:
            yield
        except BaseException:
            self.say("✗", f"{name} failed after {time.monotonic() - began:.1f} s")
            raise
        self.say("✓", f"{name} ({time.monotonic() - began:.1f} s)")
