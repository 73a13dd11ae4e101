"""Migrations: applied once, in order, by one migrator at a time, and never over what they do not know."""

from __future__ import annotations

import asyncio
from typing import Any

import asyncpg
import pytest

from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway.migrate import Migration, MigrationRefused, migrate, own_migrations


async def test_an_empty_database_gets_every_table_and_a_second_run_does_nothing(empty_database: Any) -> None:
    assert await migrate(empty_database.owner_url) == [m.name for m in own_migrations()]
    assert await migrate(empty_database.owner_url) == []
    connection = await asyncpg.connect(empty_database.admin_url)
    rows = await connection.fetch("SELECT tablename, tableowner FROM pg_tables WHERE schemaname = 'public'")
    await connection.close()
    assert {
        *("users", "user_profiles", "documents", "tasks", "task_steps", "execution_logs", "events", "applications"),
        *("hitl_audit", "sites", "browser_sessions", "task_blobs", "submissions"),
    } <= {row["tablename"] for row in rows}
    assert {row["tableowner"] for row in rows} == {"jobhunter_owner"}


async def test_migrators_that_come_at_once_apply_each_migration_once(empty_database: Any) -> None:
    results = await asyncio.gather(*(migrate(empty_database.owner_url) for _ in range(4)))
    assert sorted(map(len, results)) == [0, 0, 0, len(own_migrations())]


async def test_an_edited_migration_is_refused(empty_database: Any) -> None:
    first = Migration(1, "0001_first.sql", "CREATE TABLE one (id integer)")
    await migrate(empty_database.owner_url, migrations=[first])
    edited = Migration(1, "0001_first.sql", "CREATE TABLE one (id bigint)")
    with pytest.raises(MigrationRefused, match=r"0001_first\.sql was edited.*old text back"):
        await migrate(empty_database.owner_url, migrations=[edited])


async def test_a_database_newer_than_the_code_is_refused(empty_database: Any) -> None:
    first = Migration(1, "0001_first.sql", "CREATE TABLE one (id integer)")
    await migrate(
        empty_database.owner_url, migrations=[first, Migration(2, "0002_next.sql", "CREATE TABLE two (id int)")]
    )
    with pytest.raises(MigrationRefused, match=r"0002_next\.sql, which this version does not know.*newer version"):
        await migrate(empty_database.owner_url, migrations=[first])


async def test_a_number_before_what_is_applied_is_refused(empty_database: Any) -> None:
    third = Migration(3, "0003_third.sql", "SELECT 1")
    await migrate(empty_database.owner_url, migrations=[third])
    late = Migration(2, "0002_late.sql", "SELECT 1")
    with pytest.raises(MigrationRefused, match=r"0002_late\.sql comes before"):
        await migrate(empty_database.owner_url, migrations=[late, third])


async def test_a_migration_that_fails_leaves_nothing_and_those_before_it_stay(empty_database: Any) -> None:
    first = Migration(1, "0001_first.sql", "CREATE TABLE one (id integer)")
    broken = Migration(2, "0002_broken.sql", "CREATE TABLE two (id integer); SELECT 1 / 0")
    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(empty_database.owner_url, migrations=[first, broken])
    connection = await asyncpg.connect(empty_database.owner_url)
    tables = {row["tablename"] for row in await connection.fetch("SELECT tablename FROM pg_tables")}
    await connection.close()
    assert "one" in tables
    assert "two" not in tables
    mended = Migration(2, "0002_broken.sql", "CREATE TABLE two (id integer)")
    assert await migrate(empty_database.owner_url, migrations=[first, mended]) == ["0002_broken.sql"]


async def test_postgres_that_stays_away_is_said(postgres: Any) -> None:
    url = "postgresql://jobhunter_owner:x@127.0.0.1:1/jobhunter"
    with pytest.raises(Unavailable, match=r"127\.0\.0\.1:1/jobhunter: PostgreSQL does not answer") as caught:
        await migrate(url, patience_seconds=0)
    assert "x@" not in str(caught.value)


async def test_a_wrong_password_is_said_without_it(postgres: Any) -> None:
    url = postgres.url("jobhunter_owner", "jobhunter_template").replace("only-on-loopback", "wrong-secret")
    with pytest.raises(Unavailable, match="refuses the gateway") as caught:
        await migrate(url, patience_seconds=0)
    assert "wrong-secret" not in str(caught.value)
