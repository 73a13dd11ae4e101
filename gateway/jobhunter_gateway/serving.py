"""The gateway as a process: HTTP and sockets on one port, metrics on another, until SIGTERM."""

from __future__ import annotations

import asyncio
import logging

import uvicorn
from prometheus_client import start_http_server

from jobhunter_gateway.app import create_app
from jobhunter_gateway.parts import Parts, running_parts
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.socket_server import SOCKET_OPTIONS, SocketServer

logger = logging.getLogger(__name__)


def server_of(parts: Parts) -> SocketServer:
    """The server; it takes SIGTERM and SIGINT as the word to end."""
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

    return SocketServer(options, before_shutdown)


async def serve(settings: Settings) -> None:
    """Runs until it is told to end. Raises ConfigException where there is no credential for the API server."""
    async with running_parts(settings) as parts:
        metrics, thread = start_http_server(settings.metrics_port, registry=parts.metrics.registry)
        try:
            await server_of(parts).serve()
        finally:
            await asyncio.to_thread(metrics.shutdown)
            metrics.server_close()
            thread.join(1)
