"""nats.conf in a real nats-server: what the gateway's credential may do, and that it cannot speak as a runner."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import AckPolicy, ConsumerConfig, KeyValueConfig, StorageType, StreamConfig

from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    EVENT_STREAM_SUBJECTS,
    FRAME_STREAM,
    FRAME_STREAM_SUBJECTS,
    GATEWAY_CONSUMER,
    HITL_BUCKET,
    OPERATOR_CONSUMER,
    OPERATOR_FILTER_SUBJECTS,
    PROFILE_CHANGED_SUBJECT,
    PROFILE_EXISTS_SUBJECT,
    SETTLE_SUBJECT,
    SUBMISSION_BUCKET,
    Ask,
    Owner,
    ask_subject,
    frame_subject,
    inbox_prefix,
    kept_subject,
    watch_subject,
)

UID = "5d1c3f0e-0000-4000-8000-000000000001"
INBOX = "_INBOX.gateway"
EVENT = f"jobhunter.task.{UID}.event"


async def lay(operator: Client) -> None:
    """The streams, the buckets and the operator's consumer."""
    js = operator.jetstream()
    await js.add_stream(
        StreamConfig(name=EVENT_STREAM, subjects=EVENT_STREAM_SUBJECTS, storage=StorageType.FILE, max_bytes=1 << 20)
    )
    await js.add_stream(
        StreamConfig(name=FRAME_STREAM, subjects=FRAME_STREAM_SUBJECTS, storage=StorageType.MEMORY, max_bytes=1 << 20)
    )
    for bucket in (HITL_BUCKET, ASSIGNMENT_BUCKET, SUBMISSION_BUCKET):
        await js.create_key_value(KeyValueConfig(bucket=bucket, storage=StorageType.FILE, max_bytes=1 << 20))
    await js.add_consumer(
        EVENT_STREAM,
        ConsumerConfig(
            durable_name=OPERATOR_CONSUMER,
            ack_policy=AckPolicy.EXPLICIT,
            filter_subjects=OPERATOR_FILTER_SUBJECTS,
            ack_wait=30,
        ),
    )


async def test_the_gateway_can_store_events_and_follow_a_task(connected: Any) -> None:
    async with connected("OPERATOR") as (operator, _), connected("GATEWAY", INBOX) as (gateway, errors):
        await lay(operator)
        await operator.jetstream().publish(f"{EVENT}.applier:start", b"1")
        js = gateway.jetstream()
        for config in (ConsumerConfig(name="gateway-n"), ConsumerConfig(durable_name="gateway-d")):
            await js.add_consumer(EVENT_STREAM, config)  # both of the ways in which clients make a consumer
        durable = await js.pull_subscribe(EVENT_STREAM_SUBJECTS[0], durable=GATEWAY_CONSUMER, stream=EVENT_STREAM)
        (message,) = await durable.fetch(1, timeout=10)
        assert message.data == b"1"
        await message.ack_sync(timeout=10)
        assert (await js.consumer_info(EVENT_STREAM, GATEWAY_CONSUMER)).num_pending == 0
        inbox = gateway.new_inbox()
        pushed = await gateway.subscribe(inbox)
        await js.add_consumer(
            EVENT_STREAM,
            ConsumerConfig(
                name="gateway-1", deliver_subject=inbox, filter_subject=f"{EVENT}.>", ack_policy=AckPolicy.NONE
            ),
        )
        assert (await pushed.next_msg(timeout=10)).data == b"1"
        live = await gateway.subscribe(f"{EVENT}.>")
        await gateway.flush()
        await js.publish(f"{EVENT}.chat:message", b"Profile not found. Please complete onboarding.")
        assert (await live.next_msg(timeout=10)).data.startswith(b"Profile not found")
        assert errors == []


