"""The gateway and Postgres as the chart renders them: who gets which credential, how they start, scale and end."""

from __future__ import annotations

import base64
import os
from typing import Any
from urllib.parse import urlsplit

import pytest

from jobhunter_gateway.settings import JWT_SECRET_BYTES, Settings

Objects = list[dict[str, Any]]
PREFIX = "JOBHUNTER_GATEWAY_"


def of(objects: Objects, kind: str, name: str = "jobhunter-gateway") -> dict[str, Any] | None:
    """The object of that kind and name; None where it is not rendered."""
    found = [item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name]
    assert len(found) <= 1
    return found[0] if found else None


def spec(objects: Objects, kind: str, name: str = "jobhunter-gateway") -> dict[str, Any]:
    item = of(objects, kind, name)
    assert item is not None, f"no {kind} {name}"
    return dict(item["spec"])


def gateway_pod(objects: Objects) -> dict[str, Any]:
    return dict(spec(objects, "Deployment")["template"]["spec"])


def plain(container: dict[str, Any]) -> dict[str, str]:
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def secret_keys(container: dict[str, Any]) -> dict[str, tuple[str, str]]:
    """Variable to (Secret, key)."""
    return {
        entry["name"].removeprefix(PREFIX): (ref["name"], ref["key"])
        for entry in container["env"]
        if (ref := entry.get("valueFrom", {}).get("secretKeyRef"))
    }


def test_the_owner_s_url_is_for_migrations_alone(chart: Any) -> None:
    pod = gateway_pod(chart.render())
    (migrate,), (gateway,) = pod["initContainers"], pod["containers"]
    assert migrate["command"] == ["python", "-m", "jobhunter_gateway", "migrate"]
    assert gateway["command"] == ["python", "-m", "jobhunter_gateway", "serve"]
    assert secret_keys(migrate) == {"MIGRATION_DATABASE_URL": ("jobhunter-postgres-owner", "url")}
    assert secret_keys(gateway) == {
        "NATS_USER": ("jobhunter-nats-gateway", "user"),
        "NATS_PASSWORD": ("jobhunter-nats-gateway", "password"),
        "DATABASE_URL": ("jobhunter-postgres-app", "url"),
        "JWT_SECRET": ("jobhunter-gateway-jwt", "secret"),
    }


def test_a_postgres_of_one_s_own_takes_the_place_of_the_chart_s(chart: Any) -> None:
    external = {"ownerSecret": "our-owner", "appSecret": "our-app"}
    rendered = chart.render({"postgres": {"enabled": False, "external": external}})
    pod = gateway_pod(rendered)
    assert secret_keys(pod["initContainers"][0])["MIGRATION_DATABASE_URL"] == ("our-owner", "url")
    assert secret_keys(pod["containers"][0])["DATABASE_URL"] == ("our-app", "url")
    assert not [item["kind"] for item in rendered if "postgres" in item["metadata"]["name"]]


def test_the_gateway_understands_its_environment(objects: Objects, monkeypatch: pytest.MonkeyPatch) -> None:
    known = {f"{PREFIX}{name.upper()}" for name in Settings.model_fields}
    for name in list(os.environ):
        if name.startswith("JOBHUNTER_"):
            monkeypatch.delenv(name)
    pod = gateway_pod(objects)
    for container in (*pod["initContainers"], *pod["containers"]):
        assert {entry["name"] for entry in container["env"]} - {"HOME"} <= known
        with monkeypatch.context() as environment:
            for name, value in plain(container).items():
                environment.setenv(name, value)
            understood = Settings()
    assert understood.nats_url == "nats://jobhunter-nats.jobhunter.svc:4222"
    assert understood.namespace in ("jobhunter-sessions", "people")
    assert (understood.http_port, understood.metrics_port) == (8080, 9090)
    for name in ("request_limit_bytes", "document_limit_bytes", "rate_requests", "jwt_leeway_seconds"):
        assert getattr(understood, name) == Settings.model_fields[name].default


def test_what_is_set_reaches_the_gateway(chart: Any, everything: dict[str, Any]) -> None:
    (container,) = gateway_pod(chart.render(everything))["containers"]
    said = {name.removeprefix(PREFIX): value for name, value in plain(container).items()}
    assert said["QDRANT_URL"] == "https://qdrant.example.com:6333"
    assert said["FORWARDED_ALLOW_IPS"] == "10.0.0.0/8,fd00::1"
    assert (said["RATE_WRITES"], said["RATE_REQUESTS"]) == ("5/minute", "600/minute")
    assert secret_keys(container)["QDRANT_API_KEY"] == ("qdrant-key", "apiKey")


def test_the_generated_credentials_fit_each_other(chart: Any) -> None:
    data = {
        item["metadata"]["name"]: {key: base64.b64decode(value).decode() for key, value in item["data"].items()}
        for item in chart.render()
        if item["kind"] == "Secret" and item["metadata"]["namespace"] == "jobhunter"
    }
    assert len(data["jobhunter-gateway-jwt"]["secret"]) >= max(48, JWT_SECRET_BYTES)
    assert data["jobhunter-nats-gateway"]["user"] == "gateway"
    for role in ("owner", "app"):
        secret = data[f"jobhunter-postgres-{role}"]
        url = urlsplit(secret["url"])
        assert (url.username, url.password) == (secret["user"], secret["password"])
        assert secret["user"] == f"jobhunter_{role}"
        assert (url.hostname, url.port, url.path) == ("jobhunter-postgres.jobhunter.svc", 5432, "/jobhunter")
    assert data["jobhunter-postgres-owner"]["password"] != data["jobhunter-postgres-app"]["password"]


