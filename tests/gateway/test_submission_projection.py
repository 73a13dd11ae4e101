"""The submission bucket's records in the store, and back into a bucket made anew after a loss."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import Unavailable
from jobhunter_contracts.subjects import GATEWAY_CONSUMER, SUBMISSION_BUCKET
from jobhunter_contracts.submission import (
    LeaseState,
    SubmissionLease,
    TaskPostings,
    lease_key,
    posting_hash,
    task_postings_key,
)
from jobhunter_gateway import submissions_table
from jobhunter_gateway.reseed import Reseeded, run_reseed
from jobhunter_gateway.store import Store
from jobhunter_gateway.submission_projector import SUBMISSION_STREAM, SubmissionProjector

URL = "https://careers.example.com/jobs/1"


def lease(task: str, press: int = 1, state: LeaseState = LeaseState.TAKEN) -> SubmissionLease:
    moment = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
    return SubmissionLease(
        task_uid=task, task_name=task, pod_uid="p", nonce="ab" * 16, press=press, url=URL, at=moment, state=state
    )


class Running:
    def __init__(self, link: NatsLink, store: Store) -> None:
        self.counted: Counter[str] = Counter()
        self.owners = {"t1": "asha", "t2": "ben"}

        async def owner_of(task_uid: str) -> str | None:
            return self.owners.get(task_uid) or await store.owner_of(task_uid)

        count = self.counted.update
        self._projector = SubmissionProjector(link, store, owner_of, count=lambda result: count([result]), ack_wait=2)
        self._task = asyncio.create_task(self._projector.run())

    async def counts(self, **wanted: int) -> None:
        for _ in range(600):
            if all(self.counted[name] >= number for name, number in wanted.items()):
                return
            await asyncio.sleep(0.03)
        raise AssertionError(f"{self.counted}, not {wanted}")

    async def kill(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task


@pytest.fixture
async def running(nats_link: NatsLink, store: Store) -> AsyncIterator[Running]:
    projector = Running(nats_link, store)
    yield projector
    await projector.kill()


async def records(store: Store, user: str) -> dict[str, Any]:
    async with store.user(user) as connection:
        return {row.key: row.record for row in await submissions_table.of_user(connection)}


async def press(link: NatsLink, user: str, task: str) -> str:
    """As a runner does: the index, the lease, and that it was sent. The lease's key."""
    posting = posting_hash(user, URL)
    bucket = await link.js.key_value(SUBMISSION_BUCKET)
    await bucket.update(task_postings_key(task), TaskPostings(postings=[posting]).to_json(), last=0)
    key = lease_key(posting, 1)
    revision = await bucket.update(key, lease(task).to_json(), last=0)
    await bucket.update(key, lease(task, state=LeaseState.SENT).to_json(), last=revision)
    return key


async def test_each_record_is_its_users_as_it_was_last(running: Running, nats_link: NatsLink, store: Store) -> None:
    mine, bens = await press(nats_link, "asha", "t1"), await press(nats_link, "ben", "t2")
    await running.counts(projected=4)
    await settled(nats_link)
    found = await records(store, "asha")
    assert set(found) == {mine, "task.t1"}
    assert SubmissionLease.model_validate(found[mine]) == lease("t1", state=LeaseState.SENT)
    assert set(await records(store, "ben")) == {bens, "task.t2"}


async def settled(link: NatsLink) -> None:
    for _ in range(600):
        with contextlib.suppress(Exception):
            info = await link.js.consumer_info(SUBMISSION_STREAM, GATEWAY_CONSUMER)
            if not info.num_pending and not info.num_ack_pending:
                return
        await asyncio.sleep(0.03)
    raise AssertionError("records wait")


async def test_an_older_revision_never_replaces_a_newer(store: Store) -> None:
    first, second = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)
    steps = [(first, 7, "a", True), (first, 6, "b", False), (first, 7, "c", False), (second, 1, "d", True)]
    steps += [(first, 9, "e", False)]
    async with store.user("asha") as connection:
        for created, revision, name, written in steps:
            row = submissions_table.SubmissionRow("k.1", "t1", {"name": name}, revision, created)
            assert await submissions_table.put(connection, "asha", row) is written, name
    assert await records(store, "asha") == {"k.1": {"name": "d"}}


