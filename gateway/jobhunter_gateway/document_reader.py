"""Reads one document's text in a process of its own, with limits, so that a hostile file ends that process alone.

    python -m jobhunter_gateway.document_reader pdf|docx < bytes > {"state", "note", "text", "pages"} or {"refused"}

It imports neither settings nor contracts, and document_text gives it an empty environment: what a file might take over
here knows no secret.
"""

from __future__ import annotations

import io
import json
import logging
import re
import resource
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from docx.table import Table
    from docx.text.paragraph import Paragraph

logger = logging.getLogger(__name__)

MEMORY_BYTES = 192 * 1024 * 1024
"""Address space of the process; with pypdf or lxml it begins with 50 MiB. Two of them and the gateway fit into its pod."""
CPU_SECONDS = 10
PAGES = 100
CHARACTERS = 400_000
"""Of text, all pages together: about 150 pages."""

UNPACKED_BYTES = 64 * 1024 * 1024
"""A DOCX's parts together; pictures pack badly, so an upload of 5 MiB that unpacks to more is mostly air."""
PART_BYTES = 16 * 1024 * 1024
"""One XML part: its tree takes ten times that."""
PARTS = 2000

READY, NO_TEXT, ENCRYPTED, UNREADABLE = "ready", "no-text", "encrypted", "unreadable"

_NO_TEXT_NOTE = (
    "It has no text layer: perhaps it is a scan. It is kept and can be uploaded to forms; nothing is answered from it."
)
_ENCRYPTED_NOTE = (
    "It is encrypted, perhaps under a password. It is kept; nothing is answered from it, and sites may refuse it."
)
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u2060\ufeff\ufffe\uffff]")
_LETTERS = 20
"""Fewer letters and digits than this are no text but a page number."""


class Refused(Exception):
    """The document is not to be kept at all: it is made to do harm, or it is none."""


@dataclass
class Reading:
    """text: all of it; for a DOCX in Markdown. pages: the text of each page, where the format has pages."""

    state: str
    note: str = ""
    text: str = ""
    pages: list[str] | None = field(default=None)


def clean(text: str) -> str:
    """Text that Postgres and JSON take: no control characters, no half surrogate pairs, no long runs of blanks."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x0c", "\n").replace("\x0b", "\n")
    text = _CONTROL.sub("", text).encode("utf-8", "replace").decode("utf-8")
    text = re.sub(r"[ \t\u00a0]+", " ", text)
    return re.sub(r" ?\n(?: ?\n){2,}", "\n\n", text).strip()


def judged(text: str, pages: list[str] | None, note: str = "") -> Reading:
    """READY, or NO_TEXT where there are next to no letters."""
    if sum(character.isalnum() for character in text[:CHARACTERS]) < _LETTERS:
        return Reading(NO_TEXT, _NO_TEXT_NOTE, "", None)
    return Reading(READY, note, text, pages)


# PDF


def read_pdf(data: bytes) -> Reading:
    """Page by page. Raises what pypdf raises for a file that it cannot read."""
    from pypdf import PasswordType, PdfReader
    from pypdf.errors import DependencyError

    reader = PdfReader(io.BytesIO(data))
    if reader.is_encrypted:
        try:  # many files open without a password and only forbid printing
            opened = reader.decrypt("") != PasswordType.NOT_DECRYPTED
        except (DependencyError, NotImplementedError):
            opened = False
        if not opened:
            return Reading(ENCRYPTED, _ENCRYPTED_NOTE)
    pages: list[str] = []
    notes: list[str] = []
    left, failed = CHARACTERS, 0
    for number, page in enumerate(reader.pages, 1):
        if number > PAGES or left <= 0:
            notes.append(f"Only its first {number - 1} pages were read.")
            break
        try:
            text = clean(page.extract_text())
        except Exception as error:  # one page's fate: the others may still be read
            logger.warning("page %d cannot be read: %s", number, error, exc_info=True)
            failed += 1
            text = ""
        pages.append(text[:left])
        left -= len(text)
    if failed and failed == len(pages):
        return Reading(UNREADABLE, "None of its pages can be read. It is kept; nothing is answered from it.")
    if failed:
        notes.append(f"{failed} of its {len(pages)} pages cannot be read.")
    return judged("\n\n".join(pages), pages, " ".join(notes))


# DOCX


def check_archive(data: bytes) -> None:
    """Raises Refused for a zip bomb, by what its directory declares and by what its parts unpack to."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = archive.infolist()
        declared = sum(part.file_size for part in parts)
        if len(parts) > PARTS:
            raise Refused(f"it has {len(parts)} parts; {PARTS} are read")
        if declared > UNPACKED_BYTES:
            raise Refused(f"it says that it unpacks to {declared} bytes; {UNPACKED_BYTES} are read")
        if len({part.filename for part in parts}) != len(parts):
            raise Refused("it has two parts of one name")
        left = UNPACKED_BYTES
        for part in parts:
            limit = PART_BYTES if part.filename.endswith((".xml", ".rels")) else UNPACKED_BYTES
            for size in _unpacked(archive, part):
                left -= size
                limit -= size
                if left < 0 or limit < 0:
                    raise Refused(f"{part.filename!r} unpacks to more than is read")


