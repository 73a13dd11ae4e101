"""A person's documents and profile as passages: pieces of a few sentences, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from semantic_text_splitter import MarkdownSplitter, TextSplitter

from jobhunter_gateway.document_text import DOCX, MARKDOWN, named_type

CHARACTERS = (120, 420)
"""Of a passage: it grows at least to the first where the text allows it, and never over the second. Averages of word
vectors tell short passages apart better than long ones."""
OF_A_DOCUMENT = 1_000
"""Passages of one document, at most."""
OF_A_USER = 2_000
"""Passages of one person, at most: what the embedded index searches within 30 ms. The profile comes first, then the
newest documents."""

_LETTER = re.compile(r"[^\W\d_]")
_HEADING = re.compile(r"^#{1,6} +(.+?)(?: +#+)?$", re.MULTILINE)


@dataclass(frozen=True)
class Piece:
    """source: "cv.pdf, page 2", "cv.docx, Experience", "notes.txt, line 12" or "profile: work[0]"."""

    text: str
    source: str


def of_document(filename: str, text: str | None, pages: list[str] | None) -> list[Piece]:
    """In the document's order."""
    if pages is not None:
        found = _of_pages(filename, pages)
    elif named_type(filename) in (DOCX, MARKDOWN):
        found = _of_markdown(filename, text or "")
    else:
        found = _of_lines(filename, text or "")
    return [piece for piece, _ in zip(found, range(OF_A_DOCUMENT), strict=False)]


def _pieces(text: str, *, markdown: bool) -> list[tuple[int, str]]:
    splitter = MarkdownSplitter(CHARACTERS) if markdown else TextSplitter(CHARACTERS)
    return [(at, piece) for at, piece in splitter.chunk_indices(text) if _LETTER.search(piece)]


def _of_pages(filename: str, pages: list[str]) -> Iterator[Piece]:
    for number, page in enumerate(pages, 1):
        for _, piece in _pieces(page, markdown=False):
            yield Piece(piece, f"{filename}, page {number}")


def _of_markdown(filename: str, text: str) -> Iterator[Piece]:
    headings = [(match.start(), match[1].strip()[:80]) for match in _HEADING.finditer(text)]
    for at, piece in _pieces(text, markdown=True):
        above = [words for start, words in headings if start <= at]
        if _HEADING.sub("", piece).strip() or not headings:
            yield Piece(piece, f"{filename}, {above[-1]}" if above else filename)


def _of_lines(filename: str, text: str) -> Iterator[Piece]:
    line, before = 1, 0
    for at, piece in _pieces(text, markdown=False):
        line += text.count("\n", before, at)
        before = at
        yield Piece(piece, f"{filename}, line {line}")


# the profile (JSON Resume): facts as sentences, with their path as the source

_SECTIONS = (
    "work",
    "volunteer",
    "education",
    "projects",
    "skills",
    "certificates",
    "awards",
    "publications",
    "languages",
)
_LEADS = {
    "work": ("position", "name"),
    "volunteer": ("position", "organization"),
    "education": ("studyType", "area", "institution"),
    "projects": ("name", "entity"),
    "skills": ("name", "level"),
    "certificates": ("name", "issuer"),
    "awards": ("title", "awarder"),
    "publications": ("name", "publisher"),
    "languages": ("language", "fluency"),
}
"""The keys that name an entry; what else it says follows."""
_DATES = ("startDate", "endDate", "date", "releaseDate")
_SINGULAR = {
    "work": "Work",
    "volunteer": "Volunteering",
    "education": "Education",
    "projects": "Project",
    "skills": "Skill",
    "certificates": "Certificate",
    "awards": "Award",
    "publications": "Publication",
    "languages": "Language",
}
_NOT_SAID = frozenset({"url", "email", "phone", "image", "id"})


def of_profile(profile: dict[str, Any]) -> list[Piece]:
    """Work, education, projects, skills and the like, and the summary. Never contact data, nor the block `application`."""
    found: list[Piece] = []
    basics = profile.get("basics")
    if isinstance(basics, dict):
        for key in ("label", "summary"):
            if isinstance(basics.get(key), str):
                found += _split(basics[key], f"profile: basics.{key}")
    for section in _SECTIONS:
        entries = profile.get(section)
        for index, entry in enumerate(entries if isinstance(entries, list) else []):
            if isinstance(entry, dict):
                found += _split(_sentence(section, entry), f"profile: {section}[{index}]")
    return found[:OF_A_DOCUMENT]


def _split(text: str, source: str) -> list[Piece]:
    return [Piece(piece, source) for _, piece in _pieces(text, markdown=False)]


def _sentence(section: str, entry: dict[str, Any]) -> str:
    lead = _LEADS[section]
    named = ", ".join(_words([entry.get(key) for key in lead]))
    times = " to ".join(_words([entry.get(key) for key in _DATES]))
    if section == "work" and entry.get("startDate") and not entry.get("endDate"):
        times += " to now"
    rest = [value for key, value in entry.items() if key not in (*lead, *_DATES) and key not in _NOT_SAID]
    first = f"{_SINGULAR[section]}: {named}" + (f" ({times})" if times else "")
    return ". ".join(part.rstrip(".") for part in (first, *_words(rest)) if part)


def _words(values: Iterable[object]) -> list[str]:
    """Texts and numbers, those of lists joined by commas; what is nested deeper is left out."""
    found = []
    for value in values:
        if isinstance(value, list):
            value = ", ".join(str(item).strip().rstrip(".") for item in value if isinstance(item, str | int | float))
        if isinstance(value, str | int | float) and not isinstance(value, bool) and str(value).strip():
            found.append(" ".join(str(value).split()))
    return found
