"""Text of pages and programs, made fit for a terminal: it may hold escape codes, and never may act as such."""

from __future__ import annotations

import textwrap
import unicodedata

_SPACES = frozenset({"Zs", "Zl", "Zp"})


def plain(text: str) -> str:
    """One line; control, format (bidirectional overrides) and unassigned characters go, white space is one space."""
    kept = []
    for character in text:
        category = unicodedata.category(character)
        if category in _SPACES or character in "\t\n\r\v\f":
            kept.append(" ")
        elif not category.startswith("C"):
            kept.append(character)
    return " ".join("".join(kept).split())


def width(text: str) -> int:
    """Columns that the text takes in a terminal."""
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def columns(rows: list[tuple[str, ...]], limits: tuple[int, ...]) -> list[str]:
    """Rows as lines in columns, at most limits[i] columns wide; longer cells go on in the next line, nothing is cut."""
    cells = [[textwrap.wrap(cell, limit) or [""] for cell, limit in zip(row, limits, strict=True)] for row in rows]
    widths = [max((width(line) for row in cells for line in row[column]), default=0) for column in range(len(limits))]
    lines = []
    for row in cells:
        for number in range(max(len(cell) for cell in row)):
            parts = [cell[number] if number < len(cell) else "" for cell in row]
            lines.append(
                "  ".join(part + " " * (size - width(part)) for part, size in zip(parts, widths, strict=True)).rstrip()
            )
    return lines
