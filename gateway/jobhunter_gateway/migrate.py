"""Migrations: numbered SQL files, each applied once and in a transaction of its own, by one migrator at a time."""

from __future__ import annotations

import asyncio
import hashlib
import logging
import re
import time
from dataclasses import dataclass
from importlib import resources

import asyncpg

from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.connection import away, unavailable

logger = logging.getLogger(__name__)
_LOCK = 0x6A6F6268  # "jobh": the key of the advisory lock
_NAME = re.compile(r"([0-9]{4})_[a-z0-9_]+\.sql")
APP_ROLE = "jobhunter_app"


class MigrationRefused(JobHunterError):
    """The database is not one that these migrations can be applied to."""

    code = "migration-refused"


@dataclass(frozen=True)
class Migration:
    number: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def own_migrations() -> list[Migration]:
    """Those that come with the code, by number."""
    folder = resources.files("jobhunter_gateway").joinpath("migrations")
    found = [
        Migration(int(match[1]), entry.name, entry.read_text("utf-8"))
        for entry in folder.iterdir()
        if (match := _NAME.fullmatch(entry.name))
    ]
    return sorted(found, key=lambda migration: migration.number)


async def migrate(
    database_url: str, *, migrations: list[Migration] | None = None, patience_seconds: float = 60.0
) -> list[str]:
    """Applies what is not applied yet and returns its names.

    database_url: of the role that owns the database. Raises MigrationRefused where an applied migration was edited, the
    database is newer than the code, or the role jobhunter_app is missing; Unavailable where PostgreSQL stays away for
    `patience_seconds`.
    """
    wanted = own_migrations() if migrations is None else migrations
    connection = await _connect(database_url, patience_seconds)
    try:
        # Another migrator may hold it for as long as its migrations take; it is freed with the connection.
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        return await _apply(connection, wanted)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
        if away(error):
            raise unavailable(error, database_url) from error
        raise
    finally:
        connection.terminate()


async def _connect(database_url: str, patience_seconds: float) -> asyncpg.Connection[asyncpg.Record]:
    until = time.monotonic() + patience_seconds
    while True:
        try:
            return await asyncpg.connect(
                database_url,
                timeout=10,
                server_settings={"application_name": "jobhunter-migrate", "search_path": "public"},
            )
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            if time.monotonic() >= until:
                raise unavailable(error, database_url) from error
            logger.info("waiting for PostgreSQL: %s", error or type(error).__name__)
            await asyncio.sleep(min(1.0, patience_seconds))


async def _apply(connection: asyncpg.Connection[asyncpg.Record], wanted: list[Migration]) -> list[str]:
    if not await connection.fetchval("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1)", APP_ROLE):
        raise MigrationRefused(
            f"there is no role {APP_ROLE}",
            where="database",
            remedy=f"Let an administrator make it: CREATE ROLE {APP_ROLE} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '…'",
        )
    await connection.execute(
        """CREATE TABLE IF NOT EXISTS schema_migrations (number integer PRIMARY KEY, name text NOT NULL,
           checksum text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())"""
    )
    rows = await connection.fetch("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
    _compare({row["number"]: (row["name"], row["checksum"]) for row in rows}, wanted)
    applied = {row["number"] for row in rows}
    done = []
    for migration in wanted:
        if migration.number in applied:
            continue
        async with connection.transaction():
            await connection.execute(migration.sql)
            await connection.execute(
                "INSERT INTO schema_migrations (number, name, checksum) VALUES ($1, $2, $3)",
                migration.number,
                migration.name,
                migration.checksum,
            )
        logger.info("applied %s", migration.name)
        done.append(migration.name)
    return done


def _compare(applied: dict[int, tuple[str, str]], wanted: list[Migration]) -> None:
    """Raises MigrationRefused where what was applied is not the beginning of what is wanted."""
    known = {migration.number: migration for migration in wanted}
    if len(known) != len(wanted):
        raise MigrationRefused("two migrations have one number", where="migrations", remedy="Number them anew")
    for number, (name, checksum) in applied.items():
        if number not in known:
            raise MigrationRefused(
                f"the database has the migration {name}, which this version does not know",
                where="schema_migrations",
                remedy="Run the newer version of JobHunter, or restore a backup from before it",
            )
        if known[number].checksum != checksum:
            raise MigrationRefused(
                f"the migration {name} was edited after it was applied",
                where="schema_migrations",
                remedy="Put its old text back, and make the change in a new migration",
            )
    if applied and (skipped := [m.name for m in wanted if m.number < max(applied) and m.number not in applied]):
        raise MigrationRefused(
            f"{skipped[0]} comes before what is applied already",
            where="schema_migrations",
            remedy="Give it the next number",
        )
