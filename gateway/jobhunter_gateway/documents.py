"""A person's documents: checked, read, kept with their text, and handed back as they came."""

from __future__ import annotations

import asyncio
import hashlib
import logging

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import JobHunterError, NotFound
from jobhunter_contracts.profile import Documents as InUse
from jobhunter_gateway import documents_table, passages
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.document_text import DocumentTexts, media_type_of, safe_filename
from jobhunter_gateway.documents_table import DocumentBytes, NewDocument, StoredDocument
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.profile_exists import tell_profile_changed
from jobhunter_gateway.profile_in_use import documents_in_use
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.users import ensure_user

logger = logging.getLogger(__name__)
UPLOADS_AT_ONCE = 16
"""Whose bytes are in memory; those that come meanwhile wait on the disk. More than document_text has at work or in wait."""
DOCUMENTS = 30
"""Of one person, at most."""


class TooLarge(JobHunterError):
    """More bytes than a document may have."""

    code = "too-large"


class DocumentConflict(JobHunterError):
    """There is one of that name."""

    code = "conflict"


class TooManyDocuments(JobHunterError):
    """There are as many as there may be."""

    code = "too-many-documents"


class Documents:
    """Raises Unavailable where Postgres is away. turn: to be had before an upload's bytes are read."""

    def __init__(self, settings: Settings, store: Store, link: NatsLink, metrics: Metrics) -> None:
        self._limit = settings.document_limit_bytes
        self._store = store
        self._link = link
        self._metrics = metrics
        self._texts = DocumentTexts()
        self.turn = asyncio.Semaphore(UPLOADS_AT_ONCE)

    async def add(
        self, user_id: str, kind: str, filename: str, data: bytes, *, replace: bool = False
    ) -> StoredDocument:
        """Reads and keeps an upload. kind: resume, cover_letter or other. replace: the one of that name goes.

        Raises TooLarge, EmptyDocument, UnsupportedDocument, HostileDocument, DocumentConflict or TooManyDocuments.
        """
        name = safe_filename(filename)
        if len(data) > self._limit:
            raise TooLarge(
                f"the document has {len(data)} bytes, more than {self._limit}",
                where=name,
                remedy="Export a smaller one",
            )
        media_type = await asyncio.to_thread(media_type_of, name, data)  # an archive's list may be long
        async with self._store.user(user_id) as connection:  # said at once, not after reading it
            await _room_for(connection, name, replace=replace)
        read = await self._texts.text_of(name, media_type, data)
        pieces = await asyncio.to_thread(passages.of_document, name, read.text, read.pages)
        new = NewDocument(
            kind=kind,
            filename=name,
            media_type=media_type,
            sha256=hashlib.sha256(data).hexdigest(),
            data=data,
            text=read.text,
            state=read.state,
            note=read.note,
            pages=read.pages,
            passages=len(pieces),
        )
        async with self._store.user(user_id) as connection:
            await ensure_user(connection, user_id)
            # The user's row is locked: of two uploads of one name at once, the second sees the first.
            await connection.execute("SELECT FROM users WHERE id = $1 FOR UPDATE", user_id)
            for old in await _room_for(connection, name, replace=replace):
                await documents_table.delete(connection, old.id)
            stored = await documents_table.add(connection, user_id, new)
        self._metrics.documents.labels(state=stored.state).inc()
        await tell_profile_changed(self._link, user_id)  # a task may wait for a document that the profile names
        return stored

    async def list_all(self, user_id: str) -> list[StoredDocument]:
        """Newest first."""
        async with self._store.user(user_id) as connection:
            return await documents_table.list_all(connection)

    async def in_use(self, user_id: str) -> InUse:
        """Which of them applications are sent with, as things stand."""
        async with self._store.user(user_id) as connection:
            return await documents_in_use(connection)

    async def get(self, user_id: str, document_id: str) -> DocumentBytes:
        """Raises NotFound."""
        async with self._store.user(user_id) as connection:
            found = await documents_table.get(connection, document_id)
        if found is None:
            raise _not_there()
        return found

    async def delete(self, user_id: str, document_id: str) -> None:
        """With its text. Raises NotFound."""
        async with self._store.user(user_id) as connection:
            deleted = await documents_table.delete(connection, document_id)
        if not deleted:
            raise _not_there()
        await tell_profile_changed(self._link, user_id)


async def _room_for(connection: Connection, name: str, *, replace: bool) -> list[StoredDocument]:
    """The documents that a new one of that name replaces. Raises DocumentConflict, TooManyDocuments."""
    there = await documents_table.list_all(connection)
    same = [document for document in there if document.filename == name]
    if same and not replace:
        raise DocumentConflict(
            "there is a document of that name", where=name, remedy="Delete it, upload with replace=true, or rename it"
        )
    if len(there) - len(same) >= DOCUMENTS:
        raise TooManyDocuments(f"there are {DOCUMENTS} documents already", where=name, remedy="Delete one of them")
    return same


def _not_there() -> NotFound:
    return NotFound("there is no such document of yours", remedy="See the list of your documents")
