"""The seccomp profile on a node: whole, under its content's name, and nothing removed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobhunter_operator.seccomp_installer import ProfileNotInstalled, content_hash, install

CONTENT = b'{"defaultAction": "SCMP_ACT_ERRNO"}\n'
NAME = f"chromium-{content_hash(CONTENT)}.json"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A ConfigMap's folder with one profile."""
    folder = tmp_path / "profiles"
    folder.mkdir()
    (folder / NAME).write_bytes(CONTENT)
    return folder


@pytest.fixture
def target(tmp_path: Path) -> Path:
    """A node's folder with somebody's older profile."""
    folder = tmp_path / "node"
    folder.mkdir()
    (folder / "chromium-older.json").write_text("{}")
    return folder


def test_a_profile_is_written_once_and_others_stay(source: Path, target: Path) -> None:
    assert install(source, target) == [NAME]
    assert (target / NAME).read_bytes() == CONTENT
    assert (target / NAME).stat().st_mode & 0o777 == 0o644
    assert install(source, target) == []
    assert sorted(path.name for path in target.iterdir()) == sorted([NAME, "chromium-older.json"])


def test_a_damaged_profile_is_mended(source: Path, target: Path) -> None:
    (target / NAME).write_bytes(CONTENT[:5])
    assert install(source, target) == [NAME]
    assert (target / NAME).read_bytes() == CONTENT


def test_a_profile_whose_name_is_not_its_content_s_is_refused(source: Path, target: Path) -> None:
    (source / NAME).write_bytes(CONTENT + b" ")
    with pytest.raises(ProfileNotInstalled, match="Name the profile by its content"):
        install(source, target)
    assert not (target / NAME).exists()


def test_a_profile_that_is_no_json_is_refused(source: Path, target: Path) -> None:
    (source / NAME).unlink()
    (source / f"chromium-{content_hash(b'allow all')}.json").write_bytes(b"allow all")
    with pytest.raises(ProfileNotInstalled, match="not JSON"):
        install(source, target)


def test_a_missing_config_map_is_said(target: Path, tmp_path: Path) -> None:
    with pytest.raises(ProfileNotInstalled, match="there is no profile"):
        install(tmp_path, target)


def test_a_folder_that_cannot_be_written_is_said(source: Path, tmp_path: Path) -> None:
    with pytest.raises(ProfileNotInstalled, match="cannot be written"):
        install(source, tmp_path / "absent")


def test_it_stays_until_it_is_told_to_end(source: Path, target: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "jobhunter_operator.seccomp_installer", str(source), str(target)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == f"{NAME} installed\n"
    time.sleep(0.2)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
    assert (target / NAME).exists()
