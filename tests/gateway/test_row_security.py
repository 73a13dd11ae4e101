"""Two users on each table: nobody sees, changes or forges what is another's, whoever forgets a WHERE."""
# ruff: noqa: S608 - the names of tables are of this file

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from jobhunter_gateway import documents_table, events_aside, profiles, sites_table, submissions_table, task_blobs
from jobhunter_gateway.connection import UnsafeRole
from jobhunter_gateway.documents_table import NewDocument
from jobhunter_gateway.incoming_event import read_event
from jobhunter_gateway.projection import project
from jobhunter_gateway.store import BadUserId, Store
from jobhunter_gateway.submissions_table import SubmissionRow

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
OWN = {
    "users": "id",
    "user_profiles": "user_id",
    "documents": "user_id",
    "tasks": "user_id",
    "task_steps": "user_id",
    "execution_logs": "user_id",
    "events": "user_id",
    "applications": "user_id",
    "hitl_audit": "user_id",
    "browser_sessions": "user_id",
    "task_blobs": "user_id",
    "blob_chunks": "user_id",
    "submissions": "user_id",
}
"""Every table that belongs to users, and the column that says to whom."""


async def fill(store: Store, user: str, example: Any) -> None:
    """A row of the user's in every table."""
    task = f"task-of-{user}"
    async with store.user(user) as connection:
        await profiles.put(connection, user, {"basics": {"name": user}}, None)
        await documents_table.add(connection, user, NewDocument("resume", "cv.pdf", "application/pdf", "00", b"pdf"))
        for subject, payload in example.application(task):
            await project(connection, user, read_event(subject, payload, NOW))
        await task_blobs.put(connection, user, task, "draft.jpg", b"jpeg")
        await submissions_table.put(connection, user, SubmissionRow(f"{user}.1", task, {"press": 1}, 1, NOW))
        await connection.execute("INSERT INTO browser_sessions (user_id, site, state) VALUES ($1, 'x', '')", user)
        await connection.execute(
            "INSERT INTO blob_chunks (user_id, task_id, name, start, size, sha256, data) VALUES ($1, $2, 'a', 0, 1, '', '')",
            user,
            task,
        )


@pytest.fixture
async def two_users(store: Store, example_events: Any) -> Store:
    await fill(store, "asha", example_events)
    await fill(store, "ben", example_events)
    return store


async def test_every_table_is_held_by_forced_row_level_security(admin: Any) -> None:
    rows = await admin.fetch(
        """SELECT relname, relrowsecurity AND relforcerowsecurity AS forced FROM pg_class
           WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"""
    )
    assert {row["relname"] for row in rows if not row["forced"]} == {"schema_migrations"}
    owned = await admin.fetch(
        """SELECT table_name FROM information_schema.columns WHERE table_schema = 'public' AND column_name = 'user_id'"""
    )
    assert {row["table_name"] for row in owned} | {"users"} == set(OWN), "a table of users without a test of two"


@pytest.mark.parametrize("table", OWN)
async def test_a_user_sees_and_changes_their_own_rows_alone(two_users: Store, admin: Any, table: str) -> None:
    column = OWN[table]
    everybody = {row[0] for row in await admin.fetch(f"SELECT {column} FROM {table}")}
    assert everybody == {"asha", "ben"}
    before = await admin.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = 'ben'")
    async with two_users.user("asha") as connection:
        assert {row[0] for row in await connection.fetch(f"SELECT {column} FROM {table}")} == {"asha"}
        assert await connection.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = 'ben'") == 0
        changed = await connection.execute(f"UPDATE {table} SET {column} = {column} WHERE {column} = 'ben'")
        assert changed == "UPDATE 0"
    if table != "submissions":  # nobody may delete of those
        async with two_users.user("asha") as connection:
            assert await connection.execute(f"DELETE FROM {table} WHERE {column} = 'ben'") == "DELETE 0"
    assert await admin.fetchval(f"SELECT count(*) FROM {table} WHERE {column} = 'ben'") == before


@pytest.mark.parametrize("table", OWN)
async def test_a_row_cannot_be_given_to_another(two_users: Store, table: str) -> None:
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="row-level security"):
        async with two_users.user("asha") as connection:
            await connection.execute(f"UPDATE {table} SET {OWN[table]} = 'ben'")


@pytest.mark.parametrize("table", [*OWN, "sites", "site_models", "events_aside"])
async def test_who_does_not_say_who_they_are_sees_and_writes_nothing(two_users: Store, table: str) -> None:
    async with two_users.nobody() as connection:
        assert await connection.fetchval(f"SELECT count(*) FROM {table}") == 0
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with two_users.nobody() as connection:
            await connection.execute(INSERTS[table])


