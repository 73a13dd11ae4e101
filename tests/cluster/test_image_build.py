"""An image is built anew when, and only when, something that goes into it has changed."""

from __future__ import annotations

import json
import tarfile
from hashlib import sha256
from pathlib import Path

import pytest

from jobhunter_dev.errors import StepFailed
from jobhunter_dev.home import Home
from jobhunter_dev.image_build import CONTAINERFILES, content_hash, copied, image, names, pip_settings
from jobhunter_dev.image_layout import REFERENCE, ImageLayout

CONTAINERFILE = (
    "ARG BASE\nFROM ${BASE}\nCOPY lock.txt /tmp/\nCOPY --chown=1:1 source other /app/\nCOPY --from=x /a /b\n"
)


@pytest.fixture
def context(tmp_path: Path) -> Path:
    for name in ("lock.txt", "source/a.py", "source/deep/b.py", "other/c.py", "unused.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_what_is_copied_is_read_from_the_containerfile() -> None:
    assert copied(CONTAINERFILE) == ["lock.txt", "source", "other"]


@pytest.mark.parametrize("changed", ["lock.txt", "source/deep/b.py", "other/new.py"])
def test_a_change_in_what_is_copied_changes_the_hash(context: Path, changed: str) -> None:
    before = content_hash(CONTAINERFILE, context, "base")
    (context / changed).write_text("changed")
    assert content_hash(CONTAINERFILE, context, "base") != before


@pytest.mark.parametrize("changed", ["unused.py", "source/__pycache__/a.cpython-311.pyc", "source/a.pyc"])
def test_a_change_elsewhere_does_not(context: Path, changed: str) -> None:
    before = content_hash(CONTAINERFILE, context, "base")
    (context / changed).parent.mkdir(exist_ok=True)
    (context / changed).write_text("changed")
    assert content_hash(CONTAINERFILE, context, "base") == before


def test_the_containerfile_the_base_and_the_right_to_execute_count(context: Path) -> None:
    before = content_hash(CONTAINERFILE, context, "base")
    assert content_hash(CONTAINERFILE + "USER 1\n", context, "base") != before
    assert content_hash(CONTAINERFILE, context, "another base") != before
    (context / "source" / "a.py").chmod(0o755)
    assert content_hash(CONTAINERFILE, context, "base") != before


def test_a_missing_source_is_named(context: Path) -> None:
    (context / "lock.txt").unlink()
    with pytest.raises(StepFailed, match=r"lock\.txt, which is not there"):
        content_hash(CONTAINERFILE, context, "base")


@pytest.mark.parametrize("name", [name for name in names() if name != "pause"])
def test_every_containerfile_builds_from_what_the_repository_has(name: str, tmp_path: Path) -> None:
    text = (CONTAINERFILES / name / "Containerfile").read_text()
    assert len(image(name, Home(tmp_path)).key) == 12
    assert "USER 10001:10001" in text.splitlines(), "an image runs as nobody in particular"
    assert "ARG BASE=debian:bookworm-slim" in text.splitlines(), "Docker builds it from the public base"


def test_the_hosts_pip_settings_hold_in_a_build_and_its_variables_win(tmp_path: Path) -> None:
    file = tmp_path / "pip.conf"
    file.write_text("[global]\ntimeout = 5\ncert = /a.pem\n[install]\nno-deps = false\n")
    settings = pip_settings({"PIP_CERT": "/b.pem", "PIP_CACHE_DIR": "/c", "HOME": "/root"}, [file, tmp_path / "none"])
    assert "cert = /b.pem" in settings
    assert "timeout = 5" in settings
    assert "[install]\nno-deps = false" in settings
    assert "/c" not in settings


def _add(layout: Path, reference: str, *layers: bytes) -> None:
    """Writes an image into a layout as a builder would."""
    blobs = layout / "blobs" / "sha256"
    blobs.mkdir(parents=True, exist_ok=True)

    def blob(content: bytes) -> dict[str, str]:
        name = sha256(content).hexdigest()
        (blobs / name).write_bytes(content)
        return {"digest": f"sha256:{name}"}

    manifest = {"config": blob(reference.encode()), "layers": [blob(layer) for layer in layers]}
    entry = {**blob(json.dumps(manifest).encode()), "annotations": {REFERENCE: reference}}
    index = layout / "index.json"
    before = json.loads(index.read_text())["manifests"] if index.exists() else []
    index.write_text(json.dumps({"manifests": [*before, entry]}))


def test_an_image_with_a_missing_layer_is_not_there(tmp_path: Path) -> None:
    _add(tmp_path, "x:1", b"layer")
    layout = ImageLayout(tmp_path)
    assert layout.manifest_of("x:1") is not None
    assert layout.manifest_of("x:2") is None
    (tmp_path / "blobs" / "sha256" / sha256(b"layer").hexdigest()).unlink()
    assert layout.manifest_of("x:1") is None


def test_an_older_content_goes_with_the_layers_that_it_alone_had(tmp_path: Path) -> None:
    _add(tmp_path, "x:1", b"shared", b"old")
    _add(tmp_path, "x:2", b"shared", b"new")
    _add(tmp_path, "y:1", b"others")
    layout = ImageLayout(tmp_path)
    layout.forget_older("x:2")
    kept = {blob.name for blob in (tmp_path / "blobs" / "sha256").iterdir()}
    assert {sha256(layer).hexdigest() for layer in (b"shared", b"new", b"others")} <= kept
    assert sha256(b"old").hexdigest() not in kept
    assert layout.manifest_of("x:1") is None
    assert layout.manifest_of("y:1") is not None


def test_an_index_that_was_half_written_means_that_all_is_built_anew(tmp_path: Path) -> None:
    _add(tmp_path / "layout", "x:1", b"layer")
    (tmp_path / "layout" / "index.json").write_text('{"manifests": [')
    assert ImageLayout(tmp_path / "layout").manifest_of("x:1") is None


def test_an_archive_leaves_out_what_the_cluster_has(tmp_path: Path) -> None:
    _add(tmp_path / "layout", "x:1", b"shared", b"new")
    archive = tmp_path / "archive.tar"
    there = {f"sha256:{sha256(b'shared').hexdigest()}"}
    with archive.open("wb") as out:
        ImageLayout(tmp_path / "layout").write_archive(["x:1"], out, there)
    with tarfile.open(archive) as opened:
        inside = opened.getnames()
    assert f"blobs/sha256/{sha256(b'new').hexdigest()}" in inside
    assert f"blobs/sha256/{sha256(b'shared').hexdigest()}" not in inside
    assert {"oci-layout", "index.json"} <= set(inside)
