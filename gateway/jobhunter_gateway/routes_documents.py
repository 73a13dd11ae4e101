"""A person's documents: upload, list, download, delete."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Literal
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Path, Response, UploadFile
from pydantic import BaseModel

from jobhunter_contracts.profile import Documents as InUse
from jobhunter_gateway.document_text import DOCX, MARKDOWN, PDF, PLAIN
from jobhunter_gateway.documents_table import StoredDocument
from jobhunter_gateway.profile_in_use import sendable
from jobhunter_gateway.signed_in import PartsOf, User
from jobhunter_gateway.task_views import Moment

router = APIRouter(prefix="/api/documents", tags=["documents"])
DocumentId = Annotated[str, Path(max_length=100, description="The document's id.")]
Kind = Literal["resume", "cover_letter", "other"]
_CONTENT: dict[str, dict[str, object]] = {
    media_type: {"schema": {"type": "string", "format": "binary"}} for media_type in (PDF, DOCX, MARKDOWN, PLAIN)
}


class DocumentView(BaseModel):
    """A document without its bytes.

    state: ready; no-text, encrypted or unreadable where nothing can be answered from it. note: the same in words.
    passages: pieces of text that the memory finds it by. sendable: forms take it. sent_as: what applications upload it as
    now, by the profile or for being the only résumé.
    """

    id: str
    kind: Kind
    filename: str
    media_type: str
    size: int
    sha256: str
    state: Literal["ready", "no-text", "encrypted", "unreadable"]
    note: str
    passages: int
    sendable: bool
    sent_as: list[Literal["resume", "cover_letter"]]
    created_at: Moment


class DocumentList(BaseModel):
    """Newest first."""

    documents: list[DocumentView]


@router.get("")
async def documents(user: User, parts: PartsOf) -> DocumentList:
    """Your documents."""
    in_use = await parts.documents.in_use(user)
    return DocumentList(documents=[_view(document, in_use) for document in await parts.documents.list_all(user)])


@router.post("", status_code=201)
async def upload(
    user: User,
    parts: PartsOf,
    response: Response,
    file: Annotated[UploadFile, File(description="PDF, DOCX, Markdown or plain text, 5 MiB at most.")],
    kind: Annotated[Kind, Form()] = "other",
    replace: Annotated[bool, Form(description="Replace the document of the same name.")] = False,
) -> DocumentView:
    """Keeps a document and reads its text; one that cannot be read is kept all the same, and its state says so."""
    async with parts.documents.turn:
        stored = await parts.documents.add(user, kind, file.filename or "", await file.read(), replace=replace)
    if replace:
        await parts.memory.forget(user)
    response.headers["Location"] = f"/api/documents/{stored.id}"
    return _view(stored, await parts.documents.in_use(user))


@router.get("/{document_id}", response_class=Response, responses={200: {"content": _CONTENT}})
async def download(document_id: DocumentId, user: User, parts: PartsOf) -> Response:
    """The bytes as they were uploaded, as an attachment."""
    found = await parts.documents.get(user, document_id)
    headers = {
        "Content-Disposition": attachment(found.document.filename),
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "private, no-store",
        "ETag": f'"{found.document.sha256}"',
    }
    return Response(found.data, media_type=found.document.media_type, headers=headers)


@router.delete("/{document_id}", status_code=204)
async def delete(document_id: DocumentId, user: User, parts: PartsOf) -> None:
    """Deletes it, and what the memory knew from it."""
    await parts.documents.delete(user, document_id)
    await parts.memory.forget(user)


def attachment(filename: str) -> str:
    """Content-Disposition for any file name (RFC 6266): plain ASCII for old clients, the true name for the others."""
    plain = "".join(
        character if character.isascii() and (character.isalnum() or character in " .-_()") else "_"
        for character in filename
    )
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(filename, safe='')}"


def _view(document: StoredDocument, in_use: InUse) -> DocumentView:
    sent_as = [kind for kind, name in in_use if name == document.filename]
    return DocumentView.model_validate({**asdict(document), "sendable": sendable(document), "sent_as": sent_as})
