"""The profile as a task uses it: what the user put, with the documents that are uploaded."""

from __future__ import annotations

from dataclasses import dataclass

from jobhunter_contracts.errors import InvalidProfile, ProfileMissing
from jobhunter_contracts.profile import Profile, profile_from
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
    uploads: dict[str, StoredDocument] = {}
    for document in await documents_table.list_all(connection):
        uploads.setdefault(document.filename, document)  # newest first
    names = profile.application.documents
    if names.resume is None:
        resumes = [
            document.filename for document in uploads.values() if document.kind == "resume" and _is_file(document)
        ]
        if len(resumes) == 1:
            names = names.model_copy(update={"resume": resumes[0]})
            block = profile.application.model_copy(update={"documents": names})
            profile = profile.model_copy(update={"application": block})
    for wish in (names.resume, names.cover_letter):
        if wish is not None:
            _check(wish, uploads)
    return ProfileInUse(profile, {name: document.size for name, document in uploads.items()})


def _check(wish: str, uploads: dict[str, StoredDocument]) -> None:
    if wish not in uploads:
        there = ", ".join(sorted(uploads)) or "none"
        raise InvalidProfile(
            f"it names the document {wish!r}, which is not uploaded (documents there: {there})",
            where="the profile",
            remedy="Upload the file under that name, or mend the name",
        )
    if not _is_file(uploads[wish]):
        raise InvalidProfile(
            f"it names the document {wish!r}, and forms take PDF and DOCX without a password",
            where="the profile",
            remedy="Upload it as PDF or DOCX, and name that",
        )


def _is_file(document: StoredDocument) -> bool:
    """Whether forms take it: a DOCX under a password is no DOCX to them."""
    if document.media_type == DOCX:
        return document.state != DocumentState.ENCRYPTED
    return document.media_type == PDF
