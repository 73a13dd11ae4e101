"""What each table keeps, as its functions promise; any text of a page; and PostgreSQL away and back."""

from __future__ import annotations

import asyncio
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import BadUpload, Unavailable
from jobhunter_contracts.subjects import BLOB_LIMIT
from jobhunter_gateway import applications_table, documents_table, profiles, sites_table, task_blobs, tasks_table
from jobhunter_gateway.documents_table import NewDocument
from jobhunter_gateway.profiles import RevisionConflict
from jobhunter_gateway.store import Store
from jobhunter_gateway.tasks_table import TaskRow

Resource = Callable[..., ApplicationTask]
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


async def test_a_profile_comes_back_as_it_was_put(store: Store) -> None:
    profile = {"basics": {"name": "Ása Ráo", "x": [1, 2.5, None, True]}, "zeta": 1, "alpha": {}}
    async with store.user("asha") as connection:
        assert await profiles.get(connection) is None
        assert not await profiles.exists(connection)
        assert (await profiles.put(connection, "asha", profile, None)).revision == 1
    async with store.user("asha") as connection:
        found = await profiles.get(connection)
    assert found is not None
    assert found.profile == profile
    assert datetime.now(UTC) - found.updated_at < timedelta(minutes=1)


async def test_of_two_who_change_a_profile_at_once_one_is_told(store: Store) -> None:
    async with store.user("asha") as connection:
        await profiles.put(connection, "asha", {"n": 0}, 0)

    async def change(n: int) -> int:
        async with store.user("asha") as connection:
            return (await profiles.put(connection, "asha", {"n": n}, 1)).revision

    results = await asyncio.gather(*(change(n) for n in range(1, 6)), return_exceptions=True)
    refused = [one for one in results if isinstance(one, RevisionConflict)]
    assert [one for one in results if one == 2] == [2]
    assert len(refused) == 4
    assert {one.found for one in refused} == {2}


async def test_two_who_put_the_first_profile_at_once_are_told_apart(store: Store) -> None:
    async def put() -> int:
        async with store.user("asha") as connection:
            return (await profiles.put(connection, "asha", {}, 0)).revision

    results = await asyncio.gather(*(put() for _ in range(4)), return_exceptions=True)
    assert sorted(str(type(one).__name__) for one in results) == ["RevisionConflict"] * 3 + ["int"]


def document(name: str, text: str | None = "text", data: bytes = b"bytes") -> NewDocument:
    return NewDocument("resume", name, "application/pdf", "ab" * 32, data, text=text, pages=[text] if text else None)


async def test_documents_by_id_by_name_and_for_the_index(store: Store) -> None:
    async with store.user("asha") as connection:
        assert await documents_table.documents_revision(connection) == 0
        first = await documents_table.add(connection, "asha", document("cv.pdf", "old", b"old"))
        second = await documents_table.add(connection, "asha", document("cv.pdf", "new", b"new"))
        third = await documents_table.add(connection, "asha", document("scan.pdf", None))
        assert [one.id for one in await documents_table.list_all(connection)] == [third.id, second.id, first.id]
        newest = await documents_table.by_filename(connection, "cv.pdf")
        assert newest is not None
        assert newest.data == b"new"
        found = await documents_table.get(connection, first.id)
        assert found is not None
        assert (found.data, found.document) == (b"old", first)
        assert [one.text for one in await documents_table.texts(connection, 0)] == ["old", "new"]
        assert [one.pages for one in await documents_table.texts(connection, first.revision)] == [["new"]]
        assert await documents_table.documents_revision(connection) == 3
        assert await documents_table.delete(connection, first.id)
        assert not await documents_table.delete(connection, first.id)
        assert await documents_table.documents_revision(connection) == 4
        assert await documents_table.ids(connection) == {second.id, third.id}
        await documents_table.set_passages(connection, second.id, 7)
        assert [one.passages for one in await documents_table.list_all(connection)] == [0, 7]


@pytest.mark.parametrize("no_id", ["", "x", "../etc", "0" * 40, "00000000-0000-0000-0000-000000000000"])
async def test_what_is_no_documents_id_finds_none(store: Store, no_id: str) -> None:
    async with store.user("asha") as connection:
        assert await documents_table.get(connection, no_id) is None
        assert not await documents_table.delete(connection, no_id)


