"""Leases and questions as the operator reads and writes them, in a real NATS."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import nats
import pytest
from nats.js import JetStreamContext

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.subjects import ASSIGNMENT_BUCKET, HITL_BUCKET, SUBMISSION_BUCKET, hitl_key
from jobhunter_contracts.submission import (
    LeaseState,
    SubmissionLease,
    TaskPostings,
    lease_key,
    posting_hash,
    task_postings_key,
)
from jobhunter_operator.assignments import Assignments
from jobhunter_operator.nats_layout import Gate
from jobhunter_operator.questions import Questions
from jobhunter_operator.submission_leases import SubmissionLeases
from nats_server import nats_client

URL = "https://careers.example.com/jobs/1"
OWN = posting_hash("asha", URL)
OPEN = Gate("", "the-bucket", datetime(2026, 1, 1, tzinfo=UTC))


def task(uid: str = "u-1", **spec: Any) -> ApplicationTask:
    base = {"userId": "asha", "url": f"{URL}/?utm_source=mail", "profileRef": {"name": "p"}}
    return ApplicationTask.model_validate(
        {"metadata": {"name": uid, "namespace": "jobs", "uid": uid}, "spec": {**base, **spec}}
    )


def lease(uid: str, press: int = 1, state: LeaseState = LeaseState.TAKEN) -> bytes:
    record = SubmissionLease(
        task_uid=uid, task_name=uid, pod_uid="p", nonce="0", press=press, url=URL, at=datetime.now(UTC), state=state
    )
    return record.to_json()


@pytest.fixture
async def js(nats_streams: Any) -> AsyncIterator[JetStreamContext]:
    nc = await nats_client(nats_streams.url)
    yield nc.jetstream(timeout=1)
    await nc.close()


@pytest.fixture
def leases(js: JetStreamContext) -> SubmissionLeases:
    return SubmissionLeases(lambda: js, lambda: OPEN)


async def put(js: JetStreamContext, key: str, value: bytes) -> None:
    """As a runner writes: expecting nothing there, which leaves a header on the record."""
    await (await js.key_value(SUBMISSION_BUCKET)).update(key, value, last=0)


async def test_no_record_is_no_press(leases: SubmissionLeases) -> None:
    view = await leases.view(task())
    assert (view.why, view.mine, view.others, view.pressed) == ("", (), (), False)


async def test_own_and_others_presses_are_told_apart(js: JetStreamContext, leases: SubmissionLeases) -> None:
    await put(js, lease_key(OWN, 1), lease("u-0", state=LeaseState.REFUSED))
    await put(js, lease_key(OWN, 2), lease("u-0", 2, LeaseState.SENT))
    await put(js, lease_key(OWN, 3), lease("u-1", 3))
    view = await leases.view(task())
    assert [other.task_uid for other in view.others] == ["u-0"]
    assert view.taken is not None
    assert view.taken.press == 3


async def test_a_press_that_another_task_was_told_to_repeat_is_in_the_way(
    js: JetStreamContext, leases: SubmissionLeases
) -> None:
    await put(js, lease_key(OWN, 1), lease("u-2", 1, LeaseState.PRESS_AGAIN))
    assert [found.task_uid for found in (await leases.view(task())).others] == ["u-2"]
    own = await leases.view(task("u-2"))
    assert (own.others, own.pressed) == ((), False)


async def test_presses_for_postings_that_only_the_runner_saw_are_found(
    js: JetStreamContext, leases: SubmissionLeases
) -> None:
    await put(js, task_postings_key("u-1"), TaskPostings(postings=["canonical"]).to_json())
    await put(js, lease_key("canonical", 1), lease("u-1", state=LeaseState.SENT))
    view = await leases.view(task())
    assert view.sent is not None
    assert view.pressed


async def test_under_allow_duplicate_only_the_task_itself_is_in_its_way(
    js: JetStreamContext, leases: SubmissionLeases
) -> None:
    await put(js, lease_key(OWN, 1), lease("u-0", state=LeaseState.SENT))
    view = await leases.view(task(allowDuplicate=True))
    assert view.others == ()


async def test_a_shut_gate_says_nothing_about_the_records(js: JetStreamContext) -> None:
    view = await SubmissionLeases(lambda: js, lambda: Gate("lost")).view(task())
    assert view.why == "lost"


async def test_a_record_somebody_deleted_makes_the_lease_unreadable(
    js: JetStreamContext, leases: SubmissionLeases
) -> None:
    await put(js, lease_key(OWN, 1), lease("u-0"))
    await (await js.key_value(SUBMISSION_BUCKET)).delete(lease_key(OWN, 1))
    assert "deleted" in (await leases.view(task())).why


async def test_where_nats_does_not_answer_the_lease_is_unreadable(nats_streams: Any, leases: SubmissionLeases) -> None:
    nats_streams.stop()
    assert (await leases.view(task())).why


@pytest.mark.parametrize(("sent", "state"), [(True, LeaseState.SENT), (False, LeaseState.NOT_SENT)])
async def test_settling_writes_the_persons_word_into_own_unconfirmed_presses_alone(
    js: JetStreamContext, leases: SubmissionLeases, sent: bool, state: LeaseState
) -> None:
    await put(js, task_postings_key("u-1"), TaskPostings(postings=["canonical"]).to_json())
    await put(js, lease_key("canonical", 1), lease("u-1", 1, LeaseState.REFUSED))
    await put(js, lease_key("canonical", 2), lease("u-1", 2))
    await put(js, lease_key(OWN, 1), lease("u-0"))
    await leases.settle(task(), sent=sent)
    view = await leases.view(task())
    assert [one.state for one in view.mine] == [LeaseState.REFUSED, state]
    assert [one.state for one in view.others] == [LeaseState.TAKEN]


async def test_settled_as_sent_without_a_record_one_is_made_that_blocks_others(
    js: JetStreamContext, leases: SubmissionLeases
) -> None:
    await leases.settle(task(), sent=True)
    await leases.settle(task(), sent=True)
    view = await leases.view(task("u-2"))
    assert [other.state for other in view.others] == [LeaseState.SENT]


# questions


def question(**more: Any) -> HitlRecord:
    now = datetime.now(UTC)
    base = {"id": "hitl_1", "task_uid": "u-1", "pod_uid": "p", "kind": HitlKind.TEXT, "reason": InputReason.QUESTION}
    return HitlRecord.model_validate(
        {**base, "question": "?", "asked_at": now, "deadline": now + timedelta(60), **more}
    )


async def test_an_answer_goes_into_an_open_question_and_the_first_one_stays(js: JetStreamContext) -> None:
    bucket = await js.key_value(HITL_BUCKET)
    await bucket.put(hitl_key("u-1", "hitl_1"), question().to_json())
    questions = Questions(lambda: js)
    await questions.forward("u-1", "hitl_1", "4")
    await questions.forward("u-1", "hitl_1", "5")
    record = (await questions.view("u-1", ["hitl_1"])).records["hitl_1"]
    assert record is not None
    assert (record.state, record.response, record.response_length, record.answered_by) == (
        HitlState.ANSWERED,
        "4",
        1,
        "kubectl",
    )


async def test_a_question_that_expired_takes_no_answer(js: JetStreamContext) -> None:
    bucket = await js.key_value(HITL_BUCKET)
    await bucket.put(hitl_key("u-1", "hitl_1"), question(state=HitlState.EXPIRED).to_json())
    questions = Questions(lambda: js)
    await questions.forward("u-1", "hitl_1", "4")
    record = (await questions.view("u-1", ["hitl_1"])).records["hitl_1"]
    assert record is not None
    assert (record.state, record.response) == (HitlState.EXPIRED, None)


@pytest.mark.parametrize("hitl_id", ["nothing", "*", ">", "a.b", "", "x y", "é"])
async def test_an_id_of_no_question_is_no_question(js: JetStreamContext, hitl_id: str) -> None:
    bucket = await js.key_value(HITL_BUCKET)
    await bucket.put(hitl_key("u-1", "hitl_1"), question().to_json())
    view = await Questions(lambda: js).view("u-1", [hitl_id])
    assert (view.readable, view.records) == (True, {hitl_id: None})


async def test_where_nats_does_not_answer_questions_are_not_readable(nats_streams: Any, js: JetStreamContext) -> None:
    nats_streams.stop()
    assert not (await Questions(lambda: js).view("u-1", ["hitl_1"])).readable


async def test_where_the_bucket_is_gone_questions_are_not_readable(js: JetStreamContext) -> None:
    """Their answers wait: called answers to no question they would never be sent on."""
    await js.delete_stream(f"KV_{HITL_BUCKET}")
    assert not (await Questions(lambda: js).view("u-1", ["hitl_1"])).readable


# assignments


def assignment(attempt: int = 1) -> Assignment:
    return Assignment(
        task_uid="u-1",
        task_name="t",
        namespace="jobs",
        user_id="asha",
        attempt=attempt,
        url=URL,
        review="Required",
        owner="operator",
        soft_deadline_seconds=1,
        active_deadline_seconds=1,
        question_timeout_seconds=1,
        review_timeout_seconds=1,
        lease_identity="x",
    )


async def test_an_assignment_is_made_once_and_stays_as_it_was_made(js: JetStreamContext) -> None:
    assignments = Assignments(lambda: js)
    assert not assignments.known("p-1")
    await assignments.create("p-1", assignment(1))
    await Assignments(lambda: js).create("p-1", assignment(2))
    bucket = await js.key_value(ASSIGNMENT_BUCKET)
    assert Assignment.from_json((await bucket.get("p-1")).value or b"").attempt == 1
    assert assignments.known("p-1")


async def test_a_forgotten_assignment_is_not_made_again(js: JetStreamContext) -> None:
    assignments = Assignments(lambda: js)
    await assignments.create("p-1", assignment())
    await assignments.forget("p-1")
    await assignments.create("p-1", assignment())
    bucket = await js.key_value(ASSIGNMENT_BUCKET)
    with pytest.raises(nats.js.errors.KeyNotFoundError):
        await bucket.get("p-1")
