"""The connection to NATS: kept up for ever, its errors counted, its absence said."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import nats.errors
from nats.aio.client import Client
from nats.js import JetStreamContext
from nats.protocol.parser import PERMISSIONS_ERR

from jobhunter_contracts.errors import Unavailable
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.settings import Settings

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 3.0


class LastingClient(Client):
    """nats-py's own closes for good where the server names an error: a credential that expired, too many connections."""

    async def _process_err(self, err_msg: str) -> None:
        if PERMISSIONS_ERR in err_msg:  # of one subject alone; the connection stands
            await super()._process_err(err_msg)
            return
        error = nats.errors.Error(f"nats: {err_msg}")
        await self._error_cb(error)
        await self._process_op_err(error)  # connects anew, with all subscriptions


class NatsLink:
    """`js` and `client` raise Unavailable while there is no connection."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._client: Client | None = None
        self._closing = False
        self._tell_disconnected: Callable[[], None] = lambda: None

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

    async def connect(
        self, on_connected: Callable[[], Awaitable[None]], on_disconnected: Callable[[], None] = lambda: None
    ) -> None:
        """Tries until it is connected; then, and after each reconnect, calls `on_connected`; `on_disconnected` at once."""
        self._tell_disconnected = on_disconnected
        credentials: dict[str, Any] = {}
        if self._settings.nats_user:
            credentials = {
                "user": self._settings.nats_user,
                "password": self._settings.nats_password.get_secret_value(),
            }

        async def connected() -> None:
            self._metrics.nats_connected.set(1)
            await on_connected()

        while self._client is None:
            try:
                client = LastingClient()
                await client.connect(
                    self._settings.nats_url,
                    name="jobhunter-operator",
                    inbox_prefix="_INBOX.operator",
                    connect_timeout=3,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,  # type: ignore[arg-type] # annotated more narrowly than it works
                    ping_interval=10,
                    max_outstanding_pings=2,
                    error_cb=self._on_error,
                    disconnected_cb=self._on_disconnected,
                    reconnected_cb=connected,
                    closed_cb=self._on_disconnected,
                    **credentials,
                )
                self._client = client
            except (nats.errors.Error, OSError, TimeoutError) as error:
                logger.warning(
                    "no connection to NATS at %s: %s", self._settings.nats_url, error or type(error).__name__
                )
                await asyncio.sleep(1)
        await connected()

    async def close(self) -> None:
        self._closing = True
        if self._client is not None and not self._client.is_closed:
            await self._client.close()

    async def _on_error(self, error: Exception) -> None:
        self._metrics.nats_errors.inc()
        logger.warning("NATS: %s: %s", type(error).__name__, error)

    async def _on_disconnected(self) -> None:
        self._metrics.nats_connected.set(0)
        self._tell_disconnected()
        logger.warning("the connection to NATS is gone")
