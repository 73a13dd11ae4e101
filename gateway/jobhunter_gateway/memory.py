"""The memory: what a person's documents and profile say about a question, found in Qdrant.

    question ─▶ revision of the person's texts (Postgres) ─▶ index of that revision (made if it is not) ─▶ passages

Postgres is the truth and Qdrant an index of it: every gateway sees by the revision whether the index is behind, and makes
it anew. So several gateways, each with an embedded Qdrant of its own, answer alike, and nothing deleted is ever found.
"""

from __future__ import annotations

import asyncio
import functools
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from jobhunter_contracts.asks import Passage
from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway.memory_sources import Sources, read_revision, read_sources
from jobhunter_gateway.passages import Piece
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store

if TYPE_CHECKING:
    from jobhunter_gateway.memory_index import MemoryIndex

logger = logging.getLogger(__name__)

MIN_SCORE = 0.2
"""Cosine below which a passage is not near. Measured with tests/gateway/test_memory.py's questions: of those that a
résumé answers, most have their passage above it; of those that it does not, most have none."""
QUERY_CHARACTERS = 2_000
_TRIES = 3
_T = TypeVar("_T")


class Memory:
    """Answers from one person's texts at a time. Raises Unavailable where Postgres, or a Qdrant server, is away."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._store = store
        self._url = settings.qdrant_url
        self._api_key = settings.qdrant_api_key.get_secret_value()
        # The embedded Qdrant is for one thread alone; a server takes several.
        self._threads = ThreadPoolExecutor(4 if self._url else 1, thread_name_prefix="memory")
        self._making: asyncio.Task[MemoryIndex] | None = None
        self._changing: dict[str, asyncio.Lock] = {}

    async def start(self) -> None:
        """Loads the embedding, and makes the embedded collections, so that the first question does not wait for it."""
        await self._index()

    async def close(self) -> None:
        if self._making is not None and self._making.done() and self._making.exception() is None:
            await self._in_thread(self._making.result().close)
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def retrieve_user_context(self, user_id: str, query: str, k: int = 4) -> list[Passage]:
        """The `k` passages nearest to `query`, best first; none where nothing is nearer than MIN_SCORE."""
        query = query.strip()[:QUERY_CHARACTERS]
        if not query:
            return []
        index = await self._index()
        for _ in range(_TRIES):
            revision = await read_revision(self._store, user_id)
            found = await self._in_thread(index.search, user_id, revision, query, k, MIN_SCORE)
            if found is not None:
                return found
            await self._rebuild(index, user_id, revision)
        logger.warning("the index of a user was behind %d times in a row", _TRIES)
        return []

    async def forget(self, user_id: str) -> None:
        """What is known of a person's texts goes, now that they were changed; at the latest it goes with the next question."""
        try:
            index = await self._index()
            async with self._alone(user_id):
                await self._in_thread(index.forget, user_id)
        except Unavailable as error:
            logger.warning("what was remembered stays until the next question: %s", error)

    async def _rebuild(self, index: MemoryIndex, user_id: str, revision: int) -> None:
        """One at a time for a user: who waited finds it done."""
        async with self._alone(user_id):
            if await self._in_thread(index.has, user_id, revision):
                return
            sources: Sources = await read_sources(self._store, user_id)
            pieces: list[Piece] = await self._in_thread(sources.pieces)
            await self._in_thread(index.rebuild, user_id, sources.revision, pieces)

    @asynccontextmanager
    async def _alone(self, user_id: str) -> AsyncIterator[None]:
        """Within it nobody else changes what is indexed of the user."""
        lock = self._changing.setdefault(user_id, asyncio.Lock())
        try:
            async with lock:
                yield
        finally:
            if not lock.locked():
                self._changing.pop(user_id, None)

    async def _index(self) -> MemoryIndex:
        if self._making is None or (self._making.done() and self._making.exception() is not None):
            self._making = asyncio.create_task(self._in_thread(_make, self._url, self._api_key))
        return await asyncio.shield(self._making)

    async def _in_thread(self, work: Callable[..., _T], *arguments: object) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._threads, functools.partial(work, *arguments))


def _make(url: str, api_key: str) -> MemoryIndex:
    from jobhunter_gateway.memory_index import MemoryIndex  # a second's import, here off the loop

    return MemoryIndex(url, api_key)
