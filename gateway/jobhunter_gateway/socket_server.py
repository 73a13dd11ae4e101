"""The server as the gateway runs it: uvicorn, which closes sockets with the contract's code when it shuts down.

What a client can do without the application seeing it is bounded here: pings that it takes no answer to, messages in
pieces without number, and requests that never begin. Who is refused while it still sends hears why.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any, cast

import h11
import uvicorn
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from jobhunter_gateway.socket_messages import CLOSE_UNKNOWN_MESSAGE, MESSAGE_LIMIT

HEADER_SECONDS = 20.0
"""How long a connection may take until a request's headers are there."""
FRAGMENTS = 1000
"""Pieces of one message, at most: browsers send one, or a few dozen of a large one."""
LINGER_SECONDS = 30.0
"""How long what is left of a refused request's body is read and forgotten, at most."""
LINGER_QUIET_SECONDS = 5.0
"""The same, where nothing more comes."""
LINGER_BYTES = 32 * 1024 * 1024
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


class TimelyHeaders(H11Protocol):
    """uvicorn's protocol, which waits for ever for a request's headers. What follows a request has its keep-alive time."""

    _late: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        self._wait_for_headers()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is not h11.IDLE:
            self._wait_no_more()
        elif self.conn.trailing_data[0]:
            self._wait_for_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait_for_headers(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEADER_SECONDS, self.transport.abort)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None


class LingeringAnswers:
    """Answers whole, and ends an answer only when the request's body is read to its end, or was waited for long enough.

    An answer that comes before the body was read ends the connection, and what the client still sends makes TCP reset it:
    the client may then lose the answer, which says what was wrong (RFC 9112, 9.6).
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not _sends_a_body(scope):
            await self._app(scope, receive, send)
            return
        begun = whole = False

        async def counted() -> Message:
            nonlocal begun, whole
            begun = True
            message = await receive()
            whole = not message.get("more_body", False)
            return message

        async def lingering(message: Message) -> None:
            if whole or message["type"] != "http.response.body" or message.get("more_body", False):
                await send(message)
                return
            await send({**message, "more_body": True})
            if begun or not _waits_to_be_told(scope):
                with contextlib.suppress(TimeoutError):
                    await _forgotten(receive)
            await send({"type": "http.response.body", "body": b""})

        await self._app(scope, counted, lingering)


def _sends_a_body(scope: Scope) -> bool:
    return any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in scope["headers"]
    )


def _waits_to_be_told(scope: Scope) -> bool:
    return any(name == b"expect" for name, _ in scope["headers"])


async def _forgotten(receive: Receive) -> None:
    """Reads the rest of a body. Raises TimeoutError where it does not end in time."""
    left = LINGER_BYTES
    async with asyncio.timeout(LINGER_SECONDS):
        while left > 0:
            async with asyncio.timeout(LINGER_QUIET_SECONDS):
                message = await receive()
            if not message.get("more_body", False):
                return
            left -= len(message.get("body", b""))


SOCKET_OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": TimelyHeaders,
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
        config.app = LingeringAnswers(cast(ASGIApp, config.app))
        super().__init__(config)
        logger = logging.getLogger("uvicorn.error")
        if not any(isinstance(there, WithoutTokens) for there in logger.filters):
            logger.addFilter(WithoutTokens())
        self._before_shutdown = before_shutdown

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self._before_shutdown()
        await super().shutdown(sockets)
