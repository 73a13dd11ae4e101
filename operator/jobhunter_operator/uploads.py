"""Blobs that arrive in chunks: in order, the last one makes the blob whole, its sha256 is checked."""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass, field

from jobhunter_contracts.errors import BadUpload
from jobhunter_contracts.subjects import BLOB_CHUNK, BLOB_LIMIT

KEPT_SECONDS = 120.0
"""After so long without a chunk an unfinished upload is forgotten."""


@dataclass
class _Upload:
    size: int
    sha256: str
    data: bytearray = field(default_factory=bytearray)
    touched: float = 0.0


class Uploads:
    """Uploads under way, by pod and blob. A repeated chunk (its answer was lost) is harmless."""

    def __init__(self) -> None:
        self._under_way: dict[tuple[str, str], _Upload] = {}

    def add(self, pod_uid: str, blob: str, offset: int, size: int, sha256: str, chunk: bytes) -> bytes | None:
        """Takes a chunk; the whole blob once it is complete. Raises BadUpload."""
        self._forget_old()
        if not 0 < size <= BLOB_LIMIT:
            raise BadUpload(f"a blob of {size} bytes; 1 to {BLOB_LIMIT} are taken", where=blob)
        if len(chunk) > BLOB_CHUNK or offset + len(chunk) > size:
            raise BadUpload(f"a chunk of {len(chunk)} bytes at {offset} does not fit into {size}", where=blob)
        key = pod_uid, blob
        upload = self._under_way.get(key)
        if offset == 0 and (upload is None or upload.sha256 != sha256 or upload.size != size):
            upload = self._under_way[key] = _Upload(size, sha256)
        if upload is None or upload.sha256 != sha256 or upload.size != size or offset > len(upload.data):
            raise BadUpload("the chunks before this one are not here", where=blob, remedy="Send it from the beginning")
        upload.touched = time.monotonic()
        upload.data[offset : offset + len(chunk)] = chunk
        if len(upload.data) < size:
            return None
        if hashlib.sha256(upload.data).hexdigest() != sha256.lower():
            del self._under_way[key]
            raise BadUpload("its bytes are not those of its sha256", where=blob, remedy="Send it from the beginning")
        return bytes(upload.data)

    def done(self, pod_uid: str, blob: str) -> None:
        """The whole blob is kept."""
        self._under_way.pop((pod_uid, blob), None)

    def _forget_old(self) -> None:
        limit = time.monotonic() - KEPT_SECONDS
        for key in [key for key, upload in self._under_way.items() if upload.touched < limit]:
            del self._under_way[key]
