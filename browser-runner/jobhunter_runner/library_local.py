"""The library of a terminal run: a profile file, the documents beside it, and the draft's picture saved as a file."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from jobhunter_contracts.asks import CONFIRMATION_BLOB, DRAFT_PICTURE_BLOB, Passage
from jobhunter_contracts.errors import InvalidProfile
from jobhunter_contracts.profile import DOCUMENT_LIMIT, Profile, document_media_type, parse_profile


class LocalLibrary:
    """profile_file: profile.yaml; documents are named relative to its folder. draft_picture: where the picture goes."""

    def __init__(self, profile_file: Path, draft_picture: Path) -> None:
        self._profile_file = profile_file
        self._pictures = {
            DRAFT_PICTURE_BLOB: draft_picture,
            CONFIRMATION_BLOB: draft_picture.with_stem(f"{draft_picture.stem}-confirmation"),
        }

    async def profile(self) -> Profile:
        remedy = "Give the profile's file with --profile"
        data = await asyncio.to_thread(_read, self._profile_file, DOCUMENT_LIMIT, remedy)
        return parse_profile(data, where=str(self._profile_file))

    async def document(self, name: str) -> bytes:
        path = self._profile_file.parent / name
        remedy = f"Put it beside {self._profile_file.name}, or name it right in application.documents"
        data = await asyncio.to_thread(_read, path, DOCUMENT_LIMIT, remedy)
        document_media_type(str(path), data)
        return data

    async def passages(self, query: str, k: int) -> list[Passage]:
        """[]: no index is kept in a terminal run, where the person has the documents before them."""
        return []

    async def put_blob(self, name: str, data: bytes) -> None:
        if path := self._pictures.get(name):
            await asyncio.to_thread(path.write_bytes, data)


def _read(path: Path, limit: int, remedy: str) -> bytes:
    """The file's bytes, `limit` at most; a huge one is not read to say that it is too large."""
    try:
        with path.open("rb") as file:
            data = file.read(limit + 1)
            size = os.fstat(file.fileno()).st_size
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
        raise InvalidProfile(reason, where=str(path), remedy=remedy) from error
    if len(data) > limit:
        words = f"the document has {max(size, len(data))} bytes, more than {limit}"
        raise InvalidProfile(words, where=str(path), remedy="Export a smaller one")
    return data
