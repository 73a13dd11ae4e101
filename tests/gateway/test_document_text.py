"""What is read of an upload, and what a hostile one comes to."""

from __future__ import annotations

import asyncio
import io
import zipfile
import zlib
from typing import Any

import docx
import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.generic import DictionaryObject, NameObject, StreamObject

from jobhunter_contracts.errors import Unavailable
from jobhunter_gateway import document_reader
from jobhunter_gateway.document_text import (
    DOCX,
    MARKDOWN,
    PDF,
    PLAIN,
    READERS_AT_ONCE,
    WAITING,
    DocumentState,
    DocumentTexts,
    EmptyDocument,
    HostileDocument,
    ReadDocument,
    UnsupportedDocument,
    media_type_of,
    safe_filename,
)


def pdf(*pages: str, password: str | None = None, content: bytes | None = None, owner_only: bool = False) -> bytes:
    """A PDF with a page for each text; `content` is a compressed content stream as it stands in the file."""
    writer = PdfWriter()
    for words in pages:
        page = writer.add_blank_page(595, 842)
        font = DictionaryObject(
            {
                NameObject("/Type"): NameObject("/Font"),
                NameObject("/Subtype"): NameObject("/Type1"),
                NameObject("/BaseFont"): NameObject("/Helvetica"),
            }
        )
        fonts = DictionaryObject({NameObject("/F1"): writer._add_object(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        stream = StreamObject()
        if content is None:
            lines = " ".join(f"({line}) Tj 0 -16 Td" for line in words.split("\n"))
            stream.set_data(f"BT /F1 12 Tf 72 770 Td {lines} ET".encode("latin-1") if words else b"")
        else:
            stream._data = content
            stream[NameObject("/Filter")] = NameObject("/FlateDecode")
        page[NameObject("/Contents")] = writer._add_object(stream)
    if password is not None:
        writer.encrypt("" if owner_only else password, owner_password=password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def word(*paragraphs: tuple[str, str], table: list[list[str]] | None = None) -> bytes:
    """A DOCX of paragraphs (style, text)."""
    document = docx.Document()
    for style, text in paragraphs:
        document.add_paragraph(text, style)
    if table:
        grid = document.add_table(len(table), len(table[0]))
        for row, words in enumerate(table):
            for column, text in enumerate(words):
                grid.cell(row, column).text = text
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def zipped(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


async def read(filename: str, data: bytes, seconds: float = 30) -> ReadDocument:
    return await DocumentTexts(seconds).text_of(filename, media_type_of(filename, data), data)


async def test_a_pdf_is_read_page_by_page() -> None:
    found = await read("cv.pdf", pdf("Asha Rao, engineer of payment systems", "Master of Science, Munich"))
    assert found.state is DocumentState.READY
    assert found.pages == ["Asha Rao, engineer of payment systems", "Master of Science, Munich"]
    assert found.text == "Asha Rao, engineer of payment systems\n\nMaster of Science, Munich"


async def test_a_docx_keeps_headings_lists_and_tables() -> None:
    data = word(
        ("Title", "Asha Rao"), ("Heading 1", "Work"), ("Normal", "Engineer at Acme"), ("List Bullet", "Built payments"),
        table=[["2019", "Acme"], ["2023", "Globex"]],
    )  # fmt: skip
    found = await read("cv.docx", data)
    assert found.state is DocumentState.READY
    assert found.text == "# Asha Rao\n\n# Work\n\nEngineer at Acme\n\n- Built payments\n2019 | Acme\n2023 | Globex"
    assert found.pages is None


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
async def test_plain_text_is_read_in_the_encodings_that_people_have(encoding: str) -> None:
    found = await read("notes.txt", "Führte ein Team von fünf Leuten\r\n\r\n\r\n\r\nin Köln".encode(encoding))
    assert found.text == "Führte ein Team von fünf Leuten\n\nin Köln"


async def test_a_pdf_without_a_text_layer_is_said_to_have_none() -> None:
    found = await read("scan.pdf", pdf("", ""))
    assert (found.state, found.text) == (DocumentState.NO_TEXT, None)
    assert "no text layer" in found.note


async def test_a_pdf_under_a_password_is_said_to_be_encrypted() -> None:
    found = await read("cv.pdf", pdf("Asha Rao, engineer of payment systems", password="secret"))
    assert (found.state, found.text) == (DocumentState.ENCRYPTED, None)
    assert "password" in found.note


async def test_a_pdf_that_only_forbids_printing_is_read() -> None:
    data = pdf("Asha Rao, engineer of payment systems", password="secret", owner_only=True)
    assert PdfReader(io.BytesIO(data)).is_encrypted
    assert (await read("cv.pdf", data)).text == "Asha Rao, engineer of payment systems"


async def test_a_docx_under_a_password_is_said_to_be_encrypted() -> None:
    data = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    assert (await read("cv.docx", data)).state is DocumentState.ENCRYPTED


@pytest.mark.parametrize("data", [b"%PDF-1.7\n" + b"\x93garbage" * 50, pdf("Asha Rao")[:200]])
async def test_a_damaged_pdf_is_kept_as_unreadable(data: bytes) -> None:
    found = await read("cv.pdf", data)
    assert found.state is DocumentState.UNREADABLE
    assert "kept" in found.note


async def test_a_damaged_docx_is_kept_as_unreadable() -> None:
    found = await read("cv.docx", zipped({"word/document.xml": b"<not xml"}))
    assert found.state is DocumentState.UNREADABLE


async def test_control_characters_do_not_reach_the_store() -> None:
    found = await read("cv.md", "Team lead\u200b of\x7f five people\ufeff".encode())
    assert found.text == "Team lead of five people"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("cv.pdf", b"just words"),
        ("cv.docx", pdf("Asha Rao")),
        ("cv.txt", pdf("Asha Rao")),
        ("cv.docx", zipped({"xl/workbook.xml": b"<a/>"})),
        ("cv.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        ("cv.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)),
        ("cv.txt", b"\x89PNG\r\n\x1a\n\x00\x00"),
        ("photo.png", b"\x89PNG\r\n\x1a\n"),
        ("cv", b"words"),
    ],
)
async def test_what_is_not_what_its_name_says_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(UnsupportedDocument):
        media_type_of(name, data)


@pytest.mark.parametrize(
    ("name", "expected"), [("CV.PDF", PDF), ("cv.docx", DOCX), ("cv.md", MARKDOWN), ("cv.txt", PLAIN)]
)
async def test_the_type_is_told_by_name_and_content(name: str, expected: str) -> None:
    data = {PDF: pdf("Asha Rao"), DOCX: word(("Normal", "Asha Rao"))}.get(expected, b"# Asha Rao")
    assert media_type_of(name, data) == expected


@pytest.mark.parametrize(("name", "data"), [("cv.pdf", b""), ("cv.txt", b" \r\n\t "), ("cv.md", b"\xef\xbb\xbf")])
async def test_an_empty_document_is_refused(name: str, data: bytes) -> None:
    with pytest.raises(EmptyDocument):
        await read(name, data)


# hostile ones


async def test_a_zip_bomb_is_refused_by_what_it_declares() -> None:
    parts = {"word/document.xml": b"<a/>"} | {f"word/media/{n}.bin": bytes(30 * 1024 * 1024) for n in range(3)}
    with pytest.raises(HostileDocument, match="says that it unpacks"):
        await read("cv.docx", zipped(parts))


async def test_a_zip_bomb_that_lies_about_its_size_is_not_unpacked() -> None:
    data = bytearray(zipped({"word/document.xml": bytes(200 * 1024 * 1024)}))
    true = (200 * 1024 * 1024).to_bytes(4, "little")
    for at in (data.find(true), data.rfind(true)):
        data[at : at + 4] = (1000).to_bytes(4, "little")
    assert (await read("cv.docx", bytes(data))).state is DocumentState.UNREADABLE


async def test_one_part_that_unpacks_to_too_much_is_refused() -> None:
    with pytest.raises(HostileDocument, match=r"document\.xml"):
        await read("cv.docx", zipped({"word/document.xml": bytes(20 * 1024 * 1024)}))


async def test_a_docx_of_very_many_parts_is_refused() -> None:
    parts = {"word/document.xml": b"<a/>"} | {f"word/{number}.xml": b"" for number in range(2500)}
    with pytest.raises(HostileDocument, match="parts"):
        await read("cv.docx", zipped(parts))


async def test_entities_in_a_docx_are_not_expanded() -> None:
    entities = '<!ENTITY a0 "bomb">' + "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    body = word(("Normal", "Nine years of payment systems"))
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    xml = parts["word/document.xml"].decode()
    head, _, rest = xml.partition("?>")
    parts["word/document.xml"] = f"{head}?><!DOCTYPE w [{entities}]>{rest.replace('Nine', '&a9;')}".encode()
    found = await read("cv.docx", zipped(parts))
    assert "bombbomb" not in (found.text or "")


async def test_a_pdf_stream_bomb_ends_its_reader_alone() -> None:
    zeros = zlib.compressobj(9)
    bomb = b"".join(zeros.compress(b" " * 1024 * 1024) for _ in range(200)) + zeros.flush()
    bomb = zlib.compress(b"BT (x) Tj ET ") + bomb
    found = await read("cv.pdf", pdf("x", content=bomb))
    assert found.state in (DocumentState.UNREADABLE, DocumentState.NO_TEXT)


async def test_a_reader_that_takes_too_long_is_ended() -> None:
    operators = zlib.compress(b"BT /F1 1 Tf " + b"(abc) Tj " * 1_500_000 + b"ET")
    found = await read("cv.pdf", pdf(*(["x"] * 20), content=operators), seconds=2)
    assert found.state is DocumentState.UNREADABLE
    assert "more time" in found.note


async def test_the_reader_knows_nothing_of_the_gateways_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    real = asyncio.create_subprocess_exec

    async def spied(*command: str, **options: Any) -> asyncio.subprocess.Process:
        seen.update(options["env"])
        return await real(*command, **options)

    monkeypatch.setenv("JOBHUNTER_GATEWAY_JWT_SECRET", "x" * 40)
    monkeypatch.setattr(asyncio, "create_subprocess_exec", spied)
    assert (await read("cv.pdf", pdf("Asha Rao, engineer of payments"))).state is DocumentState.READY
    assert set(seen) == {"PYTHONPATH", "LANG"}


async def test_text_that_is_too_long_is_cut() -> None:
    found = await read("cv.txt", b"word " * 100_000)
    assert len(found.text or "") == document_reader.CHARACTERS
    assert "beginning" in found.note


async def test_when_too_many_are_being_read_one_more_is_told_to_wait() -> None:
    texts = DocumentTexts()
    data = pdf("Asha Rao, engineer of payment systems")
    found = await asyncio.gather(
        *(texts.text_of("cv.pdf", PDF, data) for _ in range(READERS_AT_ONCE + WAITING + 1)), return_exceptions=True
    )
    assert [type(answer) for answer in found] == [ReadDocument] * (READERS_AT_ONCE + WAITING) + [Unavailable]
    assert (await texts.text_of("cv.pdf", PDF, data)).state is DocumentState.READY


# names


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cv.pdf", "cv.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\asha\\cv.pdf", "cv.pdf"),
        ("cv\r\nX-Header: 1\x00.pdf", "cvX-Header_ 1.pdf"),
        ("<script>alert(1)</script>.pdf", "script_.pdf"),
        ('a"b<img onerror=1>.pdf', "a_b_img onerror=1_.pdf"),
        (".hidden.pdf", "hidden.pdf"),
        ("\u202efdp.cv.pdf", "fdp.cv.pdf"),
        ("Lebenslauf Mu\u0308ller.pdf", "Lebenslauf Müller.pdf"),
        ("履歴書.pdf", "履歴書.pdf"),
        ("a" * 300 + ".pdf", "a" * 116 + ".pdf"),
    ],
)
def test_a_file_name_is_made_safe(name: str, expected: str) -> None:
    assert safe_filename(name) == expected


@pytest.mark.parametrize("name", ["", "cv", ".pdf", "/", "..", "\x00"])
def test_a_file_without_a_name_is_refused(name: str) -> None:
    with pytest.raises(UnsupportedDocument):
        safe_filename(name)
