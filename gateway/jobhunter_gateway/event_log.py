"""The newest events of one task, as socket messages, each once and in order; bounded, so that the oldest are dropped. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

LOG_LIMIT = 20_000
"""Events kept of one task."""
LOG_BYTES = 16 * 1024 * 1024
"""Characters of their messages, at most; the last event is kept whatever its size."""


@dataclass
class _Entry:
    event_id: str
    published_at: datetime
    text: str


class EventLog:
    """Indexes go on for ever, from `first` (what is older was dropped, and is in the store) to `end`."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._index: dict[str, int] = {}
        self._size = 0
        self._dropped_until = datetime.min.replace(tzinfo=UTC)
        self.first = 0

    @property
    def end(self) -> int:
        return self.first + len(self._entries)

    @property
    def last_event_id(self) -> str:
        """Empty while there is none."""
        return self._entries[-1].event_id if self._entries else ""

    def text(self, index: int) -> str:
        """The message at `index`, from `first` to `end` - 1."""
        return self._entries[index - self.first].text

    def event_id(self, index: int) -> str:
        return self._entries[index - self.first].event_id

    def place(self, event_id: str) -> int | None:
        """Where the event is; None where it is not, or not any more."""
        return self._index.get(event_id)

    def had(self, event_id: str, published_at: datetime) -> bool:
        """Whether the event is here, or was, as far as its time tells."""
        return event_id in self._index or published_at <= self._dropped_until

    def append(self, event_id: str, published_at: datetime, text: str) -> int:
        """Its index."""
        index = self._index[event_id] = self.end
        self._entries.append(_Entry(event_id, published_at, text))
        self._size += len(text)
        if len(self._entries) > LOG_LIMIT or self._size > LOG_BYTES:
            self._drop_oldest()
        return index

    def replace(self, index: int, text: str) -> None:
        """Another text for the event at `index`; nothing where it was dropped."""
        if index >= self.first:
            entry = self._entries[index - self.first]
            self._size += len(text) - len(entry.text)
            entry.text = text

    def _drop_oldest(self) -> None:
        """A quarter goes at once: dropping from a list's head moves all the rest."""
        count, size = 0, self._size
        while count < len(self._entries) - 1 and (
            len(self._entries) - count > LOG_LIMIT * 3 // 4 or size > LOG_BYTES * 3 // 4
        ):
            size -= len(self._entries[count].text)
            count += 1
        for entry in self._entries[:count]:
            del self._index[entry.event_id]
            self._dropped_until = max(self._dropped_until, entry.published_at)
        del self._entries[:count]
        self.first += count
        self._size = size
