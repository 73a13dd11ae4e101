"""The chart's objects before a real API server: each is taken by it, and its own pod security finds nothing to warn of."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobhunter_dev import ground
from jobhunter_dev.errors import DevError
from jobhunter_dev.home import Home
from jobhunter_dev.kubectl import Kubectl, KubectlFailed, wait_until

pytestmark = pytest.mark.journey

NAMESPACE = "jobhunter-chart-test"
DEFINITION = Path(__file__).resolve().parents[2] / "crds" / "jobhunter.dev_applicationtasks.yaml"


@pytest.fixture(scope="module")
def kubectl() -> Iterator[Kubectl]:
    """The cluster's kubectl, and a namespace at restricted that is there for these tests."""
    try:
        kubectl = ground.installation(Home.of_environment()).kubectl
    except DevError as missing:
        pytest.fail(f"{missing} (a journey that is skipped counts as failed)")
    levels = {f"pod-security.kubernetes.io/{mode}": "restricted" for mode in ("enforce", "warn")}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE, "labels": levels}}
    kubectl.run("apply", "-f", "-", stdin=json.dumps(namespace))
    yield kubectl
    kubectl.run("delete", "namespace", NAMESPACE, "--wait=false")


def taken(kubectl: Kubectl, objects: list[dict[str, Any]], *more: str) -> str:
    """The objects in a server-side dry run, with unknown fields refused. Raises KubectlFailed with the API server's words."""
    for item in objects:
        if "namespace" in item["metadata"]:
            item["metadata"]["namespace"] = NAMESPACE
    return kubectl.run(
        "apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts", *more, "-f", "-",
        stdin=yaml.safe_dump_all(objects),
    )  # fmt: skip


def copied(objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return list(json.loads(json.dumps(objects)))


def test_the_api_server_takes_every_object(kubectl: Kubectl, objects: list[dict[str, Any]]) -> None:
    said = taken(kubectl, copied(objects))
    assert said.count("(server dry run)") == len(objects)


def test_the_api_server_finds_all_pods_but_the_profile_s_restricted(kubectl: Kubectl, chart: Any) -> None:
    kinds = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob")
    workloads = [item for item in copied(chart.render()) if item["kind"] in kinds]
    plain = [item for item in workloads if item["kind"] != "DaemonSet"]
    assert len(plain) == 6
    taken(kubectl, plain, "--warnings-as-errors")
    with pytest.raises(KubectlFailed, match=r"hostPath|would violate"):
        taken(kubectl, [item for item in workloads if item["kind"] == "DaemonSet"], "--warnings-as-errors")


def test_the_api_server_refuses_what_it_does_not_know(kubectl: Kubectl, chart: Any) -> None:
    """That the dry run above can fail."""
    deployment = next(item for item in copied(chart.render()) if item["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containerz"] = []
    with pytest.raises(KubectlFailed, match="containerz"):
        taken(kubectl, [deployment])


def test_secrets_that_are_there_are_kept_by_upgrades(kubectl: Kubectl, chart: Any) -> None:
    """helm looks them up in the cluster; what it would install has the passwords of before."""
    kept = {
        "jobhunter-nats-gateway": {"user": "gateway", "password": "pkept1"},
        "jobhunter-gateway-jwt": {"secret": "kept" * 12},
        "jobhunter-postgres-owner": {"user": "jobhunter_owner", "password": "kept2", "url": "of-before"},
        "jobhunter-postgres-app": {"user": "jobhunter_app", "password": "k@e/p%t #3", "url": "of-before"},
    }
    owner = {"meta.helm.sh/release-name": "jobhunter", "meta.helm.sh/release-namespace": NAMESPACE}
    for name, data in kept.items():
        metadata = {
            "name": name,
            "namespace": NAMESPACE,
            "annotations": owner,
            "labels": {"app.kubernetes.io/managed-by": "Helm"},
        }
        kubectl.apply({"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": data})
    # Namespaces that no installation has: helm refuses what belongs to another release.
    aside = "sessions.create=false,sessions.namespace=jobhunter-chart-none,seccomp.install=false"
    command = ["template", "jobhunter", str(chart.folder), "-n", NAMESPACE, "--dry-run=server", "--set", aside]
    said = subprocess.run(
        [kubectl.program("helm"), *command], capture_output=True, text=True, timeout=60, env=kubectl.env(), check=False
    )
    assert said.returncode == 0, said.stderr
    secrets = {
        item["metadata"]["name"]: {key: base64.b64decode(value).decode() for key, value in item["data"].items()}
        for item in yaml.safe_load_all(said.stdout)
        if item and item["kind"] == "Secret" and item["metadata"]["namespace"] == NAMESPACE
    }
    for role, password in (("owner", "kept2"), ("app", "k%40e%2Fp%25t%20%233")):
        kept[f"jobhunter-postgres-{role}"]["url"] = (
            f"postgresql://jobhunter_{role}:{password}@jobhunter-postgres.{NAMESPACE}.svc:5432/jobhunter"
        )
    assert {name: secrets[name] for name in kept} == kept
    assert len(secrets["jobhunter-nats-operator"]["password"]) == 40  # was not there: drawn


@pytest.fixture
def definition(kubectl: Kubectl) -> None:
    """The API server has the definition as it is now; nothing is changed where it has it already."""
    # Under helm's name, or helm would meet fields of another manager when the chart is installed.
    as_helm = ("--server-side", "--force-conflicts", "--field-manager=helm", "-f", str(DEFINITION))
    try:
        kubectl.run("diff", *as_helm)
    except KubectlFailed:
        kubectl.run("apply", *as_helm)
    kubectl.run("wait", "--for=condition=Established", "crd/applicationtasks.jobhunter.dev", "--timeout=30s")


@pytest.mark.usefixtures("definition")
def test_the_definition_is_served_as_generated(kubectl: Kubectl) -> None:
    def explained() -> str | None:
        try:
            return kubectl.run("explain", "applicationtask.spec.url")
        except KubectlFailed as failed:
            if "couldn't find resource" in failed.said or "doesn't have a resource type" in failed.said:
                return None  # the schema is published a while after the definition is established
            raise

    assert "http or https" in wait_until("The definition's schema", explained, seconds=30)