async def test_the_gateway_can_answer_questions_and_keep_leases(connected: Any) -> None:
    async with connected("OPERATOR") as (operator, _), connected("GATEWAY", INBOX) as (gateway, errors):
        await lay(operator)
        key = f"{UID}.hitl_1"
        revision = await (await operator.jetstream().key_value(HITL_BUCKET)).put(key, b"OPEN")
        js = gateway.jetstream()
        questions = await js.key_value(HITL_BUCKET)
        entry = await questions.get(key)
        assert entry.revision == revision
        await questions.update(key, b"ANSWERED", last=revision)
        with pytest.raises(nats.js.errors.KeyWrongLastSequenceError):
            await questions.update(key, b"ANSWERED twice", last=revision)
        leases = await js.key_value(SUBMISSION_BUCKET)
        await leases.update("lease.1", b"{}", last=0)
        assert (await js.get_last_msg(f"KV_{SUBMISSION_BUCKET}", f"$KV.{SUBMISSION_BUCKET}.lease.1")).data == b"{}"
        projector = await js.pull_subscribe(
            f"$KV.{SUBMISSION_BUCKET}.>", durable=GATEWAY_CONSUMER, stream=f"KV_{SUBMISSION_BUCKET}"
        )
        (message,) = await projector.fetch(1, timeout=10)
        await message.ack_sync(timeout=10)
        assert errors == []


async def test_the_gateway_can_say_who_watches_and_see_frames(connected: Any) -> None:
    async with (
        connected("OPERATOR") as (operator, _),
        connected("RUNNER", inbox_prefix(UID)) as (runner, runner_errors),
        connected("GATEWAY", INBOX) as (gateway, errors),
    ):
        await lay(operator)
        watch = await runner.subscribe(watch_subject(UID))
        frames = await gateway.subscribe(frame_subject(UID))
        await runner.flush()
        await gateway.flush()
        await gateway.publish(watch_subject(UID), b"")
        await watch.next_msg(timeout=10)
        await runner.publish(frame_subject(UID), b"jpeg")
        assert (await frames.next_msg(timeout=10)).data == b"jpeg"
        js = gateway.jetstream()
        assert (await js.get_last_msg(FRAME_STREAM, frame_subject(UID))).data == b"jpeg"
        assert errors == runner_errors == []


async def test_the_gateway_answers_who_asks_it_once_and_asks_for_what_the_operator_keeps(
    connected: Any, refused: Any
) -> None:
    async with (
        connected("OPERATOR", "_INBOX.operator") as (operator, _),
        connected("RUNNER", inbox_prefix(UID)) as (runner, _),
        connected("GATEWAY", INBOX) as (gateway, errors),
    ):
        inboxes: list[str] = []

        async def answer(message: Any) -> None:
            inboxes.append(message.reply)
            await message.respond(b"here")

        async def keep(message: Any) -> None:
            await message.respond(b"kept")

        await gateway.subscribe("jobhunter.task.*.ask.gateway.>", cb=answer)
        await gateway.subscribe(PROFILE_EXISTS_SUBJECT, queue="gateway", cb=answer)
        await operator.subscribe(kept_subject("*"), cb=keep)
        await operator.subscribe(SETTLE_SUBJECT, cb=keep)
        changed = await operator.subscribe(PROFILE_CHANGED_SUBJECT)
        await gateway.flush()
        await operator.flush()
        for what in (Ask.PROFILE, Ask.BLOB, Ask.CONTEXT):
            assert (await runner.request(ask_subject(UID, Owner.GATEWAY, what), b"", timeout=10)).data == b"here"
        assert (await operator.request(PROFILE_EXISTS_SUBJECT, b"{}", timeout=10)).data == b"here"
        for subject in (kept_subject(UID), SETTLE_SUBJECT):
            assert (await gateway.request(subject, b"", timeout=10)).data == b"kept"
        await gateway.publish(PROFILE_CHANGED_SUBJECT, b"{}")
        await changed.next_msg(timeout=10)
        assert errors == []
        await gateway.publish(inboxes[-1], b"once more")
        await gateway.flush()
        assert await refused(errors, "publish")