def _unpacked(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> Iterator[int]:
    """Sizes of the pieces that a part really unpacks to."""
    with archive.open(part) as opened:
        while piece := opened.read(256 * 1024):
            yield len(piece)


def read_docx(data: bytes) -> Reading:
    """Headings as Markdown's, lists as "- ", a table's row as one line "a | b"."""
    check_archive(data)
    from docx import Document
    from docx.table import Table

    lines: list[str] = []
    left = CHARACTERS
    for block in Document(io.BytesIO(data)).iter_inner_content():
        if left <= 0:
            return judged(clean("\n".join(lines))[:CHARACTERS], None, "Only its beginning was read.")
        added = _table_lines(block) if isinstance(block, Table) else _paragraph_lines(block)
        lines += added
        left -= sum(map(len, added))
    return judged(clean("\n".join(lines))[:CHARACTERS], None)


def _paragraph_lines(paragraph: Paragraph) -> list[str]:
    text = " ".join(paragraph.text.split())
    if not text:
        return []
    style = (paragraph.style.name if paragraph.style is not None else None) or ""
    if style == "Title":
        return ["", f"# {text}", ""]
    if heading := re.fullmatch(r"Heading ([1-6])", style):
        return ["", f"{'#' * int(heading[1])} {text}", ""]
    if style.startswith("List"):
        return [f"- {text}"]
    return [text, ""]


def _table_lines(table: Table, depth: int = 0) -> list[str]:
    lines = []
    for row in table.rows:
        seen: list[object] = []  # a cell that spans columns comes once for each
        words = []
        for cell in row.cells:
            if any(cell._tc is other for other in seen):
                continue
            seen.append(cell._tc)
            inner = [" ".join(cell.text.split())]
            if depth < 3:
                inner += [line for nested in cell.tables for line in _table_lines(nested, depth + 1)]
            if text := " ".join(filter(None, inner)):
                words.append(text)
        if words:
            lines.append(" | ".join(words))
    return [*lines, ""]


READERS: dict[str, Callable[[bytes], Reading]] = {"pdf": read_pdf, "docx": read_docx}


def read(kind: str, data: bytes) -> Reading:
    """Raises Refused; whatever else goes wrong makes the document UNREADABLE."""
    try:
        return READERS[kind](data)
    except Refused:
        raise
    except Exception as error:  # the document's fate is decided here
        logger.warning("cannot be read: %s", error, exc_info=True)
        return Reading(UNREADABLE, f"It cannot be read ({type(error).__name__}): perhaps it is damaged. It is kept.")


def main() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        answer = asdict(read(sys.argv[1], sys.stdin.buffer.read()))
    except Refused as error:
        answer = {"refused": str(error)}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