def test_postgres_passwords_outlive_the_release_as_its_volume_does(chart: Any) -> None:
    for role in ("owner", "app"):
        secret = of(chart.render(), "Secret", f"jobhunter-postgres-{role}")
        assert secret is not None
        assert secret["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_existing_secrets_are_used_and_none_is_made(chart: Any) -> None:
    rendered = chart.render(
        {
            "nats": {"auth": {"create": False, "gatewaySecret": "a"}},
            "gateway": {"jwt": {"create": False, "secret": "b"}},
            "postgres": {"auth": {"create": False, "ownerSecret": "c", "appSecret": "d"}},
        }
    )
    assert not [item["metadata"]["name"] for item in rendered if item["kind"] == "Secret"]
    used = secret_keys(gateway_pod(rendered)["containers"][0])
    assert {name for name, _ in used.values()} == {"a", "b", "d"}
    (server,) = spec(rendered, "StatefulSet", "jobhunter-postgres")["template"]["spec"]["containers"]
    assert secret_keys(server) == {
        "POSTGRES_OWNER_PASSWORD": ("c", "password"),
        "POSTGRES_APP_PASSWORD": ("d", "password"),
    }


def test_one_gateway_has_no_budget_and_two_have_one(chart: Any) -> None:
    assert of(chart.render(), "PodDisruptionBudget") is None
    two = chart.render({"gateway": {"replicas": 2}})
    assert spec(two, "PodDisruptionBudget")["maxUnavailable"] == 1
    pods = spec(two, "Deployment")["template"]["metadata"]["labels"]
    assert spec(two, "PodDisruptionBudget")["selector"]["matchLabels"].items() <= pods.items()
    one_at_least = chart.render({"gateway": {"autoscaling": {"enabled": True, "minReplicas": 1}}})
    assert of(one_at_least, "PodDisruptionBudget") is None


def test_an_autoscaled_gateway_states_no_replicas(chart: Any, everything: dict[str, Any]) -> None:
    assert spec(chart.render(), "Deployment")["replicas"] == 1
    assert of(chart.render(), "HorizontalPodAutoscaler") is None
    scaled = chart.render(everything)
    assert "replicas" not in spec(scaled, "Deployment")
    autoscaler = spec(scaled, "HorizontalPodAutoscaler")
    assert (autoscaler["minReplicas"], autoscaler["maxReplicas"]) == (3, 5)
    assert autoscaler["scaleTargetRef"]["name"] == "jobhunter-gateway"
    assert [metric["resource"]["name"] for metric in autoscaler["metrics"]] == ["cpu"]
    assert of(scaled, "PodDisruptionBudget") is not None


def test_a_gateway_that_goes_has_time_to_say_so(chart: Any) -> None:
    rendered = chart.render({"gateway": {"preStopSeconds": 7, "shutdownSeconds": 40}})
    pod = gateway_pod(rendered)
    (container,) = pod["containers"]
    assert container["lifecycle"]["preStop"] == {"sleep": {"seconds": 7}}
    assert plain(container)[f"{PREFIX}SHUTDOWN_SECONDS"] == "40"
    assert pod["terminationGracePeriodSeconds"] > 7 + 40
    assert spec(rendered, "Deployment")["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert {name: container[f"{name}Probe"]["httpGet"]["path"] for name in ("startup", "readiness", "liveness")} == {
        "startup": "/healthz",
        "readiness": "/readyz",
        "liveness": "/healthz",
    }


def test_the_ingress_leads_to_the_service(chart: Any, everything: dict[str, Any]) -> None:
    assert of(chart.render(), "Ingress") is None
    rendered = chart.render(everything)
    ingress = spec(rendered, "Ingress")
    assert (ingress["ingressClassName"], ingress["tls"][0]["hosts"]) == ("nginx", ["jobs.example.com"])
    (rule,) = ingress["rules"]
    (path,) = rule["http"]["paths"]
    service = path["backend"]["service"]
    ports = {port["name"]: port["port"] for port in spec(rendered, "Service", service["name"])["ports"]}
    assert ports == {"http": 8080, "metrics": 9090}
    assert (rule["host"], path["path"], service["port"]) == ("jobs.example.com", "/", {"name": "http"})


def test_metrics_are_found_on_their_own_port(chart: Any) -> None:
    service = of(chart.render(), "Service")
    assert service is not None
    assert service["metadata"]["annotations"]["prometheus.io/port"] == "9090"


def test_postgres_is_one_server_on_a_volume_that_its_probes_ask_by_tcp(chart: Any, everything: dict[str, Any]) -> None:
    server = spec(chart.render(), "StatefulSet", "jobhunter-postgres")
    assert server["replicas"] == 1
    pod = server["template"]["spec"]
    (container,) = pod["containers"]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        command = container[probe]["exec"]["command"]
        assert command[0] == "pg_isready"
        assert "--host=127.0.0.1" in command
    assert {mount["mountPath"] for mount in container["volumeMounts"]} == {"/data", "/tmp"}
    assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    (claim,) = spec(chart.render(everything), "StatefulSet", "jobhunter-postgres")["volumeClaimTemplates"]
    assert claim["spec"]["storageClassName"] == "fast"
    assert claim["spec"]["resources"]["requests"]["storage"] == "50Gi"


def test_reseeding_waits_to_be_asked_for_and_has_the_owner_s_url(objects: Objects) -> None:
    job = spec(objects, "CronJob", "jobhunter-reseed")
    assert job["suspend"] is True
    assert job["jobTemplate"]["spec"]["ttlSecondsAfterFinished"] == 3600, "the next one has the same name"
    (container,) = job["jobTemplate"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1] == "reseed"
    assert set(secret_keys(container)) == {"NATS_USER", "NATS_PASSWORD", "MIGRATION_DATABASE_URL"}
