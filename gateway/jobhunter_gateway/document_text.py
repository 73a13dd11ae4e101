"""What kind of file an upload is, and its text: PDF and DOCX by document_reader in a process of its own, text here.

filename, bytes ─▶ media_type_of ─▶ text_of ─▶ ReadDocument(state, note, text, pages)
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import sys
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from jobhunter_contracts.errors import InvalidProfile, JobHunterError, Unavailable
from jobhunter_contracts.profile import MEDIA_TYPES, document_media_type
from jobhunter_gateway.document_reader import CHARACTERS, ENCRYPTED, NO_TEXT, READY, UNREADABLE, clean, judged

logger = logging.getLogger(__name__)

READ_SECONDS = 20.0
"""How long one document is read; its process may use ten seconds of CPU (document_reader)."""
READERS_AT_ONCE = 2
WAITING = 10
"""Documents, each in memory, that wait to be read; one more is refused, to be sent again."""
_LOOKED_AT = 2 * CHARACTERS  # of a text, blanks and all: cleaning megabytes would hold up everybody else
FILENAME_BYTES = 120
"""Of a file name in UTF-8; file systems take 255."""

PDF, DOCX = MEDIA_TYPES["pdf"], MEDIA_TYPES["docx"]
MARKDOWN, PLAIN = "text/markdown", "text/plain"
_BY_ENDING = {"pdf": PDF, "docx": DOCX, "md": MARKDOWN, "markdown": MARKDOWN, "txt": PLAIN, "text": PLAIN}
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
"""A compound file: an old .doc, or, with a stream EncryptedPackage, a DOCX under a password (MS-OFFCRYPTO 2.3.1)."""
_ENCRYPTED_PACKAGE = "EncryptedPackage".encode("utf-16-le")


class DocumentState(StrEnum):
    """What became of a document's text. All are kept, and all may be uploaded to forms."""

    READY = READY
    NO_TEXT = NO_TEXT
    ENCRYPTED = ENCRYPTED
    UNREADABLE = UNREADABLE


class UnsupportedDocument(JobHunterError):
    """Neither PDF, DOCX, Markdown nor plain text, or not what its name says."""

    code = "unsupported-media-type"


class EmptyDocument(JobHunterError):
    """There is nothing in it."""

    code = "empty-document"


class HostileDocument(JobHunterError):
    """It unpacks to far more than a document does."""

    code = "document-bomb"


@dataclass(frozen=True)
class ReadDocument:
    """note: what a person is told about the state. text: None unless READY. pages: where the format has them."""

    state: DocumentState
    note: str = ""
    text: str | None = None
    pages: list[str] | None = None


def safe_filename(name: str) -> str:
    """The last part of a path, without control, format and reserved characters, its ending kept.

    Raises UnsupportedDocument where nothing is left.
    """
    last = re.split(r"[/\\]", unicodedata.normalize("NFC", name))[-1]
    kept = "".join(
        character for character in last if unicodedata.category(character)[0] not in "CZ" or character == " "
    )
    kept = " ".join(re.sub(r'[<>:"|?*]', "_", kept).split()).lstrip(". -").rstrip(". ")
    stem, dot, ending = kept.rpartition(".")
    if not dot or not stem:
        raise UnsupportedDocument(
            "the file has no name with an ending such as .pdf", where=kept, remedy="Give it one, such as cv.pdf"
        )
    room = FILENAME_BYTES - len(f".{ending}".encode())
    return f"{stem.encode()[: max(room, 1)].decode('utf-8', 'ignore').rstrip()}.{ending}"


def media_type_of(filename: str, data: bytes) -> str:
    """By the ending and the content, which must agree. Raises EmptyDocument or UnsupportedDocument."""
    if not data:
        raise EmptyDocument("the document is empty", where=filename, remedy="Export it again")
    named = named_type(filename)
    if named is None:
        raise UnsupportedDocument(
            "PDF, DOCX, Markdown and plain text are taken", where=filename, remedy="Save it as one of them"
        )
    if named == DOCX and data.startswith(_OLE) and _ENCRYPTED_PACKAGE in data:
        return DOCX
    try:
        found: str | None = document_media_type(filename, data, limit=len(data))
    except InvalidProfile:
        found = None if named in (PDF, DOCX) or _decoded(data) is None else named
    if found != named:
        raise UnsupportedDocument(
            "its content is not what its name says",
            where=filename,
            remedy="Name it after its format (.pdf, .docx, .md or .txt), or export it again",
        )
    return named


