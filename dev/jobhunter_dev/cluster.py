"""The cluster's life: is it well, start it, take it down with all that it left behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from . import cgroups, network, node, node_init, pki
from .api import ApiServer
from .command import output_of, tail
from .errors import ClusterUnwell
from .home import Home, remove_tree, write_whole
from .process import RecordedProcess, children
from .progress import Progress

READY_SECONDS = 120
STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "local-folder",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "jobhunter.dev/local-folder",
    "volumeBindingMode": "WaitForFirstConsumer",
    "reclaimPolicy": "Delete",
}


@dataclass(frozen=True)
class Health:
    """``well`` says that it may be used as it is; ``words`` say what was seen."""

    well: bool
    words: str


class Cluster:
    """One single-node cluster, known by its home folder."""

    def __init__(self, home: Home, progress: Progress) -> None:
        self.home = home
        self._progress = progress

    def health(self) -> Health:
        """Looks at processes and asks the API server; changes nothing."""
        record = RecordedProcess.read(self.home.run / "node.pid")
        if record is None:
            return Health(False, "not running")
        if not record.alive():
            return Health(False, "its processes are gone")
        ended = self._ended()
        if ended:
            return Health(False, f"{', '.join(sorted(ended))} ended")
        address = self._api_url()
        if not address or not ApiServer(self.home, address).ready():
            return Health(False, "the API server does not answer")
        if not self._node_ready(ApiServer(self.home, address)):
            return Health(False, "the node is not ready")
        return Health(True, "running")

    def start(self) -> None:
        """Starts it from nothing: sweeps first, since a former life may have been killed."""
        self.sweep()
        home = self.home
        link = network.link_of(home)
        pki.ensure(home, link)
        home.run.mkdir()
        for log in home.logs.glob("*.log"):
            if log.stem in DAEMON_LOGS:
                log.unlink()
        node.write_files(home, link)
        write_whole(home.run / "api-server", link.api_server)
        self._make_mount_points()
        cgroups.create(node.cgroup_name(home))
        init = self._spawn()
        record = RecordedProcess.of(init)
        if record is None:
            raise self._unwell("The node's first process ended at once.", "node-init")
        record.write(home.run / "node.pid")
        network.connect(link, init)

    def wait_ready(self) -> None:
        """Until a pod can be created: node Ready, service accounts and a storage class there."""
        api = ApiServer(self.home, self._api_url())
        deadline = time.monotonic() + READY_SECONDS
        self._wait("the API server", "kube-apiserver", deadline, api.ready)
        api.create("/apis/storage.k8s.io/v1/storageclasses", STORAGE_CLASS)
        self._wait("the node", "kubelet", deadline, lambda: self._node_ready(api))
        self._wait(
            "the default service account",
            "kube-controller-manager",
            deadline,
            lambda: api.get("/api/v1/namespaces/default/serviceaccounts/default") is not None,
        )

    def wait_containerd(self) -> None:
        """Until images can be brought in."""
        ctr = ["ctr", "--address", str(self.home.containerd_socket), "version"]
        self._wait(
            "containerd",
            "containerd",
            time.monotonic() + 30,
            lambda: subprocess.run(ctr, capture_output=True, check=False).returncode == 0,
        )

    def sweep(self) -> None:
        """Ends and removes whatever of this cluster is left: processes, link, cgroups, mounts, the run folder.

        Raises ClusterUnwell naming what would not go. What is not this cluster's is never touched.
        """
        home = self.home
        left = list[str]()
        for pid, plan in self._node_processes().items():
            found = RecordedProcess.of(pid)
            if plan == self._init_argv()[-1] and found is not None and not found.kill():
                left.append(f"process {pid}")
        network.remove(f"jh{home.ident}")
        name = node.cgroup_name(home)
        for pid in cgroups.processes(name):
            stray = RecordedProcess.of(pid)
            if stray is not None and not stray.kill():
                left.append(f"process {pid}")
        left += [str(folder) for folder in cgroups.remove(name)]
        for mount in mounts_under(home.run):
            output_of(["umount", "--lazy", mount])
        remove_tree(home.run)
        self._remove_mount_points()
        if left:
            raise ClusterUnwell(f"These would not go: {', '.join(left)}.", "Look at them with ps, and try again.")

    def status(self) -> dict[str, object]:
        """What other commands need to know of the cluster."""
        health = self.health()
        return {
            "running": health.well,
            "words": health.words,
            "kubeconfig": str(self.home.kubeconfig),
            "seccompRoot": str(node.SECCOMP_ROOT),
            "apiServer": self._api_url(),
            "node": pki.NODE_NAME,
            "bin": str(self.home.bin),
            "home": str(self.home.path),
            "logs": str(self.home.logs),
            "volumes": str(self.home.run / "volumes"),
            "containerd": str(self.home.containerd_socket),
            "cgroup": node.cgroup_name(self.home),
            "process": record.pid if (record := RecordedProcess.read(self.home.run / "node.pid")) else None,
        }

    def _spawn(self) -> int:
        """Starts node_init as process 1 of new namespaces; returns its id as the host sees it."""
        with (self.home.logs / "node-init.log").open("wb") as log:
            outer = subprocess.Popen(
                ["unshare", "--fork", "--kill-child", "--pid", "--mount", "--mount-proc", "--net", *self._init_argv()],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                env={**node_init.ENVIRONMENT, "PYTHONPATH": str(Path(__file__).resolve().parent.parent)},
                start_new_session=True,
            )
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and outer.poll() is None:
            for child in children(outer.pid):
                return child
            time.sleep(0.01)
        raise self._unwell("The node's namespaces could not be made.", "node-init")

    def _init_argv(self) -> list[str]:
        python = os.path.realpath(sys.executable)
        return [python, "-m", "jobhunter_dev.node_init", str(self.home.run / "node.json")]

    def _node_processes(self) -> dict[int, str]:
        """Every cluster's first process and the one that holds it: process id to the plan it was started with."""
        *module, _ = self._init_argv()[1:]
        found = dict[int, str]()
        for folder in Path("/proc").iterdir():
            if folder.name.isdigit():
                try:
                    argv = (folder / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
                except (FileNotFoundError, ProcessLookupError):
                    continue
                if argv[-len(module) - 1 : -1] == module:
                    found[int(folder.name)] = argv[-1]
        return found

    def _make_mount_points(self) -> None:
        """Empty folders of the host that the node mounts over in its own mount namespace; noted for removal."""
        made = [str(point) for point in node_init.HOST_MOUNT_POINTS if not point.exists()]
        if made:
            noted = self._noted_mount_points()
            write_whole(self.home.path / "mount-points.json", json.dumps(sorted({*noted, *made})))
            for point in made:
                Path(point).mkdir(parents=True)

    def _remove_mount_points(self) -> None:
        """Unless another cluster runs: a folder that goes takes the mounts over it along, in every namespace."""
        if self._node_processes():
            return
        note = self.home.path / "mount-points.json"
        for point in self._noted_mount_points():
            try:
                Path(point).rmdir()
            except OSError:
                continue  # gone already, or filled by somebody else
        note.unlink(missing_ok=True)

    def _noted_mount_points(self) -> list[str]:
        note = self.home.path / "mount-points.json"
        return list(json.loads(note.read_text())) if note.exists() else []

    def _wait(self, what: str, log: str, deadline: float, ready: Callable[[], bool]) -> None:
        while not ready():
            ended = self._ended()
            if ended:
                raise self._unwell(f"{', '.join(sorted(ended))} ended while the cluster started.", sorted(ended)[0])
            record = RecordedProcess.read(self.home.run / "node.pid")
            if record is None or not record.alive():
                raise self._unwell("The node's first process ended.", "node-init")
            if time.monotonic() > deadline:
                raise self._unwell(f"{what} was not ready within {READY_SECONDS} s.", log)
            time.sleep(0.05)

    def _unwell(self, what: str, log: str) -> ClusterUnwell:
        path = self.home.logs / f"{log}.log"
        return ClusterUnwell(f"{what} The end of {path}:\n{tail(path)}", "Run it again; it starts afresh.")

    def _ended(self) -> dict[str, int]:
        try:
            return dict(json.loads((self.home.run / "daemons.json").read_text())["ended"])
        except FileNotFoundError:
            return {}

    def _api_url(self) -> str:
        try:
            return (self.home.run / "api-server").read_text()
        except FileNotFoundError:
            return ""

    @staticmethod
    def _node_ready(api: ApiServer) -> bool:
        seen = api.get(f"/api/v1/nodes/{pki.NODE_NAME}")
        conditions = seen["status"].get("conditions", []) if seen else []
        return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


DAEMON_LOGS = {
    "containerd",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "coredns",
    "provisioner",
}


def mounts_under(folder: Path) -> list[str]:
    """Mount points at or below a folder in this mount namespace, the deepest first."""
    top = str(folder)
    points = list[str]()
    for line in Path("/proc/self/mounts").read_text().splitlines():
        point = line.split(" ")[1].replace("\\040", " ")
        if point == top or point.startswith(top + "/"):
            points.append(point)
    return sorted(points, reverse=True)
