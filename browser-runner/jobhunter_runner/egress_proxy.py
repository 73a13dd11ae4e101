"""The proxy behind the egress guard: proxy.py's protocol code, on threads of ours, the guard's decision before a connection.

proxy.py's own server forks processes and answers one slow name look-up at a time; here each connection of the browser has a
thread (Chromium opens at most 32 to a proxy, and its WebSockets), so that a site that hangs delays nobody else.
"""

from __future__ import annotations

import argparse
import contextlib
import logging
import selectors
import socket
import threading
import time
import weakref
from typing import Any

from proxy.common.flag import flags as proxy_flags
from proxy.core.connection import TcpServerConnection
from proxy.http import HttpProtocolHandler
from proxy.http.exception import HttpRequestRejected
from proxy.http.parser import HttpParser, httpParserTypes
from proxy.http.proxy import HttpProxyBasePlugin, HttpProxyPlugin

from jobhunter_runner.egress_guard import ConnectionRefused, EgressGuard, RefusalKind

IDLE_SECONDS = 300  # a connection on which the browser neither sends nor receives for so long is closed
MOST_CONNECTIONS = 256
_SELECT_SECONDS = 5.0  # everything that happens, happens on a descriptor: proxy.py's 25 ms would only burn CPU
_STATUS = {RefusalKind.NOT_ALLOWED: 403, RefusalKind.NAME_UNKNOWN: 502, RefusalKind.UNREACHABLE: 502}
_READS = frozenset({b"GET", b"HEAD", b"OPTIONS"})
_REASON = {403: b"Forbidden", 421: b"Misdirected Request", 502: b"Bad Gateway"}

# proxy.py logs requests with their query strings, which may hold personal data; what matters is in guard.refusals.
logging.getLogger("proxy").setLevel(logging.CRITICAL + 1)


class ProxyListener:
    """Accepts the browser's connections on 127.0.0.1 and gives each a thread. OSError where the port is taken."""

    def __init__(self, guard: EgressGuard, port: int) -> None:
        self._socket = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = int(self._socket.getsockname()[1])
        self._flags = _settings(guard)
        self._open: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._handlers: weakref.WeakSet[BrowserConnection] = weakref.WeakSet()
        self._slots = threading.BoundedSemaphore(MOST_CONNECTIONS)
        self._thread = threading.Thread(target=self._accept, name="egress-guard", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def close(self) -> None:
        """Stops listening and closes every connection."""
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(2)

    def close_idle(self, idle_seconds: float) -> int:
        """Closes the connections that carried nothing for so long; returns how many others there are."""
        busy = 0
        for handler in list(self._handlers):
            if time.time() - handler.last_activity < idle_seconds:
                busy += 1
                continue
            with contextlib.suppress(OSError):
                handler.work.connection.shutdown(socket.SHUT_RDWR)
        return busy

    def _accept(self) -> None:
        while True:
            try:
                connection, address = self._socket.accept()
            except OSError:  # closed
                return
            if not self._slots.acquire(blocking=False):
                connection.close()
                continue
            self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, address), name="egress", daemon=True).start()

    def _serve(self, connection: socket.socket, address: tuple[str, int]) -> None:
        try:
            handler = BrowserConnection(
                BrowserConnection.create(connection, address),
                flags=self._flags,
                event_queue=None,
                upstream_conn_pool=None,
            )
            self._handlers.add(handler)
            handler.run()
            self._handlers.discard(handler)
        finally:
            self._slots.release()
            connection.close()


class BrowserConnection(HttpProtocolHandler):
    """One connection of the browser."""

    async def _selected_events(self) -> tuple[dict[int, int], list[int], list[int]]:
        events = await self.get_events()
        assert self.selector is not None  # noqa: S101 - set by proxy.py wherever threads are used
        for descriptor, mask in events.items():
            self.selector.register(descriptor, mask)
        ready = self.selector.select(timeout=_SELECT_SECONDS)
        readable = [key.fd for key, mask in ready if mask & selectors.EVENT_READ]
        writable = [key.fd for key, mask in ready if mask & selectors.EVENT_WRITE]
        return events, readable, writable