async def test_a_resource_becomes_a_task_and_no_older_one_replaces_it(store: Store, task_resource: Resource) -> None:
    responses = [{"id": "hitl_1", "value": "my answer in clear"}]
    running = {"phase": "Running", "site": "careers.example.com"}
    await store.projected(task_resource("t1", "asha", version=20, status=running, responses=responses))
    await store.projected(task_resource("t1", "asha", version=10, status={"phase": "Queued"}))
    async with store.user("asha") as connection:
        row = await tasks_table.get(connection, "t1")
        sites = await sites_table.of_user(connection)
    assert row is not None
    assert (row.status, row.site, row.resource_version) == ("running", "careers.example.com", 20)
    assert [site.domain for site in sites] == ["careers.example.com"]
    assert "my answer" not in str(row.manifest)
    assert row.manifest is not None
    assert ApplicationTask.model_validate(row.manifest).status.phase == "Running"
    assert await store.owner_of("t1") == "asha"


@pytest.mark.parametrize(
    ("phase", "status"),
    [("Pending", "queued"), ("Suspended", "queued"), ("Starting", "running"), ("WaitingForInput", "running")]
    + [("Succeeded", "completed"), ("Failed", "failed"), (None, "queued")],
)
async def test_the_phase_is_a_status(store: Store, task_resource: Resource, phase: str | None, status: str) -> None:
    await store.projected(task_resource("t1", "asha", status={"phase": phase} if phase else {}))
    async with store.user("asha") as connection:
        assert [row.status for row in await tasks_table.page(connection, 10)] == [status]


def unconfirmed(outcome: str, reason: str, status: str) -> dict[str, Any]:
    moment = "2026-11-21T09:40:00Z"
    done = {"type": "Succeeded", "status": status, "reason": reason, "lastTransitionTime": moment}
    result = {"outcome": outcome, "ats": "lever", "secondsByStage": {"fill": 3.0}}
    phase = "Succeeded" if status == "True" else "Failed"
    return {"phase": phase, "conditions": [done], "completionTime": moment, "attempts": 1, "result": result}


async def test_an_end_makes_an_application_and_the_persons_word_changes_it(
    store: Store, task_resource: Resource
) -> None:
    status = unconfirmed("unconfirmed", "SubmissionUnconfirmed", "False")
    await store.projected(task_resource("t1", "asha", version=1, status=status))
    async with store.user("asha") as connection:
        (application,) = await applications_table.page(connection, 10)
    assert (application.outcome, application.reason, application.submitted_at) == (
        "unconfirmed",
        "SubmissionUnconfirmed",
        None,
    )
    assert (application.canonical_url, application.ats, application.seconds) == (
        "https://careers.example.com/jobs/1",
        "lever",
        3.0,
    )
    await store.projected(
        task_resource("t1", "asha", version=2, status=unconfirmed("submitted", "Submitted", "True"), settle="sent")
    )
    async with store.user("asha") as connection:
        (settled,) = await applications_table.all_of_user(connection)
        row = await tasks_table.get(connection, "t1")
    assert (settled.outcome, settled.reason) == ("submitted", "Submitted")
    assert settled.submitted_at is not None
    assert row is not None
    assert row.status == "completed"


async def test_tasks_and_applications_are_paged_newest_first(store: Store, task_resource: Resource) -> None:
    for number in range(5):
        task = task_resource(f"t{number}", "asha", status=unconfirmed("submitted", "Submitted", "True"))
        task.metadata["creationTimestamp"] = f"2026-11-2{number % 2}T09:30:00Z"  # equal moments too
        await store.projected(task)
    async with store.user("asha") as connection:
        seen: list[str] = []
        while page := await tasks_table.page(connection, 2, seen[-1] if seen else None):
            seen += [row.id for row in page]
        assert seen == ["t3", "t1", "t4", "t2", "t0"]
        ended: list[str] = []
        while rows := await applications_table.page(connection, 2, ended[-1] if ended else None):
            ended += [row.task_id for row in rows]
        assert ended == ["t4", "t3", "t2", "t1", "t0"]
        assert await tasks_table.page(connection, 2, "unknown") == []
    async with store.user("ben") as connection:
        assert await tasks_table.page(connection, 10, "t3") == []


async def test_a_task_deleted_while_it_ran_has_failed_and_stays(store: Store, task_resource: Resource) -> None:
    await store.projected(task_resource("t1", "asha", status={"phase": "Running"}))
    await store.removed("asha", "t1")
    async with store.user("asha") as connection:
        row = await tasks_table.get(connection, "t1")
    assert row is not None
    assert row.status == "failed"
    assert row.deleted_at is not None


