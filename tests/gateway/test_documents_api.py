"""Uploading, listing, downloading and deleting documents, over HTTP and a real PostgreSQL; two users."""

from __future__ import annotations

import asyncio
import hashlib
import io
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, cast

import docx
import httpx
import pytest
from pydantic import SecretStr
from pypdf import PdfWriter

from jobhunter_connection.nats_link import NatsLink
from jobhunter_gateway import profiles
from jobhunter_gateway.app import create_app
from jobhunter_gateway.documents import DOCUMENTS, Documents
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.rates import Rates
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.tokens import make_token
from qdrant_stand_in import QdrantStandIn

ABSENT = cast(Any, None)
"""Parts that no document has to do with."""
PATH = "/api/documents"


def word(text: str) -> bytes:
    document = docx.Document()
    document.add_heading("Work")
    document.add_paragraph(text)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def pdf(password: str = "") -> bytes:
    """A PDF with an empty page."""
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    if password:
        writer.encrypt(password, algorithm="RC4-128")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


class Person:
    def __init__(self, client: httpx.AsyncClient, user_id: str, settings: Settings) -> None:
        self.user_id = user_id
        self._client = client
        self._headers = {"Authorization": f"Bearer {make_token(user_id, settings)}"}

    async def call(self, method: str, path: str = "", **given: Any) -> httpx.Response:
        headers = self._headers | given.pop("headers", {})
        return await self._client.request(method, PATH + path, headers=headers, **given)

    async def upload(self, filename: str, data: bytes, **fields: str) -> httpx.Response:
        files = {"file": (filename, data, "application/octet-stream")}
        return await self.call("POST", files=files, data={"kind": "resume"} | fields)

    async def names(self) -> list[str]:
        return [document["filename"] for document in (await self.call("GET")).json()["documents"]]


@pytest.fixture
def settings() -> Settings:
    return Settings(_env_file=None, jwt_secret="a secret of the tests alone, of forty-two b", rate_writes="1000/minute")


@pytest.fixture
async def parts(settings: Settings, store: Store) -> AsyncIterator[Parts]:
    """NATS is away: nobody is told, and everything goes on."""
    metrics = Metrics()
    link = NatsLink("gateway", settings, metrics)
    memory = Memory(settings, store)
    yield Parts(
        settings=settings, metrics=metrics, rates=Rates(settings, metrics), store=store, link=link, memory=memory,
        documents=Documents(settings, store, link, metrics), cluster=ABSENT, tasks=ABSENT, answers=ABSENT,
        pictures=ABSENT, hub=ABSENT,
    )  # fmt: skip
    await memory.close()


