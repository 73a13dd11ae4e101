"""What the chart renders: whole objects, restricted pods, the least RBAC, images from values alone."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from jobhunter_contracts.crd import FILE, render

Objects = list[dict[str, Any]]
ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts" / "jobhunter"
PROFILE = CHART / "files" / "chromium-seccomp.json"

OPERATOR_SESSION_RULES = {
    ("jobhunter.dev", "applicationtasks", ""): {"get", "list", "watch", "delete"},
    ("jobhunter.dev", "applicationtasks/status", ""): {"get", "update"},
    ("", "pods", ""): {"get", "list", "watch", "create", "delete"},
    ("", "secrets", ""): {"get", "create", "update"},
    ("events.k8s.io", "events", ""): {"create"},
}
GATEWAY_RULES = {
    ("jobhunter.dev", "applicationtasks", ""): {"create", "get", "list", "watch", "patch", "delete"},
}
OPERATOR_OWN_RULES = {
    ("", "configmaps", ""): {"create"},
    ("", "configmaps", "jobhunter-submission-identity"): {"get", "update"},
}
HOOK_RULES = {
    ("apiextensions.k8s.io", "customresourcedefinitions", "applicationtasks.jobhunter.dev"): {"get", "patch", "create"}
}


def one(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    """The object of that kind and name."""
    (found,) = (item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name)
    return found


def pods(objects: Objects) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Every workload and the spec of its pods."""
    for item in objects:
        workload = item.get("spec", {})
        workload = workload.get("jobTemplate", item).get("spec", {})
        if "template" in workload:
            yield item, workload["template"]["spec"]


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def power(role: dict[str, Any]) -> dict[tuple[str, str, str], set[str]]:
    """A role as (group, resource, name or nothing) to verbs."""
    given: dict[tuple[str, str, str], set[str]] = {}
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for name in rule.get("resourceNames", [""]):
                    given.setdefault((group, resource, name), set()).update(rule["verbs"])
    return given


def test_every_object_says_what_it_is_and_whose(objects: Objects) -> None:
    assert objects
    cluster_wide = {"Namespace", "ClusterRole", "ClusterRoleBinding"}
    seen = set()
    for item in objects:
        assert item["apiVersion"]
        metadata = item["metadata"]
        assert ("namespace" in metadata) == (item["kind"] not in cluster_wide), item
        assert metadata["labels"]["app.kubernetes.io/name"] == "jobhunter"
        assert metadata["labels"]["app.kubernetes.io/instance"] == "jobhunter"
        key = (item["kind"], metadata.get("namespace"), metadata["name"])
        assert key not in seen
        seen.add(key)


def test_selectors_find_their_own_pods(objects: Objects) -> None:
    for item, _ in pods(objects):
        if item["kind"] not in ("Job", "CronJob"):
            labels = item["spec"]["template"]["metadata"]["labels"]
            assert item["spec"]["selector"]["matchLabels"].items() <= labels.items()


def test_all_pods_but_the_profile_s_are_restricted(objects: Objects) -> None:
    for item, pod in pods(objects):
        for container in containers(pod):
            security = container["securityContext"]
            assert security["capabilities"] == {"drop": ["ALL"]}
            assert security["allowPrivilegeEscalation"] is False
            assert security["readOnlyRootFilesystem"] is True
            assert not security.get("privileged")
            assert container["resources"]["limits"]["memory"]
            assert container["resources"]["requests"]["cpu"]
        assert pod["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert not any(pod.get(shared) for shared in ("hostNetwork", "hostPID", "hostIPC"))
        assert pod["enableServiceLinks"] is False
        host_paths = [volume for volume in pod["volumes"] if "hostPath" in volume]
        if item["kind"] == "DaemonSet":
            assert pod["securityContext"]["runAsUser"] == 0
            assert [volume["hostPath"]["path"].endswith("/seccomp/jobhunter") for volume in host_paths] == [True]
        else:
            assert pod["securityContext"]["runAsNonRoot"] is True
            assert pod["securityContext"]["runAsUser"] > 0
            assert not host_paths


def test_only_who_speaks_to_the_api_server_has_a_token(objects: Objects) -> None:
    with_token = {item["metadata"]["name"] for item, pod in pods(objects) if pod["automountServiceAccountToken"]}
    assert with_token - {"jobhunter-crd-upgrade"} == {"jobhunter-operator", "jobhunter-gateway"}


def test_images_come_from_values_and_the_defaults_name_no_registry(chart: Any) -> None:
    given = {part: f"here/{part}:1" for part in ("operator", "runner", "browser", "nats", "gateway", "postgres")}
    rendered = chart.render({"image": given})
    used = {container["image"] for _, pod in pods(rendered) for container in containers(pod)}
    assert used == {given[part] for part in ("operator", "nats", "gateway", "postgres")}
    environment = operator_environment(rendered)
    assert environment["JOBHUNTER_OPERATOR_RUNNER_IMAGE"] == given["runner"]
    assert environment["JOBHUNTER_OPERATOR_BROWSER_IMAGE"] == given["browser"]
    about = yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))
    defaults = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))["image"]
    for part in given:
        assert defaults[part] == f"jobhunter-{part}:{about['appVersion']}"


