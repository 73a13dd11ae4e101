"""Fixtures: a real API server, the cluster of $KUBECONFIG, else the local one of `make cluster-up`."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Kubectl:
    """kubectl against the cluster under test; namespace is given to every call."""

    program: str
    kubeconfig: str
    namespace: str = "default"

    def __call__(self, *arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        """What kubectl says, whatever its exit code."""
        return subprocess.run(
            [self.program, "--namespace", self.namespace, *arguments],
            input=stdin,
            env={**os.environ, "KUBECONFIG": self.kubeconfig},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def do(self, *arguments: str, stdin: str | None = None) -> str:
        """stdout of a call that must succeed."""
        said = self(*arguments, stdin=stdin)
        assert said.returncode == 0, f"kubectl {' '.join(arguments)}: {said.stderr}"
        return said.stdout

    def apply(self, manifest: dict[str, Any], *flags: str) -> subprocess.CompletedProcess[str]:
        return self("apply", "-f", "-", *flags, stdin=yaml.safe_dump(manifest))

    def get(self, name: str) -> dict[str, Any]:
        """An ApplicationTask as the API server has it."""
        task: dict[str, Any] = json.loads(self.do("get", "apptask", name, "-o", "json"))
        return task

    def status(self, name: str, status: dict[str, Any]) -> None:
        """Writes a task's status, as the operator would."""
        self.do("patch", "apptask", name, "--subresource=status", "--type=merge", "-p", json.dumps({"status": status}))


def _local_cluster() -> dict[str, Any]:
    said = subprocess.run(
        [sys.executable, "-m", "jobhunter_dev", "status", "--json"],
        env={**os.environ, "PYTHONPATH": str(ROOT / "dev")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    found: dict[str, Any] = json.loads(said.stdout) if said.returncode == 0 else {}
    if not found.get("running"):
        pytest.fail(
            "no cluster runs for this test: make cluster-up, or set KUBECONFIG (a test that is skipped counts as failed)"
        )
    return found


@pytest.fixture(scope="session")
def root_kubectl() -> Kubectl:
    """kubectl in the namespace default."""
    if named := os.environ.get("KUBECONFIG"):
        program = shutil.which("kubectl")
        if program is None:
            pytest.fail("KUBECONFIG is set, but there is no kubectl on PATH")
        return Kubectl(program, named)
    local = _local_cluster()
    return Kubectl(str(Path(local["bin"]) / "kubectl"), local["kubeconfig"])


@pytest.fixture(scope="session")
def kubeconfig(root_kubectl: Kubectl) -> str:
    """Path of a kubeconfig of a real cluster."""
    return root_kubectl.kubeconfig


@pytest.fixture(scope="session")
def kubectl(root_kubectl: Kubectl) -> Iterator[Kubectl]:
    """kubectl in a namespace of this test run's own, where the API server knows ApplicationTasks as they are now."""
    file = ROOT / "crds" / "jobhunter.dev_applicationtasks.yaml"
    # Under helm's name, or helm would meet fields of another manager when the chart is installed.
    as_helm = ("--server-side", "--force-conflicts", "--field-manager=helm")
    if root_kubectl("diff", *as_helm, "-f", str(file)).returncode != 0:
        root_kubectl.do("apply", *as_helm, "-f", str(file))
    root_kubectl.do("wait", "--for=condition=Established", "crd/applicationtasks.jobhunter.dev", "--timeout=30s")
    namespace = f"test-{secrets.token_hex(4)}"
    root_kubectl.do("create", "namespace", namespace)
    yield Kubectl(root_kubectl.program, root_kubectl.kubeconfig, namespace)
    root_kubectl.do("delete", "namespace", namespace, "--wait=false")
