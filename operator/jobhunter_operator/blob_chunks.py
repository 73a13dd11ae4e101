"""Blobs that are asked for in chunks: which chunk a request's headers name, and what describes it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.subjects import BLOB_CHUNK, HEADER_OFFSET, HEADER_SHA256, HEADER_SIZE


def chunk_of(whole: bytes, headers: Mapping[str, str], *, where: str) -> tuple[bytes, dict[str, str]]:
    """The chunk at HEADER_OFFSET, and the reply's headers. Raises InvalidMessage for an offset behind the end."""
    offset = byte_count(headers, HEADER_OFFSET)
    if offset > len(whole):
        raise InvalidMessage(f"offset {offset} is behind its {len(whole)} bytes", where=where)
    described = {
        HEADER_OFFSET: str(offset),
        HEADER_SIZE: str(len(whole)),
        HEADER_SHA256: hashlib.sha256(whole).hexdigest(),
    }
    return whole[offset : offset + BLOB_CHUNK], described


def byte_count(headers: Mapping[str, str], name: str) -> int:
    """A header that counts bytes; 0 where it is not there. Raises InvalidMessage."""
    text = headers.get(name, "0")
    if not text.isascii() or not text.isdigit() or len(text) > 12:
        raise InvalidMessage(f"{text[:40]!r} is not a number of bytes", where=name)
    return int(text)
