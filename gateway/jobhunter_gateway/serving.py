"""The gateway as a process: HTTP and sockets on one port, metrics on another, until SIGTERM."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from prometheus_client import start_http_server

from jobhunter_gateway.app import create_app
from jobhunter_gateway.parts import Parts, running_parts
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.socket_server import SOCKET_OPTIONS, SocketServer


class Server(SocketServer):
    """Leaves signals to `serve`: uvicorn would raise them once more when it has ended, before the parts are closed."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def server_of(parts: Parts) -> Server:
    """The server over these parts; `should_exit` ends it."""
    settings = parts.settings
    options = uvicorn.Config(
        create_app(parts),
        host=settings.http_host,
        port=settings.http_port,
        log_config=None,
        access_log=False,  # addresses name people's tasks, and a socket's holds a token
        server_header=False,
        proxy_headers=bool(settings.forwarded_allow_ips),
        forwarded_allow_ips=settings.forwarded_allow_ips or None,
        timeout_graceful_shutdown=settings.shutdown_seconds,
        timeout_keep_alive=30,
        **SOCKET_OPTIONS,
    )

    async def before_shutdown() -> None:
        parts.stopping.set()
        await parts.hub.close()

    return Server(options, before_shutdown)


async def serve(settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. Raises ConfigException where there is no credential for the API server."""
    async with running_parts(settings) as parts:
        server = server_of(parts)

        def end() -> None:
            server.should_exit = True

        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, end)
        metrics, thread = start_http_server(settings.metrics_port, registry=parts.metrics.registry)
        try:
            await server.serve()
        finally:
            await asyncio.to_thread(metrics.shutdown)
            metrics.server_close()
            thread.join(1)
