"""What the long commands took is kept where it was measured, and told beside the limits."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobhunter_dev import demo, ground, toolchain
from jobhunter_dev.home import Home
from jobhunter_dev.wall_times import Command, keep, kept

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("JOBHUNTER_HOME", str(tmp_path))
    monkeypatch.delenv("CLUSTER", raising=False)
    made = Home.of_environment()
    made.prepare()
    return made


def bench(name: str) -> subprocess.CompletedProcess[str]:
    """As make bench runs it, but for the environment, which is there."""
    (line,) = (line for line in (ROOT / "Makefile").read_text().splitlines() if "bench/run.py" in line)
    return subprocess.run(
        [sys.executable, "tests/bench/run.py", name],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": line.split("PYTHONPATH=")[1].split()[0]},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_bench_tells_what_the_commands_took_and_when(home: Home) -> None:
    assert "did not run to its end on this machine" in bench("wall").stdout
    keep(home, Command.FIRST_DEMO, 493.04)
    keep(home, Command.TEST, 1600)
    said = bench("wall")
    assert "| first `make demo`, from nothing | 8 min 13 s | 15 min | yes |" in said.stdout
    assert "| `make test`, cluster built | 26 min 40 s | 25 min | **no** |" in said.stdout
    assert kept(home)[Command.TEST].at in said.stdout
    assert said.returncode == 1


def test_a_bench_without_a_cluster_says_so_in_a_sentence(home: Home) -> None:
    home.image_list.write_text("{}")
    said = bench("cold")
    assert said.returncode == 1
    assert "cold: The local cluster is not running. Start it with make cluster-up." in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.parametrize(("built", "measured"), [(False, "yes"), (True, "")])
def test_a_demo_is_the_first_where_nothing_was_built(
    home: Home, built: bool, measured: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for program in toolchain.PROGRAMS if built else ():
        (home.bin / program).touch()
    seen = list[dict[str, str]]()

    class Gone(Exception):
        """The process became another."""

    def become(_program: object, _arguments: object, environment: dict[str, str]) -> None:
        seen.append(environment)
        raise Gone

    monkeypatch.delenv(demo.BEGAN, raising=False)
    monkeypatch.setattr(ground, "build", lambda *_: None)
    monkeypatch.setattr(os, "execve", become)
    monkeypatch.setattr(sys, "stdin", open(os.devnull))  # noqa: SIM115 - pytest's own is put back
    with pytest.raises(Gone):
        demo.main()
    assert seen[0][demo.IS_FIRST] == measured


def test_only_a_first_demo_that_went_well_is_kept(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(demo.BEGAN, "0")
    monkeypatch.setattr(ground, "lay", lambda *_: (None, 1))
    for first, code, is_kept in (("", 0, False), ("yes", 1, False), ("yes", 0, True)):
        monkeypatch.setenv(demo.IS_FIRST, first)
        monkeypatch.setattr(demo, "apply", lambda *_, code=code: code)
        assert demo.main() == code
        assert (Command.FIRST_DEMO in kept(home)) is is_kept
