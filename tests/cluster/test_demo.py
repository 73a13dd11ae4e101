"""`make demo` as a person runs it, on a cluster of its own, and what it leaves after `make cluster-down`: nothing."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import fields

import pytest
from second_cluster import REPOSITORY, SecondCluster, Traces, family_of

from jobhunter_dev.gateway_client import GatewayClient

pytestmark = pytest.mark.cluster


def make(second: SecondCluster, target: str, **environment: str) -> str:
    """Runs a target of the Makefile against the second home, without a terminal; must end well."""
    env = {**os.environ, "JOBHUNTER_HOME": str(second.home.path), **environment}
    done = subprocess.run(
        ["make", target],
        cwd=REPOSITORY,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


def demo_with_a_terminal(second: SecondCluster, **environment: str) -> str:
    """Runs `make demo` at a terminal of its own; the draft is confirmed at the printed address, as the dashboard does it."""
    ours, theirs = os.openpty()
    process = subprocess.Popen(
        ["make", "demo"],
        cwd=REPOSITORY,
        env={**os.environ, "JOBHUNTER_HOME": str(second.home.path), **environment},
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    said = ""
    assert process.stdout is not None
    try:
        for line in process.stdout:
            said += line
            if waiting := re.search(r"waiting for you in the dashboard: \S+/tasks/(\S+)", line):
                address, token = re.search(r"dashboard: (\S+)/login#token=(\S+)", said).groups()
                gateway = GatewayClient(address, token)
                (draft,) = gateway.call("GET", f"/api/tasks/{waiting[1]}")["pending_inputs"]
                gateway.resolve(waiting[1], draft["id"], "confirm")
            if "until you press Enter" in line:
                os.write(ours, b"\n")
        assert process.wait(60) == 0, said[-4000:]
    finally:
        process.kill()
        os.close(ours)
        os.close(theirs)
    return said


def test_make_demo_submits_and_cluster_down_leaves_the_machine_as_it_was(second: SecondCluster) -> None:
    second.run("down")
    before = Traces.now(second.home)

    said = make(second, "demo")
    assert "Outcome: Submitted" in said
    assert "0 differ from the profile" in said
    family = family_of(second.status()["process"])
    assert Traces.now(second.home).processes - before.processes, "what was started for it is seen"

    said = demo_with_a_terminal(second, CLUSTER="current", KUBECONFIG=str(second.home.kubeconfig))
    assert "starting the cluster" not in said
    assert "no terminal is attached" not in said
    assert "Outcome: Submitted" in said, "the kubeconfig's cluster is used as it is"
    family += family_of(second.status()["process"])

    make(second, "cluster-down")
    assert [process for process in family if process.alive()] == []
    after = Traces.now(second.home)
    for field in fields(Traces):
        assert getattr(after, field.name) - getattr(before, field.name) == set(), field.name