@pytest.mark.parametrize(
    "subject",
    [
        f"{EVENT}.applier:start",
        f"{EVENT}.applier:complete",
        f"{EVENT}.hitl:request",
        f"{EVENT}.hitl:response",
        f"{EVENT}.draft:confirm",
        f"{EVENT}.system:browser-ready",
        frame_subject(UID),
        ask_subject(UID, Owner.OPERATOR, Ask.PROFILE),
        ask_subject(UID, Owner.GATEWAY, Ask.PROFILE),
        PROFILE_EXISTS_SUBJECT,
        f"_INBOX.{UID}.1.1",
        "_INBOX.operator.1",
        f"$KV.{ASSIGNMENT_BUCKET}.{UID}",
        f"$JS.API.STREAM.MSG.GET.KV_{ASSIGNMENT_BUCKET}",
        f"$JS.API.DIRECT.GET.KV_{ASSIGNMENT_BUCKET}.{UID}",
        f"$JS.API.CONSUMER.CREATE.{EVENT_STREAM}",
        f"$JS.API.CONSUMER.CREATE.KV_{ASSIGNMENT_BUCKET}",
        f"$JS.API.CONSUMER.CREATE.KV_{ASSIGNMENT_BUCKET}.x",
        "$JS.API.STREAM.CREATE.OTHER",
        *(
            f"$JS.API.STREAM.{verb}.{stream}"
            for verb in ("DELETE", "PURGE", "UPDATE", "MSG.DELETE", "SNAPSHOT")
            for stream in (EVENT_STREAM, f"KV_{SUBMISSION_BUCKET}")
        ),
        f"$JS.API.CONSUMER.DELETE.{EVENT_STREAM}.{OPERATOR_CONSUMER}",
        f"$JS.API.CONSUMER.PAUSE.{EVENT_STREAM}.{OPERATOR_CONSUMER}",
        f"$JS.API.CONSUMER.MSG.NEXT.{EVENT_STREAM}.{OPERATOR_CONSUMER}",
        f"$JS.API.CONSUMER.CREATE.{EVENT_STREAM}.{OPERATOR_CONSUMER}",
        f"$JS.API.CONSUMER.CREATE.{EVENT_STREAM}.{OPERATOR_CONSUMER}.jobhunter.>",
        f"$JS.API.CONSUMER.DURABLE.CREATE.{EVENT_STREAM}.{OPERATOR_CONSUMER}",
        f"$JS.ACK.{EVENT_STREAM}.{OPERATOR_CONSUMER}.1.1.1.1.0",
    ],
)
async def test_the_gateway_may_not_publish(connected: Any, refused: Any, subject: str) -> None:
    async with connected("GATEWAY", INBOX) as (gateway, errors):
        await gateway.publish(subject, b"{}")
        await gateway.flush()
        assert await refused(errors, "publish")


@pytest.mark.parametrize(
    "subject",
    [
        ">",
        "jobhunter.>",
        "_INBOX.>",
        "_INBOX.*",
        f"_INBOX.{UID}.>",
        "_INBOX.operator.>",
        "$KV.hitl.>",
        "$JS.>",
        "jobhunter.task.*.ask.>",
        "jobhunter.task.*.ask.operator.profile",
        kept_subject("*"),
        watch_subject("*"),
    ],
)
async def test_the_gateway_may_not_listen_to(connected: Any, refused: Any, subject: str) -> None:
    async with connected("GATEWAY", INBOX) as (gateway, errors):
        await gateway.subscribe(subject)
        await gateway.flush()
        assert await refused(errors, "subscription")


@pytest.mark.parametrize("named_by", ["name", "durable_name"])
@pytest.mark.parametrize("path", ["CREATE.{}", "CREATE.{}.other", "DURABLE.CREATE.{}.gateway"])
async def test_the_operator_s_consumer_cannot_be_named_in_a_request_s_body_either(
    connected: Any, path: str, named_by: str
) -> None:
    async with connected("OPERATOR") as (operator, _), connected("GATEWAY", INBOX) as (gateway, _):
        await lay(operator)
        before = (await operator.jetstream().consumer_info(EVENT_STREAM, OPERATOR_CONSUMER)).config
        config = {
            "ack_policy": "explicit",
            "filter_subject": "jobhunter.task.none.event.>",
            named_by: OPERATOR_CONSUMER,
        }
        asked = json.dumps({"stream_name": EVENT_STREAM, "config": config}).encode()
        await gateway.publish(f"$JS.API.CONSUMER.{path.format(EVENT_STREAM)}", asked)
        await gateway.flush()
        await asyncio.sleep(0.2)
        assert (await operator.jetstream().consumer_info(EVENT_STREAM, OPERATOR_CONSUMER)).config == before
