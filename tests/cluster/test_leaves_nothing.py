"""A cluster comes up from any wreck of itself, and when it is taken down the machine is as it was."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import fields
from pathlib import Path

import pytest
from second_cluster import SecondCluster, Traces, family_of, network_namespaces

from jobhunter_dev import cgroups
from jobhunter_dev.process import RecordedProcess

pytestmark = pytest.mark.cluster

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


def _run_a_pod(second: SecondCluster) -> None:
    second.kubectl("apply", "-f", "-", given=POD)
    second.kubectl("wait", "pod/mounts", "--for=condition=Ready", "--timeout=60s")


def _alive(processes: list[RecordedProcess]) -> list[RecordedProcess]:
    return [process for process in processes if process.alive()]


def test_nothing_is_left_after_down_nor_after_a_wreck_was_cleared(second: SecondCluster) -> None:
    before = Traces.now(second.home)
    own_cgroup = f"jobhunter-{second.home.ident}"

    said = second.up()
    assert "starting the cluster" in said
    status = second.status()
    assert status["running"]
    assert {"kubeconfig", "seccompRoot", "apiServer", "node", "bin"} <= set(status)
    _run_a_pod(second)
    assert "the cluster is running" in second.up(), "a healthy cluster is used as it is"
    assert second.status()["process"] == status["process"]
    family = family_of(status["process"])
    assert len(family) > 12, "the daemons, a shim, and the pod's processes"
    assert len(network_namespaces(family)) == 2, "the node's and the pod's"

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

    family = family_of(second.status()["process"])
    second.run("down")
    assert _alive(family) == []
    after = Traces.now(second.home)
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
        for process in family_of(second.status()["process"])
        if Path(f"/proc/{process.pid}/cmdline").read_bytes().startswith(f"{second.home.bin}/etcd".encode())
    )
    etcd.kill()
    deadline = time.monotonic() + 5
    while "etcd ended" not in second.status()["words"]:
        assert time.monotonic() < deadline, second.status()
        time.sleep(0.1)
    # A restart of the machine leaves the run folder alone: no process, and a record from another boot.
    second_life = json.loads((second.home.run / "node.pid").read_text())
    for process in family_of(second_life["pid"]):
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