def operator_environment(objects: Objects) -> dict[str, str]:
    """The plain variables of the operator's container."""
    (container,) = one(objects, "Deployment", "jobhunter-operator")["spec"]["template"]["spec"]["containers"]
    return {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}


def test_operator_and_gateway_may_do_what_they_need_and_no_more(objects: Objects) -> None:
    session_namespace = operator_environment(objects)["JOBHUNTER_OPERATOR_SESSION_NAMESPACES"]
    where = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): power(item)
        for item in objects
        if item["kind"] == "Role"
    }
    assert where == {
        (session_namespace, "jobhunter-operator"): OPERATOR_SESSION_RULES,
        (session_namespace, "jobhunter-gateway"): GATEWAY_RULES,
        ("jobhunter", "jobhunter-operator"): OPERATOR_OWN_RULES,
    }
    bindings = [item for item in objects if item["kind"] == "RoleBinding"]
    assert {(item["metadata"]["namespace"], item["metadata"]["name"]) for item in bindings} == where.keys()
    for binding in bindings:
        name = binding["metadata"]["name"]
        assert binding["roleRef"]["name"] == name
        assert binding["subjects"] == [{"kind": "ServiceAccount", "name": name, "namespace": "jobhunter"}]


def test_the_only_cluster_role_is_the_hook_s_and_holds_one_definition(objects: Objects) -> None:
    roles = [item for item in objects if item["kind"] == "ClusterRole"]
    hooks = [item for item in objects if item["kind"] == "Job"]
    assert len(roles) == len(hooks)
    for role in roles:
        assert power(role) == HOOK_RULES
        assert "helm.sh/hook" in role["metadata"]["annotations"]
    assert "*" not in json.dumps([item.get("rules") for item in objects if "Role" in item["kind"]])


def test_the_hook_runs_before_installs_and_upgrades(chart: Any) -> None:
    job = one(chart.render(), "Job", "jobhunter-crd-upgrade")
    assert job["metadata"]["annotations"]["helm.sh/hook"] == "pre-install,pre-upgrade"
    (container,) = job["spec"]["template"]["spec"]["containers"]
    assert container["command"][-1] == "jobhunter_operator.crd_upgrade"


def test_the_chart_s_definition_is_the_generated_one() -> None:
    copies = list((CHART / "crds").iterdir())
    assert [copy.name for copy in copies] == [FILE]
    assert copies[0].read_text("utf-8") == render(), "run: make generate"


