"""The connection to NATS of a part that serves for ever: kept up, its errors counted, its absence said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext

from jobhunter_connection.lasting_client import LASTING, LastingClient
from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.subjects import inbox_prefix

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 3.0

Connected = Callable[[], Awaitable[None]]
Disconnected = Callable[[], None]


class Secret(Protocol):
    def get_secret_value(self) -> str: ...


class LinkSettings(Protocol):
    """What of a part's settings is needed. An empty user connects without credential."""

    @property
    def nats_url(self) -> str: ...

    @property
    def nats_user(self) -> str: ...

    @property
    def nats_password(self) -> Secret: ...


class Gauge(Protocol):
    def set(self, value: float) -> None: ...


class Counter(Protocol):
    def inc(self) -> None: ...


class LinkMetrics(Protocol):
    """What of a part's metrics is needed."""

    @property
    def nats_connected(self) -> Gauge: ...

    @property
    def nats_errors(self) -> Counter: ...


class NatsLink:
    """`client` and `js` raise Unavailable while there is no connection.

    part: "operator" or "gateway", by which NATS's monitoring and its permissions know the client.
    """

    def __init__(self, part: str, settings: LinkSettings, metrics: LinkMetrics) -> None:
        self._part = part
        self._settings = settings
        self._metrics = metrics
        self._client: Client | None = None
        self._on_connected: list[Connected] = []
        self._on_disconnected: list[Disconnected] = []
        self._closing = False

    @property
    def connected(self) -> bool:
        return self._client is not None and self._client.is_connected

    @property
    def lost(self) -> bool:
        """Whether the client has given up, which it never should: only a new process has another."""
        return self._client is not None and self._client.is_closed and not self._closing

    @property
    def client(self) -> Client:
        if self._client is None or not self._client.is_connected:
            raise Unavailable("NATS does not answer", where=self._settings.nats_url, remedy="See whether its pod runs")
        return self._client

    @property
    def js(self) -> JetStreamContext:
        return self.client.jetstream(timeout=TIMEOUT_SECONDS)

    def on_connected(self, listener: Connected) -> None:
        """Has `listener` called when there is a connection, and again after each reconnect."""
        self._on_connected.append(listener)

    def on_disconnected(self, listener: Disconnected) -> None:
        """Has `listener` called as soon as the connection is gone, before there is another."""
        self._on_disconnected.append(listener)

    async def connect(self) -> None:
        """Tries until it is connected; then, and after each reconnect, calls the listeners."""
        while self._client is None and not self._closing:
            try:
                client = LastingClient()
                await client.connect(
                    self._settings.nats_url,
                    name=f"jobhunter-{self._part}",
                    inbox_prefix=inbox_prefix(self._part),
                    connect_timeout=3,
                    error_cb=self._count,
                    disconnected_cb=self._tell_disconnected,
                    reconnected_cb=self._tell_connected,
                    closed_cb=self._tell_disconnected,
                    **LASTING,
                    **self._credentials(),
                )
                self._client = client
            except (nats.errors.Error, OSError, TimeoutError) as error:
                reason = error or type(error).__name__
                logger.warning("no connection to NATS at %s: %s", self._settings.nats_url, reason)
                await asyncio.sleep(1)
        await self._tell_connected()

    async def close(self) -> None:
        """Ends the connection, and `connect`'s trying."""
        self._closing = True
        if self._client is not None and not self._client.is_closed:
            await self._client.close()

    def _credentials(self) -> dict[str, Any]:
        if not self._settings.nats_user:
            return {}
        return {"user": self._settings.nats_user, "password": self._settings.nats_password.get_secret_value()}

    async def _tell_connected(self) -> None:
        self._metrics.nats_connected.set(1)
        for listener in self._on_connected:
            try:
                await listener()
            except Exception:  # one listener's fate is decided here: the others are told all the same
                logger.exception("what follows on a connection to NATS failed")

    async def _tell_disconnected(self) -> None:
        self._metrics.nats_connected.set(0)
        for listener in self._on_disconnected:
            listener()
        if not self._closing:
            logger.warning("the connection to NATS is gone")

    async def _count(self, error: Exception) -> None:
        self._metrics.nats_errors.inc()
        logger.warning("NATS: %s: %s", type(error).__name__, error)
