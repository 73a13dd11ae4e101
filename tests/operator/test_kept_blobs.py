"""Blobs: chunks that arrive in any way a network can bring them, pictures that fit, Secrets that belong to the task."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from memory_api import SECRETS, MemoryKube
from PIL import Image

from jobhunter_contracts import asks, names
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import BadUpload, InvalidMessage, InvalidProfile, NotFound
from jobhunter_contracts.profile import Profile, parse_profile
from jobhunter_contracts.subjects import BLOB_CHUNK, BLOB_LIMIT
from jobhunter_operator import kept_blobs, profile_secret
from jobhunter_operator.kept_blobs import DRAFT_LIMIT, KeptBlobs, fitting_jpeg
from jobhunter_operator.observed import ProfileState
from jobhunter_operator.profile_secret import ProfileSecrets
from jobhunter_operator.uploads import Uploads

PROFILE = b"basics: {name: Asha, email: asha@example.com}\napplication: {documents: {resume: cv.pdf}}\n"


def task(uid: str = "u-1") -> ApplicationTask:
    spec = {"userId": "asha", "url": "https://careers.example.com/jobs/1", "profileRef": {"name": "p"}}
    return ApplicationTask.model_validate({"metadata": {"name": "t", "namespace": "jobs", "uid": uid}, "spec": spec})


def noise(width: int = 1280, height: int = 2400) -> bytes:
    out = io.BytesIO()
    Image.effect_noise((width, height), 80).convert("RGB").save(out, "JPEG", quality=80)
    return out.getvalue()


def data(kube: MemoryKube, name: str) -> dict[str, bytes]:
    return {key: base64.b64decode(value) for key, value in kube.objects[f"{SECRETS}/{name}"]["data"].items()}


TABLE = Draft(url="https://x.test", digest="d", fields=[]).to_json()


# chunks


def chunks(whole: bytes) -> list[tuple[int, bytes]]:
    return [(offset, whole[offset : offset + BLOB_CHUNK]) for offset in range(0, len(whole), BLOB_CHUNK)]


def sha(whole: bytes) -> str:
    return hashlib.sha256(whole).hexdigest()


def test_chunks_in_order_make_the_blob_whole() -> None:
    whole, uploads = bytes(range(256)) * 3000, Uploads()
    got = [uploads.add("p", "draft.jpg", offset, len(whole), sha(whole), part) for offset, part in chunks(whole)]
    assert got == [None, None, whole]


def test_a_repeated_chunk_is_harmless() -> None:
    whole, uploads = bytes(range(256)) * 3000, Uploads()
    for offset, part in chunks(whole):
        uploads.add("p", "draft.jpg", offset, len(whole), sha(whole), part)
        again = uploads.add("p", "draft.jpg", offset, len(whole), sha(whole), part)
    assert again == whole


def test_uploads_of_two_pods_do_not_mix() -> None:
    one, two, uploads = b"a" * 300_000, b"b" * 300_000, Uploads()
    uploads.add("p1", "draft.jpg", 0, len(one), sha(one), one[:BLOB_CHUNK])
    uploads.add("p2", "draft.jpg", 0, len(two), sha(two), two[:BLOB_CHUNK])
    assert uploads.add("p1", "draft.jpg", BLOB_CHUNK, len(one), sha(one), one[BLOB_CHUNK:]) == one


@pytest.mark.parametrize(
    ("offset", "size", "digest", "chunk"),
    [
        (BLOB_CHUNK, 300_000, sha(b"x"), b"late"),  # the first chunk is not here
        (0, 4, sha(b"other"), b"four"),  # not what its sha256 says
        (0, BLOB_LIMIT + 1, sha(b"x"), b"x"),
        (0, 0, sha(b""), b""),
        (0, 3, sha(b"four"), b"four"),  # more than announced
        (0, BLOB_LIMIT, sha(b"x"), b"x" * (BLOB_CHUNK + 1)),
    ],
)
def test_what_does_not_fit_is_refused(offset: int, size: int, digest: str, chunk: bytes) -> None:
    with pytest.raises(BadUpload):
        Uploads().add("p", "draft.jpg", offset, size, digest, chunk)


# pictures


def test_a_picture_that_fits_is_kept_as_it_is() -> None:
    picture = noise(200, 200)
    assert fitting_jpeg(picture, 600_000) is picture


def test_a_large_picture_is_scaled_to_fit_in_its_own_proportions() -> None:
    small = fitting_jpeg(noise(), 300_000)
    assert len(small) <= 300_000
    with Image.open(io.BytesIO(small)) as opened:
        assert opened.format == "JPEG"
        assert abs(opened.height / opened.width - 2400 / 1280) < 0.02


def test_the_greatest_picture_takes_no_more_memory_than_the_operator_has(tmp_path: Path) -> None:
    """A process of its own, whose peak the kernel counts (in KiB on Linux)."""
    out = io.BytesIO()
    noise = Image.effect_noise((160, 750), 80).convert("RGB").resize((2560, 12_000), Image.Resampling.NEAREST)
    noise.save(out, "JPEG", quality=80)
    (tmp_path / "page.jpg").write_bytes(out.getvalue())
    code = """
