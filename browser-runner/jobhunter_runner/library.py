"""What the runner is given and gives back besides events: the profile, its documents, and pictures of what was done."""

from __future__ import annotations

from typing import Protocol

from jobhunter_contracts.asks import Passage
from jobhunter_contracts.profile import Profile


class Library(Protocol):
    """Of one task. All but passages raise Unavailable where the other side does not answer for long."""

    async def profile(self) -> Profile:
        """The person's profile. Raises InvalidProfile, ProfileMissing."""
        ...

    async def document(self, name: str) -> bytes:
        """A document that the profile names. Raises InvalidProfile where there is none, or it is not PDF or DOCX."""
        ...

    async def passages(self, query: str, k: int) -> list[Passage]:
        """What the person's documents say to `query`, at most `k`, best first; [] where nothing is known. Raises nothing."""
        ...

    async def put_blob(self, name: str, data: bytes) -> None:
        """Keeps one of contracts.asks.PUT_BLOBS; a later one of that name takes its place."""
        ...
