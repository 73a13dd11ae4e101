"""The cgroup that holds the cluster's pods, and its removal.

Version 1 is proved; version 2 is written after the kernel's documentation and has not been run.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")


def cgroup_version(mounts: str | None = None) -> int:
    """2 for a unified hierarchy at /sys/fs/cgroup, 1 for controllers mounted one by one, 0 for none."""
    kinds = dict[str, str]()
    for line in (mounts if mounts is not None else Path("/proc/mounts").read_text()).splitlines():
        _, where, kind, *_ = line.split(" ")
        kinds[where] = kind
    if kinds.get(str(ROOT)) == "cgroup2":
        return 2
    needed = {"cpu", "memory", "pids"}
    controllers = {name for where, kind in kinds.items() if kind == "cgroup" for name in Path(where).name.split(",")}
    return 1 if needed <= controllers else 0


def hierarchies() -> list[Path]:
    """Where a cgroup must be made: each mounted controller of version 1, or the one root of version 2."""
    if cgroup_version() == 2:
        return [ROOT]
    found = list[Path]()
    for line in Path("/proc/mounts").read_text().splitlines():
        _, where, kind, *_ = line.split(" ")
        if kind == "cgroup" and where.startswith(str(ROOT)):
            found.append(Path(where))
    return sorted(set(found))


def create(name: str) -> None:
    """Makes the cgroup in every hierarchy, with the processors and memory nodes that the root has."""
    if cgroup_version() == 2:
        _enable_all(ROOT)
        (ROOT / name).mkdir(exist_ok=True)
        _enable_all(ROOT / name)
        return
    for hierarchy in hierarchies():
        folder = hierarchy / name
        folder.mkdir(exist_ok=True)
        for setting in ("cpuset.cpus", "cpuset.mems"):
            if (folder / setting).exists():
                (folder / setting).write_text((hierarchy / setting).read_text())


def remove(name: str, within: float = 10) -> list[Path]:
    """Removes the cgroup and all below it, waiting up to ``within`` seconds for its last processes to be gone.

    Returns what could not be removed.
    """
    deadline = time.monotonic() + within
    while True:
        left = [path for hierarchy in _all_hierarchies() for path in _remove_below(hierarchy / name)]
        if not left or time.monotonic() > deadline:
            return left
        time.sleep(0.05)


def processes(name: str) -> set[int]:
    """The processes in the cgroup and below it."""
    found = set[int]()
    for hierarchy in _all_hierarchies():
        for listing in (hierarchy / name).rglob("cgroup.procs"):
            try:
                found.update(int(pid) for pid in listing.read_text().split())
            except OSError:
                continue  # a cgroup that vanished, or a threaded one of version 2
    return found


def _all_hierarchies() -> list[Path]:
    hybrid = ROOT / "unified"
    return [*hierarchies(), *([hybrid] if hybrid.is_dir() else [])]


def _remove_below(top: Path) -> list[Path]:
    left = list[Path]()
    for folder, _, _ in os.walk(top, topdown=False):
        try:
            os.rmdir(folder)
        except FileNotFoundError:
            continue
        except OSError:
            left.append(Path(folder))
    return left


def _enable_all(folder: Path) -> None:
    controllers = (folder / "cgroup.controllers").read_text().split()
    for controller in controllers:
        try:
            (folder / "cgroup.subtree_control").write_text(f"+{controller}")
        except OSError:
            continue  # one that a parent did not delegate: the kubelet says which it misses
