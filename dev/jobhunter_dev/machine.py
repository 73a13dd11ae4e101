"""What the machine must have, and how it gets what Debian can give it.

Facts are gathered by ``observe`` and judged by the pure ``complaints``; ``install_packages`` brings the rest by apt.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .cgroups import cgroup_version
from .command import run_logged
from .errors import MachineLacksSomething
from .progress import Progress

GO_NEEDED = (1, 24)
"""The oldest Go that Kubernetes 1.34 and Helm 4.0 name in their go.mod."""

DISK_NEEDED_GIB = 12
"""Go's build cache 4, programs 0.5, image store and archives 5, room to work."""

CORES_WANTED = 2
MEMORY_WANTED_GIB = 3.5
"""A machine of 4 GiB states a little less."""

PYTHON_NEEDED = (3, 11)

CAP_SYS_ADMIN = 21
CAP_NET_ADMIN = 12

PACKAGES: dict[str, str] = {
    "containerd": "containerd",
    "ctr": "containerd",
    "runc": "runc",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
    "conntrack": "conntrack",
    "iptables": "iptables",
    "ip": "iproute2",
    "openssl": "openssl",
    "unshare": "util-linux",
    "mmdebstrap": "mmdebstrap",
    "buildah": "buildah",
}
"""A program (or file) to the Debian package that brings it."""

TEST_PACKAGES: dict[str, str] = {
    "/usr/bin/chromium": "chromium",
    "/usr/share/fonts/truetype/liberation": "fonts-liberation",
    "/usr/lib/postgresql/*/bin/postgres": "postgresql",
}
"""What the tests need besides: a browser and a database server on the host, for the parts that run without a cluster."""

GUARD = Path("/usr/sbin/policy-rc.d")
GUARD_MARK = "# written by jobhunter_dev for the time of an installation"


@dataclass(frozen=True)
class Facts:
    """What was seen of the machine. ``go`` is None where there is none."""

    uid: int
    linux: bool
    has_apt: bool
    debian: str
    go: tuple[int, int] | None
    cgroup_version: int
    capabilities: int
    free_gib: float
    missing: tuple[str, ...]
    architecture: str
    python: tuple[int, int]
    user_namespaces: bool
    cores: int
    memory_gib: float


def observe(disk: Path) -> Facts:
    """Looks at the machine; ``disk`` lies on the file system that will hold the cluster."""
    while not disk.exists():
        disk = disk.parent
    return Facts(
        uid=os.geteuid(),
        linux=os.uname().sysname == "Linux",
        has_apt=shutil.which("apt-get") is not None,
        debian=_debian_version(),
        go=go_version(),
        cgroup_version=cgroup_version(),
        capabilities=_capabilities(),
        free_gib=shutil.disk_usage(disk).free / 2**30,
        missing=missing_packages(),
        architecture=os.uname().machine,
        python=sys.version_info[:2],
        user_namespaces=user_namespaces(),
        cores=len(os.sched_getaffinity(0)),
        memory_gib=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30,
    )


def complaints(facts: Facts, *, build: bool = True) -> list[str]:
    """What stands in the way, each a sentence with its remedy. ``build``: whether programs must still be compiled."""
    found: list[str] = []
    if not facts.linux:
        return ["The local cluster needs Linux. Use a Linux machine, or CLUSTER=current with a cluster of your own."]
    if facts.uid != 0:
        found.append("The local cluster needs root for its namespaces. Run it again as root (sudo -E make ...).")
    elif not facts.capabilities >> CAP_SYS_ADMIN & 1 or not facts.capabilities >> CAP_NET_ADMIN & 1:
        found.append(
            "This root lacks CAP_SYS_ADMIN or CAP_NET_ADMIN, as in an unprivileged container. "
            "Run it on the machine itself or in a privileged container."
        )
    if facts.architecture != "x86_64":
        found.append(
            f"This machine is {facts.architecture}, and the browser's seccomp profile is for amd64. Use an amd64 one."
        )
    if facts.python < PYTHON_NEEDED:
        found.append(
            f"Python {_dotted(facts.python)} is too old. Install Python {_dotted(PYTHON_NEEDED)} or newer and set PYTHON to it."
        )
    if not facts.user_namespaces:
        found.append(
            "The kernel keeps user namespaces from who is not root, and Chromium's sandbox needs them. Set the sysctl"
            " user.max_user_namespaces above 0, kernel.unprivileged_userns_clone to 1 and"
            " kernel.apparmor_restrict_unprivileged_userns to 0, where they are there."
        )
    if build and facts.go is None:
        found.append(f"Go is not installed. Install Go {_dotted(GO_NEEDED)} or newer and have it on PATH.")
    elif build and facts.go is not None and facts.go < GO_NEEDED:
        found.append(f"Go {_dotted(facts.go)} is too old. Install Go {_dotted(GO_NEEDED)} or newer.")
    if facts.cgroup_version == 0:
        found.append("No cgroups are mounted. Mount them on /sys/fs/cgroup (cgroup v2, or v1 with its controllers).")
    if facts.missing and not facts.has_apt:
        found.append(
            f"These are missing and there is no apt-get to bring them: {', '.join(facts.missing)}. "
            "Install them by hand, or use Debian 12."
        )
    if facts.has_apt and facts.debian and not facts.debian.startswith("12"):
        found.append(
            f"This is Debian {facts.debian}; the images are built with the host's package settings for Debian 12. "
            "Use Debian 12 (bookworm)."
        )
    if build and facts.free_gib < DISK_NEEDED_GIB:
        found.append(
            f"Only {facts.free_gib:.0f} GiB are free and {DISK_NEEDED_GIB} are needed. "
            "Free some, or set JOBHUNTER_HOME to a folder on a larger disk."
        )
    return found


