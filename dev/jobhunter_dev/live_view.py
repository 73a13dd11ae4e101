"""A session's socket held open as the dashboard holds it: what arrives is kept, and it resumes where it broke off."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.sync.client import ClientConnection, connect

from .errors import DevError
from .kubectl import wait_until

_AGAIN_SECONDS = 0.5
_MESSAGE_LIMIT = 16 * 1024 * 1024


class LiveView:
    """frames: how many came so far. events: the other messages, in the order in which they came.

    url: the socket's address, or what gives it anew for each connection. It connects again for as long as the block runs.
    """

    def __init__(self, url: str | Callable[[], str]) -> None:
        self.frames = 0
        self.events: list[dict[str, Any]] = []
        self.connections = 0
        self._url = url
        self._last = ""
        self._over = threading.Event()
        self._connection: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name="live view", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._connection is not None:
            self._connection.close()
        self._thread.join(5)

    def _run(self) -> None:
        while not self._over.is_set():
            resume = f"&after={self._last}" if self._last else ""
            try:
                url = self._url if isinstance(self._url, str) else self._url()
                with connect(url + resume, max_size=_MESSAGE_LIMIT, compression=None) as self._connection:
                    self.connections += 1
                    for text in self._connection:
                        self._received(json.loads(text))
            except (OSError, ConnectionClosed, WebSocketException, DevError):
                pass  # the task is not known yet, or the gateway restarts: tried again below
            self._over.wait(_AGAIN_SECONDS)

    def send(self, message: dict[str, Any]) -> None:
        """Sends a message as the dashboard does."""
        wait_until("the socket", lambda: self._connection, seconds=20).send(json.dumps(message))

    def wait(self, what: str, *kinds: str, after: int = 0, seconds: float = 90) -> dict[str, Any]:
        """The first event of one of these types among those from the `after`-th on."""

        def seen() -> dict[str, Any] | None:
            return next((event for event in self.events[after:] if event["type"] in kinds), None)

        return wait_until(what, seen, seconds=seconds, pause=0.05)

    def _received(self, message: dict[str, Any]) -> None:
        if message["type"] == "browser:screenshot":
            self.frames += 1
            return
        self.events.append(message)
        data = message.get("data")
        if isinstance(data, dict) and data.get("event_id"):
            self._last = str(data["event_id"])
