"""kubectl as a subprocess: what the demo, the tests and the benchmarks do to a cluster, they do as a person would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from .errors import DevError, MachineLacksSomething

T = TypeVar("T")
_AGAIN_SECONDS = 0.2


class KubectlFailed(DevError):
    """kubectl ended with an error; `said` is what the API server said."""

    code = "KubectlFailed"

    def __init__(self, arguments: tuple[str, ...], said: str) -> None:
        super().__init__(f"kubectl {' '.join(arguments)}: {said.strip()}")
        self.said = said.strip()


@dataclass(frozen=True)
class Kubectl:
    """`bin`: folder of kubectl and helm, first on the path. `kubeconfig`: the cluster; None means kubectl's own rules."""

    bin: Path | None
    kubeconfig: Path | None
    environment: Mapping[str, str] = field(default_factory=dict)

    def env(self) -> dict[str, str]:
        """The environment that a program needs to reach this cluster."""
        env = {**os.environ, **self.environment}
        if self.bin is not None:
            env["PATH"] = f"{self.bin}:{env.get('PATH', '')}"
        if self.kubeconfig is not None:
            env["KUBECONFIG"] = str(self.kubeconfig)
        return env

    def program(self, name: str) -> str:
        """Path of kubectl or helm. Raises MachineLacksSomething."""
        found = shutil.which(name, path=self.env().get("PATH"))
        if found is None:
            raise MachineLacksSomething(
                f"{name} is not installed.", "Install it, or use the local cluster (make cluster-up)."
            )
        return found

    def run(self, *arguments: str, stdin: str | None = None, timeout: float = 120) -> str:
        """What kubectl prints. Raises KubectlFailed."""
        done = subprocess.run(
            [self.program("kubectl"), *arguments],
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=timeout,
            env=self.env(),
            check=False,
        )
        if done.returncode != 0:
            raise KubectlFailed(arguments, done.stderr or done.stdout)
        return done.stdout

    def get(self, kind: str, name: str, namespace: str = "") -> dict[str, Any] | None:
        """The object, None where there is none."""
        said = self.run("get", kind, name, *_in(namespace), "-o", "json", "--ignore-not-found")
        return dict(json.loads(said)) if said.strip() else None

    def list(self, kind: str, namespace: str = "", selector: str = "") -> list[dict[str, Any]]:
        """The objects of a kind in a namespace (in all, if none is named)."""
        where = _in(namespace) if namespace else ["--all-namespaces"]
        chosen = ["-l", selector] if selector else []
        return list(json.loads(self.run("get", kind, *where, *chosen, "-o", "json"))["items"])

    def apply(self, *objects: dict[str, Any] | str) -> None:
        """Applies manifests, given as objects or as YAML text."""
        for item in objects:
            self.run("apply", "-f", "-", stdin=item if isinstance(item, str) else json.dumps(item))

    def raw(self, path: str, method: str = "get", *arguments: str) -> str:
        """What the API server answers at a path, such as a Service's proxy."""
        return self.run(method, *arguments, "--raw", path)

    @contextmanager
    def forwarded(self, namespace: str, target: str, port: int) -> Iterator[int]:
        """A port on loopback that leads to `port` of `target` (svc/NAME or pod/NAME) while the block runs.

        kubectl ends where a connection that it carries is reset, or its pod goes. It is then started again on the same port:
        what was connected is lost, and what connects in between is refused. Raises KubectlFailed where it cannot begin.
        """

        def start(ours: str) -> subprocess.Popen[str]:
            return subprocess.Popen(
                [self.program("kubectl"), "port-forward", "-n", namespace, target, f"{ours}:{port}"]
                + ["--address", "127.0.0.1"],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=self.env(),
            )

        process = start("")
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            if "->" not in line:
                raise KubectlFailed(("port-forward", target), line + process.stdout.read())
        except BaseException:
            _end(process)
            raise
        ours = int(line.split("->")[0].rsplit(":", 1)[1])
        kept = _Kept(process, lambda: start(str(ours)))
        try:
            yield ours
        finally:
            kept.close()


class _Kept:
    """A program that is started again whenever it ends, until it is closed. Its words are read and forgotten.

    kubectl says a line for each connection, and stands still once nobody reads them and the pipe is full.
    """

    def __init__(self, process: subprocess.Popen[str], start: Callable[[], subprocess.Popen[str]]) -> None:
        self._process, self._start = process, start
        self._lock = threading.Lock()
        self._closed = False
        self._keeper = threading.Thread(target=self._keep, name="port-forward", daemon=True)
        self._keeper.start()

    def _keep(self) -> None:
        while True:
            deque(self._process.stdout or (), 0)
            self._process.wait()
            with self._lock:
                if self._closed:
                    return
                self._process = self._start()
            time.sleep(_AGAIN_SECONDS)  # what it leads to may not be there yet

    def close(self) -> None:
        with self._lock:
            self._closed = True
            self._process.terminate()
        self._keeper.join(10)


def _end(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.wait(10)


def _in(namespace: str) -> list[str]:
    return ["-n", namespace] if namespace else []


def wait_until(what: str, look: Callable[[], T | None], *, seconds: float, pause: float = 0.2) -> T:
    """What `look` gives, as soon as it is neither None, False nor empty. Raises DevError after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > deadline:
            raise DevError(f"{what} did not come about within {seconds:.0f} s.")
        time.sleep(pause)
