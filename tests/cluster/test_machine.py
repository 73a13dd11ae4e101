"""What the machine lacks is said in a sentence with its remedy."""

from __future__ import annotations

import contextlib
import os
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from jobhunter_dev import machine
from jobhunter_dev.cgroups import cgroup_version
from jobhunter_dev.errors import DevError, MachineLacksSomething
from jobhunter_dev.machine import (
    GUARD_MARK,
    Facts,
    complaints,
    concerns,
    install_packages,
    no_services_started,
    parse_go_version,
    remove_stale_guard,
    require,
    user_namespaces,
)
from jobhunter_dev.progress import Progress

GOOD = Facts(
    uid=0,
    linux=True,
    has_apt=True,
    debian="12.9",
    go=(1, 26),
    cgroup_version=1,
    capabilities=(1 << 41) - 1,
    free_gib=40,
    missing=("containerd",),
    architecture="x86_64",
    python=(3, 11),
    user_namespaces=True,
    cores=2,
    memory_gib=3.8,
)


def test_a_fresh_debian_with_go_lacks_nothing() -> None:
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("facts", "what", "remedy"),
    [
        (replace(GOOD, uid=1000), "needs root", "Run it again as root"),
        (replace(GOOD, capabilities=0), "CAP_SYS_ADMIN", "privileged container"),
        (replace(GOOD, go=None), "Go is not installed", "Install Go 1.24"),
        (replace(GOOD, go=(1, 19)), "Go 1.19 is too old", "Install Go 1.24"),
        (replace(GOOD, cgroup_version=0), "No cgroups are mounted", "Mount them on /sys/fs/cgroup"),
        (replace(GOOD, has_apt=False), "no apt-get to bring them: containerd", "use Debian 12"),
        (replace(GOOD, debian="13.1"), "This is Debian 13.1", "Use Debian 12"),
        (replace(GOOD, free_gib=3), "Only 3 GiB are free", "JOBHUNTER_HOME"),
        (replace(GOOD, linux=False), "needs Linux", "CLUSTER=current"),
        (replace(GOOD, architecture="aarch64"), "This machine is aarch64", "amd64"),
        (replace(GOOD, python=(3, 9)), "Python 3.9 is too old", "Install Python 3.11"),
        (replace(GOOD, user_namespaces=False), "user namespaces", "user.max_user_namespaces"),
    ],
)
def test_a_lack_is_said_with_its_remedy(facts: Facts, what: str, remedy: str) -> None:
    (said,) = complaints(facts)
    assert what in said
    assert remedy in said


@pytest.mark.parametrize(
    ("facts", "words"),
    [(replace(GOOD, cores=1), "There is 1 core"), (replace(GOOD, memory_gib=1.9), "1.9 GiB of memory")],
)
def test_a_small_machine_is_said_and_not_refused(facts: Facts, words: str) -> None:
    (said,) = concerns(facts)
    assert words in said
    assert complaints(facts) == []
    assert concerns(GOOD) == []


def test_every_lack_is_said_at_once() -> None:
    with pytest.raises(MachineLacksSomething) as raised:
        require(replace(GOOD, uid=1000, go=None, cgroup_version=0))
    assert len(str(raised.value).splitlines()) == 3


def test_go_is_not_asked_for_once_everything_is_built() -> None:
    assert complaints(replace(GOOD, go=None), build=False) == []


@pytest.mark.parametrize(
    ("said", "version"), [("go1.26.8\n", (1, 26)), ("go1.24rc2", (1, 24)), ("devel +abc", None), ("", None)]
)
def test_go_versions_are_read(said: str, version: tuple[int, int] | None) -> None:
    assert parse_go_version(said) == version


@pytest.mark.parametrize(
    ("sysctl", "value", "given"),
    [
        ("user/max_user_namespaces", "0", False),
        ("user/max_user_namespaces", "95000", True),
        ("kernel/unprivileged_userns_clone", "0", False),
        ("kernel/apparmor_restrict_unprivileged_userns", "1", False),
        ("kernel/apparmor_restrict_unprivileged_userns", "0", True),
    ],
)
def test_a_kernel_that_keeps_user_namespaces_to_root_is_seen(
    sysctl: str, value: str, given: bool, tmp_path: Path
) -> None:
    assert user_namespaces(tmp_path)
    (tmp_path / sysctl).parent.mkdir()
    (tmp_path / sysctl).write_text(f"{value}\n")
    assert user_namespaces(tmp_path) is given


V1 = "".join(f"cgroup /sys/fs/cgroup/{name} cgroup rw,{name} 0 0\n" for name in ("cpu,cpuacct", "memory", "pids"))


@pytest.mark.parametrize(
    ("mounts", "version"),
    [
        (V1, 1),
        (V1 + "cgroup2 /sys/fs/cgroup/unified cgroup2 rw 0 0\n", 1),
        ("cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n", 2),
        ("cgroup /sys/fs/cgroup/systemd cgroup rw,name=systemd 0 0\n", 0),
        ("proc /proc proc rw 0 0\n", 0),
    ],
)
def test_the_version_of_cgroups_is_seen(mounts: str, version: int) -> None:
    assert cgroup_version(mounts) == version


def test_the_guard_against_services_goes_when_the_installation_is_over(tmp_path: Path) -> None:
    guard = tmp_path / "policy-rc.d"
    with no_services_started(guard):
        assert "exit 101" in guard.read_text()
        assert guard.stat().st_mode & 0o111
    assert not guard.exists()


def test_a_guard_of_the_machines_own_is_left_as_it_is(tmp_path: Path) -> None:
    guard = tmp_path / "policy-rc.d"
    guard.write_text("#!/bin/sh\nexit 104\n")
    with no_services_started(guard):
        assert "104" in guard.read_text()
    remove_stale_guard(guard)
    assert "104" in guard.read_text()


def test_a_guard_left_by_a_killed_run_is_removed(tmp_path: Path) -> None:
    guard = tmp_path / "policy-rc.d"
    guard.write_text(f"#!/bin/sh\n{GUARD_MARK}\nexit 101\n")
    remove_stale_guard(guard)
    assert not guard.exists()


def test_two_runs_install_packages_one_after_the_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment's and the cluster's go side by side; two apt-get update at once would fail."""
    (tmp_path / "apt-get").write_text(
        f"#!/bin/sh\nset -e\nmkdir {tmp_path}/busy\nsleep 0.2\nrmdir {tmp_path}/busy\n"
        f'case "$*" in *install*) touch {tmp_path}/brought ;; esac\n'
    )
    (tmp_path / "dpkg").write_text("#!/bin/sh\n")
    for program in ("apt-get", "dpkg"):
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(machine, "no_services_started", lambda: contextlib.nullcontext())
    monkeypatch.setattr(machine, "remove_stale_guard", lambda: None)
    failures = list[DevError]()

    def install() -> None:
        try:
            install_packages(Progress(), tmp_path / "logs" / "apt.log", {str(tmp_path / "brought"): "it"})
        except DevError as failed:
            failures.append(failed)

    threads = [threading.Thread(target=install) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    said = (tmp_path / "logs" / "apt.log").read_text()
    assert said.index("apt-get -o DPkg::Lock::Timeout=300 update") < said.index(" install ")
    assert said.count(" install ") == 1, "who waited found it there"
