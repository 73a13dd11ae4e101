"""The server as the gateway runs it: uvicorn, which closes sockets with the contract's code when it shuts down."""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from jobhunter_gateway.socket_messages import MESSAGE_LIMIT

SOCKET_OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "ws": "websockets-sansio",
    "ws_max_size": MESSAGE_LIMIT,  # more is closed with 1009
    "ws_per_message_deflate": False,  # frames are JPEG: compressing them anew costs much and saves a quarter
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
"""For uvicorn.Config."""


_TOKEN = re.compile(r"\btoken=[^&\s\"']+")


class WithoutTokens(logging.Filter):
    """uvicorn logs the addresses of sockets, and theirs hold a token."""

    def filter(self, record: logging.LogRecord) -> bool:
        message = record.getMessage()
        if "token=" in message:
            record.msg, record.args = _TOKEN.sub("token=…", message), ()
        return True


class SocketServer(uvicorn.Server):
    """`before_shutdown` is awaited while connections still live: uvicorn itself would end sockets with 1012."""

    def __init__(self, config: uvicorn.Config, before_shutdown: Callable[[], Awaitable[None]]) -> None:
        super().__init__(config)
        logger = logging.getLogger("uvicorn.error")
        if not any(isinstance(there, WithoutTokens) for there in logger.filters):
            logger.addFilter(WithoutTokens())
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._before_shutdown()
        await super().shutdown(sockets)