def concerns(facts: Facts) -> list[str]:
    """What stands in nobody's way and makes all of it slow, or end for want of memory."""
    found: list[str] = []
    if facts.cores < CORES_WANTED:
        found.append(f"There is {facts.cores} core; it was measured with {CORES_WANTED}. It will be slow.")
    if facts.memory_gib < MEMORY_WANTED_GIB:
        found.append(f"There are {facts.memory_gib:.1f} GiB of memory; 4 are wanted. Browsers may end for want of it.")
    return found


def require(facts: Facts, *, build: bool = True) -> None:
    """Raises MachineLacksSomething with every complaint at once."""
    found = complaints(facts, build=build)
    if found:
        raise MachineLacksSomething("\n".join(found))


def go_version() -> tuple[int, int] | None:
    """Go's major and minor version, None where there is no Go."""
    if shutil.which("go") is None:
        return None
    said = subprocess.run(["go", "env", "GOVERSION"], capture_output=True, text=True, check=False).stdout
    return parse_go_version(said)


def parse_go_version(said: str) -> tuple[int, int] | None:
    """``go1.26.8`` to (1, 26); None where it says no version."""
    match = re.search(r"go(\d+)\.(\d+)", said)
    return (int(match[1]), int(match[2])) if match else None


def missing_packages(wanted: Mapping[str, str] = PACKAGES) -> tuple[str, ...]:
    """The Debian packages of `wanted` whose program is not there, each once."""
    absent = {package for program, package in wanted.items() if not _has(program)}
    return tuple(sorted(absent))


def install_packages(progress: Progress, log: Path, wanted: Mapping[str, str] = PACKAGES) -> None:
    """Installs what is missing of `wanted`, starting no service and leaving none enabled; one run after another."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # apt waits for dpkg's lock, but neither for its lists' nor for our guard
        _install(missing_packages(wanted), progress, log, wanted)


def _install(missing: tuple[str, ...], progress: Progress, log: Path, wanted: Mapping[str, str]) -> None:
    if not missing:
        remove_stale_guard()
        return
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    wait = ["-o", "DPkg::Lock::Timeout=300"]
    with progress.step(f"Debian packages: {', '.join(missing)}"):
        run_logged(["apt-get", *wait, "update"], log, env=quiet, remedy="Check the machine's apt sources.")
        with no_services_started():
            run_logged(["dpkg", "--configure", "-a"], log, env=quiet, must_finish=True)  # after an interrupted one
            run_logged(
                ["apt-get", *wait, "install", "-y", "--no-install-recommends", *missing],
                log,
                env=quiet,
                remedy="Check the machine's apt sources.",
                must_finish=True,
            )
        if "containerd" in missing and shutil.which("systemctl"):
            run_logged(["systemctl", "disable", "--quiet", "containerd.service"], log)
        still = missing_packages(wanted)
        if still:
            raise MachineLacksSomething(f"apt-get ended well and yet these are missing: {', '.join(still)}.")


@contextmanager
def no_services_started(guard: Path = GUARD) -> Iterator[None]:
    """While the block runs, Debian's maintainer scripts may start no service; a guard that was there stays as it is."""
    ours = not guard.exists() or GUARD_MARK in guard.read_text(errors="replace")
    if ours:
        guard.write_text(f"#!/bin/sh\n{GUARD_MARK}\nexit 101\n")
        guard.chmod(0o755)
    try:
        yield
    finally:
        if ours:
            guard.unlink(missing_ok=True)


def remove_stale_guard(guard: Path = GUARD) -> None:
    """Removes the guard that a run killed in the middle of an installation left behind."""
    if guard.exists() and GUARD_MARK in guard.read_text(errors="replace"):
        guard.unlink()


def load_kernel_modules() -> None:
    """Overlay mounts and bridge filtering, where they are modules that are not loaded yet."""
    if "overlay" not in Path("/proc/filesystems").read_text():
        subprocess.run(["modprobe", "overlay"], capture_output=True, check=False)
        if "overlay" not in Path("/proc/filesystems").read_text():
            raise MachineLacksSomething("The kernel has no overlay file system.", "Load or build its module.")
    if not Path("/proc/sys/net/bridge").exists():
        subprocess.run(["modprobe", "br_netfilter"], capture_output=True, check=False)


def _has(program: str) -> bool:
    """Whether a program is on the path, or a file there; a file's path may hold *."""
    if program.startswith("/"):
        return any(Path("/").glob(program.removeprefix("/")))
    return shutil.which(program) is not None


def _debian_version() -> str:
    try:
        return Path("/etc/debian_version").read_text().strip()
    except FileNotFoundError:
        return ""


def user_namespaces(sysctls: Path = Path("/proc/sys")) -> bool:
    """Whether the kernel gives them to who is not root. A sysctl that is not there forbids nothing."""
    refusing = {
        "user/max_user_namespaces": "0",
        "kernel/unprivileged_userns_clone": "0",
        "kernel/apparmor_restrict_unprivileged_userns": "1",
    }
    return not any(
        (sysctls / name).exists() and (sysctls / name).read_text().strip() == value for name, value in refusing.items()
    )


def _capabilities() -> int:
    match = re.search(r"CapEff:\s*([0-9a-f]+)", Path("/proc/self/status").read_text())
    return int(match[1], 16) if match else 0


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]}"
