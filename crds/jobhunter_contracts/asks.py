"""What a runner asks its task's owner for, and what is answered. Each request carries HEADER_POD."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from jobhunter_contracts.wire import Message


class ProfileReply(Message):
    """Answer to ask.profile: the profile as it stands, and the documents that can be had as blobs.

    documents: file name to size in bytes. A document's blob is named by document_blob(file name).
    """

    profile: dict[str, Any]
    documents: dict[str, int] = Field(default_factory=dict)


class Refusal(Message):
    """Payload of a reply that carries HEADER_ERROR."""

    code: str
    message: str


DRAFT_PICTURE_BLOB = "draft.jpg"
DRAFT_TABLE_BLOB = "draft.json"
CONFIRMATION_BLOB = "confirmation.jpg"
PUT_BLOBS = frozenset({DRAFT_PICTURE_BLOB, DRAFT_TABLE_BLOB, CONFIRMATION_BLOB})
"""What a runner may put; a blob is put in chunks in order, the last one makes it whole and its sha256 is checked."""


def document_blob(filename: str) -> str:
    """Name of the blob that holds a document."""
    return f"document/{filename}"