async def test_a_row_without_resource_adds_and_never_takes_back(store: Store, task_resource: Resource) -> None:
    created = TaskRow("t1", "asha", "https://a.example/1", None, "queued", NOW)
    async with store.user("asha") as connection:
        assert await tasks_table.record(connection, created)
    await store.projected(task_resource("t1", "asha", version=5, status={"phase": "Running"}))
    async with store.user("asha") as connection:
        assert not await tasks_table.record(connection, created)
        row = await tasks_table.get(connection, "t1")
    assert row is not None
    assert (row.status, row.resource_version) == ("running", 5)


async def test_blobs_are_replaced_by_name_and_limited(store: Store) -> None:
    async with store.user("asha") as connection:
        await task_blobs.put(connection, "asha", "t1", "draft.jpg", b"first")
        await task_blobs.put(connection, "asha", "t1", "draft.jpg", b"\x00\xffsecond")
        assert await task_blobs.get(connection, "t1", "draft.jpg") == b"\x00\xffsecond"
        assert await task_blobs.get(connection, "t1", "other") is None
        with pytest.raises(BadUpload, match="more than"):
            await task_blobs.put(connection, "asha", "t1", "draft.jpg", bytes(BLOB_LIMIT + 1))
    async with store.user("ben") as connection:
        assert await task_blobs.get(connection, "t1", "draft.jpg") is None


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("a\0b", "a\ufffdb"),
        ("half \ud83d", "half \ufffd"),
        ("\udc00\ud800", "\ufffd\ufffd"),
        ("pair \ud83d\ude00", "pair \U0001f600"),
        ("\\u0000 as written", "\\u0000 as written"),
        ("'; DROP TABLE users; --", "'; DROP TABLE users; --"),
    ],
)
async def test_any_text_of_a_page_is_kept(store: Store, given: str, kept: str) -> None:
    async with store.user("asha") as connection:
        stored = await profiles.put(connection, "asha", {given: [given, {"x": given}], "n": float("nan")}, None)
        assert stored.profile == {kept: [kept, {"x": kept}], "n": None}
        added = await documents_table.add(connection, "asha", document(given, given))
        assert added.filename == kept
        assert [one.text for one in await documents_table.texts(connection)] == [kept]


async def test_postgres_away_is_said_and_found_again(postgres: Any, store: Store) -> None:
    async with store.user("asha") as connection:
        await profiles.put(connection, "asha", {"kept": True}, None)
    assert store.connected
    postgres.stop()
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:\d+/test_\d+: PostgreSQL does not answer.*pod runs") as caught:
        async with store.user("asha") as connection:
            await profiles.get(connection)
    assert "only-on-loopback" not in str(caught.value)
    assert not store.connected
    with pytest.raises(Unavailable):
        await store.owner_of("t")
    postgres.start()
    await asyncio.wait_for(store.reachable(), 10)
    async with store.user("asha") as connection:
        assert await profiles.exists(connection)


async def test_postgres_that_crashes_within_a_transaction_is_said(postgres: Any, store: Store) -> None:
    async def put_and_crash() -> None:
        async with store.user("asha") as connection:
            await profiles.put(connection, "asha", {}, None)
            postgres.stop(signal.SIGQUIT)
            await connection.fetchval("SELECT 1")

    with pytest.raises(Unavailable):
        await put_and_crash()
    postgres.start()
    await asyncio.wait_for(store.reachable(), 10)
    async with store.user("asha") as connection:
        assert not await profiles.exists(connection)


async def test_a_store_opens_before_postgres_is_there(postgres: Any, database: Any) -> None:
    postgres.stop()
    async with Store(database.app_url) as store:
        assert not store.connected
        postgres.start()
        await asyncio.wait_for(store.reachable(), 10)
        await store.ping()


async def test_a_statement_that_never_ends_is_given_up(database: Any) -> None:
    async with Store(database.app_url, timeout=0.3) as store:
        begun = time.monotonic()
        with pytest.raises(Unavailable):
            async with store.user("asha") as connection:
                await connection.execute("SELECT pg_sleep(30)")
        assert time.monotonic() - begun < 5
        await store.ping()


async def test_more_people_than_connections_wait_and_are_served(database: Any) -> None:
    async with Store(database.app_url, size=2) as store:

        async def put(number: int) -> None:
            async with store.user(f"user-{number}") as connection:
                await profiles.put(connection, f"user-{number}", {"n": number}, None)

        await asyncio.gather(*(put(number) for number in range(40)))
        async with store.user("user-39") as connection:
            stored = await profiles.get(connection)
    assert stored is not None
    assert stored.profile == {"n": 39}
