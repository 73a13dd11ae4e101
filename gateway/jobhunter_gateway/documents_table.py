"""documents: what a user uploaded, with the text found in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from jobhunter_gateway.connection import Connection
from jobhunter_gateway.users import ensure_user

_COLUMNS = "id, kind, filename, media_type, sha256, size, state, note, passages, revision, created_at"


@dataclass(frozen=True)
class NewDocument:
    """kind: resume, cover_letter or other. sha256: hex. text, pages: what was read of it, where anything was."""

    kind: str
    filename: str
    media_type: str
    sha256: str
    data: bytes = field(repr=False)
    text: str | None = field(default=None, repr=False)
    state: str = "ready"
    note: str = ""
    pages: list[str] | None = field(default=None, repr=False)
    passages: int = 0


@dataclass(frozen=True)
class StoredDocument:
    """A document without its bytes and text. revision: of the user's documents, when it was added."""

    id: str
    kind: str
    filename: str
    media_type: str
    sha256: str
    size: int
    state: str
    note: str
    passages: int
    revision: int
    created_at: datetime


@dataclass(frozen=True)
class DocumentBytes:
    document: StoredDocument
    data: bytes = field(repr=False)


@dataclass(frozen=True)
class DocumentText:
    """What the index needs of a document."""

    id: str
    kind: str
    filename: str
    revision: int
    text: str = field(repr=False)
    pages: list[str] | None = field(default=None, repr=False)


async def add(connection: Connection, user_id: str, new: NewDocument) -> StoredDocument:
    """Adds it to the transaction's user's documents. One of the same name stays: the newest is the one meant."""
    await ensure_user(connection, user_id)
    revision = await _next_revision(connection)
    row = await connection.fetchrow(
        f"""INSERT INTO documents
            (user_id, kind, filename, media_type, sha256, size, bytes, text, pages, state, note, passages, revision,
             created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, clock_timestamp())
            RETURNING {_COLUMNS}""",  # noqa: S608 - a constant
        user_id,
        new.kind,
        new.filename,
        new.media_type,
        new.sha256,
        len(new.data),
        new.data,
        new.text,
        new.pages,
        new.state,
        new.note,
        new.passages,
        revision,
    )
    return _document(row)


async def list_all(connection: Connection) -> list[StoredDocument]:
    """All documents of the transaction's user, newest first."""
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM documents ORDER BY created_at DESC, id")  # noqa: S608
    return [_document(row) for row in rows]


async def get(connection: Connection, document_id: str) -> DocumentBytes | None:
    """The document with its bytes; None where the user has none of that id, or the id is not one."""
    if (key := _uuid(document_id)) is None:
        return None
    return _with_bytes(
        await connection.fetchrow(f"SELECT {_COLUMNS}, bytes FROM documents WHERE id = $1", key)  # noqa: S608
    )


async def by_filename(connection: Connection, filename: str) -> DocumentBytes | None:
    """The newest document of that name."""
    query = f"SELECT {_COLUMNS}, bytes FROM documents WHERE filename = $1 ORDER BY created_at DESC LIMIT 1"  # noqa: S608
    return _with_bytes(await connection.fetchrow(query, filename))


async def part_by_filename(connection: Connection, filename: str, offset: int, length: int) -> DocumentBytes | None:
    """As by_filename, of the bytes only `length` from `offset` on."""
    query = f"""SELECT {_COLUMNS}, substring(bytes FROM $2 FOR $3) AS bytes FROM documents
                WHERE filename = $1 ORDER BY created_at DESC LIMIT 1"""  # noqa: S608
    return _with_bytes(await connection.fetchrow(query, filename, offset + 1, length))


async def delete(connection: Connection, document_id: str) -> bool:
    """Whether there was one to delete."""
    if (key := _uuid(document_id)) is None:
        return False
    if await connection.fetchval("DELETE FROM documents WHERE id = $1 RETURNING id", key) is None:
        return False
    await _next_revision(connection)
    return True


async def texts(connection: Connection, since_revision: int = 0) -> list[DocumentText]:
    """Documents with a text that were added after that revision, in the order in which they came."""
    rows = await connection.fetch(
        """SELECT id::text AS id, kind, filename, revision, text, pages FROM documents
           WHERE revision > $1 AND text IS NOT NULL ORDER BY revision""",
        since_revision,
    )
    return [DocumentText(**row) for row in rows]


async def ids(connection: Connection) -> set[str]:
    """Ids of all that are there: what the index holds beside them was deleted."""
    return {row["id"] for row in await connection.fetch("SELECT id::text AS id FROM documents")}


async def set_passages(connection: Connection, document_id: str, passages: int) -> None:
    """How many passages the index has of it."""
    await connection.execute("UPDATE documents SET passages = $2 WHERE id = $1", UUID(document_id), passages)


async def documents_revision(connection: Connection) -> int:
    """Grows with each document added or deleted; 0 for who never had one."""
    return await connection.fetchval("SELECT documents_revision FROM users") or 0


async def _next_revision(connection: Connection) -> int:
    query = "UPDATE users SET documents_revision = documents_revision + 1 RETURNING documents_revision"
    return int(await connection.fetchval(query) or 0)


def _uuid(document_id: str) -> UUID | None:
    try:
        return UUID(document_id)
    except ValueError:
        return None


def _document(row: Any) -> StoredDocument:
    names = _COLUMNS.split(", ")
    return StoredDocument(**{**{name: row[name] for name in names}, "id": str(row["id"])})


def _with_bytes(row: Any) -> DocumentBytes | None:
    return None if row is None else DocumentBytes(_document(row), row["bytes"])
