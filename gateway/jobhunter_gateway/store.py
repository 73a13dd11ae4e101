"""The store: a pool of connections to PostgreSQL in which every transaction is one user's.

Row-level security does the rest: a transaction sees and writes that user's rows alone (see migrations).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any, Self

import asyncpg

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import JobHunterError, Unavailable
from jobhunter_gateway import applications_table, events_aside, gone_task, sites_table, tasks_table
from jobhunter_gateway.connection import Connection, away, refuse_unsafe_role, set_codecs, unavailable
from jobhunter_gateway.stored_text import storable

logger = logging.getLogger(__name__)
_LOOK_SECONDS = 2.0
USER_ID_LIMIT = 256
"""Characters that a user id may have."""


class BadUserId(JobHunterError):
    """No rows can belong to a user of this id."""

    code = "bad-user-id"


class Store:
    """`async with Store(url) as store`. It starts without PostgreSQL, and finds it again after each outage.

    All methods raise Unavailable while PostgreSQL is away.
    """

    def __init__(self, database_url: str, *, size: int = 10, timeout: float = 4.0) -> None:
        """size: connections at most. timeout: seconds for a connection, and then for each statement."""
        self._url = database_url
        self._size = size
        self._timeout = timeout
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._there = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def open(self) -> None:
        """Connects if it can, and goes on looking. Raises UnsafeRole for a role that row-level security does not hold."""
        self._pool = asyncpg.create_pool(
            self._url,
            min_size=0,
            max_size=self._size,
            timeout=self._timeout,
            command_timeout=self._timeout,
            init=self._prepare,
            server_settings={"application_name": "jobhunter-gateway", "search_path": "public"},
        )
        await self._pool
        try:
            await self.ping()
        except Unavailable as error:
            logger.warning("%s", error)
        except JobHunterError:
            await self.close()
            raise
        self._looking = asyncio.create_task(self._look())

    async def close(self) -> None:
        """Ends all connections, those in use too after a moment."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
            self._looking = None
        if self._pool is not None:
            pool, self._pool = self._pool, None
            try:
                await asyncio.wait_for(pool.close(), self._timeout)
            except (TimeoutError, OSError, asyncpg.InterfaceError):
                pool.terminate()
        self._there.clear()

    @property
    def pool(self) -> asyncpg.Pool[asyncpg.Record]:
        if self._pool is None:
            raise Unavailable("the store is not open", where="store", remedy="Try again in a moment")
        return self._pool

    @property
    def connected(self) -> bool:
        """Whether PostgreSQL answered when it was last spoken to (at most a few seconds ago)."""
        return self._there.is_set()

    async def reachable(self) -> None:
        """Waits until PostgreSQL answers."""
        await self._there.wait()

    @contextlib.asynccontextmanager
    async def user(self, user_id: str) -> AsyncIterator[Connection]:
        """One transaction of that user: committed at the end, rolled back where an error leaves it.

        Raises BadUserId and Unavailable; after Unavailable at the very end it may be committed all the same.
        """
        if not user_id or len(user_id) > USER_ID_LIMIT or storable(user_id) != user_id:
            raise BadUserId("the user id is empty, too long, or holds what no text can", where="user id")
        async with self._connection() as connection, connection.transaction():
            await connection.execute("SELECT set_config('jobhunter.user_id', $1, true)", user_id)
            yield connection

    @contextlib.asynccontextmanager
    async def nobody(self) -> AsyncIterator[Connection]:
        """One transaction of no user: it sees no row, and can call the few functions that need none."""
        async with self._connection() as connection, connection.transaction():
            yield connection

    async def ping(self) -> None:
        """Raises Unavailable where PostgreSQL does not answer."""
        async with self._connection() as connection:
            await connection.execute("SELECT 1")

    async def owner_of(self, task_uid: str) -> str | None:
        """Whose task it is, None where the store never heard of it."""
        async with self._connection() as connection:
            owner: str | None = await connection.fetchval("SELECT task_owner($1)", task_uid)
            return owner

    async def projected(self, task: ApplicationTask) -> None:
        """Writes what a resource says: its task, at the end its application, and the events that waited for its owner."""
        row = tasks_table.row_of(task)
        async with self.user(row.user_id) as connection:
            if not await tasks_table.record(connection, row):
                return
            if row.site:
                await sites_table.seen(connection, row.site)
            await applications_table.decided(connection, task)
            await events_aside.readmit(connection, row.user_id, row.id)

    async def readmit(self, user_id: str, task_uid: str) -> None:
        """Writes the events that were kept aside until the task's owner was known."""
        async with self.user(user_id) as connection:
            await tasks_table.ensure(connection, user_id, task_uid)
            await events_aside.readmit(connection, user_id, task_uid)

    async def removed(self, user_id: str, task_uid: str) -> None:
        """The resource is gone from the cluster; its rows stay."""
        async with self.user(user_id) as connection:
            await gone_task.removed(connection, task_uid)

    @contextlib.asynccontextmanager
    async def _connection(self) -> AsyncIterator[Connection]:
        try:
            async with self.pool.acquire(timeout=self._timeout) as connection:
                yield connection
        except Unavailable:
            raise
        except (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError) as error:
            if _at_the_door(error) or away(error):
                self._gone(error)
                raise unavailable(error, self._url) from error
            raise
        else:
            self._there.set()

    def _gone(self, error: BaseException) -> None:
        if self._there.is_set():
            logger.warning("PostgreSQL is away: %s: %s", type(error).__name__, error)
        self._there.clear()

    async def _prepare(self, connection: Any) -> None:
        await set_codecs(connection)
        await refuse_unsafe_role(connection)

    async def _look(self) -> None:
        """Keeps `connected` true to what is the case."""
        while True:
            await asyncio.sleep(_LOOK_SECONDS if self.connected else _LOOK_SECONDS / 4)
            try:
                await self.ping()
            except (JobHunterError, asyncpg.PostgresError) as error:
                logger.debug("%s", error)


def _at_the_door(error: BaseException) -> bool:
    return isinstance(error, OSError | asyncpg.InvalidAuthorizationSpecificationError | asyncpg.InvalidCatalogNameError)
