"""The gateway's connection to NATS: kept up for ever, its errors counted, its absence said."""

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
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.settings import Settings

logger = logging.getLogger(__name__)
TIMEOUT_SECONDS = 3.0
INBOX_PREFIX = "_INBOX.gateway"
"""All inboxes that the gateway's credential may subscribe to."""

Connected = Callable[[], Awaitable[None]]


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
    """`client` and `js` raise Unavailable while there is no connection."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._client: Client | None = None
        self._listeners: list[Connected] = []
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
        self._listeners.append(listener)

    async def connect(self, on_connected: Connected | None = None) -> None:
        """Tries until it is connected; then, and after each reconnect, calls the listeners (`on_connected` is one more)."""
        if on_connected is not None:
            self.on_connected(on_connected)
        while self._client is None and not self._closing:
            try:
                client = LastingClient()
                await client.connect(
                    self._settings.nats_url,
                    name="jobhunter-gateway",
                    inbox_prefix=INBOX_PREFIX,
                    connect_timeout=3,
                    max_reconnect_attempts=-1,
                    reconnect_time_wait=0.5,  # type: ignore[arg-type] # annotated more narrowly than it works
                    ping_interval=10,
                    max_outstanding_pings=2,
                    error_cb=self._on_error,
                    disconnected_cb=self._on_disconnected,
                    reconnected_cb=self._tell,
                    closed_cb=self._on_disconnected,
                    **self._credentials(),
                )
                self._client = client
            except (nats.errors.Error, OSError, TimeoutError) as error:
                reason = error or type(error).__name__
                logger.warning("no connection to NATS at %s: %s", self._settings.nats_url, reason)
                await asyncio.sleep(1)
        await self._tell()

    async def close(self) -> None:
        """Ends the connection, and `connect`'s trying."""
        self._closing = True
        if self._client is not None and not self._client.is_closed:
            await self._client.close()

    def _credentials(self) -> dict[str, Any]:
        if not self._settings.nats_user:
            return {}
        return {"user": self._settings.nats_user, "password": self._settings.nats_password.get_secret_value()}

    async def _tell(self) -> None:
        self._metrics.nats_connected.set(1)
        for listener in self._listeners:
            try:
                await listener()
            except Exception:  # one listener's fate is decided here: the others are told all the same
                logger.exception("what follows on a connection to NATS failed")

    async def _on_error(self, error: Exception) -> None:
        self._metrics.nats_errors.inc()
        logger.warning("NATS: %s: %s", type(error).__name__, error)

    async def _on_disconnected(self) -> None:
        self._metrics.nats_connected.set(0)
        if not self._closing:
            logger.warning("the connection to NATS is gone")
