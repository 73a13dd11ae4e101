"""What the memory is made of: a user's profile and the texts of their documents, with the revision that they had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from jobhunter_gateway import documents_table, passages, profiles
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.documents_table import DocumentText
from jobhunter_gateway.passages import Piece
from jobhunter_gateway.store import Store


@dataclass(frozen=True)
class Sources:
    """documents: newest first."""

    revision: int
    profile: dict[str, Any]
    documents: list[DocumentText]

    def pieces(self) -> list[Piece]:
        """The profile's first, then the newest documents': passages.OF_A_USER at most."""
        found = passages.of_profile(self.profile)
        for document in self.documents:
            if len(found) >= passages.OF_A_USER:
                break
            found += passages.of_document(document.filename, document.text, document.pages)
        return found[: passages.OF_A_USER]


async def read_revision(store: Store, user_id: str) -> int:
    """Grows with each change of the user's profile or documents; 0 where there never was one."""
    async with store.user(user_id) as connection:
        return await _revision(connection)


async def read_sources(store: Store, user_id: str) -> Sources:
    async with store.user(user_id) as connection:
        # The revision first: what changes after it makes the index one that is behind, never one that seems not to be.
        revision = await _revision(connection)
        stored = await profiles.get(connection)
        documents = await documents_table.texts(connection)
    return Sources(revision, stored.profile if stored else {}, documents[::-1])


async def _revision(connection: Connection) -> int:
    query = (
        "SELECT coalesce((SELECT documents_revision FROM users), 0) + coalesce((SELECT revision FROM user_profiles), 0)"
    )
    return int(await connection.fetchval(query))
