"""One task through reconciler, consumer and requests, with a real NATS and an API server in memory."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import pytest
from lab import CV, URL, Lab, Runner, refusal, with_profile
from memory_api import PODS, SECRETS, TASKS
from nats.aio.client import Client

from jobhunter_contracts import asks
from jobhunter_contracts.conditions import ConditionType, InputReason, Reason
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.events import Event, EventType, complete_event_id_of, event_id, make_event
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    BLOB_CHUNK,
    EVENT_STREAM,
    HEADER_SHA256,
    HITL_BUCKET,
    Ask,
    event_subject,
    hitl_key,
)
from jobhunter_contracts.submission import LeaseState
from jobhunter_operator.kube import ApiFault, Conflict
from nats_server import nats_client


@pytest.fixture
def lab(nats_server: Any) -> Lab:
    return with_profile(nats_server.url)


@pytest.fixture
async def nc(nats_server: Any) -> AsyncIterator[Client]:
    client = await nats_client(nats_server.url)
    yield client
    await client.close()


async def test_a_quiet_task_takes_six_writes_or_fewer(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply(review="Skip")
        runner = Runner(nc, uid, await lab.bound())
        told = await runner.assignment()
        assert (told.task_uid, told.attempt, told.lease_identity != "") == (uid, 1, True)
        await runner.say(EventType.SYSTEM_BROWSER_READY)
        await lab.until(lambda: lab.task().status.phase == "Running")
        await runner.say(EventType.APPLIER_START)
        await runner.press()
        await runner.complete(Reason.SUBMITTED)
        assert await lab.ended() == "Submitted"
    writes = lab.kube.writes()
    assert len(writes) <= 6, writes


@pytest.mark.parametrize("moment", ["pod created", "bound", "running", "asked", "answered", "pressed", "reported"])
async def test_the_operator_may_die_at_any_moment(lab: Lab, nc: Client, moment: str) -> None:
    """One pod, one assignment, one outcome, whenever the operator was ended and started anew."""
    if moment == "pod created":
        async with lab.operator():
            lab.kube.fail["PUT", "applicationtasks"] = Conflict(409, "Conflict", "somebody was faster", "t")
            uid = lab.apply()
            await lab.until(lambda: f"{PODS}/t-1" in lab.kube.objects)
    else:
        async with lab.operator():
            uid = lab.apply()
            await lab.bound()
    stages: list[tuple[str, Callable[[Runner], Awaitable[Any]]]] = [
        ("running", lambda r: r.say(EventType.SYSTEM_BROWSER_READY)),
        ("asked", ask),
        ("answered", lambda _: answered(lab)),
        ("pressed", lambda r: r.press()),
        ("reported", lambda r: r.complete(Reason.SUBMITTED)),
    ]
    going = lab.operator()
    await going.__aenter__()
    runner = Runner(nc, uid, await lab.bound())
    await runner.assignment()
    for stage, do in stages:
        if stage == moment:
            await going.__aexit__(None, None, None)
            if stage == "answered":
                going = lab.operator()
                await going.__aenter__()
                await do(runner)
                continue
            await do(runner)
            going = lab.operator()
            await going.__aenter__()
        else:
            await do(runner)
    assert await lab.ended() == "Submitted"
    await going.__aexit__(None, None, None)
    status = lab.task().status
    assert (status.attempts, status.failed, status.pending_inputs) == (1, None, None)
    assert [method for method, path in lab.kube.writes() if path == PODS and method == "POST"].count("POST") <= 2
    assert [path for path in lab.kube.objects if path.startswith(f"{PODS}/")] == [f"{PODS}/t-1"]


async def ask(runner: Runner, hitl_id: str = "draft_1", kind: HitlKind = HitlKind.REVIEW) -> None:
    now = datetime.now(UTC)
    record = HitlRecord(
        id=hitl_id,
        task_uid=runner.uid,
        pod_uid=runner.pod,
        kind=kind,
        reason=InputReason.DRAFT_REVIEW,
        question="Send it?",
        asked_at=now,
        deadline=now + timedelta(seconds=60),
    )
    bucket = await runner.js.key_value(HITL_BUCKET)
    await bucket.put(hitl_key(runner.uid, hitl_id), record.to_json())
    await runner.say(EventType.DRAFT_REVIEW, hitl_id=hitl_id)


async def answered(lab: Lab) -> None:
    await lab.until(lambda: lab.task().status.pending_inputs)
    lab.change(responses=[{"id": "draft_1", "value": "confirm"}])
    await lab.until(lambda: lab.task().status.responses)
    assert [entry.state for entry in lab.task().status.responses or []] == ["accepted"]


async def test_an_answer_by_kubectl_reaches_the_runner(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        await ask(runner)
        await answered(lab)
        bucket = await runner.js.key_value(HITL_BUCKET)
        record = HitlRecord.from_json((await bucket.get(hitl_key(uid, "draft_1"))).value or b"")
        assert (record.state, record.response, record.answered_by) == (HitlState.ANSWERED, "confirm", "kubectl")


@pytest.mark.parametrize("end", ["ended", "deleted", "replaced"])
async def test_an_answer_to_a_secret_that_nobody_read_goes_with_the_attempt(lab: Lab, nc: Client, end: str) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        await runner.assignment()
        bucket = await runner.js.key_value(HITL_BUCKET)
        kinds = {"code": HitlKind.SECRET, "late": HitlKind.SECRET, "years": HitlKind.TEXT}
        for name, kind in kinds.items():
            await ask(runner, name, kind)
            if name != "late":
                asked = HitlRecord.from_json((await bucket.get(hitl_key(uid, name))).value or b"")
                update = {"state": HitlState.ANSWERED, "response": "123456", "response_length": 6}
                await bucket.put(hitl_key(uid, name), asked.model_copy(update=update).to_json())

        async def records() -> dict[str, tuple[HitlState, str | None]]:
            found = [HitlRecord.from_json((await bucket.get(hitl_key(uid, name))).value or b"") for name in kinds]
            return {each.id: (each.state, each.response) for each in found}

        if end == "ended":
            await runner.complete(Reason.REJECTED)
        elif end == "deleted":
            del lab.kube.objects[f"{TASKS}/t"]
            lab.mirror.drop_task(uid)
            lab.queue.add(uid)
        else:
            lab.delete_pod()
        for _ in range(250):
            if (await records())["late"][0] is HitlState.EXPIRED and not await has_assignment(runner):
                break
            await asyncio.sleep(0.02)
        assert await records() == {
            "code": (HitlState.ANSWERED, None),
            "late": (HitlState.EXPIRED, None),
            "years": (HitlState.ANSWERED, "123456"),
        }
        assert not await has_assignment(runner)


async def test_of_a_deleted_task_nothing_is_remembered(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        ended, running = lab.apply("a1"), lab.apply("b1", userId="bo")
        await lab.until(lambda: lab.task("a1").status.attempts == 1 and lab.task("b1").status.attempts == 1)
        await Runner(nc, ended, str(lab.task("a1").status.pod_uid)).complete(Reason.REJECTED)
        await lab.ended("a1")
        await lab.until(lambda: lab.parts.complete.known(ended) and lab.parts.assignments.of_task(running))
        for name, uid in (("a1", ended), ("b1", running)):
            del lab.kube.objects[f"{TASKS}/{name}"]
            lab.mirror.drop_task(uid)
            lab.queue.add(uid)
        await lab.until(lambda: not lab.parts.complete.known(ended) and not lab.parts.assignments.of_task(running))


async def has_assignment(runner: Runner) -> bool:
    try:
        await (await runner.js.key_value(ASSIGNMENT_BUCKET)).get(runner.pod)
    except nats.js.errors.KeyNotFoundError:
        return False
    return True


async def test_a_lost_pod_that_pressed_is_unconfirmed_and_the_world_is_told_once(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        await runner.press(LeaseState.TAKEN)
        lab.delete_pod()
        assert await lab.ended() == "SubmissionUnconfirmed"
        await lab.until(lambda: len(lab.kube.objects[f"{TASKS}/t"]["status"]["conditions"]) > 3)
    async with lab.operator():
        await asyncio.sleep(0.3)
    told = await nc.jetstream().stream_info(
        EVENT_STREAM, subjects_filter=event_subject(uid, EventType.APPLIER_COMPLETE)
    )
    assert told.state.subjects == {event_subject(uid, EventType.APPLIER_COMPLETE): 1}
    last = await nc.jetstream().get_last_msg(EVENT_STREAM, event_subject(uid, EventType.APPLIER_COMPLETE))
    assert Event.from_json(last.data or b"").agent == "system"


async def test_a_lost_pod_that_did_not_press_is_replaced(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        first = await lab.bound()
        lab.delete_pod()
        second = await lab.bound(2)
        assert first != second
        late = Runner(nc, uid, first, attempt=1)
        await late.say(EventType.SYSTEM_BROWSER_READY)
        assert refusal(await late.ask(Ask.PROFILE)) == "not-bound"
        runner = Runner(nc, uid, second, attempt=2)
        assert (await runner.assignment()).attempt == 2
        await asyncio.sleep(0.3)
        assert lab.task().status.phase == "Starting", "the old pod's events are not heard"


async def test_the_last_attempt_s_end_is_told_though_an_earlier_one_told_of_an_end(lab: Lab, nc: Client) -> None:
    """A runner that was cut off from NATS speaks up after its replacement is bound."""
    async with lab.operator():
        uid = lab.apply()
        first = await lab.bound()
        lab.delete_pod()
        second = Runner(nc, uid, await lab.bound(2), attempt=2)
        await Runner(nc, uid, first, attempt=1).complete(Reason.REVIEW_EXPIRED)
        await second.say(EventType.SYSTEM_BROWSER_READY)
        await lab.until(lambda: lab.task().status.phase == "Running")
        for _ in range(100):
            info = await nc.jetstream().consumer_info(EVENT_STREAM, "operator")
            if (info.num_pending, info.num_ack_pending) == (0, 0):
                break
            await asyncio.sleep(0.02)
        assert (info.num_pending, info.num_ack_pending) == (0, 0), "the old end is not held, and ends nothing"
        await second.press(LeaseState.SENT)
        await second.complete(Reason.SUBMITTED)  # the stream takes it for the first one's double
        lab.delete_pod("t-2")
        assert await lab.ended() == "Submitted"
        subject = event_subject(uid, EventType.APPLIER_COMPLETE)

        async def told() -> Outcome:
            last = await nc.jetstream().get_last_msg(EVENT_STREAM, subject)
            return Outcome.model_validate(Event.from_json(last.data or b"").data)

        for _ in range(100):
            if (await told()).attempt == 2:
                break
            await asyncio.sleep(0.02)
        assert ((await told()).attempt, (await told()).reason) == (2, Reason.SUBMITTED)
        last = await nc.jetstream().get_last_msg(EVENT_STREAM, subject)
        end = Event.from_json(last.data or b"")
        assert end.event_id == complete_event_id_of(uid, 2)
        assert end.data["confirmation"] is None, "the contract's keys are there though nothing is known"
    async with lab.operator():
        await asyncio.sleep(0.3)
    info = await nc.jetstream().stream_info(EVENT_STREAM, subjects_filter=subject)
    assert info.state.subjects == {subject: 2}, "once"


async def test_events_of_another_shape_or_task_change_nothing(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        js = nc.jetstream()
        subject = event_subject(uid, EventType.SYSTEM_BROWSER_READY)
        await js.publish(subject, b"not json")
        await js.publish(
            subject, make_event(EventType.SYSTEM_BROWSER_READY, "", {}, event_id=event_id("other", 1, 1)).to_json()
        )
        await js.publish(event_subject("nobody", EventType.APPLIER_START), b"{}")
        await asyncio.sleep(0.3)
        assert lab.task().status.phase == "Starting"
        await runner.say(EventType.SYSTEM_BROWSER_READY)
        await lab.until(lambda: lab.task().status.phase == "Running")
        info = await js.consumer_info(EVENT_STREAM, "operator")
        assert info.num_pending == 0


async def test_two_users_run_at_once_and_a_third_task_of_one_waits_for_its_turn(lab: Lab, nc: Client) -> None:
    lab.settings.max_sessions_per_user = 1
    async with lab.operator():
        first = lab.apply("a1", url=f"{URL}1")
        lab.apply("a2", url=f"{URL}2")
        lab.apply("b1", userId="bo")
        await lab.until(lambda: lab.task("b1").status.attempts == 1 and lab.task("a1").status.attempts == 1, "b1")
        await lab.until(lambda: lab.task("a2").status.reason == "UserLimit", "a2")
        runner = Runner(nc, first, str(lab.task("a1").status.pod_uid))
        await runner.complete(Reason.REJECTED)
        await lab.until(lambda: lab.task("a2").status.attempts == 1, "a2")


async def test_a_task_whose_pod_is_refused_holds_nobody_else_up(
    lab: Lab, nc: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    create = lab.kube.create_pod

    async def but_for_one(namespace: str, pod: dict[str, Any]) -> dict[str, Any]:
        if pod["metadata"]["name"] == "a1-1":
            raise ApiFault(403, "Forbidden", "exceeded quota: pods", "pods")
        return await create(namespace, pod)

    monkeypatch.setattr(lab.kube, "create_pod", but_for_one)
    lab.settings.max_sessions = 1
    async with lab.operator():
        lab.apply("a1")
        await lab.until(lambda: lab.task("a1").status.reason == "QuotaExceeded", "a1")
        lab.apply("b1", userId="bo")
        await lab.until(lambda: lab.task("b1").status.attempts == 1, "b1")


async def test_a_pod_template_that_the_api_server_refuses_ends_invalid_spec(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        words = "spec.containers[0].resources.requests: Invalid value: must be less than or equal to cpu limit"
        lab.kube.fail["POST", "pods"] = ApiFault(422, "Invalid", words, "pods")
        lab.apply(podTemplate={"resources": {"requests": {"cpu": "1"}}})
        assert await lab.ended() == "InvalidSpec"
        done = lab.task().condition(ConditionType.SUCCEEDED)
        assert done is not None
        assert words in done.message


async def test_applied_again_after_a_submission_it_is_a_duplicate(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        runner = Runner(nc, uid, await lab.bound())
        await runner.press(LeaseState.SENT)
        await runner.complete(Reason.SUBMITTED)
        await lab.ended()
        lab.apply("again", url=f"{URL}?utm_source=mail")
        assert await lab.ended("again") == "DuplicateApplication"
        assert f"{PODS}/again-1" not in lab.kube.objects


# requests of a runner


async def test_the_profile_and_documents_are_handed_to_the_bound_pod(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        runner = Runner(nc, lab.apply(), await lab.bound())
        reply = asks.ProfileReply.from_json((await runner.ask(Ask.PROFILE)).data)
        assert reply.profile["basics"]["name"] == "Asha"
        assert reply.profile["application"]["start_date"] == "2026-12-01"
        assert reply.documents == {"cv.pdf": len(CV)}
        first = await runner.get(asks.document_blob("cv.pdf"))
        second = await runner.get(asks.document_blob("cv.pdf"), len(first.data))
        assert first.data + second.data == CV
        assert (first.headers or {})[HEADER_SHA256] == hashlib.sha256(CV).hexdigest()
        for blob in ("document/profile.yaml", "document/other.pdf", "profile.yaml", ""):
            assert refusal(await runner.get(blob)) == "not-found"


async def test_another_pod_a_stranger_and_an_ended_task_are_refused(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        uid = lab.apply()
        pod = await lab.bound()
        for stranger in (Runner(nc, uid, "another"), Runner(nc, uid, ""), Runner(nc, "another", pod)):
            assert refusal(await stranger.ask(Ask.PROFILE)) == "not-bound"
        runner = Runner(nc, uid, pod)
        await runner.complete(Reason.REJECTED)
        await lab.ended()
        assert refusal(await runner.ask(Ask.PROFILE)) == "not-bound"


async def test_a_profile_that_went_wrong_meanwhile_is_refused_in_words(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        runner = Runner(nc, lab.apply(), await lab.bound())
        changed = await lab.kube.get_secret("jobs", "p")
        changed["data"]["profile.yaml"] = base64.b64encode(b"basics: {email: x}").decode()
        await lab.kube.replace_secret("jobs", "p", changed)
        reply = await runner.ask(Ask.PROFILE)
        assert refusal(reply) == "invalid-profile"
        assert "e-mail" in asks.Refusal.from_json(reply.data).message


async def test_a_draft_put_in_chunks_is_kept_and_named_at_the_end(lab: Lab, nc: Client) -> None:
    async with lab.operator():
        runner = Runner(nc, lab.apply(), await lab.bound())
        rows = [{"label": "x" * 100, "value": "y" * 100, "source": "profile"}] * 1000
        table = Draft.model_validate({"url": URL, "digest": "d", "fields": rows}).to_json()
        assert BLOB_CHUNK < len(table) < 300 * 1024
        assert refusal(await runner.put(asks.DRAFT_TABLE_BLOB, table)) == ""
        assert base64.b64decode(lab.kube.objects[f"{SECRETS}/t-draft"]["data"]["draft.json"]) == table
        assert refusal(await runner.put("profile.yaml", b"x")) == "invalid-message"
        await runner.complete(Reason.REJECTED)
        await lab.ended()
        result = lab.task().status.result
        assert result is not None
        assert [(e.secret, e.key) for e in result.evidence or []] == [("t-draft", "draft.json")]