import resource, sys
from jobhunter_operator.kept_blobs import fitting_jpeg
data = open(sys.argv[1], "rb").read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
assert len(fitting_jpeg(data, 600 * 1024)) <= 600 * 1024
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
    said = subprocess.run([sys.executable, "-c", code, str(tmp_path / "page.jpg")], capture_output=True, check=True)
    assert int(said.stdout) < 250, f"{int(said.stdout)} MiB"


def test_a_picture_of_endless_pixels_is_refused() -> None:
    out = io.BytesIO()
    Image.new("RGB", (2560, 12_200)).save(out, "JPEG")
    with pytest.raises(InvalidMessage, match="2560 by 12200"):
        fitting_jpeg(out.getvalue(), 10_000_000)


async def test_pictures_are_scaled_one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    at_work: list[int] = []

    def slow(data: bytes, limit: int) -> bytes:
        at_work.append(1)
        assert len(at_work) == 1
        time.sleep(0.05)
        at_work.pop()
        return data

    monkeypatch.setattr(kept_blobs, "fitting_jpeg", slow)
    kept = KeptBlobs(MemoryKube(), 700_000)
    await asyncio.gather(*(kept.put(task(), asks.CONFIRMATION_BLOB, b"x") for _ in range(3)))


@pytest.mark.parametrize("bad", [b"", b"GIF89a", b"<svg/>", noise(50, 50)[:200]])
def test_what_is_no_picture_is_refused(bad: bytes) -> None:
    with pytest.raises(InvalidMessage):
        fitting_jpeg(bad, 100)


# Secrets


async def test_the_draft_is_one_secret_owned_by_the_task_and_small_enough() -> None:
    kube = MemoryKube()
    kept = KeptBlobs(kube, 700_000)
    await asyncio.gather(
        kept.put(task(), asks.DRAFT_PICTURE_BLOB, noise()), kept.put(task(), asks.DRAFT_TABLE_BLOB, TABLE)
    )
    assert len(kube.writes()) == 1, "both halves go in one write"
    held = data(kube, names.draft_secret_name("t"))
    assert set(held) == {names.DRAFT_PICTURE_KEY, names.DRAFT_TABLE_KEY}
    assert sum(len(value) for value in held.values()) < DRAFT_LIMIT
    (owner,) = kube.objects[f"{SECRETS}/t-draft"]["metadata"]["ownerReferences"]
    assert owner["uid"] == "u-1"
    assert [e.key for e in await kept.evidence(task())] == ["draft.jpg", "draft.json"]


