"""What a field means, once recognised."""

from __future__ import annotations

from dataclasses import dataclass

from jobhunter_contracts.vocabulary import Token

SURE = 0.7  # below this a token is told to people and never filled from


@dataclass(frozen=True)
class Meaning:
    """What a field asks for.

    polarity: False where a yes means the opposite of the token ("can you work without sponsorship").
    detail: what narrows a token (a consent's kind, "hispanic"). countries: ISO codes that the question names.
    evidence: which words said so.
    """

    token: Token | None
    confidence: float = 0.0
    polarity: bool = True
    detail: str = ""
    countries: tuple[str, ...] = ()
    evidence: str = ""

    @property
    def sure(self) -> bool:
        return self.token is not None and self.confidence >= SURE


UNKNOWN = Meaning(None)
