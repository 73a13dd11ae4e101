"""A second cluster beside the main one, and the traces that any cluster could leave on a machine."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jobhunter_dev import cgroups
from jobhunter_dev.home import Home
from jobhunter_dev.process import RecordedProcess, start_ticks

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class SecondCluster:
    """Runs verbs of ``jobhunter_dev`` against the second home."""

    home: Home

    def run(self, *verb: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
        """Runs a verb; its exit code must be ``code`` unless that is None."""
        done = subprocess.run(
            [sys.executable, "-m", "jobhunter_dev", *verb],
            env={**os.environ, "JOBHUNTER_HOME": str(self.home.path), "PYTHONPATH": str(REPOSITORY / "dev")},
            capture_output=True,
            text=True,
            timeout=1200,
            check=False,
        )
        assert code is None or done.returncode == code, done.stderr + done.stdout
        return done

    def up(self) -> str:
        """Starts or reuses it; returns what was said on the way."""
        return self.run("up", "--images", "nats").stderr

    def status(self) -> dict[str, Any]:
        """``status --json``."""
        return dict(json.loads(self.run("status", "--json", code=None).stdout))

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """Runs kubectl against it; must end well."""
        done = subprocess.run(
            [self.home.bin / "kubectl", "--kubeconfig", self.home.kubeconfig, *arguments],
            input=given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


@dataclass(frozen=True)
class Traces:
    """What a cluster could leave on a machine. Other clusters' own are left out: they live on meanwhile."""

    processes: frozenset[str]
    mounts: frozenset[str]
    links: frozenset[str]
    named_namespaces: frozenset[str]
    network_namespaces: frozenset[str]
    cgroups: frozenset[str]
    files: frozenset[str]

    @classmethod
    def now(cls, home: Home) -> Traces:
        """Looks. Of processes those that were started for the home: its path is in their arguments or environment."""
        links = json.loads(subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout)
        return cls(
            processes=frozenset(_processes_of(home)),
            mounts=frozenset(Path("/proc/self/mounts").read_text().splitlines()),
            links=frozenset(link["ifname"] for link in links),
            named_namespaces=frozenset(_listing(Path("/run/netns"))),
            network_namespaces=frozenset(_network_namespaces()),
            cgroups=frozenset(_cgroups()),
            files=frozenset(
                entry
                for folder in ("/run/containerd", "/var/lib/kubelet", "/var/lib/cni", "/var/lib/containerd")
                for entry in (*_listing(Path(folder)), f"{folder} exists: {Path(folder).exists()}")
            ),
        )


def _processes_of(home: Home) -> Iterator[str]:
    path = str(home.path).encode()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit() and path in _read(folder / "cmdline") + _read(folder / "environ"):
            yield f"{folder.name}, begun at {start_ticks(int(folder.name))}: {_read(folder / 'cmdline')!r}"


def _cgroups() -> Iterator[str]:
    """Those at the top of each hierarchy, and those below this process's own: where a child's could come to lie.

    Others' deeper ones come and go as they please.
    """
    own = {line.split(":")[2].lstrip("/") for line in Path("/proc/self/cgroup").read_text().splitlines()}
    for root in cgroups.hierarchies():
        folders = [*root.iterdir(), *(folder for path in own - {""} for folder in (root / path).rglob("*"))]
        yield from (str(folder) for folder in folders if folder.is_dir() and "/jobhunter-" not in str(folder))


def _listing(folder: Path) -> list[str]:
    return [str(path) for path in folder.rglob("*")] if folder.exists() else []


def family_of(pid: int) -> list[RecordedProcess]:
    """A process with all of its descendants."""
    parents = dict[int, int]()
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                stat = (folder / "stat").read_text()
            except (FileNotFoundError, ProcessLookupError):
                continue
            parents[int(folder.name)] = int(stat[stat.rindex(")") + 2 :].split()[1])
    family = {pid}
    while grown := {child for child, parent in parents.items() if parent in family} - family:
        family |= grown
    return [found for member in family if (found := RecordedProcess.of(member)) is not None]


def network_namespaces(processes: list[RecordedProcess]) -> set[str]:
    return {os.readlink(f"/proc/{process.pid}/ns/net") for process in processes if process.alive()}


def _network_namespaces() -> Iterator[str]:
    """Those of all processes that are in this one's process namespace. A cluster's are in its own: others' come and go."""
    own = os.readlink("/proc/self/ns/pid")
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError):  # it ended meanwhile
            if folder.name.isdigit() and os.readlink(folder / "ns" / "pid") == own:
                yield os.readlink(folder / "ns" / "net")


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
