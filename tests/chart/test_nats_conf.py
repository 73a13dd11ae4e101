"""nats.conf as the chart renders it, in a real nats-server: what the operator's and the runner's credential may do."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import KeyValueConfig, StorageType, StreamConfig

from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    EVENT_STREAM_SUBJECTS,
    FRAME_STREAM,
    FRAME_STREAM_SUBJECTS,
    HITL_BUCKET,
    PROFILE_CHANGED_SUBJECT,
    PROFILE_EXISTS_SUBJECT,
    SETTLE_SUBJECT,
    SUBMISSION_BUCKET,
    Ask,
    Owner,
    ask_subject,
    ask_subjects,
    frame_subject,
    inbox_prefix,
    kept_subject,
    watch_subject,
)
from nats_server import RUNNER_PUBLISHES, RUNNER_SUBSCRIBES

UID = "5d1c3f0e-0000-4000-8000-000000000001"
BUCKETS = (HITL_BUCKET, ASSIGNMENT_BUCKET, SUBMISSION_BUCKET)


async def make_streams(operator: Client) -> None:
    js = operator.jetstream()
    await js.add_stream(
        StreamConfig(name=EVENT_STREAM, subjects=EVENT_STREAM_SUBJECTS, storage=StorageType.FILE, max_bytes=256 << 20)
    )
    await js.add_stream(
        StreamConfig(
            name=FRAME_STREAM,
            subjects=FRAME_STREAM_SUBJECTS,
            storage=StorageType.MEMORY,
            max_bytes=32 << 20,
            max_msgs_per_subject=1,
        )
    )
    for bucket in BUCKETS:
        await js.create_key_value(KeyValueConfig(bucket=bucket, storage=StorageType.FILE, max_bytes=64 << 20))


async def test_a_runner_can_do_its_work(connected: Any) -> None:
    async with connected("OPERATOR") as (operator, _), connected("RUNNER", inbox_prefix(UID)) as (runner, errors):
        await make_streams(operator)
        await (await operator.jetstream().key_value(ASSIGNMENT_BUCKET)).put(UID, b"{}")

        async def answer(message: Any) -> None:
            await message.respond(b"profile")

        await operator.subscribe(ask_subjects(Owner.OPERATOR, Ask.PROFILE), cb=answer)
        await operator.flush()
        js = runner.jetstream()
        await js.publish(f"jobhunter.task.{UID}.event.applier:start", b"{}")
        reply = await runner.request(ask_subject(UID, Owner.OPERATOR, Ask.PROFILE), b"{}", timeout=2)
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


async def test_a_runner_hears_that_somebody_watches_and_shows_frames(connected: Any) -> None:
    async with connected("OPERATOR") as (operator, _), connected("RUNNER", inbox_prefix(UID)) as (runner, errors):
        await make_streams(operator)
        watch = await runner.subscribe(watch_subject(UID))
        await runner.flush()
        await operator.publish(watch_subject(UID), b"")
        await watch.next_msg(timeout=2)
        await runner.publish(frame_subject(UID), b"first")
        await runner.publish(frame_subject(UID), b"last")
        await runner.flush()
        js = operator.jetstream()
        for _ in range(250):  # a server takes a message before its stream has it
            if (await js.stream_info(FRAME_STREAM)).state.last_seq == 2:
                break
            await asyncio.sleep(0.02)
        assert (await js.get_last_msg(FRAME_STREAM, frame_subject(UID))).data == b"last"
        assert (await js.stream_info(FRAME_STREAM)).state.messages == 1
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
        f"$JS.API.STREAM.MSG.GET.{EVENT_STREAM}",
        f"$JS.API.STREAM.MSG.GET.{FRAME_STREAM}",
        f"$JS.API.CONSUMER.CREATE.{EVENT_STREAM}",
        f"$JS.API.CONSUMER.CREATE.{FRAME_STREAM}.x",
        f"$JS.API.CONSUMER.CREATE.KV_{SUBMISSION_BUCKET}",
        f"$JS.API.CONSUMER.MSG.NEXT.KV_{SUBMISSION_BUCKET}.gateway",
        f"$JS.API.CONSUMER.DELETE.KV_{SUBMISSION_BUCKET}.gateway",
        f"$JS.ACK.KV_{SUBMISSION_BUCKET}.gateway.1.1.1.1.0",
        f"jobhunter.task.{UID}.input",
        watch_subject(UID),
        kept_subject(UID),
        PROFILE_EXISTS_SUBJECT,
        PROFILE_CHANGED_SUBJECT,
        SETTLE_SUBJECT,
        "_INBOX.somebody",
        "_INBOX.gateway.1",
    ],
)
async def test_a_runner_may_not_publish(connected: Any, refused: Any, subject: str) -> None:
    async with connected("RUNNER", inbox_prefix(UID)) as (runner, errors):
        await runner.publish(subject, b"{}")
        await runner.flush()
        assert await refused(errors, "publish")


@pytest.mark.parametrize(
    "subject",
    [
        "jobhunter.>",
        ">",
        "$KV.hitl.>",
        "$JS.API.>",
        "_INBOX_other.>",
        "_INBOX.operator.1",
        "_INBOX.gateway.>",
        "_INBOX.gateway.1",
        "jobhunter.task.*.event.>",
        "jobhunter.task.*.ask.>",
        frame_subject("*"),
        kept_subject("*"),
        PROFILE_EXISTS_SUBJECT,
        PROFILE_CHANGED_SUBJECT,
        SETTLE_SUBJECT,
    ],
)
async def test_a_runner_may_not_listen_to_others(connected: Any, refused: Any, subject: str) -> None:
    async with connected("RUNNER", inbox_prefix(UID)) as (runner, errors):
        await runner.subscribe(subject)
        await runner.flush()
        assert await refused(errors, "subscription")


async def test_a_runner_s_widest_inbox_holds_nothing_of_the_operator_s_and_the_gateway_s(connected: Any) -> None:
    async with connected("OPERATOR") as (operator, _), connected("RUNNER", inbox_prefix(UID)) as (runner, _):
        everything = await runner.subscribe("_INBOX.>")
        await runner.flush()
        for subject in ("_INBOX.operator.1", "_INBOX.gateway.1.2", f"_INBOX.{UID}.1"):
            await operator.publish(subject, b"secret")
        assert (await everything.next_msg(timeout=5)).subject == f"_INBOX.{UID}.1"


async def test_nobody_comes_in_without_a_credential(server: str) -> None:
    with pytest.raises(nats.errors.Error, match=r"(?i)authorization"):
        await nats.connect(server, allow_reconnect=False, max_reconnect_attempts=0)


async def test_the_streams_fit_in_what_the_server_may_keep(connected: Any, chart: Any) -> None:
    operators = "jobhunter-operator"
    (deployment,) = (i for i in chart.render() if i["kind"] == "Deployment" and i["metadata"]["name"] == operators)
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    sizes = {e["name"]: int(e["value"]) for e in container["env"] if e["name"].endswith("_MAX_BYTES")}
    assert len(sizes) == 5
    async with connected("OPERATOR") as (operator, _):
        js = operator.jetstream()
        for name, size in sizes.items():
            storage = StorageType.MEMORY if "FRAMES" in name else StorageType.FILE
            await js.add_stream(StreamConfig(name=name, subjects=[f"size.{name}"], storage=storage, max_bytes=size))


def test_no_other_test_s_runner_may_do_more_than_the_chart_s(chart: Any) -> None:
    """The server of tests/servers has a list of its own; what works there must work in a cluster."""
    (config,) = (item for item in chart.render() if item["kind"] == "ConfigMap" and "nats.conf" in item["data"])
    runner = config["data"]["nats.conf"].split("user: $RUNNER_USER")[1].split("user: $GATEWAY_USER")[0]
    publish, subscribe = runner.split("subscribe:")
    assert set(RUNNER_PUBLISHES) <= set(re.findall(r'"([^"]+)"', publish))
    assert set(RUNNER_SUBSCRIBES) <= set(re.findall(r'"([^"]+)"', subscribe.split("deny")[0]))
