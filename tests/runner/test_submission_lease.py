"""One application is sent once: the lease over a real nats-server, and in a terminal's folder."""

from __future__ import annotations

import asyncio
import multiprocessing
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.errors import LeaseHeld, LeaseUnavailable
from jobhunter_contracts.subjects import SUBMISSION_BUCKET
from jobhunter_contracts.submission import (
    MAX_PRESSES,
    LeaseState,
    SubmissionLease,
    TaskPostings,
    lease_key,
    posting_hash,
    task_postings_key,
)
from jobhunter_runner.nats_connection import connected
from jobhunter_runner.submission_lease import (
    Entry,
    LeaseStore,
    Presser,
    RevisionConflict,
    SubmissionLeases,
    next_press,
)
from jobhunter_runner.submission_lease_file import FileLeaseStore
from jobhunter_runner.submission_lease_nats import NatsLeaseStore

URL = "https://careers.example.com/jobs/12345?utm_source=x"


@pytest.fixture(params=["nats", "file"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LeaseStore]:
    if request.param == "file":
        yield FileLeaseStore(tmp_path / "state")
        return
    server = request.getfixturevalue("nats_server")
    await server.make_streams()
    async with connected(server.url, name="test", inbox="_INBOX.test", user="runner", password="runner") as connection:
        yield NatsLeaseStore(connection.js)


async def leases(store: LeaseStore, task: str = "one", **presser: Any) -> SubmissionLeases:
    of = Presser(user_id="asha", task_uid=f"uid-{task}", task_name=task, pod_uid=f"pod-{task}", **presser)
    return SubmissionLeases(store, of, await store.identity())


async def test_two_presses_at_once_one_wins(store: LeaseStore) -> None:
    rivals = [await leases(store, f"task{n}") for n in range(8)]
    results = await asyncio.gather(*(rival.take(URL) for rival in rivals), return_exceptions=True)
    assert sum(not isinstance(result, BaseException) for result in results) == 1
    assert all(isinstance(result, LeaseHeld) for result in results if isinstance(result, BaseException))


async def test_a_taken_press_blocks_the_same_task_too(store: LeaseStore) -> None:
    await (await leases(store)).take(URL)
    with pytest.raises(LeaseHeld, match="recorded taken"):
        await (await leases(store)).take(URL)
    with pytest.raises(LeaseHeld):
        await (await leases(store, "other")).check("https://CAREERS.example.com/jobs/12345/")


@pytest.mark.parametrize("state", [LeaseState.REFUSED, LeaseState.PRESS_AGAIN, LeaseState.NOT_SENT])
async def test_the_next_press_needs_the_last_one_released(store: LeaseStore, state: LeaseState) -> None:
    mine = await leases(store)
    first = await mine.take(URL)
    await mine.settle(first, state, note="the phone number")
    assert await mine.check(URL) == 2
    second = await mine.take(URL)
    assert second.lease.press == 2
    await mine.settle(second, LeaseState.SENT, confirmation="Thank you")
    with pytest.raises(LeaseHeld, match="recorded sent"):
        await mine.check(URL)


async def test_what_a_task_was_told_to_press_again_no_other_task_presses(store: LeaseStore) -> None:
    """The first press may have arrived: it is neither refused nor settled as not sent."""
    mine, other = await leases(store), await leases(store, "other")
    await mine.settle(await mine.take(URL), LeaseState.PRESS_AGAIN)
    with pytest.raises(LeaseHeld, match="may have been sent"):
        await other.take(URL)
    await mine.settle(await mine.take(URL), LeaseState.REFUSED)
    with pytest.raises(LeaseHeld, match="may have been sent"):
        await other.take(URL)


async def test_the_address_that_the_task_was_given_is_taken_too(store: LeaseStore) -> None:
    """A site that leads every visitor to an address of their own shows no task that the posting is the same."""
    mine, other = await leases(store), await leases(store, "other")
    press = await mine.take("https://careers.example.com/visit/81/form", URL)
    with pytest.raises(LeaseHeld, match="recorded taken"):
        await other.check(URL)
    with pytest.raises(LeaseHeld, match="recorded taken"):
        await other.take("https://careers.example.com/visit/82/form", URL)
    assert await other.check("https://careers.example.com/visit/82/form") == 2, "what it took first is given back"
    await mine.settle(press, LeaseState.REFUSED)
    await mine.settle(press, LeaseState.REFUSED)  # the same once more, as after a lost acknowledgement
    again = await other.take("https://careers.example.com/visit/82/form", URL)
    assert again.also is not None
    assert (again.lease.press, again.also.lease.press) == (2, 2)


async def test_the_index_is_written_before_the_lease(store: LeaseStore) -> None:
    mine = await leases(store)
    press = await mine.take(URL)
    await mine.settle(press, LeaseState.REFUSED)
    await mine.take(URL)
    await mine.take("https://careers.example.com/jobs/2")
    entry = await store.read(task_postings_key("uid-one"))
    assert entry is not None
    assert entry.value is not None
    expected = [posting_hash("asha", f"https://careers.example.com/jobs/{number}") for number in ("12345", "2")]
    assert TaskPostings.from_json(entry.value).postings == expected


async def test_another_users_application_is_not_in_the_way(store: LeaseStore) -> None:
    await (await leases(store)).take(URL)
    other = Presser(user_id="ben", task_uid="u", task_name="t", pod_uid="p")
    assert await SubmissionLeases(store, other, await store.identity()).check(URL) == 1


async def test_allow_duplicate_is_blocked_by_itself_alone(store: LeaseStore) -> None:
    await (await leases(store)).take(URL)
    again = await leases(store, "again", allow_duplicate=True)
    await again.take(URL)
    with pytest.raises(LeaseHeld):
        await again.take(URL)


async def test_another_identity_presses_nothing(store: LeaseStore) -> None:
    of = Presser(user_id="asha", task_uid="u", task_name="t", pod_uid="p")
    stranger = SubmissionLeases(store, of, "2020-01-01T00:00:00+00:00")
    with pytest.raises(LeaseUnavailable, match="acknowledge"):
        await stranger.take(URL)
    assert await store.read(lease_key(of.posting(URL), 1)) is None


async def test_a_record_changed_by_another_is_not_overwritten(store: LeaseStore) -> None:
    mine = await leases(store)
    press = await mine.take(URL)
    await mine.settle(press, LeaseState.REFUSED)
    with pytest.raises(RevisionConflict):
        await mine.settle(press, LeaseState.SENT)
    await mine.settle(press, LeaseState.REFUSED)  # the same once more, as after a lost acknowledgement


async def test_a_deleted_record_frees_nothing_in_nats(nats_streams: Any) -> None:
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        for operation in ("delete", "purge"):
            store = NatsLeaseStore(connection.js)
            url = f"{URL}&{operation}=1"
            press = await (await leases(store)).take(url)
            bucket = await connection.js.key_value(SUBMISSION_BUCKET)
            await getattr(bucket, operation)(press.key)
            with pytest.raises(LeaseHeld, match="deleted"):
                await (await leases(store, "other")).take(url)
            with pytest.raises(RevisionConflict):
                await store.write(press.key, b"{}", last=0)


async def test_a_removed_file_frees_nothing(tmp_path: Path) -> None:
    store = FileLeaseStore(tmp_path)
    press = await (await leases(store)).take(URL)
    (tmp_path / "submission" / f"{press.key}.json").unlink()
    with pytest.raises(LeaseHeld, match="deleted"):
        await (await leases(FileLeaseStore(tmp_path), "other")).take(URL)


async def test_files_survive_a_new_process_and_a_damaged_one_is_said(tmp_path: Path) -> None:
    press = await (await leases(FileLeaseStore(tmp_path))).take(URL)
    with pytest.raises(LeaseHeld):
        await (await leases(FileLeaseStore(tmp_path), "other")).take(URL)
    (tmp_path / "submission" / f"{press.key}.json").write_text("{")
    with pytest.raises(LeaseUnavailable, match="cannot be read"):
        await (await leases(FileLeaseStore(tmp_path), "other")).take(URL)


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    with pytest.raises(LeaseUnavailable, match="state-dir"):
        await FileLeaseStore(tmp_path / "state").identity()


def _take_in_process(folder: str, number: int, results: Any) -> None:
    async def take() -> str:
        try:
            await (await leases(FileLeaseStore(Path(folder)), f"task{number}")).take(URL)
        except LeaseHeld:
            return "held"
        return "taken"

    results.put(asyncio.run(take()))


def test_of_several_processes_one_takes_the_lease(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    results = context.Queue()
    processes = [context.Process(target=_take_in_process, args=(str(tmp_path), n, results)) for n in range(4)]
    for process in processes:
        process.start()
    found = sorted(results.get(timeout=30) for _ in processes)
    for process in processes:
        process.join(10)
    assert found == ["held", "held", "held", "taken"]


async def test_a_silent_nats_presses_nothing(nats_streams: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobhunter_runner.submission_lease_nats.TIMEOUT_SECONDS", 0.3)
    monkeypatch.setattr("jobhunter_runner.submission_lease_nats.READ_SECONDS", 1.0)
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        mine = await leases(NatsLeaseStore(connection.js))
        nats_streams.pause()
        with pytest.raises(LeaseUnavailable):
            await mine.take(URL)
        nats_streams.resume()


async def test_a_lost_bucket_made_anew_presses_nothing(nats_streams: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jobhunter_runner.submission_lease_nats.READ_SECONDS", 1.0)
    async with connected(
        nats_streams.url, name="test", inbox="_INBOX.test", user="runner", password="runner"
    ) as connection:
        mine = await leases(NatsLeaseStore(connection.js))
        await mine.check(URL)
        nats_streams.stop()
        nats_streams.lose_volume()
        nats_streams.start()
        with pytest.raises(LeaseUnavailable):
            await mine.take(URL)
        await nats_streams.make_streams()
        with pytest.raises(LeaseUnavailable, match="acknowledge"):
            await mine.take(URL)


class Unsure:
    """A store whose write is stored and not acknowledged, or neither."""

    def __init__(self, inner: LeaseStore, stored: bool) -> None:
        self._inner = inner
        self._stored = stored

    async def identity(self) -> str:
        return await self._inner.identity()

    async def read(self, key: str) -> Entry | None:
        return await self._inner.read(key)

    async def write(self, key: str, value: bytes, *, last: int) -> int:
        if key.startswith("task."):
            return await self._inner.write(key, value, last=last)
        if self._stored:
            await self._inner.write(key, value, last=last)
        raise LeaseUnavailable("no acknowledgement")


async def test_a_lost_acknowledgement_is_told_by_the_nonce(store: LeaseStore) -> None:
    press = await (await leases(Unsure(store, stored=True))).take(URL)
    entry = await store.read(press.key)
    assert entry is not None
    assert entry.revision == press.revision
    with pytest.raises(LeaseUnavailable):
        await (await leases(Unsure(store, stored=False), "other")).take("https://careers.example.com/jobs/2")


def test_after_many_presses_a_person_has_to_look() -> None:
    refused = [
        SubmissionLease(
            task_uid="u",
            task_name="t",
            pod_uid="p",
            nonce="n",
            press=n,
            url=URL,
            at=datetime.now(UTC),
            state=LeaseState.REFUSED,
        )
        for n in range(1, MAX_PRESSES + 1)
    ]
    assert next_press(refused[:-1]) == MAX_PRESSES
    with pytest.raises(LeaseHeld, match="presses already"):
        next_press(refused)