async def test_a_half_whose_other_half_does_not_come_is_kept_alone() -> None:
    kube = MemoryKube()
    kept = KeptBlobs(kube, 700_000, together_seconds=0.05)
    await kept.put(task(), asks.DRAFT_TABLE_BLOB, TABLE)
    assert set(data(kube, "t-draft")) == {names.DRAFT_TABLE_KEY}
    await kept.put(task(), asks.DRAFT_PICTURE_BLOB, noise(100, 100))
    assert set(data(kube, "t-draft")) == {names.DRAFT_PICTURE_KEY, names.DRAFT_TABLE_KEY}


async def test_both_halves_are_told_of_a_write_that_failed() -> None:
    kube = MemoryKube()
    kube.add(SECRETS, {"metadata": {"name": "t-draft"}, "data": {"mine": "eA=="}})
    kept = KeptBlobs(kube, 700_000)
    said = await asyncio.gather(
        kept.put(task(), asks.DRAFT_PICTURE_BLOB, noise(100, 100)),
        kept.put(task(), asks.DRAFT_TABLE_BLOB, TABLE),
        return_exceptions=True,
    )
    assert all(isinstance(fault, InvalidMessage) for fault in said)


async def test_the_confirmation_is_kept_within_its_limit() -> None:
    kube = MemoryKube()
    kept = KeptBlobs(kube, 50_000)
    await kept.put(task(), asks.CONFIRMATION_BLOB, noise())
    assert len(data(kube, "t-evidence")[asks.CONFIRMATION_BLOB]) <= 50_000
    assert [e.name for e in await kept.evidence(task())] == ["confirmation"]


async def test_a_secret_of_an_earlier_task_of_that_name_is_taken_over_and_its_draft_forgotten() -> None:
    kube = MemoryKube()
    kept = KeptBlobs(kube, 700_000, together_seconds=0.05)
    await kept.put(task("u-0"), asks.DRAFT_PICTURE_BLOB, noise(100, 100))
    assert await kept.evidence(task("u-1")) == ()
    await kept.put(task("u-1"), asks.DRAFT_TABLE_BLOB, TABLE)
    assert set(data(kube, "t-draft")) == {names.DRAFT_TABLE_KEY}
    assert await kept.evidence(task("u-0")) == ()


async def test_a_secret_that_is_not_the_operators_is_left_alone() -> None:
    kube = MemoryKube()
    kube.add(SECRETS, {"metadata": {"name": "t-draft"}, "data": {"mine": "eA=="}})
    with pytest.raises(InvalidMessage):
        await KeptBlobs(kube, 700_000, together_seconds=0.05).put(task(), asks.DRAFT_TABLE_BLOB, TABLE)
    assert data(kube, "t-draft") == {"mine": b"x"}


@pytest.mark.parametrize(
    ("blob", "content"), [("draft.json", b"not a table"), ("profile.yaml", b"x"), ("draft.jpg", b"x")]
)
async def test_other_blobs_and_shapes_are_refused(blob: str, content: bytes) -> None:
    with pytest.raises(InvalidMessage):
        await KeptBlobs(MemoryKube(), 700_000, together_seconds=0.05).put(task(), blob, content)


# the profile's Secret

RUNNER_SECRET = "jobhunter-runner-nats"


def secret(**files: bytes) -> MemoryKube:
    kube = MemoryKube()
    encoded = {key.replace("_", "."): base64.b64encode(value).decode() for key, value in files.items()}
    kube.add(SECRETS, {"metadata": {"name": "p"}, "data": encoded})
    return kube


async def test_a_whole_profile_is_usable() -> None:
    view = await ProfileSecrets(secret(profile_yaml=PROFILE, cv_pdf=b"%PDF-1.4"), RUNNER_SECRET).view("jobs", "p")
    assert (view.state, view.message) == (ProfileState.USABLE, "")


