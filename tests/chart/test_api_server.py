"""The chart's objects before a real API server: each is taken by it, and its own pod security finds nothing to warn of."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from jobhunter_dev import ground
from jobhunter_dev.errors import DevError
from jobhunter_dev.home import Home
from jobhunter_dev.kubectl import Kubectl, KubectlFailed

pytestmark = pytest.mark.journey

NAMESPACE = "jobhunter-chart-test"


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
    workloads = [item for item in copied(chart.render()) if "template" in item.get("spec", {})]
    plain = [item for item in workloads if item["kind"] != "DaemonSet"]
    assert len(plain) == 3
    taken(kubectl, plain, "--warnings-as-errors")
    with pytest.raises(KubectlFailed, match=r"hostPath|would violate"):
        taken(kubectl, [item for item in workloads if item["kind"] == "DaemonSet"], "--warnings-as-errors")


def test_the_api_server_refuses_what_it_does_not_know(kubectl: Kubectl, chart: Any) -> None:
    """That the dry run above can fail."""
    (deployment,) = (item for item in copied(chart.render()) if item["kind"] == "Deployment")
    deployment["spec"]["template"]["spec"]["containerz"] = []
    with pytest.raises(KubectlFailed, match="containerz"):
        taken(kubectl, [deployment])


def test_the_definition_is_served_as_generated(kubectl: Kubectl) -> None:
    said = kubectl.run("explain", "applicationtask.spec.url")
    assert "http or https" in said
