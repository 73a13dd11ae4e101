"""The programs are built anew when, and only when, what they are built from has changed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobhunter_dev.home import Home
from jobhunter_dev.progress import Progress
from jobhunter_dev.toolchain import MAINS, PROGRAMS, SOURCE, build, build_key, is_built, linker_flags


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "go.mod").write_text("module x\n")
    return tmp_path


def test_a_build_is_named_by_its_sources_and_gos_version(source: Path) -> None:
    before = build_key("go1.26.8", source)
    assert build_key("go1.26.8", source) == before
    assert build_key("go1.27.0", source) != before
    (source / "go.mod").write_text("module y\n")
    assert build_key("go1.26.8", source) != before


def test_every_program_comes_from_a_main_package_that_is_built() -> None:
    built = {main.rsplit("/", 1)[-1] for main in MAINS} - {"v3"} | {"server"}  # go drops a major version's suffix
    assert set(PROGRAMS.values()) == built
    for main in MAINS:
        if main.startswith("./"):
            assert (SOURCE / main / "main.go").exists()


def test_programs_tell_the_version_that_go_mod_pins() -> None:
    assert "k8s.io/kubernetes v1.34.4" in (SOURCE / "go.mod").read_text()
    assert "component-base/version.gitVersion=v1.34.4" in linker_flags()


def test_a_home_where_a_program_is_missing_is_not_built(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.prepare()
    for program in PROGRAMS:
        assert not is_built(home)
        (home.bin / program).touch()
    assert is_built(home)


def _dev(home: Path, *verb: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "JOBHUNTER_HOME": str(home), "PYTHONPATH": str(SOURCE.parent)}
    return subprocess.run(
        [sys.executable, "-m", "jobhunter_dev", *verb], env=environment, capture_output=True, text=True, check=False
    )


def test_an_unknown_image_is_named_with_those_there_are(tmp_path: Path) -> None:
    refused = _dev(tmp_path / "home", "images", "--images", "browser,brwoser")
    assert refused.returncode == 1
    assert "There is no image brwoser." in refused.stderr
    assert "Known are browser, gateway, nats, operator, pause, postgres, runner, site." in refused.stderr


def test_status_of_a_cluster_that_never_was(tmp_path: Path) -> None:
    said = _dev(tmp_path / "home", "status", "--json")
    assert said.returncode == 1
    assert json.loads(said.stdout)["running"] is False
    assert _dev(tmp_path / "home", "kubeconfig").stdout.strip() == str(tmp_path / "home" / "kubeconfig")


def test_a_shell_that_evaluates_env_reaches_the_cluster(tmp_path: Path) -> None:
    home = tmp_path / "a home"
    Home(home).prepare()
    (home / "bin" / "kubectl").write_text('#!/bin/sh\necho "$KUBECONFIG"\n')
    (home / "bin" / "kubectl").chmod(0o755)
    said = subprocess.run(
        ["bash", "-c", f"{_dev(home, 'env').stdout}\nkubectl; ls --version"], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[0] == str(home / "kubeconfig")


def test_what_go_compiled_lies_in_the_home_and_goes_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    go = tmp_path / "go"
    go.write_text('#!/bin/sh\ncase $1 in env) echo go1.26.8 ;; build) mkdir -p "$GOCACHE" ;; esac\n')
    go.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.delenv("GOCACHE", raising=False)
    home = Home(tmp_path / "home")
    home.prepare()
    build(home, Progress())
    assert [path.name for path in tmp_path.rglob("go-cache")] == ["go-cache"]
    assert (home.path / "go-cache").is_dir()
    monkeypatch.setenv("GOCACHE", str(tmp_path / "mine"))
    (tmp_path / "home" / "builds" / build_key("go1.26.8")).rmdir()
    build(home, Progress())
    assert (tmp_path / "mine").is_dir(), "a cache that somebody keeps is used"


def test_clean_removes_the_home_and_not_what_it_borrowed(tmp_path: Path) -> None:
    (tmp_path / "others" / "build").mkdir(parents=True)
    home = tmp_path / "home"
    Home(home).prepare()
    (home / "builds").rmdir()
    (home / "builds").symlink_to(tmp_path / "others")
    assert _dev(home, "clean").returncode == 0
    assert not home.exists()
    assert (tmp_path / "others" / "build").is_dir()
