"""The pod's main over a real nats-server and a browser over DevTools; the operator is played by the contract."""

from __future__ import annotations

import asyncio
import json
import os
import signal
from datetime import UTC, datetime
from typing import Any

import pytest

from jobhunter_contracts import runner_env
from jobhunter_contracts.application_task import Review
from jobhunter_contracts.asks import CONFIRMATION_BLOB, DRAFT_PICTURE_BLOB, DRAFT_TABLE_BLOB, Passage, document_blob
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.outcome import TERMINATION_LIMIT, Outcome
from jobhunter_contracts.subjects import (
    HEADER_PAGE_URL,
    HITL_BUCKET,
    SUBMISSION_BUCKET,
    Owner,
    frame_subject,
    hitl_key,
    watch_subject,
)
from jobhunter_contracts.submission import LeaseState, SubmissionLease, lease_key, posting_hash
from jobhunter_runner import pod
from jobhunter_runner.pod import serve
from jobhunter_runner.pod_environment import PodEnvironment

POD = "pod-uid-1"
ANSWERED = (EventType.HITL_RESPONSE, EventType.DRAFT_CONFIRM)


def termination(environment: PodEnvironment) -> Outcome:
    data = environment.termination_log.read_bytes()
    assert len(data) <= TERMINATION_LIMIT
    return Outcome.from_json(data)


async def served(environment: PodEnvironment) -> int:
    return await asyncio.wait_for(serve(environment), 90)


async def test_an_assignment_becomes_a_submitted_form(operator: Any, environment: PodEnvironment, careers: Any) -> None:
    job = careers.new_job("greenhouse-question")
    question = next(field for field in job.specs() if field["token"] == "question-1")
    said = question["options"][0] if question["options"] else "A good answer"
    drafts = iter(["change last name to Rao Patel", "Yes"])

    def answer(record: HitlRecord) -> str | None:
        return next(drafts) if record.kind is HitlKind.REVIEW else said

    operator.answer = answer
    waiting = asyncio.create_task(served(environment))
    await asyncio.sleep(1)
    assignment = await operator.bind(job.url)
    assert await waiting == 0
    assert job.differences(question_1=said, family_name="Rao Patel") == []
    assert len(job.posts) == 1

    outcome = termination(environment)
    assert (outcome.reason, outcome.outcome, outcome.attempt) == ("Submitted", "submitted", 1)
    assert [lease.state for lease in await operator.leases(str(outcome.canonical_url))] == [LeaseState.SENT]

    events = await operator.events()
    types = [event.type for event in events]
    assert types[:3] == [EventType.CHAT_MESSAGE, EventType.SYSTEM_BROWSER_READY, EventType.APPLIER_START]
    assert events[0].message == "Starting browser…"
    assert types[-1] is EventType.APPLIER_COMPLETE
    assert events[1].data["pod_uid"] == POD
    assert [e.event_id for e in events[:-1]] == [f"task-uid.1.{n:06d}" for n in range(1, len(events))]
    assert Outcome.model_validate(events[-1].data).reason == "Submitted"
    assert types.count(EventType.DRAFT_REVIEW) == 2
    assert (
        types.index(EventType.HITL_REQUEST) < types.index(EventType.HITL_RESPONSE) < types.index(EventType.DRAFT_REVIEW)
    )

    draft = Draft.from_json(operator.owner.put[DRAFT_TABLE_BLOB])
    last = [event for event in events if event.type is EventType.DRAFT_REVIEW][-1]
    assert (draft.hitl_id, draft.digest) == (last.data["hitl_id"], last.data["digest"])
    assert [row.source for row in draft.fields if row.value == "Rao Patel"] == ["person"]
    assert operator.owner.put[DRAFT_PICTURE_BLOB].startswith(b"\xff\xd8")
    assert operator.owner.put[CONFIRMATION_BLOB].startswith(b"\xff\xd8")
    assert operator.owner.pods == {POD}
    assert assignment.task_uid == "task-uid"