def test_sessions_live_at_restricted_and_outlive_the_release(chart: Any) -> None:
    namespace = one(chart.render(), "Namespace", "jobhunter-sessions")["metadata"]
    assert namespace["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    assert namespace["annotations"]["helm.sh/resource-policy"] == "keep"


def test_only_the_profile_s_namespace_is_privileged(objects: Objects) -> None:
    levels = {
        item["metadata"]["name"]: item["metadata"]["labels"]["pod-security.kubernetes.io/enforce"]
        for item in objects
        if item["kind"] == "Namespace"
    }
    inside = {item["metadata"]["namespace"] for item, _ in pods(objects) if item["kind"] == "DaemonSet"}
    assert {name for name, level in levels.items() if level == "privileged"} == inside
    for item, _ in pods(objects):
        assert item["kind"] == "DaemonSet" or item["metadata"]["namespace"] not in inside


def test_the_profile_is_named_by_its_content_wherever_it_is_named(chart: Any) -> None:
    content = PROFILE.read_bytes()
    name = f"chromium-{hashlib.sha256(content).hexdigest()[:12]}.json"
    rendered = chart.render()
    (config,) = (item for item in rendered if item["kind"] == "ConfigMap" and "seccomp" in item["metadata"]["name"])
    assert {key: text.encode() for key, text in config["data"].items()} == {name: content}
    assert config["immutable"] is True
    assert operator_environment(rendered)["JOBHUNTER_OPERATOR_BROWSER_SECCOMP_PROFILE"] == f"jobhunter/{name}"
    pod = one(rendered, "DaemonSet", "jobhunter-seccomp")["spec"]["template"]["spec"]
    assert pod["containers"][0]["readinessProbe"]["exec"]["command"][-1] == f"/node/{name}"


def test_the_profile_denies_by_default_and_gives_only_the_sandbox_its_namespaces() -> None:
    profile = json.loads(PROFILE.read_text("utf-8"))
    assert profile["defaultAction"] == "SCMP_ACT_ERRNO"
    allowed: dict[str, list[Any]] = {}
    for entry in profile["syscalls"]:
        assert len(entry.get("args", [])) <= 1, "runc takes two conditions on one argument for alternatives"
        for call in entry["names"]:
            if entry["action"] == "SCMP_ACT_ALLOW":
                allowed.setdefault(call, []).extend(entry.get("args", []))
    dangerous = (
        "ptrace process_vm_readv mount umount2 pivot_root move_mount fsopen open_tree bpf perf_event_open keyctl add_key"
        " io_uring_setup userfaultfd init_module finit_module kexec_load setns clone3 open_by_handle_at reboot swapon"
    )
    assert not set(dangerous.split()) & allowed.keys()
    new_mount, new_cgroup, new_uts, new_ipc = 0x20000, 0x2000000, 0x4000000, 0x8000000
    for call in ("clone", "unshare"):
        (condition,) = allowed[call]
        assert condition["op"] == "SCMP_CMP_MASKED_EQ"
        assert condition["valueTwo"] == 0
        for flag in (new_mount, new_cgroup, new_uts, new_ipc):
            assert condition["value"] & flag
        for flag in (0x10000000, 0x20000000, 0x40000000):  # user, pid, net: what the sandbox is made of
            assert not condition["value"] & flag
    assert {condition["value"] for condition in allowed["socket"]} == {1, 2, 10, 16}


def test_the_lease_is_synced_and_the_limits_are_stated(objects: Objects) -> None:
    config = one(objects, "ConfigMap", "jobhunter-nats")["data"]["nats.conf"]
    for line in ("sync_interval: always", "max_file_store: 1GiB", "max_memory_store: 64MiB"):
        assert line in config


def test_one_password_reaches_everyone_who_needs_it(chart: Any) -> None:
    secrets = {
        (item["metadata"]["namespace"], item["metadata"]["name"]): item["data"]
        for item in chart.render()
        if item["kind"] == "Secret"
    }
    assert secrets["jobhunter", "jobhunter-runner-nats"] == secrets["jobhunter-sessions", "jobhunter-runner-nats"]
    three = [secrets["jobhunter", f"jobhunter-{name}"] for name in ("nats-operator", "runner-nats", "nats-gateway")]
    assert len({data["password"] for data in three}) == 3
    assert {name for namespace, name in secrets if namespace == "jobhunter-sessions"} == {"jobhunter-runner-nats"}


def test_the_readme_restarts_whoever_reads_nats_s_credentials_when_they_are_changed(chart: Any) -> None:
    readers = {
        f"{item['kind'].lower()}/{item['metadata']['name']}"
        for item, pod in pods(chart.render())
        if item["kind"] != "CronJob"
        for container in containers(pod)
        for entry in container.get("env", [])
        if "nats" in entry.get("valueFrom", {}).get("secretKeyRef", {}).get("name", "")
    }
    (recipe,) = (line for line in (CHART / "README.md").read_text("utf-8").splitlines() if "rollout restart" in line)
    assert readers == set(recipe.split("rollout restart ")[1].split())
