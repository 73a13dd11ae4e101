"""The profile as a task uses it: what the user put, with the documents that are uploaded."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from jobhunter_contracts.errors import InvalidProfile, ProfileMissing
from jobhunter_contracts.profile import Documents, Profile, profile_from
from jobhunter_gateway import documents_table, profiles
from jobhunter_gateway.connection import Connection
from jobhunter_gateway.document_text import DOCX, PDF, DocumentState
from jobhunter_gateway.documents_table import StoredDocument


@dataclass(frozen=True)
class ProfileInUse:
    """documents: file name to size in bytes."""

    profile: Profile
    documents: dict[str, int]


async def profile_in_use(connection: Connection) -> ProfileInUse:
    """The transaction's user's. Names of documents are file names of uploads.

    Where the profile names no résumé and exactly one document of the kind resume is uploaded, that one is used.
    Raises ProfileMissing where there is no profile, InvalidProfile where it cannot be used.
    """
    stored = await profiles.get(connection)
    if stored is None:
        raise ProfileMissing("Profile not found", remedy="Please complete onboarding")
    profile = profile_from(stored.profile, where="the profile")
    uploads = _by_name(await documents_table.list_all(connection))
    named = profile.application.documents
    names = _names_in_use(named, uploads)
    if names is not named:
        block = profile.application.model_copy(update={"documents": names})
        profile = profile.model_copy(update={"application": block})
    for wish in (names.resume, names.cover_letter):
        if wish is not None:
            _check(wish, uploads)
    return ProfileInUse(profile, {name: document.size for name, document in uploads.items()})


async def documents_in_use(connection: Connection) -> Documents:
    """Which of the transaction's user's documents applications are sent with, as things stand; None for what is not."""
    stored = await profiles.get(connection)
    try:
        named = profile_from(stored.profile, where="the profile").application.documents if stored else Documents()
    except InvalidProfile:
        return Documents()
    uploads = _by_name(await documents_table.list_all(connection))
    names = _names_in_use(named, uploads)
    return Documents(**{kind: name for kind, name in names if name in uploads and sendable(uploads[name])})


def _by_name(documents: Iterable[StoredDocument]) -> dict[str, StoredDocument]:
    """documents: newest first; of one name the newest is meant."""
    uploads: dict[str, StoredDocument] = {}
    for document in documents:
        uploads.setdefault(document.filename, document)
    return uploads


def _names_in_use(named: Documents, uploads: dict[str, StoredDocument]) -> Documents:
    """What the profile names; where that is no résumé, the only one that is uploaded and that forms take."""
    if named.resume is not None:
        return named
    resumes = [document.filename for document in uploads.values() if document.kind == "resume" and sendable(document)]
    return named.model_copy(update={"resume": resumes[0]}) if len(resumes) == 1 else named


def _check(wish: str, uploads: dict[str, StoredDocument]) -> None:
    if wish not in uploads:
        there = ", ".join(sorted(uploads)) or "none"
        raise InvalidProfile(
            f"it names the document {wish!r}, which is not uploaded (documents there: {there})",
            where="the profile",
            remedy="Upload the file under that name, or mend the name",
        )
    if not sendable(uploads[wish]):
        raise InvalidProfile(
            f"it names the document {wish!r}, and forms take PDF and DOCX without a password",
            where="the profile",
            remedy="Upload it as PDF or DOCX, and name that",
        )


def sendable(document: StoredDocument) -> bool:
    """Whether forms take it, PDF and DOCX alone: a DOCX under a password is no DOCX to them."""
    if document.media_type == DOCX:
        return document.state != DocumentState.ENCRYPTED
    return document.media_type == PDF
