"""The layout in a real NATS: made once however often, and a gate that shuts when the submission records were lost."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

import nats
import nats.js.errors
import pytest
from kubernetes.aio import client
from memory_api import MemoryKube
from nats.js import JetStreamContext, api

from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    FRAME_STREAM,
    HEADER_PAGE_TITLE,
    HITL_BUCKET,
    SUBMISSION_BUCKET,
    frame_subject,
)
from jobhunter_contracts.submission import bucket_identity
from jobhunter_operator.nats_layout import CONFIG_MAP, NatsLayout
from jobhunter_operator.operator import SILENT, Operator
from jobhunter_operator.settings import Settings
from nats_server import nats_client

CONFIG_MAPS = "/api/v1/namespaces/jobhunter/configmaps"
STREAMS = [EVENT_STREAM, *(f"KV_{bucket}" for bucket in (HITL_BUCKET, ASSIGNMENT_BUCKET, SUBMISSION_BUCKET))]


@pytest.fixture
async def js(nats_server: Any) -> AsyncIterator[JetStreamContext]:
    nc = await nats_client(nats_server.url)
    yield nc.jetstream()
    await nc.close()


@pytest.fixture
def kube() -> MemoryKube:
    return MemoryKube()


def layout(kube: MemoryKube, **more: Any) -> NatsLayout:
    return NatsLayout(Settings(runner_image="r", browser_image="b", **more), kube)


async def lose_bucket(js: JetStreamContext) -> None:
    await js.delete_stream(f"KV_{SUBMISSION_BUCKET}")


class SlowConfigMap(MemoryKube):
    """Its ConfigMaps are read only while `answers` is set."""

    def __init__(self) -> None:
        super().__init__()
        self.asked, self.answers = asyncio.Event(), asyncio.Event()
        self.answers.set()

    async def get_config_map(self, namespace: str, name: str) -> dict[str, Any]:
        self.asked.set()
        await self.answers.wait()
        return await super().get_config_map(namespace, name)

    def hold(self) -> None:
        self.asked.clear()
        self.answers.clear()


async def has_frame(js: JetStreamContext, task_uid: str, data: bytes) -> None:
    """Waits until the stream, which acknowledges nothing, has taken the frame; 5 s at most."""
    for _ in range(250):
        with contextlib.suppress(nats.js.errors.NotFoundError):
            if (await js.get_last_msg(FRAME_STREAM, frame_subject(task_uid))).data == data:
                return
        await asyncio.sleep(0.02)
    raise AssertionError(f"no such frame of {task_uid}")


async def test_everything_is_made_on_files_and_the_gate_opens(js: JetStreamContext, kube: MemoryKube) -> None:
    made = layout(kube)
    await made.ensure(js)
    for name in STREAMS:
        info = await js.stream_info(name)
        assert info.config.storage == "file"
        assert (info.config.max_bytes or 0) > 0, "every stream has its limit"
    created = (await js.stream_info(f"KV_{SUBMISSION_BUCKET}")).created
    assert created is not None
    assert (made.gate.why, made.gate.identity) == ("", bucket_identity(created))
    assert kube.objects[f"{CONFIG_MAPS}/{CONFIG_MAP}"]["data"]["identity"] == bucket_identity(created)


async def test_making_it_again_keeps_what_is_there(js: JetStreamContext, kube: MemoryKube) -> None:
    first = layout(kube)
    await first.ensure(js)
    bucket = await js.key_value(SUBMISSION_BUCKET)
    await bucket.put("posting.1", b"{}")
    again = layout(kube, events_max_bytes=1_000_000)
    await again.ensure(js)
    assert (await bucket.get("posting.1")).value == b"{}"
    assert again.gate == first.gate
    assert (await js.stream_info(EVENT_STREAM)).config.max_bytes == 1_000_000, "limits follow the settings"


async def test_a_late_viewer_finds_the_last_frame_of_each_task_in_memory(
    js: JetStreamContext, kube: MemoryKube
) -> None:
    await layout(kube, frames_max_bytes=2 * 1024 * 1024).ensure(js)
    client = js._nc
    for task in ("t-1", "t-2"):
        for number in (1, 2, 3):
            await client.publish(frame_subject(task), b"frame %d" % number, headers={HEADER_PAGE_TITLE: "A%20job"})
    await has_frame(js, "t-2", b"frame 3")
    last = await js.get_last_msg(FRAME_STREAM, frame_subject("t-1"))
    assert (last.data, (last.headers or {})[HEADER_PAGE_TITLE]) == (b"frame 3", "A%20job")
    info = await js.stream_info(FRAME_STREAM)
    assert (info.config.storage, info.config.no_ack, info.config.max_age) == ("memory", True, 3600)
    assert info.state.messages == 2
    for number in range(40):
        await client.publish(frame_subject(f"big-{number}"), b"x" * 100_000)
    await has_frame(js, "big-39", b"x" * 100_000)
    info = await js.stream_info(FRAME_STREAM)
    assert info.state.bytes <= 2 * 1024 * 1024, "the oldest tasks' frames make room"


async def test_a_publisher_of_frames_gets_no_acknowledgement(js: JetStreamContext, kube: MemoryKube) -> None:
    await layout(kube).ensure(js)
    with pytest.raises(nats.errors.Error):
        await js._nc.request(frame_subject("t-1"), b"frame", timeout=0.3)


async def test_after_a_restart_of_nats_the_frames_stream_is_made_again(
    nats_server: Any, js: JetStreamContext, kube: MemoryKube
) -> None:
    made = layout(kube)
    await made.ensure(js)
    before = made.gate
    nats_server.stop()
    nats_server.start()
    again = await nats_client(nats_server.url)
    with pytest.raises(nats.js.errors.NotFoundError):
        await again.jetstream().stream_info(FRAME_STREAM)
    await made.check(again.jetstream())
    assert (await again.jetstream().stream_info(FRAME_STREAM)).config.storage == "memory"
    assert made.gate == before
    await again.close()


async def test_frames_that_cannot_be_kept_shut_no_gate(js: JetStreamContext, kube: MemoryKube) -> None:
    await js.add_stream(api.StreamConfig(name=FRAME_STREAM, subjects=["elsewhere"], storage=api.StorageType.FILE))
    made = layout(kube)
    await made.ensure(js)
    assert made.gate.why == ""
    await made.check(js)
    assert made.gate.why == ""


async def test_submission_records_are_for_ever(js: JetStreamContext, kube: MemoryKube) -> None:
    await layout(kube).ensure(js)
    bucket = await js.key_value(SUBMISSION_BUCKET)
    await bucket.put("posting.1", b"{}")
    info = await js.stream_info(f"KV_{SUBMISSION_BUCKET}")
    assert not info.config.max_age
    with pytest.raises(nats.js.errors.APIError):
        await js.purge_stream(f"KV_{SUBMISSION_BUCKET}")
    with pytest.raises(nats.js.errors.APIError):
        await js.delete_msg(f"KV_{SUBMISSION_BUCKET}", 1)
    with pytest.raises(nats.js.errors.APIError):
        await bucket.purge("posting.1")


async def test_questions_and_assignments_age_away(js: JetStreamContext, kube: MemoryKube) -> None:
    await layout(kube, hitl_max_age_seconds=3600).ensure(js)
    assert (await js.stream_info(f"KV_{HITL_BUCKET}")).config.max_age == 3600
    assert (await js.stream_info(f"KV_{ASSIGNMENT_BUCKET}")).config.max_age


async def test_a_lost_bucket_shuts_the_gate_until_its_successor_is_acknowledged(
    js: JetStreamContext, kube: MemoryKube
) -> None:
    made = layout(kube, reseed_cron_job="ours-reseed")
    await made.ensure(js)
    before = made.gate.identity
    await lose_bucket(js)
    await made.check(js)
    assert made.gate.identity == ""
    assert before in made.gate.why
    command = re.search(r"kubectl -n jobhunter patch configmap (\S+) .* -p '(.*)'", made.gate.why)
    assert command is not None
    assert command.group(1) == CONFIG_MAP
    reseed = "kubectl -n jobhunter create job reseed --from=cronjob/ours-reseed"
    assert reseed in made.gate.why
    assert made.gate.why.index(reseed) < command.start(), "what the store knows is put back first"
    await made.check(js)
    assert made.gate.why, "it stays shut"

    config_map = kube.objects[f"{CONFIG_MAPS}/{CONFIG_MAP}"]
    acknowledged = command.group(2).split('"')[5]
    config_map["data"]["acknowledged"] = acknowledged
    await made.check(js)
    assert (made.gate.why, made.gate.identity) == ("", acknowledged)
    restarted = layout(kube)
    await restarted.ensure(js)
    assert restarted.gate.identity == acknowledged, "an acknowledgement is remembered"


@pytest.mark.parametrize("noticed", ["by a look", "after a reconnect", "made by another"])
async def test_the_gate_is_shut_before_the_new_bucket_can_be_read(js: JetStreamContext, noticed: str) -> None:
    """The API server takes its time: meanwhile an empty bucket is there, and nobody may take it for the old one."""
    kube = SlowConfigMap()
    made = layout(kube)
    await made.ensure(js)
    await lose_bucket(js)
    if noticed == "made by another":
        await layout(MemoryKube()).ensure(js)
    kube.hold()
    look = asyncio.create_task(made.ensure(js) if noticed == "after a reconnect" else made.check(js))
    await asyncio.wait_for(kube.asked.wait(), 5)
    await js.stream_info(f"KV_{SUBMISSION_BUCKET}")
    assert (bool(made.gate.why), made.gate.identity) == (True, "")
    kube.answers.set()
    await look
    assert "were lost" in made.gate.why


async def test_a_slow_look_at_the_old_bucket_does_not_open_the_gate_for_the_new_one(js: JetStreamContext) -> None:
    kube = SlowConfigMap()
    made = layout(kube)
    await made.ensure(js)
    kube.hold()
    slow = asyncio.create_task(made.ensure(js))
    await asyncio.wait_for(kube.asked.wait(), 5)
    first, kube.answers = kube.answers, asyncio.Event()
    kube.answers.set()
    await lose_bucket(js)
    reconnected = asyncio.create_task(made.ensure(js))
    await asyncio.wait([reconnected], timeout=0.3)
    first.set()
    await asyncio.gather(slow, reconnected)
    assert "were lost" in made.gate.why


async def test_a_gate_that_is_shut_keeps_its_words_while_it_is_looked_at_again(js: JetStreamContext) -> None:
    kube = SlowConfigMap()
    made = layout(kube)
    await made.ensure(js)
    await lose_bucket(js)
    await made.check(js)
    kube.hold()
    look = asyncio.create_task(made.check(js))
    await asyncio.wait_for(kube.asked.wait(), 5)
    assert "were lost" in made.gate.why
    kube.answers.set()
    await look


async def test_a_connection_that_is_gone_shuts_the_gate_at_once(nats_server: Any) -> None:
    settings = Settings(runner_image="r", browser_image="b", nats_url=nats_server.url)
    operator = Operator(settings, client.ApiClient(client.Configuration()))
    operator._layout = made = layout(MemoryKube())
    await operator._link.connect()
    assert made.gate.why == ""
    nats_server.stop()
    for _ in range(100):
        if made.gate.why:
            break
        await asyncio.sleep(0.02)
    assert (made.gate.why, made.gate.identity) == (SILENT, "")
    assert b"jobhunter_operator_admission_shut 1.0" in operator._metrics.render()
    nats_server.start()
    for _ in range(250):
        if not made.gate.why:
            break
        await asyncio.sleep(0.02)
    assert made.gate.why == "", "the same bucket opens it again"
    assert b"jobhunter_operator_admission_shut 0.0" in operator._metrics.render()
    await operator._link.close()


async def test_an_old_acknowledgement_opens_no_later_bucket(js: JetStreamContext, kube: MemoryKube) -> None:
    made = layout(kube)
    await made.ensure(js)
    await lose_bucket(js)
    await made.check(js)
    await lose_bucket(js)
    await made.check(js)
    assert made.gate.why


async def test_a_config_map_without_a_bucket_is_no_first_installation(js: JetStreamContext, kube: MemoryKube) -> None:
    kube.add(CONFIG_MAPS, {"metadata": {"name": CONFIG_MAP}, "data": {"identity": "2020-01-01T00:00:00+00:00"}})
    made = layout(kube)
    await made.ensure(js)
    assert "2020-01-01" in made.gate.why


async def test_where_nats_does_not_answer_the_gate_is_shut(
    nats_server: Any, js: JetStreamContext, kube: MemoryKube
) -> None:
    made = layout(kube)
    await made.ensure(js)
    nats_server.stop()
    with pytest.raises((nats.errors.Error, TimeoutError, OSError)):
        await made.check(js)
    assert (bool(made.gate.why), made.gate.identity) == (True, "")
