"""A cluster comes up from any wreck of itself, and when it is taken down the machine is as it was."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pytest

from jobhunter_dev import cgroups
from jobhunter_dev.home import Home
from jobhunter_dev.process import RecordedProcess

pytestmark = pytest.mark.cluster

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


@pytest.fixture(scope="module")
def second(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecondCluster]:
    """A cluster beside the main one, in a home that borrows what that has built. What is left of it is taken down."""
    main = Home.of_environment()
    main.prepare()
    path = tmp_path_factory.mktemp("second-cluster")
    for borrowed in ("builds", "images"):
        (path / borrowed).symlink_to(main.path / borrowed)
    cluster = SecondCluster(Home(path.resolve()))
    yield cluster
    cluster.run("down")


POD = """
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
---
apiVersion: v1
kind: Pod
metadata: {name: mounts}
spec:
  containers:
  - {name: c, image: "localhost/jobhunter-nats:dev", command: [sleep, "1000"],
     volumeMounts: [{name: memory, mountPath: /memory}, {name: data, mountPath: /data}]}
  volumes:
  - {name: memory, emptyDir: {medium: Memory}}
  - {name: data, persistentVolumeClaim: {claimName: data}}
"""


@dataclass(frozen=True)
class Traces:
    """What a cluster could leave on a machine. Other clusters' own are left out: they live on meanwhile."""

    mounts: frozenset[str]
    links: frozenset[str]
    named_namespaces: frozenset[str]
    network_namespaces: frozenset[str]
    cgroups: frozenset[str]
    files: frozenset[str]

    @classmethod
    def now(cls) -> Traces:
        """Looks."""
        links = json.loads(subprocess.run(["ip", "-j", "link"], capture_output=True, text=True, check=True).stdout)
        return cls(
            mounts=frozenset(Path("/proc/self/mounts").read_text().splitlines()),
            links=frozenset(link["ifname"] for link in links),
            named_namespaces=frozenset(_listing(Path("/run/netns"))),
            network_namespaces=frozenset(_network_namespaces_outside_clusters()),
            cgroups=frozenset(_cgroups()),
            files=frozenset(
                entry
                for folder in ("/run/containerd", "/var/lib/kubelet", "/var/lib/cni", "/var/lib/containerd")
                for entry in (*_listing(Path(folder)), f"{folder} exists: {Path(folder).exists()}")
            ),
        )


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


def _family(pid: int) -> list[RecordedProcess]:
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


def _network_namespaces(processes: list[RecordedProcess]) -> set[str]:
    return {os.readlink(f"/proc/{process.pid}/ns/net") for process in processes if process.alive()}


def _network_namespaces_outside_clusters() -> Iterator[str]:
    """Those of all processes but other clusters', whose pods come and go meanwhile."""
    numbers = [int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()]
    inits = [pid for pid in numbers if b"jobhunter_dev.node_init" in _read(Path(f"/proc/{pid}/cmdline"))]
    in_clusters = {process.pid for init in inits for process in _family(init)}
    for pid in set(numbers) - in_clusters:
        try:
            yield os.readlink(f"/proc/{pid}/ns/net")
        except OSError:
            continue


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def _run_a_pod(second: SecondCluster) -> None:
    second.kubectl("apply", "-f", "-", given=POD)
    second.kubectl("wait", "pod/mounts", "--for=condition=Ready", "--timeout=60s")


def _alive(processes: list[RecordedProcess]) -> list[RecordedProcess]:
    return [process for process in processes if process.alive()]


def test_nothing_is_left_after_down_nor_after_a_wreck_was_cleared(second: SecondCluster) -> None:
    before = Traces.now()
    own_cgroup = f"jobhunter-{second.home.ident}"

    said = second.up()
    assert "starting the cluster" in said
    status = second.status()
    assert status["running"]
    assert {"kubeconfig", "seccompRoot", "apiServer", "node", "bin"} <= set(status)
    _run_a_pod(second)
    began = time.monotonic()
    assert "the cluster is running" in second.up(), "a healthy cluster is used as it is"
    assert time.monotonic() - began < 5
    family = _family(status["process"])
    assert len(family) > 12, "the daemons, a shim, and the pod's processes"
    assert len(_network_namespaces(family)) == 2, "the node's and the pod's"

    # Every process is killed at once; what the kernel cannot know to be the cluster's stays, and more is added.
    for process in family:
        with contextlib.suppress(ProcessLookupError):  # gone with the namespace's first
            os.kill(process.pid, signal.SIGKILL)
    assert not second.status()["running"]
    leftover = second.home.run / "leftover"
    leftover.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "leftover", leftover], check=True)
    assert cgroups.hierarchies()[0].joinpath(own_cgroup).is_dir(), "the cgroups outlive the processes"
    said = second.up()
    assert "starting the cluster" in said
    assert second.status()["running"]
    assert _alive(family) == []
    assert "mounts" not in second.kubectl("get", "pods", "--output=name"), "it began afresh"
    _run_a_pod(second)

    family = _family(second.status()["process"])
    second.run("down")
    assert _alive(family) == []
    after = Traces.now()
    for field in fields(Traces):
        assert getattr(after, field.name) - getattr(before, field.name) == set(), field.name
    assert not any(root.joinpath(own_cgroup).exists() for root in cgroups.hierarchies())
    assert not second.home.run.exists()
    assert not second.status()["running"]


def test_a_cluster_with_one_daemon_dead_starts_afresh_even_after_a_restart_of_the_machine(
    second: SecondCluster,
) -> None:
    second.up()
    etcd = next(
        process
        for process in _family(second.status()["process"])
        if Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(f"{second.home.bin}/etcd".encode())
    )
    etcd.kill()
    deadline = time.monotonic() + 5
    while "etcd ended" not in second.status()["words"]:
        assert time.monotonic() < deadline, second.status()
        time.sleep(0.1)
    # A restart of the machine leaves the run folder alone: no process, and a record from another boot.
    second_life = json.loads((second.home.run / "node.pid").read_text())
    for process in _family(second_life["pid"]):
        process.kill()
    (second.home.run / "node.pid").write_text(json.dumps({**second_life, "boot": "another"}))
    assert second.status()["words"] == "its processes are gone"
    assert "starting the cluster" in second.up()
    assert second.status()["running"]


def test_a_second_run_on_the_same_home_is_refused_with_words(second: SecondCluster) -> None:
    with second.home.locked():
        refused = second.run("up", code=1)
    assert "Another run" in refused.stderr
    assert "Wait for it" in refused.stderr