class Unread(HttpParser):
    """Stands where proxy.py would parse responses: they go through as they are, whatever their shape."""

    def parse(self, raw: memoryview, allowed_url_schemes: list[bytes] | None = None) -> None:
        self.total_size += len(raw)


class GuardedProxy(HttpProxyPlugin):
    """proxy.py's forward proxy (CONNECT and plain http), whose connections the guard makes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.response = Unread(httpParserTypes.RESPONSE_PARSER)
        self._received_at_request = 0  # bytes of answers that had come when the latest request went out

    def connect_upstream(self) -> None:
        guard: EgressGuard = self.flags.guard
        host, port = (self.request.host or b"").decode("ascii", "replace"), int(self.request.port or 0)
        try:
            addresses = guard.addresses(host, port)
            why = ""
            for address in addresses:
                upstream = TcpServerConnection(host, port)
                try:
                    upstream.connect(addr=(str(address), port))
                except OSError as error:
                    why = error.strerror or str(error)
                    continue
                upstream.connection.setblocking(False)
                self.upstream = upstream
                return
            raise guard.unreachable(host, port, why)
        except ConnectionRefused as refused:
            raise _rejection(_STATUS[refused.refusal.kind], refused.refusal.words) from refused

    def on_client_data(self, raw: memoryview) -> None:
        if self.upstream and not self.upstream.closed and self.request.is_connection_upgrade:
            self.upstream.queue(raw)  # a WebSocket's frames, which proxy.py would read as a next request
            return
        self._received_at_request = self.response.total_size
        super().on_client_data(raw)

    def _close_and_release(self) -> bool:
        # Chromium sends a request again, a POST too, when a connection it had before breaks without an answer. An answer of the
        # guard's own ends that: a site that takes an application and then breaks down gets it once.
        unanswered = self.response.total_size == self._received_at_request and not self.request.is_https_tunnel
        if unanswered and any(p.writes for p in self.plugins.values() if isinstance(p, OneTarget)):
            refusal = _rejection(502, "The site broke the connection off before it answered.")
            self.client.queue(memoryview(refusal.response(self.request) or b""))
        return bool(super()._close_and_release())

    def access_log(self, log_attrs: dict[str, Any]) -> None:
        """Nothing: an access log would hold query strings."""


class OneTarget(HttpProxyBasePlugin):
    """A plain http connection serves one host: the Host header says the target, and no later request names another.

    writes: whether the latest request does more than read.
    """

    writes = False

    def handle_client_request(self, request: HttpParser) -> HttpParser | None:
        if request.is_https_tunnel:
            return request
        self.writes = request.method not in _READS
        target = (request.host, request.port)
        first = getattr(self, "_target", None)
        if first is None:
            self._target = target
        elif first != target:
            raise _rejection(421, "This connection belongs to another host.")
        host, port = request.host or b"", request.port
        host = b"[" + host.strip(b"[]") + b"]" if b":" in host else host
        request.add_header(b"Host", host if port == 80 else host + b":" + str(port).encode())
        return request


def _rejection(status: int, words: str) -> HttpRequestRejected:
    return HttpRequestRejected(
        status_code=status,
        reason=_REASON[status],
        headers={b"Content-Type": b"text/plain; charset=utf-8", b"Cache-Control": b"no-store"},
        body=words.encode(),
    )


def _settings(guard: EgressGuard) -> argparse.Namespace:
    """proxy.py's defaults, without what its own start-up does besides (directories, root logger, file limits)."""
    settings = proxy_flags.parse_args([])
    settings.threadless = False
    settings.threaded = True
    settings.timeout = IDLE_SECONDS
    settings.keyfile = settings.certfile = None
    settings.disable_headers = [b"via"]  # proxy.py would put its name there
    settings.enable_events = False
    settings.enable_conn_pool = False
    settings.enable_proxy_protocol = False
    settings.plugins = {b"HttpProtocolHandlerPlugin": [GuardedProxy], b"HttpProxyBasePlugin": [OneTarget]}
    settings.guard = guard
    return settings
