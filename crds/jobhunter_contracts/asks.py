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


class ContextQuery(Message):
    """Payload of ask.context: what is sought in the words of a question, and how many passages at most."""

    query: str
    k: int = Field(default=4, ge=1, le=20)


class Passage(Message):
    """A piece of a person's document. source: file name and place, such as "cv.pdf, page 2". score: 0 to 1, cosine."""

    text: str
    source: str
    score: float


class ContextReply(Message):
    """Answer to ask.context, best first; empty where nothing is near."""

    passages: list[Passage] = Field(default_factory=list)


class ProfileQuery(Message):
    """Payload of PROFILE_EXISTS_SUBJECT: whether the store can serve this user's task."""

    user_id: str
    task_uid: str


class ProfileState(Message):
    """Answer to a ProfileQuery. why: what is missing, in a sentence for the person, where it does not exist."""

    exists: bool
    why: str = ""


class ProfileChanged(Message):
    """Payload of PROFILE_CHANGED_SUBJECT."""

    user_id: str


class SettleRequest(Message):
    """Payload of SETTLE_SUBJECT: a person's word on an unconfirmed submission of a task that is gone. Answered empty."""

    task_uid: str
    task_name: str
    user_id: str
    url: str
    allow_duplicate: bool = False
    pod_uid: str | None = None
    sent: bool


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