async def test_a_missing_secret_is_waited_for() -> None:
    view = await ProfileSecrets(MemoryKube(), RUNNER_SECRET).view("jobs", "p")
    assert view.state is ProfileState.MISSING
    assert "no Secret p" in view.message


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"cv_pdf": b"%PDF-1.4"}, "no key profile.yaml"),
        ({"profile_yaml": PROFILE}, "names the document 'cv.pdf'"),
        ({"profile_yaml": PROFILE, "cv_pdf": b""}, "empty"),
        ({"profile_yaml": PROFILE, "cv_pdf": b"plain text"}, "neither PDF nor DOCX"),
        ({"profile_yaml": b"basics: {email: nonsense}"}, "not an e-mail address"),
        ({"profile_yaml": b"application: {colour: red}"}, "application.colour: unknown key"),
        ({"profile_yaml": b"basics: ["}, "not YAML"),
        ({"profile_yaml": b"basics: {name: %s}" % (b"x" * 262_144)}, "profile.yaml has 262160 bytes, more than 262144"),
    ],
)
async def test_a_wrong_profile_says_what_is_wrong(files: dict[str, bytes], words: str) -> None:
    view = await ProfileSecrets(secret(**files), RUNNER_SECRET).view("jobs", "p")
    assert view.state is ProfileState.WRONG
    assert words in view.message


async def test_a_profile_is_read_once_for_each_version_of_its_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[bytes] = []

    def parse(data: bytes, *, where: str) -> Profile:
        assert threading.current_thread() is not threading.main_thread(), "it takes seconds, and others work meanwhile"
        read.append(data)
        return parse_profile(data, where=where)

    monkeypatch.setattr(profile_secret, "parse_profile", parse)
    kube = secret(profile_yaml=PROFILE, cv_pdf=b"%PDF-1.4")
    secrets = ProfileSecrets(kube, RUNNER_SECRET)
    for _ in range(3):
        assert (await secrets.view("jobs", "p")).state is ProfileState.USABLE
    assert len(read) == 1
    changed = await kube.get_secret("jobs", "p")
    changed["data"]["profile.yaml"] = base64.b64encode(b"basics: {email: x}").decode()
    await kube.replace_secret("jobs", "p", changed)
    for _ in range(3):
        assert "e-mail" in (await secrets.view("jobs", "p")).message
    assert len(read) == 2


async def test_an_answers_secret_is_read_or_its_fault_said() -> None:
    secrets = ProfileSecrets(secret(otp=b"123456\n", raw=b"\xff\xfe"), RUNNER_SECRET)
    assert (await secrets.answer("jobs", "p", "otp")).value == "123456"
    assert "no key" in (await secrets.answer("jobs", "p", "other")).fault
    assert "no Secret" in (await secrets.answer("jobs", "q", "otp")).fault
    assert "UTF-8" in (await secrets.answer("jobs", "p", "raw")).fault
    with pytest.raises(NotFound):
        await secrets.data("jobs", "q")


@pytest.mark.parametrize(
    "changes",
    [
        {"metadata": {"name": RUNNER_SECRET}},
        {"type": "kubernetes.io/dockerconfigjson"},
        {"type": "kubernetes.io/service-account-token"},
        {"metadata": {"name": "t-draft", "labels": {names.LABEL_MANAGED_BY: names.MANAGED_BY}}},
    ],
)
async def test_no_task_reads_a_secret_of_a_machine_s(changes: dict[str, Any]) -> None:
    content = {"user": base64.b64encode(b"runner").decode()}
    kube = MemoryKube()
    kube.add(SECRETS, {"metadata": {"name": "p"}, "type": "Opaque", "data": content, **changes})
    name = changes.get("metadata", {}).get("name", "p")
    secrets = ProfileSecrets(kube, RUNNER_SECRET)
    answer = await secrets.answer("jobs", name, "user")
    assert answer.value is None
    assert "none of a person's" in answer.fault
    assert (await secrets.view("jobs", name)).state is ProfileState.WRONG
    with pytest.raises(InvalidProfile, match="no task may use it"):
        await secrets.data("jobs", name)
