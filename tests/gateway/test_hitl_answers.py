"""Answers through the gateway: the first wins, whoever gives it; a late, empty or unfitting one is refused in words."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.errors import NotFound, Unavailable
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState
from jobhunter_contracts.subjects import HITL_BUCKET, hitl_key
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.hitl_answers import AlreadyAnswered, BadAnswer, EmptyAnswer, Expired, HitlAnswers
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.task_mirror import TaskMirror

TASK = "0b6f2a52-6a39-4f3e-9a1b-0f3f1f8f0a01"


@pytest.fixture
async def link(nats_streams: Any) -> AsyncIterator[NatsLink]:
    link = NatsLink("gateway", Settings(nats_url=nats_streams.url), Metrics())
    await asyncio.wait_for(link.connect(), 10)
    yield link
    await link.close()


@pytest.fixture
def tasks() -> TaskMirror:
    """No API server: the tests put into it what one would have told."""
    return TaskMirror(ClusterTasks("jobs", Metrics()), Metrics())


@pytest.fixture
def answers(link: NatsLink, tasks: TaskMirror) -> HitlAnswers:
    return HitlAnswers(link, tasks, Metrics())


def task(pod_uid: str, *, ended: bool = False) -> dict[str, Any]:
    done = {"type": "Succeeded", "status": "False", "reason": "Cancelled", "lastTransitionTime": "2026-11-20T09:30:00Z"}
    return {
        "metadata": {"name": "t", "namespace": "jobs", "uid": TASK, "resourceVersion": "1"},
        "spec": {"userId": "asha", "url": "https://careers.example.com/jobs/1"},
        "status": {"podUid": pod_uid, "conditions": [{**done, "message": ""}] if ended else []},
    }


async def ask(link: NatsLink, number: int = 1, **changes: Any) -> HitlRecord:
    """A question in the bucket, as a runner asks it."""
    now = datetime.now(UTC)
    record = HitlRecord(
        id=f"hitl_{number}",
        task_uid=TASK,
        pod_uid="pod-1",
        kind=HitlKind.TEXT,
        reason=InputReason.QUESTION,
        question="What is your notice period?",
        asked_at=now + timedelta(seconds=number),
        deadline=now + timedelta(minutes=5),
    ).model_copy(update=changes)
    await link.js.publish(f"$KV.{HITL_BUCKET}.{hitl_key(TASK, record.id)}", record.to_json())
    return record


async def stored(link: NatsLink, hitl_id: str) -> HitlRecord:
    bucket = await link.js.key_value(HITL_BUCKET)
    return HitlRecord.from_json((await bucket.get(hitl_key(TASK, hitl_id))).value or b"")


async def test_an_answer_is_in_the_record_for_the_runner(link: NatsLink, answers: HitlAnswers) -> None:
    record = await ask(link)
    given = await answers.answer(TASK, record.id, "4 weeks")
    kept = await stored(link, record.id)
    assert (kept.state, kept.response, kept.response_length) == (HitlState.ANSWERED, "4 weeks", 7)
    assert kept.answered_by == "gateway"
    assert given.response is None  # nobody needs it but the runner


async def test_of_two_answers_at_once_one_wins_and_the_other_is_told(link: NatsLink, answers: HitlAnswers) -> None:
    record = await ask(link)
    results = await asyncio.gather(
        *(answers.answer(TASK, record.id, f"answer {i}") for i in range(8)), return_exceptions=True
    )
    won = [i for i, result in enumerate(results) if isinstance(result, HitlRecord)]
    lost = [result for result in results if isinstance(result, AlreadyAnswered)]
    assert len(won) == 1
    assert len(lost) == 7
    assert (await stored(link, record.id)).response == f"answer {won[0]}"
    assert "by gateway" in str(lost[0])


async def test_a_second_answer_is_refused(link: NatsLink, answers: HitlAnswers) -> None:
    record = await ask(link, state=HitlState.READ, answered_by="kubectl")
    with pytest.raises(AlreadyAnswered, match="by kubectl") as caught:
        await answers.answer(TASK, record.id, "late")
    assert caught.value.code == "already-answered"


@pytest.mark.parametrize("late", [{"state": HitlState.EXPIRED}, {"deadline": datetime.now(UTC) - timedelta(seconds=1)}])
async def test_an_answer_after_the_deadline_is_refused(
    link: NatsLink, answers: HitlAnswers, late: dict[str, Any]
) -> None:
    record = await ask(link, **late)
    with pytest.raises(Expired):
        await answers.answer(TASK, record.id, "late")
    assert (await stored(link, record.id)).response is None


@pytest.mark.parametrize("raw", [task("pod-1", ended=True), task("pod-2")], ids=["ended", "another-pod"])
async def test_an_answer_that_nobody_would_hear_is_refused(
    link: NatsLink, answers: HitlAnswers, tasks: TaskMirror, raw: dict[str, Any]
) -> None:
    record = await ask(link)
    tasks.put(raw)
    with pytest.raises(Expired):
        await answers.answer(TASK, record.id, "4 weeks")
    assert (await stored(link, record.id)).state is HitlState.OPEN


async def test_what_the_present_pod_asked_is_answered(link: NatsLink, answers: HitlAnswers, tasks: TaskMirror) -> None:
    record = await ask(link)
    tasks.put(task("pod-1"))
    await answers.answer(TASK, record.id, "4 weeks")
    assert (await stored(link, record.id)).state is HitlState.ANSWERED


@pytest.mark.parametrize("kind", [HitlKind.TEXT, HitlKind.REVIEW, HitlKind.SECRET])
async def test_an_empty_answer_is_refused_and_the_question_stays_open(
    link: NatsLink, answers: HitlAnswers, kind: HitlKind
) -> None:
    record = await ask(link, kind=kind)
    with pytest.raises(EmptyAnswer):
        await answers.answer(TASK, record.id, " \n ")
    assert [question.id for question in await answers.open_questions(TASK)] == [record.id]


async def test_a_choice_takes_only_its_options(link: NatsLink, answers: HitlAnswers) -> None:
    record = await ask(link, kind=HitlKind.CHOICE, options=["Yes", "No"])
    with pytest.raises(BadAnswer, match="Yes, No"):
        await answers.answer(TASK, record.id, "perhaps")
    await answers.answer(TASK, record.id, " yes ")


@pytest.mark.parametrize("hitl_id", ["hitl_9", "", "*", ">", "a.b", "hitl 1", "x" * 5000, "\ud800"])
async def test_an_answer_to_no_question_is_refused(link: NatsLink, answers: HitlAnswers, hitl_id: str) -> None:
    await ask(link)
    with pytest.raises(NotFound):
        await answers.answer(TASK, hitl_id, "x")


async def test_a_question_of_another_task_is_not_found(link: NatsLink, answers: HitlAnswers) -> None:
    record = await ask(link)
    with pytest.raises(NotFound):
        await answers.answer("11111111-6a39-4f3e-9a1b-0f3f1f8f0a01", record.id, "x")


async def test_open_questions_are_the_open_ones_oldest_first(link: NatsLink, answers: HitlAnswers) -> None:
    for number in (3, 1, 2):
        await ask(link, number)
    await answers.answer(TASK, "hitl_2", "x")
    assert [question.id for question in await answers.open_questions(TASK)] == ["hitl_1", "hitl_3"]
    assert await answers.open_questions("no-such-task") == []


async def test_a_secret_is_in_no_log_and_no_error(
    link: NatsLink, answers: HitlAnswers, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    record = await ask(link, kind=HitlKind.SECRET)
    await answers.answer(TASK, record.id, "correct horse")
    with pytest.raises(AlreadyAnswered) as caught:
        await answers.answer(TASK, record.id, "battery staple")
    words = caplog.text + str(caught.value)
    assert "correct horse" not in words
    assert "battery staple" not in words


async def test_nats_away_is_said_and_the_answer_can_be_given_again(
    link: NatsLink, answers: HitlAnswers, nats_streams: Any
) -> None:
    record = await ask(link)
    nats_streams.stop()
    with pytest.raises(Unavailable):
        await answers.answer(TASK, record.id, "4 weeks")
    nats_streams.start()
    async with asyncio.timeout(15):
        while True:
            try:
                await answers.answer(TASK, record.id, "4 weeks")
                break
            except Unavailable:
                await asyncio.sleep(0.2)
    assert (await stored(link, record.id)).response == "4 weeks"