@pytest.fixture
async def client(parts: Parts) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(create_app(parts), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        yield client


@pytest.fixture
def asha(client: httpx.AsyncClient, settings: Settings) -> Person:
    return Person(client, "asha", settings)


@pytest.fixture
def ben(client: httpx.AsyncClient, settings: Settings) -> Person:
    return Person(client, "ben", settings)


def problem(answer: httpx.Response, status: int, code: str) -> str:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    assert answer.json()["code"] == code
    return str(answer.json()["detail"])


async def test_a_document_is_kept_read_and_handed_back(asha: Person, parts: Parts) -> None:
    data = word("Engineer of payment systems at Acme, in Python")
    answer = await asha.upload("cv.docx", data)
    assert answer.status_code == 201
    made = answer.json()
    assert answer.headers["location"] == f"{PATH}/{made['id']}"
    assert made | {"id": "", "created_at": ""} == {
        "id": "", "kind": "resume", "filename": "cv.docx", "size": len(data), "state": "ready", "note": "",
        "media_type": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "sha256": hashlib.sha256(data).hexdigest(), "passages": 1, "created_at": "",
        "sendable": True, "sent_as": ["resume"],
    }  # fmt: skip
    assert (await asha.call("GET")).json() == {"documents": [made]}
    (passage,) = await parts.memory.retrieve_user_context("asha", "Experience with Python?")
    assert passage.source == "cv.docx, Work"

    download = await asha.call("GET", f"/{made['id']}")
    assert download.content == data
    assert download.headers["content-disposition"] == "attachment; filename=\"cv.docx\"; filename*=UTF-8''cv.docx"
    assert download.headers["x-content-type-options"] == "nosniff"
    assert download.headers["content-type"] == made["media_type"]

    assert (await asha.call("DELETE", f"/{made['id']}")).status_code == 204
    assert await asha.names() == []
    assert await parts.memory.retrieve_user_context("asha", "Experience with Python?") == []
    problem(await asha.call("DELETE", f"/{made['id']}"), 404, "not-found")


async def test_each_document_says_whether_applications_are_sent_with_it(asha: Person, store: Store) -> None:
    async def said() -> dict[str, tuple[bool, list[str]]]:
        documents = (await asha.call("GET")).json()["documents"]
        return {document["filename"]: (document["sendable"], document["sent_as"]) for document in documents}

    async def name(**documents: str) -> None:
        async with store.user("asha") as connection:
            await profiles.put(connection, "asha", {"application": {"documents": documents}})

    await asha.upload("notes.md", b"Engineer at Acme")
    await asha.upload("locked.pdf", pdf("secret"), kind="cover_letter")
    assert await said() == {"notes.md": (False, []), "locked.pdf": (True, [])}
    await asha.upload("cv.pdf", pdf())
    assert (await said())["cv.pdf"] == (True, ["resume"])  # the only résumé that forms take
    await asha.upload("second.pdf", pdf())
    assert not any(sent_as for _, sent_as in (await said()).values())
    await name(resume="second.pdf", cover_letter="second.pdf")
    assert await said() == {
        "notes.md": (False, []), "locked.pdf": (True, []), "cv.pdf": (True, []),
        "second.pdf": (True, ["resume", "cover_letter"]),
    }  # fmt: skip
    await name(resume="notes.md", cover_letter="gone.pdf")
    assert not any(sent_as for _, sent_as in (await said()).values())


async def test_what_the_memory_knew_from_a_document_goes_with_it(parts: Parts, settings: Settings) -> None:
    server = QdrantStandIn("a key")
    server.start()
    memory = Memory(
        settings.model_copy(update={"qdrant_url": server.url, "qdrant_api_key": SecretStr("a key")}), parts.store
    )
    transport = httpx.ASGITransport(create_app(replace(parts, memory=memory)), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        person = Person(client, "asha", settings)
        for change in ("replace", "delete"):
            answer = await person.upload("cv.txt", b"Asha built payment APIs in Python at Acme.", replace="true")
            assert await memory.retrieve_user_context("asha", "payment APIs in Python")
            assert server.rows()
            if change == "replace":
                await person.upload("cv.txt", b"Asha speaks German.", replace="true")
            else:
                await person.call("DELETE", f"/{answer.json()['id']}")
            assert server.rows() == []
    await memory.close()
    server.stop()


async def test_nobody_sees_gets_or_deletes_anothers_document(asha: Person, ben: Person) -> None:
    mine = (await asha.upload("cv.txt", b"Engineer at Acme")).json()["id"]
    assert await ben.names() == []
    unknown = problem(await ben.call("GET", "/00000000-0000-0000-0000-000000000000"), 404, "not-found")
    assert problem(await ben.call("GET", f"/{mine}"), 404, "not-found") == unknown  # no word that it exists
    assert problem(await ben.call("DELETE", f"/{mine}"), 404, "not-found") == unknown
    assert (await ben.upload("cv.txt", b"Designer at Globex")).status_code == 201
    assert (await asha.call("GET", f"/{mine}")).content == b"Engineer at Acme"


async def test_without_a_token_nothing_is_read(client: httpx.AsyncClient) -> None:
    for method in ("GET", "POST"):
        problem(await client.request(method, PATH), 401, "bad-token")


@pytest.mark.parametrize(
    ("filename", "data", "state", "word"),
    [
        ("scan.pdf", pdf(), "no-text", "no text layer"),
        ("cv.pdf", pdf("secret"), "encrypted", "password"),
        ("cv.pdf", b"%PDF-1.7 broken", "unreadable", "cannot be read"),
    ],
)
async def test_what_cannot_be_read_is_kept_and_said(
    asha: Person, filename: str, data: bytes, state: str, word: str
) -> None:
    made = (await asha.upload(filename, data)).json()
    assert (made["state"], made["passages"]) == (state, 0)
    assert word in made["note"]
    assert (await asha.call("GET", f"/{made['id']}")).content == data


def bomb() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", bytes(100 * 1024 * 1024))
    return out.getvalue()


@pytest.mark.parametrize(
    ("filename", "data", "status", "code"),
    [
        ("cv.pdf", b"", 422, "empty-document"),
        ("cv.txt", b"   \n", 422, "empty-document"),
        ("cv.exe", b"MZ", 415, "unsupported-media-type"),
        ("cv.pdf", b"words", 415, "unsupported-media-type"),
        ("cv.docx", bomb(), 422, "document-bomb"),
        ("cv.pdf", b"%PDF-1.7" + bytes(5 * 1024 * 1024), 413, "too-large"),
        ("cv.pdf", b"%PDF-1.7" + bytes(9 * 1024 * 1024), 413, "too-large"),
    ],
)
async def test_what_cannot_be_taken_is_refused_and_not_kept(
    asha: Person, filename: str, data: bytes, status: int, code: str
) -> None:
    problem(await asha.upload(filename, data), status, code)
    assert await asha.names() == []


async def test_a_name_is_taken_once_unless_it_is_to_be_replaced(asha: Person) -> None:
    await asha.upload("cv.txt", b"Engineer at Acme")
    assert "replace=true" in problem(await asha.upload("cv.txt", b"Engineer at Globex"), 409, "conflict")
    answer = await asha.upload("cv.txt", b"Engineer at Globex", replace="true")
    assert answer.status_code == 201
    assert await asha.names() == ["cv.txt"]
    assert (await asha.call("GET", f"/{answer.json()['id']}")).content == b"Engineer at Globex"


async def test_of_two_uploads_of_one_name_at_once_one_wins(asha: Person) -> None:
    answers = await asyncio.gather(*(asha.upload("cv.txt", f"Engineer {n}".encode()) for n in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409, 409]
    assert await asha.names() == ["cv.txt"]


async def test_there_is_an_end_to_the_documents_of_one_person(asha: Person, ben: Person) -> None:
    for number in range(DOCUMENTS):
        assert (await asha.upload(f"{number}.txt", b"Engineer at Acme")).status_code == 201
    problem(await asha.upload("more.txt", b"Engineer at Acme"), 409, "too-many-documents")
    assert (await asha.upload("0.txt", b"Engineer at Globex", replace="true")).status_code == 201
    assert (await ben.upload("cv.txt", b"Engineer at Acme")).status_code == 201


@pytest.mark.parametrize(
    ("filename", "kept", "disposition"),
    [
        ("../../etc/cv.txt", "cv.txt", "filename=\"cv.txt\"; filename*=UTF-8''cv.txt"),
        (
            "<img src=x onerror=alert(1)>.txt",
            "_img src=x onerror=alert(1)_.txt",
            "filename=\"_img src_x onerror_alert(1)_.txt\"; filename*=UTF-8''_img%20src%3Dx%20onerror%3Dalert%281%29_.txt",
        ),
        ("Müller;v=1.txt", "Müller;v=1.txt", "filename=\"M_ller_v_1.txt\"; filename*=UTF-8''M%C3%BCller%3Bv%3D1.txt"),
    ],
)
async def test_a_name_with_script_or_paths_in_it_is_made_harmless(
    asha: Person, filename: str, kept: str, disposition: str
) -> None:
    made = (await asha.upload(filename, b"Engineer at Acme")).json()
    assert made["filename"] == kept
    download = await asha.call("GET", f"/{made['id']}")
    assert download.headers["content-disposition"] == f"attachment; {disposition}"


async def test_a_control_character_in_a_name_ends_no_header(asha: Person) -> None:
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a\tb\x01c.txt"\r\n\r\nEngineer\r\n--x--\r\n'
    answer = await asha.call("POST", content=body, headers={"Content-Type": "multipart/form-data; boundary=x"})
    assert answer.status_code in (201, 400), answer.text
    assert all(name.isprintable() for name in await asha.names())


@pytest.mark.parametrize(
    "given",
    [
        {"content": b"no form", "headers": {"Content-Type": "multipart/form-data; boundary=x"}},
        {"content": b"", "headers": {"Content-Type": "multipart/form-data"}},
        {"json": {"file": "x"}},
        {"data": {"file": "not a file"}},
        {"files": {"file": ("cv.txt", b"Engineer")}, "data": {"kind": "passport"}},
        {"files": {"other": ("cv.txt", b"Engineer")}},
        {"files": {"file": ("", b"Engineer")}},
    ],
)
async def test_a_malformed_upload_is_a_problem_in_words(asha: Person, given: dict[str, Any]) -> None:
    answer = await asha.call("POST", **given)
    assert answer.status_code in (400, 415, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert await asha.names() == []


@pytest.mark.parametrize("path", ["/x", "/..%2f..", "/%00", "/" + "9" * 99, "/1e0"])
async def test_an_id_that_is_none_is_not_found(asha: Person, path: str) -> None:
    for method in ("GET", "DELETE"):
        assert (await asha.call(method, path)).status_code == 404


async def test_while_postgres_is_away_uploads_are_unavailable(asha: Person, postgres: Any) -> None:
    postgres.stop()
    try:
        problem(await asha.upload("cv.txt", b"Engineer"), 503, "unavailable")
    finally:
        postgres.start()
    assert (await asha.upload("cv.txt", b"Engineer")).status_code == 201
