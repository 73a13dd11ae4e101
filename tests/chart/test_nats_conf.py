"""nats.conf as the chart renders it, in a real nats-server: what each of the two credentials may do."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType, StreamConfig

from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    EVENT_STREAM_SUBJECTS,
    HITL_BUCKET,
    SUBMISSION_BUCKET,
    inbox_prefix,
)

UID = "5d1c3f0e-0000-4000-8000-000000000001"
BUCKETS = (HITL_BUCKET, ASSIGNMENT_BUCKET, SUBMISSION_BUCKET)


@pytest.fixture
def server(chart: Any, tmp_path: Path, unused_tcp_port: int) -> Iterator[str]:
    """URL of a nats-server that runs the chart's configuration; only port and folder are other ones."""
    (config,) = (item for item in chart.render() if item["kind"] == "ConfigMap" and "nats.conf" in item["data"])
    text = config["data"]["nats.conf"]
    for old, new in (
        ("port: 4222\nhttp_port: 8222\n", f'listen: "127.0.0.1:{unused_tcp_port}"\n'),
        ('store_dir: "/data"', f'store_dir: "{tmp_path}"'),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "nats.conf"
    path.write_text(text, "utf-8")
    credentials = {f"{who}_{what}": value for who in ("OPERATOR", "RUNNER", "GATEWAY") for what, value in credential(who).items()}
    process = subprocess.Popen(
        [Path(sysconfig.get_path("scripts")) / "nats-server", "-c", path],
        env={**os.environ, **credentials},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until = time.monotonic() + 10
    while time.monotonic() < until and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", unused_tcp_port), 0.2).close()
            break
        except OSError:
            time.sleep(0.02)
    yield f"nats://127.0.0.1:{unused_tcp_port}"
    process.kill()
    process.wait(10)


def credential(who: str) -> dict[str, str]:
    return {"USER": who.lower(), "PASSWORD": f"p{who.lower()}9"}


@asynccontextmanager
async def connected(url: str, who: str, inbox: str = "_INBOX") -> AsyncIterator[tuple[Client, list[Exception]]]:
    """A connection with one of the credentials, and the errors that the server sends it."""
    errors: list[Exception] = []

    async def note(error: Exception) -> None:
        errors.append(error)

    connection = await nats.connect(
        url,
        user=credential(who)["USER"],
        password=credential(who)["PASSWORD"],
        inbox_prefix=inbox,
        allow_reconnect=False,
        error_cb=note,
    )
    yield connection, errors
    await connection.close()


async def make_streams(operator: Client) -> None:
    js = operator.jetstream()
    await js.add_stream(
        StreamConfig(name=EVENT_STREAM, subjects=EVENT_STREAM_SUBJECTS, storage=StorageType.FILE, max_bytes=256 << 20)
    )
    for bucket in BUCKETS:
        await js.create_key_value(KeyValueConfig(bucket=bucket, storage=StorageType.FILE, max_bytes=64 << 20))


async def test_a_runner_can_do_its_work(server: str) -> None:
    async with (
        connected(server, "OPERATOR") as (operator, _),
        connected(server, "RUNNER", inbox_prefix(UID)) as (
            runner,
            errors,
        ),
    ):
        await make_streams(operator)
        await (await operator.jetstream().key_value(ASSIGNMENT_BUCKET)).put(UID, b"{}")

        async def answer(message: Any) -> None:
            await message.respond(b"profile")

        await operator.subscribe("jobhunter.task.*.ask.operator.profile", cb=answer)
        await operator.flush()
        js = runner.jetstream()
        await js.publish(f"jobhunter.task.{UID}.event.applier:start", b"{}")
        reply = await runner.request(f"jobhunter.task.{UID}.ask.operator.profile", b"{}", timeout=2)
        assert reply.data == b"profile"
        for bucket in BUCKETS:
            await js.stream_info(f"KV_{bucket}")
        assignments = await js.key_value(ASSIGNMENT_BUCKET)
        assert (await assignments.get(UID)).value == b"{}"
        watcher = await assignments.watch(UID)
        seen = await asyncio.wait_for(anext(aiter(watcher)), 2)
        assert seen.value == b"{}"
        await js.publish(
            f"$KV.{SUBMISSION_BUCKET}.lease.1", b"{}", headers={"Nats-Expected-Last-Subject-Sequence": "0"}
        )
        kept = await js.get_msg(f"KV_{SUBMISSION_BUCKET}", subject=f"$KV.{SUBMISSION_BUCKET}.lease.1", direct=False)
        assert kept.data == b"{}"
        questions = await js.key_value(HITL_BUCKET)
        await questions.put(f"{UID}.hitl_1", b"{}")
        await questions.purge(f"{UID}.hitl_1")
        assert errors == []


@pytest.mark.parametrize(
    "subject",
    [
        f"$KV.{ASSIGNMENT_BUCKET}.{UID}",
        f"$JS.API.STREAM.DELETE.KV_{SUBMISSION_BUCKET}",
        f"$JS.API.STREAM.PURGE.KV_{SUBMISSION_BUCKET}",
        f"$JS.API.STREAM.UPDATE.KV_{SUBMISSION_BUCKET}",
        f"$JS.API.STREAM.MSG.DELETE.KV_{SUBMISSION_BUCKET}",
        f"$JS.API.STREAM.CREATE.{EVENT_STREAM}",
        f"jobhunter.task.{UID}.input",
        "_INBOX.somebody",
    ],
)
async def test_a_runner_may_not_publish(server: str, subject: str) -> None:
    async with connected(server, "RUNNER", inbox_prefix(UID)) as (runner, errors):
        await runner.publish(subject, b"{}")
        await runner.flush()
        await asyncio.sleep(0.1)
        assert [str(error).lower() for error in errors if "permissions violation for publish" in str(error).lower()]


@pytest.mark.parametrize("subject", ["jobhunter.>", ">", "$KV.hitl.>", "_INBOX_other.>", "_INBOX.operator.1"])
async def test_a_runner_may_not_listen_to_others(server: str, subject: str) -> None:
    async with connected(server, "RUNNER", inbox_prefix(UID)) as (runner, errors):
        await runner.subscribe(subject)
        await runner.flush()
        await asyncio.sleep(0.1)
        assert [str(error) for error in errors if "permissions violation for subscription" in str(error).lower()]


async def test_nobody_comes_in_without_a_credential(server: str) -> None:
    async with connected(server, "OPERATOR"):
        with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
            await nats.connect(server, allow_reconnect=False, max_reconnect_attempts=0)


async def test_the_streams_fit_in_what_the_server_may_keep(server: str, chart: Any) -> None:
    (deployment,) = (item for item in chart.render() if item["kind"] == "Deployment")
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    sizes = {e["name"]: int(e["value"]) for e in container["env"] if e["name"].endswith("_MAX_BYTES")}
    assert len(sizes) == 4
    async with connected(server, "OPERATOR") as (operator, _):
        js = operator.jetstream()
        for name, size in sizes.items():
            await js.add_stream(
                StreamConfig(name=name, subjects=[f"size.{name}"], storage=StorageType.FILE, max_bytes=size)
            )
