"""Brings seccomp profiles to a node: `python -m jobhunter_operator.seccomp_installer SOURCE TARGET`.

Runs in a DaemonSet's pod. SOURCE holds the profiles (a ConfigMap), TARGET is a folder of the kubelet's seccomp root. A
profile is named NAME-<first 12 digits of its content's SHA-256>.json, so that a name never changes its meaning: an older
version stays for the pods that run under it, and nothing is ever removed.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import threading
from pathlib import Path

from jobhunter_contracts.errors import JobHunterError

LOOK_AGAIN_SECONDS = 60.0


class ProfileNotInstalled(JobHunterError):
    """A profile is not what its name says, or the node's folder cannot be written."""

    code = "seccomp-not-installed"


def content_hash(content: bytes) -> str:
    """The twelve hexadecimal digits that a profile's file name ends with."""
    return hashlib.sha256(content).hexdigest()[:12]


def install(source: Path, target: Path) -> list[str]:
    """Writes each profile of `source` that `target` lacks, whole or not at all; returns the names written.

    Raises ProfileNotInstalled where a profile is no JSON, is misnamed, or cannot be written.
    """
    profiles = sorted(source.glob("*.json"))
    if not profiles:
        raise ProfileNotInstalled("there is no profile", where=str(source), remedy="Mount the chart's ConfigMap there")
    written = []
    for profile in profiles:
        content = profile.read_bytes()
        if not profile.stem.endswith(f"-{content_hash(content)}"):
            raise ProfileNotInstalled(
                f"the content's hash is {content_hash(content)}",
                where=profile.name,
                remedy="Name the profile by its content",
            )
        try:
            json.loads(content)
        except ValueError as error:
            raise ProfileNotInstalled(f"not JSON: {error}", where=profile.name, remedy="Mend the profile") from error
        try:
            if _write(target / profile.name, content):
                written.append(profile.name)
        except OSError as error:
            raise ProfileNotInstalled(
                f"cannot be written: {error}",
                where=str(target / profile.name),
                remedy="The folder must belong to root and lie on a file system that can be written",
            ) from error
    return written


def _write(path: Path, content: bytes) -> bool:
    """Puts the file in place by a rename, which no reader sees half of; False if it was there already."""
    if path.exists() and path.read_bytes() == content:
        return False
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fchmod(file.fileno(), 0o644)
        os.fsync(file.fileno())
    temporary.replace(path)
    return True


def main(arguments: list[str]) -> int:
    """Installs, then looks again each minute until it is told to end; 1 with words where it cannot."""
    source, target = (Path(argument) for argument in arguments)
    ended = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: ended.set())
    while True:
        try:
            written = install(source, target)
        except ProfileNotInstalled as error:
            print(error, file=sys.stderr)
            return 1
        for name in written:
            print(f"{name} installed", flush=True)
        if ended.wait(LOOK_AGAIN_SECONDS):
            return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