async def test_an_assignment_made_before_the_pod_is_found(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    job = careers.new_job("closed")
    await operator.bind(job.url)
    assert await served(environment) == 0
    assert termination(environment).reason == "PostingClosed"


@pytest.mark.parametrize(("said", "reason"), [(None, "ReviewExpired"), (" Reject", "Rejected")])
async def test_without_a_confirmation_nothing_is_sent(
    operator: Any, environment: PodEnvironment, careers: Any, said: str | None, reason: str
) -> None:
    job = careers.new_job("twelve")
    operator.answer = lambda record: said
    await operator.bind(job.url, review_timeout_seconds=2)
    assert await served(environment) == 0
    assert termination(environment).reason == reason
    assert job.posts == []


async def test_another_task_for_the_posting_is_a_duplicate(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    job = careers.new_job("twelve")
    other = SubmissionLease(
        task_uid="other", task_name="first", pod_uid="p", nonce="n", press=1, url=job.url, at=datetime.now(UTC)
    )
    bucket = await operator.js.key_value(SUBMISSION_BUCKET)
    await bucket.update(lease_key(posting_hash("asha", job.url), 1), other.to_json(), last=0)
    await operator.bind(job.url)
    assert await served(environment) == 0
    assert termination(environment).reason == "DuplicateApplication"
    assert "first" in termination(environment).message
    assert job.posts == []


async def test_an_earlier_attempts_press_is_not_repeated(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    job = careers.new_job("twelve")
    own = SubmissionLease(
        task_uid="task-uid", task_name="apply-asha", pod_uid="p", nonce="n", press=1, url=job.url, at=datetime.now(UTC)
    )
    bucket = await operator.js.key_value(SUBMISSION_BUCKET)
    await bucket.update(lease_key(posting_hash("asha", job.url), 1), own.to_json(), last=0)
    await operator.bind(job.url, attempt=2)
    assert await served(environment) == 0
    assert termination(environment).reason == "SubmissionUnconfirmed"
    assert job.posts == []


async def test_another_bucket_than_the_assignments_presses_nothing(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    job = careers.new_job("twelve")
    await operator.bind(job.url, lease_identity="2020-01-01T00:00:00.000000+00:00")
    assert await served(environment) == 1
    assert termination(environment).reason is None
    assert "acknowledge" in termination(environment).message
    assert EventType.APPLIER_COMPLETE not in [event.type for event in await operator.events()]
    assert job.posts == []


async def test_a_profile_that_cannot_be_used_is_invalid_spec(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    operator.owner.profile = {"application": {"shoe_size": 43}}
    await operator.bind(careers.new_job("twelve").url)
    assert await served(environment) == 0
    outcome = termination(environment)
    assert outcome.reason == "InvalidSpec"
    assert "application.shoe_size: unknown key" in outcome.message


async def test_a_loopback_address_is_refused_in_words(
    operator: Any, environment: PodEnvironment, unused_tcp_port: int
) -> None:
    await operator.bind(f"http://127.0.0.1:{unused_tcp_port}/jobs/1")
    assert await served(environment) == 0
    outcome = termination(environment)
    assert outcome.reason == "InvalidSpec"
    assert "not allowed" in outcome.message


async def test_sigterm_before_the_press_ends_without_one(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    job = careers.new_job("twelve")
    operator.answer = lambda record: os.kill(os.getpid(), signal.SIGTERM)
    await operator.bind(job.url)
    started = asyncio.get_running_loop().time()
    assert await served(environment) == 1
    assert asyncio.get_running_loop().time() - started < 30
    assert job.posts == []
    assert await operator.leases(job.url) == []


async def test_sigterm_with_the_lease_taken_presses_nothing(
    operator: Any, environment: PodEnvironment, careers: Any
) -> None:
    job = careers.new_job("twelve")
    await operator.bind(job.url, hold_seconds=3)

    async def end_once_taken() -> None:
        while not await operator.leases(job.url):  # noqa: ASYNC110 - it polls a server
            await asyncio.sleep(0.05)
        os.kill(os.getpid(), signal.SIGTERM)

    ending = asyncio.create_task(end_once_taken())
    status = await served(environment)
    await ending
    assert status == 0
    assert termination(environment).reason == "SubmissionUnconfirmed"
    assert [lease.state for lease in await operator.leases(job.url)] == [LeaseState.TAKEN]
    assert job.posts == []


async def test_nats_away_while_the_form_is_filled_loses_nothing(
    operator: Any, environment: PodEnvironment, careers: Any, nats_streams: Any
) -> None:
    job = careers.new_job("twelve")

    async def restart() -> None:
        nats_streams.stop(signal.SIGKILL)
        nats_streams.start()

    operator.at[EventType.APPLIER_UPLOAD] = restart
    await operator.bind(job.url, review=Review.SKIP)
    assert await served(environment) == 0
    assert termination(environment).reason == "Submitted"
    assert len(job.posts) == 1
    events = await operator.events()
    assert [e.event_id for e in events[:-1]] == [f"task-uid.1.{n:06d}" for n in range(1, len(events))]
    assert events[-1].type is EventType.APPLIER_COMPLETE
    assert json.loads(events[-1].to_json())["data"]["reason"] == "Submitted"


async def test_sigterm_without_an_assignment_ends_at_once(environment: PodEnvironment) -> None:
    waiting = asyncio.create_task(served(environment))
    await asyncio.sleep(2)
    os.kill(os.getpid(), signal.SIGTERM)
    assert await asyncio.wait_for(waiting, 20) == 1


def test_a_pod_without_its_environment_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv(runner_env.NATS_URL, raising=False)
    monkeypatch.setenv(runner_env.POD_UID, "x")
    assert pod.run() == 1
    assert runner_env.NATS_URL in caplog.text


async def test_a_browser_killed_under_the_draft_fails_the_attempt_and_withdraws_the_question(
    operator: Any, environment: PodEnvironment, careers: Any, own_chromium: Any
) -> None:
    job = careers.new_job("twelve")
    operator.answer = lambda record: own_chromium.kill()
    await operator.bind(job.url)
    started = asyncio.get_running_loop().time()
    assert await served(environment) == 1
    assert asyncio.get_running_loop().time() - started < 30
    outcome = termination(environment)
    assert (outcome.reason, outcome.outcome) == (None, "error")
    assert job.posts == []
    assert await operator.leases(job.url) == []
    events = await operator.events()
    assert EventType.APPLIER_COMPLETE not in [event.type for event in events]
    withdrawn = next(event for event in events if event.type is EventType.HITL_RESPONSE)
    assert withdrawn.data["state"] == "expired"
    bucket = await operator.js.key_value(HITL_BUCKET)
    record = HitlRecord.from_json((await bucket.get(hitl_key("task-uid", withdrawn.data["hitl_id"]))).value)
    assert record.state is HitlState.EXPIRED


async def test_a_task_of_the_store_is_served_and_watched(
    environment: PodEnvironment, careers: Any, operator: Any, task_owner: Any, profile_data: Any, resume: bytes
) -> None:
    """The gateway owns profile and blobs, answers what the documents say to a question, and watches."""
    gateway = task_owner(operator.nc, Owner.GATEWAY)
    gateway.profile, gateway.blobs = profile_data, {document_blob("cv.pdf"): resume}
    gateway.passages = [Passage(text="Led a team of four. " * 40, source="cv.pdf, page 2", score=0.8)] * 5
    await gateway.start()
    frames: list[Any] = []

    async def on_frame(message: Any) -> None:
        frames.append(message)

    async def watch() -> None:
        while True:
            await operator.nc.publish(watch_subject("task-uid"))
            await asyncio.sleep(0.5)

    await operator.nc.subscribe(frame_subject("task-uid"), cb=on_frame)
    watching = asyncio.create_task(watch())
    drawn = (careers.new_job("greenhouse-question") for _ in range(50))
    job = next(job for job in drawn if job.spec("question-1")["kind"] == "textarea")  # no near miss of contact data
    said = "A good answer"
    operator.answer = lambda record: "confirm" if record.kind is HitlKind.REVIEW else said
    await operator.bind(job.url, owner=Owner.GATEWAY)
    assert await served(environment) == 0
    watching.cancel()
    outcome = termination(environment)
    assert outcome.reason == "Submitted"
    assert job.differences(question_1=said) == []
    assert outcome.title
    assert set(gateway.put) == {DRAFT_PICTURE_BLOB, DRAFT_TABLE_BLOB, CONFIRMATION_BLOB}
    assert (gateway.pods, operator.owner.pods) == ({"pod-uid-1"}, set())
    assert len(frames) >= 3
    assert all(message.data.startswith(b"\xff\xd8") for message in frames)
    assert any(f"/jobs/{job.number}" in message.headers[HEADER_PAGE_URL] for message in frames)

    asked = next(event for event in await operator.events() if event.type is EventType.HITL_REQUEST)
    record = operator.records[asked.data["hitl_id"]]
    assert asked.data["suggestions"] == [each.model_dump() for each in record.suggestions]
    assert record.kind is HitlKind.TEXT
    assert [query.k for query in gateway.queries] == [3]
    assert [each.source for each in record.suggestions] == ["cv.pdf, page 2"] * 3
    assert max(len(each.text) for each in record.suggestions) <= 301
    lengths = {e.data["hitl_id"]: e.data["response_length"] for e in await operator.events() if e.type in ANSWERED}
    assert lengths[record.id] == len(said)
    assert sorted(lengths.values()) == sorted([len(said), len("confirm")])