def named_type(filename: str) -> str | None:
    """The media type that a file name's ending stands for."""
    return _BY_ENDING.get(filename.rpartition(".")[2].lower())


def _decoded(data: bytes) -> str | None:
    """The text in UTF-8, UTF-16 with a byte order mark, or Windows-1252; None where it is no text."""
    encodings = ["utf-16"] if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ["utf-8-sig", "cp1252"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        return None if re.search(r"[\x00-\x08\x0e-\x1f]", text) else text
    return None


class DocumentTexts:
    """Reads documents, a few at once."""

    def __init__(self, seconds: float = READ_SECONDS) -> None:
        self._seconds = seconds
        self._turn = asyncio.Semaphore(READERS_AT_ONCE)
        self._here = 0

    async def text_of(self, filename: str, media_type: str, data: bytes) -> ReadDocument:
        """`media_type` as media_type_of gave it.

        Raises HostileDocument, EmptyDocument for a text of blanks, and Unavailable where too many are being read.
        """
        if media_type in (MARKDOWN, PLAIN):
            return await asyncio.to_thread(_of_text, filename, data)
        if data.startswith(_OLE):
            return ReadDocument(
                DocumentState.ENCRYPTED,
                "It is protected by a password. It is kept; nothing is answered from it, and forms do not get it.",
            )
        if self._here >= READERS_AT_ONCE + WAITING:
            raise Unavailable("many documents are being read now", where=filename, remedy="Try again in a moment")
        self._here += 1
        try:
            async with self._turn:
                answer = await self._read(filename, "pdf" if media_type == PDF else "docx", data)
        finally:
            self._here -= 1
        if isinstance(answer, ReadDocument):
            return answer
        if "refused" in answer:
            raise HostileDocument(str(answer["refused"]), where=filename, remedy="Export it again")
        state = DocumentState(str(answer["state"]))
        if state is not DocumentState.READY:
            return ReadDocument(state, str(answer["note"]))
        pages = answer["pages"]
        return ReadDocument(
            state, str(answer["note"]), str(answer["text"]), [*map(str, pages)] if isinstance(pages, list) else None
        )

    async def _read(self, filename: str, kind: str, data: bytes) -> dict[str, object] | ReadDocument:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "jobhunter_gateway.document_reader",
            kind,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={"PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "LANG": "C.UTF-8"},
        )
        why = "reading it takes more time or memory than a document does"
        try:
            output, _ = await asyncio.wait_for(process.communicate(data), self._seconds)
            if process.returncode == 0:
                answer: dict[str, object] = json.loads(output)
                return answer
            logger.info("the reader of %r ended with %s", filename, process.returncode)
        except TimeoutError:
            logger.info("the reader of %r was not done after %.0f s", filename, self._seconds)
        except ValueError:
            logger.exception("the reader of %r gave no answer", filename)
            why = "it is damaged"
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        return ReadDocument(
            DocumentState.UNREADABLE, f"Its text cannot be had: {why}. It is kept; nothing is answered from it."
        )


def _of_text(filename: str, data: bytes) -> ReadDocument:
    decoded = _decoded(data) or ""
    text = clean(decoded[:_LOOKED_AT])
    if not text:
        raise EmptyDocument("there is nothing in it but blanks", where=filename, remedy="Write something into it")
    note = "Only its beginning is used." if len(text) > CHARACTERS or len(decoded) > _LOOKED_AT else ""
    reading = judged(text[:CHARACTERS], None, note)
    if reading.state != READY:
        return ReadDocument(DocumentState.READY, "It is very short.", text)
    return ReadDocument(DocumentState.READY, reading.note, reading.text)
