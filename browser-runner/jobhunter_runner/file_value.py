"""A file as it is uploaded: bytes in memory, for the browser sees no document but the one being uploaded."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True)
class FileValue:
    """filename: as the site will see it. content: its bytes."""

    filename: str
    content: bytes
    media_type: str = "application/octet-stream"

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()


FieldValue: TypeAlias = str | bool | tuple[str, ...] | FileValue
"""What goes into a field: bool for a checkbox, a tuple for a select of several, FileValue for a file, else text."""
