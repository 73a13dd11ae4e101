"""A connection to PostgreSQL as the store wants it: codecs set, and its faults told apart: away, or refused."""

from __future__ import annotations

import json
from typing import TypeAlias
from urllib.parse import urlsplit

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from jobhunter_contracts.errors import JobHunterError, Unavailable
from jobhunter_gateway.stored_text import decode_text, encode_json, encode_text

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]"

_AWAY = (
    asyncpg.PostgresConnectionError,
    asyncpg.OperatorInterventionError,  # shutting down, starting up, crashed, or the statement was cancelled
    asyncpg.InsufficientResourcesError,  # too many connections, disk full, out of memory
    asyncpg.InterfaceError,  # the connection was closed under the hands of its user
    asyncpg.InternalClientError,
    ConnectionError,
    TimeoutError,
)
REFUSALS = (
    asyncpg.DataError,
    asyncpg.IntegrityConstraintViolationError,
    asyncpg.ProgramLimitExceededError,
    asyncpg.InsufficientPrivilegeError,
)
"""What PostgreSQL would answer to the same words for ever."""
_UNWILLING = (asyncpg.InvalidAuthorizationSpecificationError, asyncpg.InvalidCatalogNameError)


class UnsafeRole(JobHunterError):
    """The database role could see or change what belongs to others."""

    code = "unsafe-role"


def away(error: BaseException) -> bool:
    """Whether the same call may succeed once PostgreSQL is there again."""
    if isinstance(error, asyncpg.InterfaceError) and "expected" in str(error):
        return False  # an argument of the wrong type
    return isinstance(error, _AWAY)


def unavailable(error: BaseException, database_url: str) -> Unavailable:
    """The same in words, without user and password."""
    parts = urlsplit(database_url)
    where = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    if isinstance(error, _UNWILLING):
        return Unavailable(
            f"PostgreSQL refuses the gateway: {error}", where=where, remedy="Compare the role and its password"
        )
    what = "PostgreSQL does not answer"
    return Unavailable(
        f"{what}: {error}" if str(error) else what, where=where, remedy="See whether its pod runs; it is tried again"
    )


async def set_codecs(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """jsonb is Python values; text is made storable, whoever wrote it."""
    await connection.set_type_codec("jsonb", encoder=encode_json, decoder=json.loads, schema="pg_catalog")
    await connection.set_type_codec(
        "text", encoder=encode_text, decoder=decode_text, schema="pg_catalog", format="binary"
    )


async def refuse_unsafe_role(connection: asyncpg.Connection[asyncpg.Record]) -> None:
    """Raises UnsafeRole where row-level security would not hold the role that the gateway serves with."""
    row = await connection.fetchrow(
        """SELECT current_user::text AS name, r.rolsuper OR r.rolbypassrls AS above,
             EXISTS (SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
                     WHERE n.nspname = 'public' AND c.relname = 'users' AND pg_has_role(c.relowner, 'USAGE')) AS owns
           FROM pg_roles r WHERE r.rolname = current_user"""
    )
    if row is None or row["above"] or row["owns"]:
        raise UnsafeRole(
            f"the role {row['name'] if row else '?'} is above row-level security",
            where="JOBHUNTER_GATEWAY_DATABASE_URL",
            remedy="Give the gateway the role jobhunter_app, without SUPERUSER, BYPASSRLS and ownership of the tables",
        )
