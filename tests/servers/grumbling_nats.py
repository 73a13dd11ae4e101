"""A server that names errors as NATS does, on demand."""

from __future__ import annotations

import asyncio

INFO = b'INFO {"server_id":"x","version":"2.11.0","max_payload":1048576,"headers":true,"proto":1}\r\n'
CLOSING_ERRORS = ["Authorization Violation", "User Authentication Expired", "maximum connections exceeded"]
"""What a server says and nats-py's own client closes for good at."""


class GrumblingServer:
    """Speaks NATS as far as connecting goes, and says what it is told to. subscribed: subjects, by connection."""

    def __init__(self) -> None:
        self.subscribed: list[list[bytes]] = []
        self._writers: list[asyncio.StreamWriter] = []

    async def start(self) -> str:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return f"nats://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        subjects: list[bytes] = []
        self.subscribed.append(subjects)
        writer.write(INFO)
        while line := await reader.readline():
            if line.startswith(b"PING"):
                writer.write(b"PONG\r\n")
            elif line.startswith(b"SUB"):
                subjects.append(line.split()[1])

    async def say(self, error: str) -> None:
        self._writers[-1].write(f"-ERR '{error}'\r\n".encode())
        await self._writers[-1].drain()

    async def stop(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()
