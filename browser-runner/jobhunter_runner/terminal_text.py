"""Words of pages made fit for a terminal: they may hold escape codes and line ends, and never may act as such."""

from __future__ import annotations

import unicodedata


def printable(text: str) -> str:
    """The lines of `text` without control, format (bidirectional overrides) and unassigned characters."""
    return "".join(c if c == "\n" or not unicodedata.category(c).startswith("C") else _space(c) for c in text)


def one_line(text: str) -> str:
    """`text` as one printable line."""
    return " ".join(printable(text).split())


def _space(character: str) -> str:
    return " " if character.isspace() else ""
