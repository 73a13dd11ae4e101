"""Questions over a real nats-server: the first answer wins, and nothing secret stays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import nats.js.errors
import pytest

from jobhunter_contracts.draft import Draft
from jobhunter_contracts.events import Event, EventType
from jobhunter_contracts.hitl import HitlKind, HitlRecord, HitlState, Suggestion
from jobhunter_contracts.subjects import HITL_BUCKET, hitl_key
from jobhunter_runner.hitl_ids import HitlIds
from jobhunter_runner.nats_connection import NatsConnection, connected
from jobhunter_runner.person import Question
from jobhunter_runner.person_nats import NatsPerson
from jobhunter_runner.report import Report


class Desk:
    """A person over NATS, the events they cause, and a hand that answers by the contract."""

    def __init__(self, connection: NatsConnection, question_seconds: float = 20, review_seconds: float = 20) -> None:
        self.connection = connection
        self.events: list[Event] = []
        self.person = NatsPerson(
            connection,
            Report(self, "uid", 1),
            task_uid="uid",
            pod_uid="pod",
            question_timeout_seconds=question_seconds,
            review_timeout_seconds=review_seconds,
        )

    def send(self, event: Event) -> None:
        self.events.append(event)

    async def record(self, hitl_id: str) -> tuple[HitlRecord, int]:
        bucket = await self.connection.js.key_value(HITL_BUCKET)
        while True:
            try:
                entry = await bucket.get(hitl_key("uid", hitl_id))
            except nats.js.errors.KeyNotFoundError:
                await asyncio.sleep(0.01)
                continue
            assert entry.revision is not None
            return HitlRecord.from_json(entry.value or b""), entry.revision

    async def answer(self, hitl_id: str, response: str, revision: int | None = None) -> None:
        record, current = await self.record(hitl_id)
        answered = record.model_copy(
            update={"state": HitlState.ANSWERED, "response": response, "answered_at": datetime.now(UTC)}
        )
        bucket = await self.connection.js.key_value(HITL_BUCKET)
        await bucket.update(hitl_key("uid", hitl_id), answered.to_json(), last=revision or current)


@pytest.fixture
async def desk(nats_streams: Any) -> AsyncIterator[Desk]:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        yield Desk(connection)


async def test_all_questions_are_open_before_the_first_is_answered(desk: Desk) -> None:
    asking = asyncio.create_task(
        desk.person.ask([Question("hitl_1", "Shoe size?"), Question("hitl_2", "Why?", required=False)])
    )
    await desk.record("hitl_2")
    await desk.answer("hitl_2", "Because")
    await desk.answer("hitl_1", " 43 ")
    assert await asyncio.wait_for(asking, 5) == ["43", "Because"]
    kinds = [(e.type, e.data["hitl_id"]) for e in desk.events]
    assert kinds[:2] == [(EventType.HITL_REQUEST, "hitl_1"), (EventType.HITL_REQUEST, "hitl_2")]
    assert set(kinds[2:]) == {(EventType.HITL_RESPONSE, "hitl_1"), (EventType.HITL_RESPONSE, "hitl_2")}
    assert "43" not in "".join(e.message + str(e.data.get("state")) for e in desk.events)
    record, _ = await desk.record("hitl_1")
    assert (record.state, record.response) == (HitlState.READ, " 43 ")


async def test_a_second_answer_is_refused(desk: Desk) -> None:
    asking = asyncio.create_task(desk.person.ask([Question("hitl_1", "Shoe size?")]))
    _, revision = await desk.record("hitl_1")
    await desk.answer("hitl_1", "43", revision)
    with pytest.raises(nats.js.errors.KeyWrongLastSequenceError):
        await desk.answer("hitl_1", "44", revision)
    assert await asyncio.wait_for(asking, 5) == ["43"]


async def test_a_secret_answer_is_gone_once_read(desk: Desk) -> None:
    asking = asyncio.create_task(desk.person.ask([Question("hitl_1", "Code?", kind=HitlKind.SECRET)]))
    await desk.answer("hitl_1", "hunter2-secret")
    assert await asyncio.wait_for(asking, 5) == ["hunter2-secret"]
    record, _ = await desk.record("hitl_1")
    assert (record.state, record.response, record.response_length) == (HitlState.READ, None, len("hunter2-secret"))
    js = desk.connection.js
    info = await js.stream_info(f"KV_{HITL_BUCKET}")
    kept = b""
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        try:
            kept += (await js.get_msg(f"KV_{HITL_BUCKET}", seq=sequence)).data or b""
        except nats.js.errors.NotFoundError:
            continue
    assert b"hunter2" not in kept
    assert b"hitl_1" in kept
    assert "hunter2" not in str(desk.events)


async def test_no_answer_expires_and_a_late_one_is_refused(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        desk = Desk(connection, question_seconds=0.5)
        _, revisions = await desk.person.ask([Question("hitl_1", "Shoe size?"), Question("hitl_2", "Why?")]), []
        assert revisions == []
        record, revision = await desk.record("hitl_1")
        assert record.state is HitlState.EXPIRED
        with pytest.raises(nats.js.errors.KeyWrongLastSequenceError):
            await desk.answer("hitl_1", "43", revision - 1)
        states = [e.data["state"] for e in desk.events if e.type == EventType.HITL_RESPONSE]
        assert states == [HitlState.EXPIRED, HitlState.EXPIRED]


async def test_the_deadline_is_the_same_to_all_and_no_sooner_than_promised(desk: Desk) -> None:
    draft = Draft(hitl_id="draft_7", url="https://x.example/jobs/1", digest="d", fields=[])
    working = [
        asyncio.create_task(desk.person.review(draft, "look")),
        asyncio.create_task(desk.person.ask([Question("hitl_1", "Shoe size?")])),
    ]
    records = [(await desk.record(ident))[0] for ident in ("draft_7", "hitl_1")]
    for record in records:
        await desk.answer(record.id, "whatever")
    await asyncio.wait_for(asyncio.gather(*working), 5)
    for record in records:
        told = next(e.data["deadline"] for e in desk.events if e.data["hitl_id"] == record.id)
        assert datetime.fromisoformat(told) == record.deadline
        assert 20 <= (record.deadline - record.asked_at).total_seconds() < 21


async def test_a_draft_is_reviewed(desk: Desk) -> None:
    draft = Draft(hitl_id="draft_7", url="https://x.example/jobs/1", digest="d", fields=[])
    reviewing = asyncio.create_task(desk.person.review(draft, "look"))
    record, _ = await desk.record("draft_7")
    assert (record.kind, record.context) == (HitlKind.REVIEW, "look")
    await desk.answer("draft_7", "Confirm")
    assert await asyncio.wait_for(reviewing, 5) == "Confirm"
    assert [e.type for e in desk.events] == [EventType.DRAFT_REVIEW, EventType.HITL_RESPONSE]
    assert desk.events[0].data["digest"] == "d"


async def test_an_answer_arrives_through_an_outage(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        desk = Desk(connection, question_seconds=60)
        asking = asyncio.create_task(desk.person.ask([Question("hitl_1", "Shoe size?")]))
        await desk.record("hitl_1")
        nats_streams.stop()
        await asyncio.sleep(1)
        assert not asking.done()
        nats_streams.start()
        async with connected(
            nats_streams.url, name="other", inbox="_INBOX.other", user="runner", password="runner"
        ) as other:
            await Desk(other).answer("hitl_1", "43")
        assert await asyncio.wait_for(asking, 30) == ["43"]


async def test_a_question_lost_with_its_bucket_is_asked_again(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        desk = Desk(connection, question_seconds=60)
        asking = asyncio.create_task(desk.person.ask([Question("hitl_1", "Shoe size?")]))
        await desk.record("hitl_1")
        nats_streams.stop()
        nats_streams.lose_volume()
        nats_streams.start()
        await nats_streams.make_streams()
        async with connected(
            nats_streams.url, name="other", inbox="_INBOX.other", user="runner", password="runner"
        ) as other:
            await asyncio.wait_for(Desk(other).answer("hitl_1", "43"), 30)
        assert await asyncio.wait_for(asking, 30) == ["43"]


async def test_what_is_open_when_the_attempt_is_broken_off_is_withdrawn(desk: Desk) -> None:
    """Nobody answers a question in vain; what was answered before stays answered."""
    asking = asyncio.create_task(desk.person.ask([Question("hitl_1", "Shoe size?"), Question("hitl_2", "Hat size?")]))
    await desk.record("hitl_2")
    await desk.answer("hitl_1", "43")
    while not any(event.type is EventType.HITL_RESPONSE for event in desk.events):  # noqa: ASYNC110 - it waits for an event of the product
        await asyncio.sleep(0.01)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert [(await desk.record(name))[0].state for name in ("hitl_1", "hitl_2")] == [HitlState.READ, HitlState.EXPIRED]
    told = {e.data["hitl_id"]: e.data for e in desk.events if e.type is EventType.HITL_RESPONSE}
    assert (told["hitl_1"]["state"], told["hitl_1"]["response_length"]) == ("answered", 2)
    assert (told["hitl_2"]["state"], told["hitl_2"]["response_length"]) == ("expired", 0)


async def test_suggestions_stand_in_the_record_and_in_the_request(desk: Desk) -> None:
    found = (Suggestion(text="Led a team of four.", source="cv.pdf, page 2"),)
    asking = asyncio.create_task(desk.person.ask([Question("hitl_1", "Ever led a team?", suggestions=found)]))
    assert (await desk.record("hitl_1"))[0].suggestions == list(found)
    await desk.answer("hitl_1", "Yes, of four")
    assert await asking == ["Yes, of four"]
    asked = next(event for event in desk.events if event.type is EventType.HITL_REQUEST)
    assert asked.data["suggestions"] == [{"text": "Led a team of four.", "source": "cv.pdf, page 2"}]


def test_ids_are_unique_where_a_millisecond_repeats() -> None:
    times = iter([5, 5, 5, 4, 6])
    ids = HitlIds(lambda: next(times))
    assert [ids.question(), ids.draft(), ids.question(), ids.question(), ids.draft()] == [
        "hitl_5",
        "draft_5_1",
        "hitl_5_2",
        "hitl_5_3",
        "draft_6",
    ]
