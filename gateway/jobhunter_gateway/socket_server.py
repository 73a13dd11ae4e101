"""The server as the gateway runs it: uvicorn, which closes sockets with the contract's code when it shuts down.

What a client can send without the application seeing it is bounded here: pings that it takes no answer to, and messages
in pieces without number.
"""

from __future__ import annotations

import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from jobhunter_gateway.socket_messages import CLOSE_UNKNOWN_MESSAGE, MESSAGE_LIMIT

FRAGMENTS = 1000
"""Pieces of one message, at most: browsers send one, or a few dozen of a large one."""
UNREAD_BYTES = 4 * MESSAGE_LIMIT
"""What may wait for a client that sends pings; far more than the frames and events that are under way."""


class BoundedSockets(WebSocketsSansIOProtocol):
    """uvicorn's protocol, which answers every ping and keeps every piece, whether anybody reads or the message ends."""

    def handle_cont(self, event: Frame) -> None:
        if self.close_sent:
            return
        if len(self.frames) >= FRAGMENTS:
            self.frames = []
            self.conn.fail(CLOSE_UNKNOWN_MESSAGE, "a message in too many pieces")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        if self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > UNREAD_BYTES:
            self.transport.abort()  # a word of farewell would wait behind all the rest
            return
        super().handle_ping()


SOCKET_OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "ws": BoundedSockets,
    "ws_max_size": MESSAGE_LIMIT,  # more is closed with 1009
    "ws_per_message_deflate": False,  # frames are JPEG: compressing them anew costs much and saves a quarter
    "ws_ping_interval": 20.0,
    "ws_ping_timeout": 20.0,
}
"""For uvicorn.Config."""


_QUERY = re.compile(r"\?[^\s\"']+")


class WithoutTokens(logging.Filter):
    """uvicorn logs the addresses of sockets, and theirs hold a token (under a name that may be written as t%6fken).

    At its level debug it logs what clients send too: answers, which may be passwords.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.INFO:
            return False
        message = record.getMessage()
        if "?" in message and "/" in message:
            record.msg, record.args = _QUERY.sub("?…", message), ()
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
