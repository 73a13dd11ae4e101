"""What the machine lacks is said in a sentence with its remedy."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from jobhunter_dev.cgroups import cgroup_version
from jobhunter_dev.errors import MachineLacksSomething
from jobhunter_dev.machine import (
    GUARD_MARK,
    Facts,
    complaints,
    no_services_started,
    parse_go_version,
    remove_stale_guard,
    require,
)

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
    ],
)
def test_a_lack_is_said_with_its_remedy(facts: Facts, what: str, remedy: str) -> None:
    (said,) = complaints(facts)
    assert what in said
    assert remedy in said


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
