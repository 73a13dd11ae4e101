"""A store that was dumped and restored as README.md says is the same store."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncpg

from jobhunter_gateway import submissions_table
from jobhunter_gateway.migrate import migrate
from jobhunter_gateway.store import Store
from jobhunter_gateway.users import ensure_user

README = (Path(__file__).resolve().parents[2] / "README.md").read_text("utf-8").replace("\\\n", "")
LEASE = submissions_table.SubmissionRow("posting", "u-1", {"state": "submitted"}, 1, datetime(2026, 1, 1, tzinfo=UTC))


def told(program: str, words: str) -> list[str]:
    """The command of README.md that has these words, without kubectl and its files."""
    (line,) = re.findall(rf"exec (?:-i )?jobhunter-postgres-0 -- ({program} .*{words}.*)", README)
    return shlex.split(re.sub(r" [<>] \S+", "", line))


def run(database: Any, command: list[str], **more: Any) -> str:
    """The command on this database in place of the cluster's."""
    there = {"/tmp": "127.0.0.1", "jobhunter": database.name}
    words = [re.sub(r"DATABASE jobhunter\b", f"DATABASE {database.name}", there.get(word, word)) for word in command]
    password = database.admin_url.split(":")[2].split("@")[0]
    server = {"PGPORT": str(database.server.port), "PGPASSWORD": password}
    words[0] = str(database.server.binaries / words[0])
    return subprocess.run(
        words, env={**os.environ, **server}, capture_output=True, text=True, check=True, **more
    ).stdout


async def walls(database: Any) -> list[Any]:
    """Which tables force row-level security, and by which policies."""
    connection = await asyncpg.connect(database.admin_url)
    try:
        forced = await connection.fetch(
            "SELECT relname, relforcerowsecurity FROM pg_class WHERE relrowsecurity ORDER BY 1"
        )
        policies = await connection.fetch("SELECT tablename, policyname, qual FROM pg_policies ORDER BY 1, 2")
        return [*map(tuple, forced), *map(tuple, policies)]
    finally:
        await connection.close()


async def test_a_dump_into_an_empty_database_is_the_store_that_it_was(database: Any) -> None:
    async with Store(database.app_url, timeout=5) as store, store.user("asha") as connection:
        await ensure_user(connection, "asha")
        await submissions_table.put(connection, "asha", LEASE)
    before = await walls(database)
    dump = run(database, told("pg_dump", ""))
    run(database, told("psql", "DROP DATABASE"))
    run(database, told("psql", "ON_ERROR_STOP"), input=dump)
    assert await migrate(database.owner_url) == []
    assert await walls(database) == before
    async with Store(database.app_url, timeout=5) as store:
        async with store.user("asha") as connection:
            assert await submissions_table.of_user(connection) == [LEASE]
        async with store.user("ravi") as connection:
            assert await submissions_table.of_user(connection) == []
