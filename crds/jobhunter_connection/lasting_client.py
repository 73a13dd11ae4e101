"""The NATS client of every part: what it lost it connects anew, whatever the server said."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import nats.errors
from nats.aio.client import Client, Srv
from nats.protocol.parser import PERMISSIONS_ERR

LASTING: Final[dict[str, Any]] = {
    "max_reconnect_attempts": -1,  # for ever
    "reconnect_time_wait": 0.5,  # seconds; annotated more narrowly than it works
    "ping_interval": 10,  # seconds
    "max_outstanding_pings": 2,
}
"""What `connect` is told so that a connection that is gone is noticed, and made anew."""


class LastingClient(Client):
    """nats-py's own closes for good where the server names an error: a credential that expired, too many connections.

    Its pings overtake what waits to be written, so that `flush` and a subscription's `drain` return before the server has
    heard of it; here a ping comes after it.

    A cancellation that comes just as an attempt to connect fails is lost in asyncio's wait_for() (Python 3.11): a client that
    was closed would try for ever, and keep its process from ending. Here that attempt is the last.
    """

    async def _process_err(self, err_msg: str) -> None:
        if PERMISSIONS_ERR in err_msg:  # of one subject alone; the connection stands
            await super()._process_err(err_msg)
            return
        error = nats.errors.Error(f"nats: {err_msg}")
        await self._error_cb(error)
        await self._process_op_err(error)  # connects anew, with all subscriptions

    async def _send_ping(self, future: asyncio.Future[bool] | None = None) -> None:
        if self._pending and self._transport is not None and self.is_connected:
            self._transport.writelines(self._pending)
            self._pending = []
            self._pending_data_size = 0
        await super()._send_ping(future)

    async def _connect_to_server(self, s: Srv) -> None:
        try:
            await super()._connect_to_server(s)
        finally:
            task = asyncio.current_task()
            if task is not None and task is self._reconnection_task and (self.is_closed or task.cancelling()):
                raise asyncio.CancelledError
