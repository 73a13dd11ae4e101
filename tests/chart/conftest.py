"""The chart under test: rendered by the real helm, once for each set of values."""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobhunter_dev.home import Home

REPOSITORY = Path(__file__).resolve().parents[2]
KUBE_VERSION = "1.34.4"  # a helm built from its Go module takes itself for 1.20 when it is not told

VALUE_SETS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "everything": {
        "image": {"pullSecrets": ["mine"], "pullPolicy": "Always"},
        "operator": {"priorityClassName": "high", "nodeSelector": {"a": "b"}, "tolerations": [{"operator": "Exists"}]},
        "gateway": {
            "autoscaling": {"enabled": True, "minReplicas": 3, "maxReplicas": 5},
            "qdrant": {
                "url": "https://qdrant.example.com:6333",
                "apiKeySecret": "qdrant-key",
                "peers": [{"ipBlock": {"cidr": "10.30.0.5/32"}}],
            },
            "forwardedAllowIps": ["10.0.0.0/8", "fd00::1"],
            "ingress": {
                "enabled": True,
                "className": "nginx",
                "host": "jobs.example.com",
                "tls": [{"secretName": "jobs-tls", "hosts": ["jobs.example.com"]}],
                "annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "3600"},
            },
            "ingressFrom": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "ingress-nginx"}}}],
            "priorityClassName": "high",
            "nodeSelector": {"a": "b"},
            "rates": {"writes": "5/minute"},
        },
        "postgres": {"storage": {"className": "fast", "size": "50Gi"}, "tolerations": [{"operator": "Exists"}]},
        "sessions": {
            "maxPerSite": 2,
            "pauseScale": 0.5,
            "podTemplate": {"permit": ["resources", "nodeSelector"], "maxima": {"cpu": "4"}},
            "resourceQuota": {"pods": 20, "requests.memory": "16Gi"},
            "limitRange": [{"type": "Container", "max": {"memory": "4Gi"}}],
            "runtimeClassName": "gvisor",
            "nodeSelector": {"pool": "browsers"},
            "tolerations": [{"key": "browsers", "operator": "Exists"}],
        },
        "egress": {
            "allow": [
                {"host": "careers.intranet.example.com", "cidr": "10.20.0.0/16", "ports": [443]},
                {
                    "host": "jobs.hr.svc.cluster.local",
                    "ports": [80],
                    "podPorts": [8080],
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "hr"}},
                    "podSelector": {"matchLabels": {"app": "jobs"}},
                },
                {"cidr": "fd00:1::/64"},
                {"host": "*.public.example.com"},
            ]
        },
        "networkPolicy": {"apiServer": {"cidrs": ["34.1.2.3/32", "2a00:1::5/128"], "ports": [443]}, "metricsFrom": []},
        "nats": {"storage": {"className": "fast", "size": "10Gi"}, "affinity": {"nodeAffinity": {}}},
        "seccomp": {"root": "/data/kubelet/seccomp", "nodeSelector": {"pool": "browsers"}},
    },
    "least": {
        "networkPolicy": {"enabled": False},
        "sessions": {"create": False, "namespace": "people"},
        "seccomp": {"install": False},
        "nats": {"auth": {"create": False}},
        "crdHook": {"enabled": False},
        "operator": {"testHolds": True, "metricsAnnotations": None},
        "gateway": {"replicas": 2, "jwt": {"create": False}, "ingressFrom": [], "metricsAnnotations": None},
        "postgres": {
            "enabled": False,
            "external": {"ownerSecret": "our-postgres-owner", "appSecret": "our-postgres-app"},
        },
    },
}
"""Value sets that together take every branch of the templates."""


def helm_binary() -> str:
    """helm by JOBHUNTER_HELM, from PATH, or as the local cluster's toolchain built it. Fails the test where there is none."""
    built = Home.of_environment().bin / "helm"
    found = os.environ.get("JOBHUNTER_HELM") or shutil.which("helm") or (str(built) if built.exists() else None)
    if found is None:
        pytest.fail("helm is not there: make cluster-up builds it, or set JOBHUNTER_HELM")
    return found


class Refused(Exception):
    """helm ended with an error; str() is what it said."""


@dataclass(frozen=True)
class Chart:
    """One chart folder and the helm that renders it."""

    folder: Path
    helm: str

    def run(self, *arguments: str, values: dict[str, Any] | None = None) -> str:
        """What helm prints. Raises Refused."""
        version = [] if arguments[0] == "install" else ["--kube-version", KUBE_VERSION]
        done = subprocess.run(
            [self.helm, *arguments, *version, "--values", "-"],
            input=json.dumps(values or {}),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if done.returncode != 0:
            raise Refused(done.stderr + done.stdout)
        return done.stdout

    def render(self, values: dict[str, Any] | None = None, namespace: str = "jobhunter") -> list[dict[str, Any]]:
        """Every object of a release named jobhunter."""
        return list(_rendered(self, json.dumps(values or {}, sort_keys=True), namespace))

    def notes(self, values: dict[str, Any] | None = None) -> str:
        """What a person reads after the installation."""
        said = self.run("install", "jobhunter", str(self.folder), "-n", "jobhunter", "--dry-run=client", values=values)
        return said.split("NOTES:", 1)[1]


@functools.cache
def _rendered(chart: Chart, values: str, namespace: str) -> tuple[dict[str, Any], ...]:
    text = chart.run("template", "jobhunter", str(chart.folder), "-n", namespace, values=json.loads(values))
    return tuple(item for item in yaml.safe_load_all(text) if item)


@pytest.fixture(scope="session")
def chart() -> Chart:
    """charts/jobhunter."""
    return Chart(REPOSITORY / "charts" / "jobhunter", helm_binary())


@pytest.fixture(params=sorted(VALUE_SETS))
def values(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Each of the value sets."""
    return VALUE_SETS[request.param]


@pytest.fixture
def everything() -> dict[str, Any]:
    """The value set in which every list has something in it."""
    return VALUE_SETS["everything"]


@pytest.fixture
def objects(chart: Chart, values: dict[str, Any]) -> list[dict[str, Any]]:
    """What the chart renders under each of the value sets."""
    return chart.render(values)
