"""The NetworkPolicies, judged as a network that enforces them would: from pod to peer, allowed or not."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

import pytest

Objects = list[dict[str, Any]]


@dataclass(frozen=True)
class End:
    """One end of a connection: a pod (labels and namespace), or an address outside of the cluster."""

    address: str
    namespace: str = ""
    labels: dict[str, str] = field(default_factory=dict)


RELEASE = {"app.kubernetes.io/name": "jobhunter", "app.kubernetes.io/instance": "jobhunter"}
SESSION = End(
    "10.244.0.9",
    "jobhunter-sessions",
    {"app.kubernetes.io/component": "session", "app.kubernetes.io/managed-by": "jobhunter-operator"},
)
STRANGER = End("10.244.0.10", "jobhunter-sessions", {"app": "shell"})
VISITOR = End("10.244.0.11", "default", {"app": "shell"})
NATS = End("10.244.0.2", "jobhunter", {**RELEASE, "app.kubernetes.io/component": "nats"})
OPERATOR = End("10.244.0.3", "jobhunter", {**RELEASE, "app.kubernetes.io/component": "operator"})
GATEWAY = End("10.244.0.13", "jobhunter", {**RELEASE, "app.kubernetes.io/component": "gateway"})
POSTGRES = End("10.244.0.14", "jobhunter", {**RELEASE, "app.kubernetes.io/component": "postgres"})
RESEED = End("10.244.0.15", "jobhunter", {**RELEASE, "app.kubernetes.io/component": "reseed"})
INGRESS = End("10.244.0.16", "ingress-nginx", {"app": "ingress-nginx"})
HOOK = End("10.244.0.4", "jobhunter", {**RELEASE, "app.kubernetes.io/component": "crd-upgrade"})
INSTALLER = End("10.244.0.5", "jobhunter-node", {**RELEASE, "app.kubernetes.io/component": "seccomp"})
DNS = End("10.244.0.6", "kube-system", {"k8s-app": "kube-dns"})
JOBS = End("10.244.0.7", "hr", {"app": "jobs"})
PUBLIC = End("93.184.215.14")
PUBLIC6 = End("2606:2800:21f:cb07::1")
API_SERVER = End("10.89.0.1")
METADATA = End("169.254.169.254")


def selects(selector: dict[str, Any], labels: dict[str, str]) -> bool:
    """A label selector of matchLabels; an empty one selects everything."""
    assert set(selector) <= {"matchLabels"}, "the evaluator knows no matchExpressions"
    return dict(selector.get("matchLabels", {})).items() <= labels.items()


def is_peer(peer: dict[str, Any], end: End, policy_namespace: str) -> bool:
    """networking.k8s.io/v1 NetworkPolicyPeer."""
    if "ipBlock" in peer:
        address = ipaddress.ip_address(end.address)
        inside = [ipaddress.ip_network(cidr) for cidr in (peer["ipBlock"]["cidr"], *peer["ipBlock"].get("except", []))]
        return address in inside[0] and not any(address in network for network in inside[1:])
    if not end.namespace:
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {"kubernetes.io/metadata.name": end.namespace}):
            return False
    elif end.namespace != policy_namespace:
        return False
    return selects(peer.get("podSelector", {}), end.labels)


def one_way(policies: Objects, at: End, other: End, port: int, protocol: str, direction: str) -> bool:
    """Whether the policies that select `at` let it speak (Egress) or be spoken to (Ingress)."""
    binding = [
        policy
        for policy in policies
        if policy["metadata"]["namespace"] == at.namespace
        and direction in policy["spec"]["policyTypes"]
        and selects(policy["spec"]["podSelector"], at.labels)
    ]
    if not binding:
        return True
    peers, rules = ("to", "egress") if direction == "Egress" else ("from", "ingress")
    for policy in binding:
        for rule in policy["spec"].get(rules) or []:
            ports = rule.get("ports")
            if ports and not any(p.get("protocol", "TCP") == protocol and p.get("port", port) == port for p in ports):
                continue
            if not rule.get(peers) or any(
                is_peer(peer, other, policy["metadata"]["namespace"]) for peer in rule[peers]
            ):
                return True
    return False


def allowed(objects: Objects, source: End, target: End, port: int, protocol: str = "TCP") -> bool:
    """Whether a connection comes about: both its ends must agree."""
    policies = [item for item in objects if item["kind"] == "NetworkPolicy"]
    return one_way(policies, source, target, port, protocol, "Egress") and (
        not target.namespace or one_way(policies, target, source, port, protocol, "Ingress")
    )


@pytest.mark.parametrize(
    ("target", "port", "protocol", "expected"),
    [
        (PUBLIC, 443, "TCP", True),
        (PUBLIC, 8443, "TCP", True),
        (PUBLIC, 443, "UDP", False),
        (PUBLIC6, 443, "TCP", True),
        (NATS, 4222, "TCP", True),
        (NATS, 8222, "TCP", False),
        (DNS, 53, "UDP", True),
        (DNS, 53, "TCP", True),
        (DNS, 9153, "TCP", False),
        (OPERATOR, 4222, "TCP", False),
        (GATEWAY, 8080, "TCP", False),
        (GATEWAY, 9090, "TCP", False),
        (POSTGRES, 5432, "TCP", False),
        (API_SERVER, 6443, "TCP", False),
        (METADATA, 80, "TCP", False),
        (JOBS, 8080, "TCP", False),
        (STRANGER, 80, "TCP", False),
        (End("192.168.1.1"), 80, "TCP", False),
        (End("172.31.0.4"), 80, "TCP", False),
        (End("100.64.0.1"), 80, "TCP", False),
        (End("127.0.0.1"), 80, "TCP", False),
        (End("fd00::1"), 80, "TCP", False),
        (End("fe80::1"), 80, "TCP", False),
        (End("::1"), 80, "TCP", False),
        (End("64:ff9b::a00:1"), 80, "TCP", False),
    ],
)
def test_a_session_reaches_public_addresses_names_and_nats_alone(
    chart: Any, target: End, port: int, protocol: str, expected: bool
) -> None:
    assert allowed(chart.render(), SESSION, target, port, protocol) is expected


@pytest.mark.parametrize(
    ("target", "port", "expected"),
    [
        (End("10.20.3.4"), 443, True),
        (End("10.20.3.4"), 80, False),
        (End("10.21.0.1"), 443, False),
        (JOBS, 8080, True),
        (JOBS, 80, False),
        (End("10.244.0.7", "other", {"app": "jobs"}), 8080, False),
        (End("10.244.0.8", "hr", {"app": "payroll"}), 8080, False),
        (End("fd00:1::9"), 9999, True),
        (End("fd00:2::9"), 9999, False),
        (PUBLIC, 443, True),
        (End("34.1.2.3"), 443, False),
        (End("34.1.2.4"), 443, True),
        (End("2a00:1::5"), 443, False),
    ],
)
def test_what_egress_allows_opens_and_a_public_api_server_stays_closed(
    chart: Any, everything: dict[str, Any], target: End, port: int, expected: bool
) -> None:
    assert allowed(chart.render(everything), SESSION, target, port) is expected


@pytest.mark.parametrize("source", [VISITOR, OPERATOR, GATEWAY, NATS, STRANGER])
def test_nobody_reaches_a_session(chart: Any, source: End) -> None:
    assert not allowed(chart.render(), source, SESSION, 9222)


@pytest.mark.parametrize(
    "source", [VISITOR, STRANGER, INSTALLER, HOOK, POSTGRES, End("10.244.0.12", "jobhunter", {"app": "x"})]
)
def test_nats_is_open_to_the_operator_the_gateway_and_sessions_alone(chart: Any, source: End) -> None:
    rendered = chart.render()
    assert not allowed(rendered, source, NATS, 4222)
    assert allowed(rendered, OPERATOR, NATS, 4222)
    assert allowed(rendered, GATEWAY, NATS, 4222)
    assert allowed(rendered, RESEED, NATS, 4222)


def test_the_operator_reaches_the_api_server_nats_and_names_alone(chart: Any) -> None:
    rendered = chart.render()
    assert allowed(rendered, OPERATOR, API_SERVER, 6443)
    assert allowed(rendered, OPERATOR, API_SERVER, 443)
    assert allowed(rendered, OPERATOR, DNS, 53, "UDP")
    assert not allowed(rendered, OPERATOR, PUBLIC, 80)
    assert not allowed(rendered, OPERATOR, JOBS, 8080)
    assert allowed(rendered, HOOK, API_SERVER, 6443)
    assert not allowed(rendered, NATS, PUBLIC, 443)
    assert not allowed(rendered, INSTALLER, API_SERVER, 6443)


def test_the_operator_is_held_to_the_api_servers_that_are_named(chart: Any, everything: dict[str, Any]) -> None:
    rendered = chart.render(everything)
    assert allowed(rendered, OPERATOR, End("34.1.2.3"), 443)
    assert not allowed(rendered, OPERATOR, End("34.1.2.4"), 443)
    assert not allowed(rendered, OPERATOR, End("34.1.2.3"), 6443)


def test_metrics_are_read_by_whom_the_values_name(chart: Any, everything: dict[str, Any]) -> None:
    assert allowed(chart.render(), VISITOR, OPERATOR, 8080)
    assert not allowed(chart.render(), VISITOR, OPERATOR, 22)
    assert not allowed(chart.render(everything), VISITOR, OPERATOR, 8080)
    for values, expected in (({}, True), (everything, False)):
        assert allowed(chart.render(values), VISITOR, GATEWAY, 9090) is expected


def test_the_dashboard_is_reached_from_where_the_values_say(chart: Any, everything: dict[str, Any]) -> None:
    assert allowed(chart.render(), VISITOR, GATEWAY, 8080)
    assert not allowed(chart.render(), VISITOR, GATEWAY, 22)
    assert allowed(chart.render(everything), INGRESS, GATEWAY, 8080)
    assert not allowed(chart.render(everything), VISITOR, GATEWAY, 8080)
    closed = chart.render({"gateway": {"ingressFrom": []}, "networkPolicy": {"metricsFrom": []}})
    for source in (VISITOR, INGRESS, OPERATOR, SESSION):
        assert not allowed(closed, source, GATEWAY, 8080)
        assert not allowed(closed, source, GATEWAY, 9090)


@pytest.mark.parametrize("source", [VISITOR, STRANGER, SESSION, OPERATOR, NATS, HOOK, INSTALLER])
def test_postgres_is_open_to_the_gateway_alone_and_reaches_nothing(chart: Any, source: End) -> None:
    rendered = chart.render()
    assert not allowed(rendered, source, POSTGRES, 5432)
    assert allowed(rendered, GATEWAY, POSTGRES, 5432)
    assert allowed(rendered, RESEED, POSTGRES, 5432)
    assert not allowed(rendered, GATEWAY, POSTGRES, 22)
    for target in (source, PUBLIC, DNS, API_SERVER):
        assert not allowed(rendered, POSTGRES, target, 53)
        assert not allowed(rendered, POSTGRES, target, 443)


def test_the_gateway_reaches_nats_postgres_names_and_the_api_server_alone(chart: Any) -> None:
    rendered = chart.render()
    assert allowed(rendered, GATEWAY, API_SERVER, 6443)
    assert allowed(rendered, GATEWAY, DNS, 53, "UDP")
    assert not allowed(rendered, GATEWAY, PUBLIC, 80)
    assert not allowed(rendered, GATEWAY, PUBLIC, 5432)
    assert not allowed(rendered, GATEWAY, PUBLIC, 6333)
    assert not allowed(rendered, GATEWAY, METADATA, 80)
    assert not allowed(rendered, RESEED, API_SERVER, 6443)
    assert not allowed(rendered, VISITOR, RESEED, 8080)


def test_a_postgres_and_a_qdrant_of_one_s_own_are_reached_where_they_are_said_to_be(chart: Any) -> None:
    peers = [{"ipBlock": {"cidr": "10.40.0.7/32"}}]
    external = {"ownerSecret": "owner", "appSecret": "app"}
    anywhere = chart.render({"postgres": {"enabled": False, "external": external | {"ports": [6432]}}})
    there = chart.render(
        {
            "postgres": {"enabled": False, "external": external | {"peers": peers}},
            "gateway": {"qdrant": {"url": "https://qdrant.example.com:6333", "peers": peers}},
        }
    )
    for source in (GATEWAY, RESEED):
        assert allowed(anywhere, source, PUBLIC, 6432)
        assert not allowed(anywhere, source, PUBLIC, 5432)
        assert allowed(there, source, End("10.40.0.7"), 5432)
        assert not allowed(there, source, End("10.40.0.8"), 5432)
    assert allowed(there, GATEWAY, End("10.40.0.7"), 6333)
    assert not allowed(there, GATEWAY, End("10.40.0.8"), 6333)
    assert not allowed(there, RESEED, End("10.40.0.7"), 6333)