INSERTS = {
    "users": "INSERT INTO users (id) VALUES ('eve')",
    "user_profiles": "INSERT INTO user_profiles (user_id, profile) VALUES ('asha', '{}')",
    "documents": """INSERT INTO documents (user_id, kind, filename, media_type, sha256, size, bytes, state, revision)
                    VALUES ('asha', 'other', '', '', '', 0, '', '', 1)""",
    "tasks": "INSERT INTO tasks (id, user_id, status) VALUES ('t', 'asha', 'queued')",
    "task_steps": """INSERT INTO task_steps (task_id, user_id, step_order, action_type, status)
                     VALUES ('task-of-asha', 'asha', 9, 'apply', 'queued')""",
    "execution_logs": """INSERT INTO execution_logs (step_id, user_id, event_id, log_level, message, at)
                         VALUES (gen_random_uuid(), 'asha', 'x', 'info', '', now())""",
    "events": """INSERT INTO events (event_id, task_id, user_id, type, agent, message, data, attempt, at, published_at)
                 VALUES ('x', 'task-of-asha', 'asha', '', '', '', '{}', 1, now(), now())""",
    "applications": """INSERT INTO applications (task_id, user_id, outcome, ended_at)
                       VALUES ('task-of-asha', 'asha', 'submitted', now())""",
    "hitl_audit": "INSERT INTO hitl_audit (task_id, hitl_id, user_id) VALUES ('task-of-asha', 'x', 'asha')",
    "browser_sessions": "INSERT INTO browser_sessions (user_id, site, state) VALUES ('asha', 'y', '')",
    "task_blobs": """INSERT INTO task_blobs (task_id, name, user_id, data, sha256)
                     VALUES ('task-of-asha', 'x', 'asha', '', '')""",
    "blob_chunks": """INSERT INTO blob_chunks (user_id, task_id, name, start, size, sha256, data)
                      VALUES ('asha', 'task-of-asha', 'x', 0, 1, '', '')""",
    "submissions": """INSERT INTO submissions (key, user_id, task_uid, record, revision, bucket_created)
                      VALUES ('x', 'asha', 't', '{}', 1, now())""",
    "sites": "INSERT INTO sites (domain) VALUES ('evil.example')",
    "site_models": "INSERT INTO site_models (domain, form_signature, model) VALUES ('careers.example.com', 'x', '{}')",
    "events_aside": """INSERT INTO events_aside (event_id, task_id, payload, published_at, why, refused)
                       VALUES ('x', 't', '', now(), '', false)""",
}


async def test_a_task_of_another_takes_no_rows_of_mine(two_users: Store, example_events: Any) -> None:
    subject, payload = example_events.chat("task-of-ben", 1, 99, "forged")
    with pytest.raises(asyncpg.ForeignKeyViolationError):
        async with two_users.user("asha") as connection:
            await project(connection, "asha", read_event(subject, payload, NOW))


async def test_sites_are_shown_to_who_was_there(two_users: Store) -> None:
    async with two_users.user("cara") as connection:
        assert await sites_table.of_user(connection) == []
    async with two_users.user("asha") as connection:
        assert [(site.domain, site.tasks) for site in await sites_table.of_user(connection)] == [
            ("careers.example.com", 1)
        ]


async def test_an_event_that_waits_for_its_owner_is_its_owners_alone(two_users: Store, example_events: Any) -> None:
    subject, payload = example_events.chat("task-unseen", 1, 1, "waits")
    async with two_users.nobody() as connection:
        await events_aside.keep(connection, read_event(subject, payload, NOW), "nobody knows", refused=False)
    for user in ("asha", "ben"):
        async with two_users.user(user) as connection:
            assert await connection.fetchval("SELECT count(*) FROM events_aside") == 0
    await two_users.readmit("ben", "task-unseen")
    async with two_users.user("ben") as connection:
        assert await connection.fetchval("SELECT message FROM events WHERE task_id = 'task-unseen'") == "waits"


async def test_the_user_of_one_transaction_is_not_that_of_the_next(database: Any, example_events: Any) -> None:
    async with Store(database.app_url, size=1) as store:
        await fill(store, "asha", example_events)
        async with store.nobody() as connection:
            assert await connection.fetchval("SELECT current_setting('jobhunter.user_id', true)") in ("", None)
            assert await connection.fetchval("SELECT count(*) FROM tasks") == 0
        with pytest.raises(ZeroDivisionError):
            async with store.user("asha"):
                _ = 1 / 0
        async with store.user("ben") as connection:
            assert await connection.fetchval("SELECT count(*) FROM tasks") == 0


async def test_the_owner_of_the_tables_is_held_too(two_users: Store, database: Any) -> None:
    connection = await asyncpg.connect(database.owner_url)
    seen = {table for table in OWN if await connection.fetchval(f"SELECT count(*) FROM {table}")}
    await connection.close()
    assert seen == {"tasks", "submissions"}, "what owner_of and reseed need"


async def test_whose_a_task_is_can_be_asked_without_a_user_and_the_answer_not_forged(two_users: Store) -> None:
    assert await two_users.owner_of("task-of-ben") == "ben"
    assert await two_users.owner_of("nobody's") is None
    async with two_users.user("asha") as connection:
        await connection.execute("CREATE TEMP TABLE tasks (id text, user_id text)")
        await connection.execute("INSERT INTO pg_temp.tasks VALUES ('task-of-ben', 'asha')")
        await connection.execute("SET LOCAL search_path = pg_temp, public")
        assert await connection.fetchval("SELECT public.task_owner('task-of-ben')") == "ben"


async def test_the_functions_are_not_for_everybody(admin: Any) -> None:
    for function in ("task_owner", "keep_event_aside", "keep_submission_unowned"):
        row = await admin.fetchrow(
            """SELECT prosecdef, proconfig, has_function_privilege('public', oid, 'EXECUTE') AS public FROM pg_proc
               WHERE proname = $1""",
            function,
        )
        assert row["prosecdef"]
        assert not row["public"]
        assert row["proconfig"] == ["search_path=pg_catalog, pg_temp"]


@pytest.mark.parametrize("role", ["owner_url", "admin_url"])
async def test_a_role_above_row_level_security_is_refused(database: Any, role: str) -> None:
    with pytest.raises(UnsafeRole, match="jobhunter_app, without SUPERUSER"):
        await Store(getattr(database, role)).open()


@pytest.mark.parametrize("user", ["", "a\0b", "\ud800", "x" * 1000])
async def test_a_user_id_that_is_none_is_refused(store: Store, user: str) -> None:
    with pytest.raises(BadUserId):
        async with store.user(user):
            pass
