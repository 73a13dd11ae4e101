"""`make demo` as a person runs it, on a cluster of its own, and what it leaves after `make cluster-down`: nothing."""

from __future__ import annotations

import os
import subprocess
from dataclasses import fields

import pytest
from second_cluster import REPOSITORY, SecondCluster, Traces, family_of

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


def test_make_demo_submits_and_cluster_down_leaves_the_machine_as_it_was(second: SecondCluster) -> None:
    second.run("down")
    before = Traces.now()

    said = make(second, "demo")
    assert "Outcome: Submitted" in said
    assert "0 differ from the profile" in said
    family = family_of(second.status()["process"])

    said = make(second, "demo", CLUSTER="current", KUBECONFIG=str(second.home.kubeconfig))
    assert "starting the cluster" not in said
    assert "Outcome: Submitted" in said, "the kubeconfig's cluster is used as it is"

    make(second, "cluster-down")
    assert [process for process in family if process.alive()] == []
    after = Traces.now()
    for field in fields(Traces):
        assert getattr(after, field.name) - getattr(before, field.name) == set(), field.name
