"""The projector, over a real nats-server and a real PostgreSQL: each event once, whatever is killed meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import json
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.events import EventType, complete_event_id_of
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import EVENT_STREAM, GATEWAY_CONSUMER
from jobhunter_gateway import applications_table, events_table, hitl_audit, tasks_table
from jobhunter_gateway.incoming_event import read_event
from jobhunter_gateway.projection import project
from jobhunter_gateway.projector import Projector
from jobhunter_gateway.store import Store
from waiting import until

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


class Running:
    """A projector at work: what it counted, and who owns which task."""

    def __init__(self, link: NatsLink, store: Store, **options: Any) -> None:
        self.counted: Counter[str] = Counter()
        self.owners: dict[str, str] = {}
        self.store = store

        async def owner_of(task_uid: str) -> str | None:
            return self.owners.get(task_uid) or await store.owner_of(task_uid)

        options = {"ack_wait": 2.0} | options
        self.projector = Projector(link, store, owner_of, count=lambda result: self.counted.update([result]), **options)
        self._task = asyncio.create_task(self.projector.run())

    async def counts(self, **wanted: int) -> None:
        await until(lambda: all(self.counted[name] >= n for name, n in wanted.items()), seen=lambda: self.counted)

    async def kill(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
async def running(nats_link: NatsLink, store: Store) -> AsyncIterator[Running]:
    projector = Running(nats_link, store)
    projector.owners = {"t1": "asha", "t2": "ben"}
    yield projector
    await projector.kill()


async def publish(link: NatsLink, messages: list[tuple[str, bytes]]) -> None:
    for subject, payload in messages:
        await link.js.publish(subject, payload)


async def stored(store: Store, user: str, task: str) -> list[str]:
    async with store.user(user) as connection:
        return [stored.event.event_id for stored in await events_table.after(connection, task)]


def names(messages: list[tuple[str, bytes]]) -> list[str]:
    return [json.loads(payload)["data"]["event_id"] for _, payload in messages]


async def acknowledged(link: NatsLink) -> None:
    """All that the stream has is acknowledged."""

    async def done() -> bool:
        info = await link.js.consumer_info(EVENT_STREAM, GATEWAY_CONSUMER)
        return not info.num_pending and not info.num_ack_pending

    await until(done)


async def test_an_application_is_projected_with_all_that_follows(
    running: Running, nats_link: NatsLink, store: Store, admin: Any, example_events: Any
) -> None:
    messages = example_events.application("t1")
    await publish(nats_link, messages)
    await running.counts(projected=len(messages))
    assert await stored(store, "asha", "t1") == names(messages)
    async with store.user("asha") as connection:
        task = await tasks_table.get(connection, "t1")
        (application,) = await applications_table.page(connection, 5)
        asked = await hitl_audit.of_task(connection, "t1")
        middle = await events_table.after(connection, "t1", names(messages)[3], 2)
    assert task is not None
    assert (task.status, task.site) == ("completed", "careers.example.com")
    assert (application.outcome, application.company, application.title, application.ats, application.seconds) == (
        *("submitted", "Example", "Engineer", "greenhouse"),
        4.0,
    )
    assert application.evidence == {"confirmation": "Thank you"}
    assert application.submitted_at is not None
    assert {(one.hitl_id, one.kind, one.response_length) for one in asked} == {
        ("hitl_1", "text", 12),
        ("draft_1", "review", None),
    }
    assert all(one.asked_at and one.answered_at and one.asked_at <= one.answered_at for one in asked)
    assert [stored.event.type for stored in middle] == ["hitl:request", "hitl:response"]
    (step,) = await admin.fetch("SELECT step_order, action_type, status, payload FROM task_steps")
    assert (step["step_order"], step["action_type"], step["status"]) == (1, "apply", "completed")
    logs = await admin.fetch("SELECT message, screenshot_path FROM execution_logs ORDER BY event_id")
    assert [row["message"] for row in logs][:3] == ["Applying", "Navigating", "Filling"]
    assert "draft.jpg" in [row["screenshot_path"] for row in logs]
    assert await admin.fetchval("SELECT count(*) FROM sites") == 1


async def test_two_users_events_go_to_their_own(
    running: Running, nats_link: NatsLink, store: Store, example_events: Any
) -> None:
    for one, two in zip(example_events.application("t1"), example_events.application("t2"), strict=True):
        await publish(nats_link, [one, two])
    await running.counts(projected=18)
    assert len(await stored(store, "asha", "t1")) == len(await stored(store, "ben", "t2")) == 9
    assert await stored(store, "asha", "t2") == await stored(store, "ben", "t1") == []


async def test_what_is_delivered_twice_is_written_once(
    running: Running, nats_link: NatsLink, store: Store, admin: Any, example_events: Any
) -> None:
    messages = example_events.application("t1")
    await publish(nats_link, messages + messages)
    await running.counts(projected=9, repeated=9)
    assert await stored(store, "asha", "t1") == names(messages)
    assert await admin.fetchval("SELECT count(*) FROM execution_logs") == 8
    await acknowledged(nats_link)


async def test_killed_between_commit_and_acknowledgement_nothing_is_doubled(
    nats_link: NatsLink, store: Store, example_events: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    committed = asyncio.Event()

    async def never(*_: object) -> None:
        committed.set()
        await asyncio.sleep(60)

    with monkeypatch.context() as patched:
        patched.setattr("nats.aio.msg.Msg.ack", never)
        first = Running(nats_link, store, ack_wait=1.0)
        first.owners = {"t1": "asha"}
        await publish(nats_link, [example_events.chat("t1", 1, 1, "words")])
        await asyncio.wait_for(committed.wait(), 10)
        await first.kill()
    assert await stored(store, "asha", "t1") == ["t1.1.000001"]
    second = Running(nats_link, store, ack_wait=1.0)
    await second.counts(repeated=1)
    await acknowledged(nats_link)
    assert await stored(store, "asha", "t1") == ["t1.1.000001"]
    await second.kill()


async def test_postgres_away_mid_stream_loses_and_doubles_nothing(
    running: Running, nats_link: NatsLink, store: Store, postgres: Any, example_events: Any
) -> None:
    messages = [example_events.chat("t1", 1, n, f"words {n}") for n in range(1, 61)]
    await publish(nats_link, messages[:20])
    await running.counts(projected=5)
    postgres.stop(signal.SIGQUIT)
    await publish(nats_link, messages[20:])
    await asyncio.sleep(0.5)
    postgres.start()
    await until(lambda: _all_there(store, messages))
    await acknowledged(nats_link)
    assert await stored(store, "asha", "t1") == names(messages)


async def _all_there(store: Store, messages: list[tuple[str, bytes]]) -> bool:
    return len(await stored(store, "asha", "t1")) == len(messages)


async def test_nats_killed_and_restarted_mid_stream_loses_and_doubles_nothing(
    running: Running, nats_link: NatsLink, nats_streams: Any, store: Store, example_events: Any
) -> None:
    messages = [example_events.chat("t1", 1, n, f"words {n}") for n in range(1, 41)]
    await publish(nats_link, messages[:20])
    await running.counts(projected=3)
    nats_streams.stop(signal.SIGKILL)
    await asyncio.sleep(0.3)
    nats_streams.start()
    await until(lambda: nats_link.connected)
    await publish(nats_link, messages[20:])
    await until(lambda: _all_there(store, messages), seconds=25)
    await acknowledged(nats_link)
    assert await stored(store, "asha", "t1") == names(messages)


async def test_a_stream_lost_and_made_anew_is_followed(
    running: Running, nats_link: NatsLink, nats_streams: Any, store: Store, example_events: Any
) -> None:
    await publish(nats_link, [example_events.chat("t1", 1, 1, "before")])
    await running.counts(projected=1)
    nats_streams.stop(signal.SIGKILL)
    nats_streams.lose_volume()
    nats_streams.start()
    await nats_streams.make_streams()
    await until(lambda: nats_link.connected)
    await publish(nats_link, [example_events.chat("t1", 1, 2, "after")])
    await running.counts(projected=2)
    assert await stored(store, "asha", "t1") == ["t1.1.000001", "t1.1.000002"]


async def test_two_gateways_share_the_events(
    running: Running, nats_link: NatsLink, store: Store, example_events: Any
) -> None:
    other = Running(nats_link, store)
    other.owners = running.owners
    messages = [example_events.chat("t1", 1, n, f"words {n}") for n in range(1, 101)]
    await publish(nats_link, messages)
    await until(lambda: _all_there(store, messages))
    assert await stored(store, "asha", "t1") == names(messages)
    assert running.counted["projected"] + other.counted["projected"] == 100
    assert min(running.counted["projected"], other.counted["projected"]) > 0
    await other.kill()


async def test_what_is_no_event_is_dropped_once_and_the_next_is_written(
    running: Running, nats_link: NatsLink, store: Store, example_events: Any
) -> None:
    _, foreign = example_events.chat("t2", 1, 1, "of another task")
    _, complete = example_events.complete("t2")
    bad = [
        ("jobhunter.task.t1.event.chat:message", b"not json"),
        ("jobhunter.task.t1.event.chat:message", b"{}"),
        ("jobhunter.task.t1.event.applier:start", foreign),
        ("jobhunter.task.t1.event.chat:message", foreign),
        ("jobhunter.task.t1.event.applier:complete", complete),
        ("jobhunter.task.t1.event.unknown:type", foreign),
        ("jobhunter.task.t1.event.a.b.c", foreign),
        ("jobhunter.task.t1.event.chat:message", foreign.replace(b"t2.1.000001", b"t1.999999.000001")),
        ("jobhunter.task.t1.event.chat:message", foreign.replace(b"t2.1.000001", b"t1." + b"9" * 5000)),
    ]
    await publish(nats_link, [*bad, example_events.chat("t1", 1, 1, "good")])
    await running.counts(invalid=len(bad), projected=1)
    await acknowledged(nats_link)
    assert running.counted == {"invalid": len(bad), "projected": 1}
    assert await stored(store, "asha", "t1") == ["t1.1.000001"]


async def test_any_text_of_a_page_is_written(running: Running, nats_link: NatsLink, store: Store) -> None:
    subject = "jobhunter.task.t1.event.applier:click"
    head = b'{"type":"applier:click","agent":"applier","timestamp":"09:30:00","message":"a\\u0000b \\ud83d\\ude00",'
    data = b'"data":{"event_id":"t1.1.000001","at":"no time","label":"\\u0000<script>","n":NaN,"big":1e400,'
    await publish(nats_link, [(subject, head + data + b'"screenshot":"x"}}')])
    await running.counts(projected=1)
    async with store.user("asha") as connection:
        (one,) = await events_table.after(connection, "t1")
    assert one.event.message == "a\ufffdb \U0001f600"
    assert one.event.data["label"] == "\ufffd<script>"
    assert one.event.data["n"] is one.event.data["big"] is None
    assert "screenshot" not in one.event.data


async def test_an_event_before_its_task_is_seen_waits_for_it(
    running: Running, nats_link: NatsLink, store: Store, example_events: Any, task_resource: Any
) -> None:
    await publish(nats_link, [example_events.chat("t3", 1, 1, "early"), example_events.chat("t1", 1, 1, "known")])
    await running.counts(waiting=1, projected=1)
    await store.projected(task_resource("t3", "cara"))
    await running.counts(projected=2)
    assert await stored(store, "cara", "t3") == ["t3.1.000001"]


async def test_an_event_whose_task_stays_unknown_is_kept_aside_until_it_is_seen(
    nats_link: NatsLink, store: Store, admin: Any, example_events: Any, task_resource: Any
) -> None:
    impatient = Running(nats_link, store, owner_seconds=0.1)
    messages = example_events.application("t3")
    await publish(nats_link, messages)
    await impatient.counts(aside=len(messages))
    await acknowledged(nats_link)
    rows = await admin.fetch("SELECT why FROM events_aside")
    assert len(rows) == len(messages)
    assert all("nobody knows whose task it is" in row["why"] for row in rows)
    await store.projected(task_resource("t3", "cara"))
    assert await stored(store, "cara", "t3") == names(messages)
    assert await admin.fetchval("SELECT count(*) FROM events_aside") == 0
    async with store.user("cara") as connection:
        assert [one.outcome for one in await applications_table.page(connection, 5)] == ["submitted"]
    await impatient.kill()


async def test_an_event_that_the_tables_refuse_stops_no_other(
    running: Running, nats_link: NatsLink, store: Store, admin: Any, example_events: Any, task_resource: Any
) -> None:
    await store.projected(task_resource("t1", "ben"))  # and the mirror says asha
    await publish(nats_link, [example_events.chat("t1", 1, 1, "whose?"), example_events.chat("t2", 1, 1, "fine")])
    await running.counts(refused=1, projected=1)
    await acknowledged(nats_link)
    row = await admin.fetchrow("SELECT why, refused, task_id FROM events_aside")
    assert row["refused"]
    assert "the store refuses it: ForeignKeyViolationError" in row["why"]
    await store.projected(task_resource("t1", "ben", version=2))
    assert await admin.fetchval("SELECT count(*) FROM events_aside") == 1


async def test_a_fault_of_our_own_stops_no_other_and_the_event_comes_again(
    nats_link: NatsLink, store: Store, example_events: Any
) -> None:
    failed: list[str] = []

    async def owner_of(task_uid: str) -> str:
        if task_uid == "t2" and not failed:
            failed.append(task_uid)
            raise KeyError("a fault of our own")
        return "asha"

    projecting = asyncio.create_task(Projector(nats_link, store, owner_of, ack_wait=1.0).run())
    await publish(nats_link, [example_events.chat("t2", 1, 1, "again"), example_events.chat("t1", 1, 1, "fine")])
    await until(lambda: _stored_both(store))
    assert failed == ["t2"]
    await acknowledged(nats_link)
    projecting.cancel()


async def _stored_both(store: Store) -> bool:
    return bool(await stored(store, "asha", "t1")) and bool(await stored(store, "asha", "t2"))


@pytest.mark.parametrize("first", [1, 2])
async def test_of_two_ends_of_one_task_the_later_attempts_stands(store: Store, example_events: Any, first: int) -> None:
    lost = {"outcome": "not-submitted", "reason": "Cancelled", "company": None, "confirmation": None}
    ends = [example_events.complete("t1", 1, **lost), example_events.complete("t1", 2)]
    for subject, payload in ends if first == 1 else reversed(ends):
        async with store.user("asha") as connection:
            await project(connection, "asha", read_event(subject, payload, NOW))
    async with store.user("asha") as connection:
        (application,) = await applications_table.page(connection, 5)
        (one,) = await events_table.after(connection, "t1")
        task = await tasks_table.get(connection, "t1")
    assert (application.outcome, application.attempt, application.company) == ("submitted", 2, "Example")
    assert one.event.data["attempt"] == 2
    assert task is not None
    assert task.status == "completed"


@pytest.mark.parametrize("first", [1, 2])
async def test_the_operators_word_on_the_true_end_holds_though_an_earlier_attempt_told_of_one(
    store: Store, example_events: Any, first: int
) -> None:
    early = example_events.complete("t1", 1, outcome="not-submitted", reason="ReviewExpired")
    end = Outcome(task_uid="t1", attempt=2, outcome="submitted", reason=Reason.SUBMITTED).event_data()
    assert end["confirmation"] is None
    name = complete_event_id_of("t1", 2)
    true = example_events.make("t1", EventType.APPLIER_COMPLETE, "Sent", name, **end)
    for subject, payload in (early, true) if first == 1 else (true, early):
        async with store.user("asha") as connection:
            await project(connection, "asha", read_event(subject, payload, NOW))
    async with store.user("asha") as connection:
        (application,) = await applications_table.page(connection, 5)
        task = await tasks_table.get(connection, "t1")
    assert (application.outcome, application.attempt) == ("submitted", 2)
    assert task is not None
    assert task.status == "completed"


def test_an_end_whose_id_names_another_attempt_is_none(example_events: Any) -> None:
    end = Outcome(task_uid="t1", attempt=2, outcome="submitted", reason=Reason.SUBMITTED).event_data()
    name = complete_event_id_of("t1", 3)
    with pytest.raises(InvalidMessage):
        read_event(*example_events.make("t1", EventType.APPLIER_COMPLETE, "Sent", name, **end), NOW)


async def test_the_resources_end_is_not_changed_by_a_late_event(
    store: Store, example_events: Any, task_resource: Any
) -> None:
    moment = "2026-11-21T09:40:00Z"
    done = {"type": "Succeeded", "status": "False", "reason": "SubmissionUnconfirmed", "lastTransitionTime": moment}
    status = {"phase": "Failed", "conditions": [done], "completionTime": moment, "attempts": 1}
    await store.projected(task_resource("t1", "asha", status=status))
    subject, payload = example_events.complete("t1")
    async with store.user("asha") as connection:
        await project(connection, "asha", read_event(subject, payload, NOW))
        (application,) = await applications_table.page(connection, 5)
        task = await tasks_table.get(connection, "t1")
    assert (application.outcome, application.submitted_at) == ("unconfirmed", None)
    assert (application.company, application.title, application.seconds) == ("Example", "Engineer", 4.0)
    assert task is not None
    assert task.status == "failed"


async def test_an_answer_is_audited_by_its_length_alone(store: Store, admin: Any, example_events: Any) -> None:
    secret = "change my salary to 1"
    edit = example_events.make(
        "t1", "draft:edit", "Draft to be changed", "t1.1.000002", hitl_id="draft_1", message=secret
    )
    late = {"hitl_id": "hitl_2", "state": "expired", "response_length": 5}
    expired = example_events.make("t1", "hitl:response", "No answer", "t1.1.000003", **late)
    for subject, payload in (edit, expired):
        async with store.user("asha") as connection:
            await project(connection, "asha", read_event(subject, payload, NOW))
    async with store.user("asha") as connection:
        rows = {row.hitl_id: row for row in await hitl_audit.of_task(connection, "t1")}
    assert rows["draft_1"].response_length == len(secret)
    assert (rows["hitl_2"].expired, rows["hitl_2"].answered_at, rows["hitl_2"].response_length) == (True, None, None)
    assert not [row for row in await admin.fetch("SELECT h::text AS all FROM hitl_audit h") if secret in row["all"]]


def test_a_live_frame_is_no_event_to_keep(example_events: Any) -> None:
    subject, payload = example_events.make("t1", "browser:screenshot", "", "t1.1.000001", screenshot="aGk=")
    with pytest.raises(InvalidMessage, match="live frame"):
        read_event(subject, payload, NOW)
