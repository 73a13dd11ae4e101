"""The chart under test: rendered by the real helm, once for each set of values."""

from __future__ import annotations

import asyncio
import functools
import json
import os
import shutil
import socket
import subprocess
import sysconfig
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from nats.aio.client import Client

from jobhunter_dev.home import Home
from nats_server import nats_client

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

    def render(
        self, values: dict[str, Any] | None = None, namespace: str = "jobhunter", release: str = "jobhunter"
    ) -> list[dict[str, Any]]:
        """Every object of a release."""
        return list(_rendered(self, json.dumps(values or {}, sort_keys=True), namespace, release))

    def notes(self, values: dict[str, Any] | None = None) -> str:
        """What a person reads after the installation."""
        said = self.run("install", "jobhunter", str(self.folder), "-n", "jobhunter", "--dry-run=client", values=values)
        return said.split("NOTES:", 1)[1]


@functools.cache
def _rendered(chart: Chart, values: str, namespace: str, release: str) -> tuple[dict[str, Any], ...]:
    text = chart.run("template", release, str(chart.folder), "-n", namespace, values=json.loads(values))
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


def credential(who: str) -> dict[str, str]:
    """What stands in the environment for OPERATOR, RUNNER or GATEWAY."""
    return {"USER": who.lower(), "PASSWORD": f"p{who.lower()}9"}


@pytest.fixture
def server(chart: Chart, tmp_path: Path, unused_tcp_port: int) -> Iterator[str]:
    """URL of a nats-server that runs the chart's configuration; only port and folder are other ones."""
    (config,) = (item for item in chart.render() if item["kind"] == "ConfigMap" and "nats.conf" in item["data"])
    text = config["data"]["nats.conf"]
    for old, new in (
        ("port: 4222\nhttp_port: 8222\n", f'listen: "127.0.0.1:{unused_tcp_port}"\n'),
        ('store_dir: "/data"', f'store_dir: "{tmp_path}"'),
    ):
        assert old in text
        text = text.replace(old, new)
    path = tmp_path / "nats.conf"
    path.write_text(text, "utf-8")
    parties = ("OPERATOR", "RUNNER", "GATEWAY")
    credentials = {f"{who}_{what}": value for who in parties for what, value in credential(who).items()}
    log = tmp_path / "nats.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [Path(sysconfig.get_path("scripts")) / "nats-server", "-c", path],
            env={**os.environ, **credentials},
            stdout=output,
            stderr=output,
        )
    until = time.monotonic() + 10
    while time.monotonic() < until:
        if process.poll() is not None:
            pytest.fail(f"nats-server ended: {log.read_text('utf-8')}")
        try:
            socket.create_connection(("127.0.0.1", unused_tcp_port), 0.2).close()
            break
        except OSError:
            time.sleep(0.02)
    yield f"nats://127.0.0.1:{unused_tcp_port}"
    process.kill()
    process.wait(10)


Connected = Callable[..., AbstractAsyncContextManager[tuple[Client, list[Exception]]]]


@pytest.fixture
def connected(server: str) -> Connected:
    """connected(who, inbox): a connection with one of the credentials, and the errors that the server sends it."""

    @asynccontextmanager
    async def connect(who: str, inbox: str = "_INBOX") -> AsyncIterator[tuple[Client, list[Exception]]]:
        errors: list[Exception] = []

        async def note(error: Exception) -> None:
            errors.append(error)

        connection = await nats_client(
            server,
            user=credential(who)["USER"],
            password=credential(who)["PASSWORD"],
            inbox_prefix=inbox,
            allow_reconnect=False,
            error_cb=note,
        )
        try:
            yield connection, errors
        finally:
            await connection.close()

    return connect


@pytest.fixture
def refused() -> Callable[[list[Exception], str], Awaitable[bool]]:
    """refused(errors, "publish" or "subscription"): whether the server said so, which it does of its own accord."""

    async def look(errors: list[Exception], what: str) -> bool:
        until = time.monotonic() + 2
        while time.monotonic() < until:
            if any(f"permissions violation for {what}" in str(error).lower() for error in errors):
                return True
            await asyncio.sleep(0.02)
        return False

    return look
