"""The folder that holds everything of one local cluster, and the lock that keeps two runs apart.

Two folders are two clusters: the names that the kernel knows a cluster by (its link, its cgroup) derive from the path.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import AnotherRun


@dataclass(frozen=True)
class Home:
    """Paths under JOBHUNTER_HOME. ``run`` lives as long as a cluster does; the rest is kept."""

    path: Path

    @classmethod
    def of_environment(cls) -> Home:
        """``$JOBHUNTER_HOME``, or ``jobhunter`` in the user's cache folder."""
        chosen = os.environ.get("JOBHUNTER_HOME")
        if not chosen:
            chosen = str(Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jobhunter")
        return cls(Path(chosen).expanduser().resolve())

    @property
    def ident(self) -> str:
        """Six hexadecimal digits that tell this cluster from another one on the same machine."""
        return hashlib.sha256(str(self.path).encode()).hexdigest()[:6]

    @property
    def bin(self) -> Path:
        """The built programs, linked under their plain names."""
        return self.path / "bin"

    @property
    def builds(self) -> Path:
        """The built programs by version."""
        return self.path / "builds"

    @property
    def go_cache(self) -> Path:
        """What Go compiled, 3 GiB, so that an interrupted build goes on."""
        return self.path / "go-cache"

    @property
    def images(self) -> Path:
        """The built images, an OCI image layout."""
        return self.path / "images"

    @property
    def pki(self) -> Path:
        """Certificates and the kubeconfigs of the components."""
        return self.path / "pki"

    @property
    def run(self) -> Path:
        """What one life of the cluster leaves on disk."""
        return self.path / "run"

    @property
    def logs(self) -> Path:
        """Logs of the steps and of the cluster's processes."""
        return self.path / "logs"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig, usable from the host."""
        return self.path / "kubeconfig"

    @property
    def containerd_socket(self) -> Path:
        """Where the cluster's containerd listens."""
        return self.run / "containerd.sock"

    @property
    def image_list(self) -> Path:
        """JSON: image name to reference."""
        return self.path / "images.json"

    @property
    def wall_times(self) -> Path:
        """JSON: a command to how long it took the last time, and when."""
        return self.path / "wall-times.json"

    def prepare(self) -> None:
        """Makes the folders; only the user may look in, since keys lie there."""
        self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
        for folder in (self.bin, self.builds, self.images, self.logs):
            folder.mkdir(exist_ok=True)

    @contextmanager
    def locked(self, name: str = "lock") -> Iterator[None]:
        """Holds the lock for the time of the block. Raises AnotherRun at once if it is taken."""
        self.prepare()
        with (self.path / name).open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as taken:
                file.seek(0)
                holder = file.read().strip() or "unknown"
                raise AnotherRun(
                    f"Another run (process {holder}) is at work on {self.path}.",
                    "Wait for it, or end it, then try again.",
                ) from taken
            file.truncate(0)
            file.write(str(os.getpid()))
            file.flush()
            yield


def write_whole(path: Path, text: str, mode: int = 0o644) -> None:
    """Writes a file so that no reader ever sees half of it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.new")
    temporary.write_text(text)
    temporary.chmod(mode)
    temporary.replace(path)


def remove_tree(path: Path) -> None:
    """Removes a folder that may hold unreadable or vanishing files; absent is fine."""
    shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        shutil.rmtree(path)