async def test_a_record_of_a_task_that_nobody_knows_is_kept_for_reseeding(
    running: Running, nats_link: NatsLink, store: Store, admin: Any
) -> None:
    key = await press(nats_link, "cara", "t3")
    await running.counts(unowned=2)
    await settled(nats_link)
    assert await records(store, "cara") == {}
    row = await admin.fetchrow("SELECT user_id, record FROM submissions WHERE key = $1", key)
    assert row["user_id"] is None
    assert '"sent"' in row["record"]
    running.owners["t3"] = "cara"
    bucket = await nats_link.js.key_value(SUBMISSION_BUCKET)
    entry = await bucket.get(key)
    assert entry.revision is not None
    async with store.user("cara") as connection:
        await connection.execute("INSERT INTO users (id) VALUES ('cara')")
        await connection.execute("INSERT INTO tasks (id, user_id, status) VALUES ('t3', 'cara', 'running')")
    await bucket.update(key, lease("t3", state=LeaseState.NOT_SENT).to_json(), last=entry.revision)
    await running.counts(projected=1)
    assert SubmissionLease.model_validate((await records(store, "cara"))[key]).state is LeaseState.NOT_SENT


async def test_what_is_no_record_is_dropped_and_a_deleted_one_stays_in_the_store(
    running: Running, nats_link: NatsLink, store: Store
) -> None:
    key = await press(nats_link, "asha", "t1")
    await running.counts(projected=2)
    await settled(nats_link)
    bucket = await nats_link.js.key_value(SUBMISSION_BUCKET)
    await bucket.put("bad.1", b"not a record")
    await bucket.put("bad.2", b'{"task_uid": 3}')
    await bucket.delete(key)
    await running.counts(invalid=2, deleted=1)
    await settled(nats_link)
    assert set(await records(store, "asha")) == {key, "task.t1"}


async def test_a_lost_bucket_is_reseeded_from_the_store(
    running: Running, nats_link: NatsLink, nats_streams: Any, store: Store, database: Any
) -> None:
    mine, bens = await press(nats_link, "asha", "t1"), await press(nats_link, "ben", "t2")
    unowned = await press(nats_link, "cara", "t3")
    await running.counts(projected=4, unowned=2)
    await settled(nats_link)
    nats_streams.stop(signal.SIGKILL)
    nats_streams.lose_volume()
    nats_streams.start()
    await nats_streams.make_streams()
    for _ in range(300):
        if nats_link.connected:
            break
        await asyncio.sleep(0.05)
    bucket = await nats_link.js.key_value(SUBMISSION_BUCKET)
    await bucket.update(bens, lease("t2", state=LeaseState.REFUSED).to_json(), last=0)
    told = await run_reseed(database.owner_url, nats_link.js)
    assert (told.written, told.present, told.different) == (5, 0, (bens,))
    assert "left: " + bens in str(told)
    for key, task in ((mine, "t1"), (unowned, "t3")):
        entry = await bucket.get(key)
        assert SubmissionLease.from_json(entry.value or b"") == lease(task, state=LeaseState.SENT)
    kept = await bucket.get(bens)
    assert SubmissionLease.from_json(kept.value or b"").state is LeaseState.REFUSED
    assert await run_reseed(database.owner_url, nats_link.js) == Reseeded(0, 5, (bens,))
    await running.counts(projected=8)  # the new bucket's own, in their new revisions
    await settled(nats_link)
    assert SubmissionLease.model_validate((await records(store, "ben"))[bens]).state is LeaseState.REFUSED


async def test_postgres_away_mid_stream_loses_no_record(
    running: Running, nats_link: NatsLink, store: Store, postgres: Any
) -> None:
    await press(nats_link, "asha", "t1")
    await running.counts(projected=2)
    postgres.stop()
    key = await press(nats_link, "ben", "t2")
    await asyncio.sleep(0.3)
    postgres.start()
    await running.counts(projected=4)
    await settled(nats_link)
    assert set(await records(store, "ben")) == {key, "task.t2"}


async def test_reseeding_as_the_gateways_own_role_finds_nothing_to_write(
    store: Store, database: Any, nats_link: NatsLink
) -> None:
    row = submissions_table.SubmissionRow("k.1", "t1", lease("t1").model_dump(mode="json"), 1, datetime.now(UTC))
    async with store.user("asha") as connection:
        await submissions_table.put(connection, "asha", row)
    assert (await run_reseed(database.app_url, nats_link.js)).written == 0
    assert (await run_reseed(database.owner_url, nats_link.js)).written == 1


async def test_reseeding_without_postgres_is_said(nats_link: NatsLink) -> None:
    with pytest.raises(Unavailable, match="PostgreSQL does not answer"):
        await run_reseed("postgresql://jobhunter_owner:x@127.0.0.1:1/jobhunter", nats_link.js)


async def test_nobody_deletes_a_record(store: Store) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with store.user("asha") as connection:
            await connection.execute("DELETE FROM submissions")
