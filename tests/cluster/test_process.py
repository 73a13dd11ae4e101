"""A recorded process is killed, and never another one that got its id."""

from __future__ import annotations

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from jobhunter_dev.errors import AnotherRun
from jobhunter_dev.home import Home
from jobhunter_dev.process import RecordedProcess, children, start_ticks


@pytest.fixture
def sleeper() -> RecordedProcess:
    started = subprocess.Popen(["sleep", "60"])
    recorded = RecordedProcess.of(started.pid)
    assert recorded is not None
    return recorded


def test_a_recorded_process_is_found_again_and_killed(sleeper: RecordedProcess, tmp_path: Path) -> None:
    sleeper.write(tmp_path / "pid")
    again = RecordedProcess.read(tmp_path / "pid")
    assert again == sleeper
    assert again.alive()
    assert again.kill()
    assert not again.alive()
    assert start_ticks(sleeper.pid) is None


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another boot"}])
def test_a_process_that_reuses_the_id_is_left_alone(sleeper: RecordedProcess, change: dict[str, object]) -> None:
    recorded_before = replace(sleeper, **change)  # type: ignore[arg-type]  # one field of its own type
    assert not recorded_before.alive()
    assert recorded_before.kill()
    assert sleeper.alive()
    sleeper.kill()


@pytest.mark.parametrize("content", ["", "12", "{}", '{"pid": "x", "started": 1, "boot": ""}'])
def test_a_record_that_cannot_be_read_is_no_record(content: str, tmp_path: Path) -> None:
    (tmp_path / "pid").write_text(content)
    assert RecordedProcess.read(tmp_path / "pid") is None


def test_children_are_seen() -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo started; wait"], stdout=subprocess.PIPE) as shell:
        assert shell.stdout is not None
        shell.stdout.readline()
        (sleeping,) = children(shell.pid)
        for pid in (shell.pid, sleeping):  # the shell would end with its child
            recorded = RecordedProcess.of(pid)
            assert recorded is not None
            recorded.kill()


def test_two_runs_on_one_home_are_kept_apart(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    with home.locked(), pytest.raises(AnotherRun, match="Another run"), home.locked():
        raise AssertionError("two runs hold one lock")
    with home.locked():
        assert home.path.stat().st_mode & 0o777 == 0o700


def test_two_homes_are_two_clusters() -> None:
    assert Home(Path("/a")).ident != Home(Path("/b")).ident
