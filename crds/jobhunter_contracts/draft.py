"""The draft: every field of a filled form with its value and source, and the digest a confirmation binds to."""

from __future__ import annotations

import hashlib
import json

from jobhunter_contracts.wire import Message


class DraftField(Message):
    """One row of a draft's table.

    value: what will be sent, as a person reads it ("•••" for a secret; a file by name). source: where it comes
    from, such as "profile: basics.email" or "person". default: left as the site had it.
    """

    label: str
    token: str | None = None
    value: str
    source: str
    confidence: float = 1.0
    default: bool = False
    required: bool = False


class Draft(Message):
    """What a person is shown, and what is kept under draft.json."""

    hitl_id: str | None = None
    url: str
    title: str = ""
    digest: str
    fields: list[DraftField]


def draft_digest(values: dict[str, str], files: dict[str, str]) -> str:
    """Digest of all that will be sent: selector to value, selector to a file's sha256. Any later change changes it."""
    return hashlib.sha256(json.dumps([values, files], sort_keys=True).encode()).hexdigest()
