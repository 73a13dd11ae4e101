"""The browser pod: what it is allowed, what it is told, and what of it a task may change."""

from __future__ import annotations

from typing import Any

import pytest

from jobhunter_contracts import names, runner_env
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.egress import EgressRule
from jobhunter_operator.browser_pod import browser_pod
from jobhunter_operator.pod_facts import owner_uid, pod_facts
from jobhunter_operator.settings import Settings


def task(name: str = "asha-1", **spec: Any) -> ApplicationTask:
    base = {"userId": "asha@example.com", "url": "https://careers.example.com/jobs/1", "profileRef": {"name": "p"}}
    metadata = {"name": name, "namespace": "jobs", "uid": "u-1", "resourceVersion": "5"}
    return ApplicationTask.model_validate({"metadata": metadata, "spec": {**base, **spec}})


def settings(**more: Any) -> Settings:
    base: dict[str, Any] = {"runner_image": "runner:1", "browser_image": "browser:1"}
    return Settings(**{**base, "browser_seccomp_profile": "jobhunter/chromium-abc.json", **more})


def containers(pod: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Runner and browser."""
    (runner,), (browser,) = pod["spec"]["containers"], pod["spec"]["initContainers"]
    return runner, browser


def env(container: dict[str, Any]) -> dict[str, Any]:
    return {entry["name"]: entry.get("value", entry.get("valueFrom")) for entry in container["env"]}


def test_it_passes_pod_security_restricted() -> None:
    pod = browser_pod(task(), 1, settings())
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    for container in containers(pod):
        context = container["securityContext"]
        assert context["runAsNonRoot"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["readOnlyRootFilesystem"] is True
        assert context["capabilities"] == {"drop": ["ALL"]}
    assert {kind for volume in pod["spec"]["volumes"] for kind in volume if kind != "name"} == {"emptyDir"}
    assert all(volume["emptyDir"]["sizeLimit"] for volume in pod["spec"]["volumes"])
    assert pod["spec"]["securityContext"]["runAsUser"] == 10001


def test_it_holds_no_token_and_the_browser_no_secret() -> None:
    pod = browser_pod(task(), 1, settings())
    runner, browser = containers(pod)
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["enableServiceLinks"] is False
    assert "secretKeyRef" not in str(browser)
    secret = {"secretKeyRef": {"name": "jobhunter-runner-nats", "key": "password"}}
    assert env(runner)[runner_env.NATS_PASSWORD] == secret
    shared = {m["name"] for m in runner["volumeMounts"]} & {m["name"] for m in browser["volumeMounts"]}
    assert not shared, "the browser cannot read the runner's files"


def test_the_browser_is_a_sidecar_under_its_own_seccomp_profile() -> None:
    _, browser = containers(browser_pod(task(), 1, settings()))
    assert browser["restartPolicy"] == "Always"
    profile = {"type": "Localhost", "localhostProfile": "jobhunter/chromium-abc.json"}
    assert browser["securityContext"]["seccompProfile"] == profile
    assert browser["args"][: len(runner_env.BROWSER_ARGS)] == list(runner_env.BROWSER_ARGS)
    assert not any("no-sandbox" in argument for argument in browser["args"])


def test_it_is_born_owned_and_labelled() -> None:
    pod = browser_pod(task(), 2, settings())
    metadata = pod["metadata"]
    assert metadata["name"] == names.pod_name("asha-1", 2)
    assert (owner_uid(pod), metadata["labels"][names.LABEL_TASK_UID]) == ("u-1", "u-1")
    assert metadata["labels"][names.LABEL_ATTEMPT] == "2"
    assert "asha@example.com" not in str(metadata), "a user id is nobody else's business"
    (owner,) = metadata["ownerReferences"]
    assert (owner["controller"], owner["blockOwnerDeletion"]) == (True, False)


def test_labels_and_names_fit_however_long_the_tasks_name() -> None:
    pod = browser_pod(task("a" * 250), 1, settings())
    assert len(pod["metadata"]["name"]) <= 63
    assert all(len(value) <= 63 for value in pod["metadata"]["labels"].values())


def test_the_runner_is_told_what_it_needs() -> None:
    more = {
        "runner_nats_url": "nats://jobhunter-nats.jobhunter:4222",
        "egress_allow": [EgressRule(host="site.test", ports=[80])],
    }
    runner, _ = containers(browser_pod(task(), 1, settings(**more, pause_scale=0)))
    told = env(runner)
    assert told[runner_env.NATS_URL] == "nats://jobhunter-nats.jobhunter:4222"
    assert told[runner_env.EGRESS_ALLOW] == '[{"host": "site.test", "ports": [80]}]'
    assert told[runner_env.POD_UID] == {"fieldRef": {"fieldPath": "metadata.uid"}}
    assert float(told[runner_env.PAUSE_SCALE]) == 0
    assert runner["command"] == ["python", "-m", "jobhunter_runner", "pod"]


def test_a_lost_node_gives_the_pod_up_in_time() -> None:
    pod = browser_pod(task(), 1, settings(node_lost_seconds=60))
    lost = {t["key"]: t["tolerationSeconds"] for t in pod["spec"]["tolerations"]}
    assert lost == {"node.kubernetes.io/not-ready": 60, "node.kubernetes.io/unreachable": 60}


def test_a_pod_template_overrides_what_it_names() -> None:
    template = {
        "resources": {"limits": {"memory": "3Gi"}},
        "nodeSelector": {"disk": "fast"},
        "priorityClassName": "high",
        "runtimeClassName": "gvisor",
        "tolerations": [{"key": "browsers", "operator": "Exists"}],
    }
    pod = browser_pod(task(podTemplate=template), 1, settings(pod_node_selector={"zone": "a"}))
    spec = pod["spec"]
    assert containers(pod)[1]["resources"]["limits"]["memory"] == "3Gi"
    assert spec["nodeSelector"] == {"zone": "a", "disk": "fast"}
    assert (spec["priorityClassName"], spec["runtimeClassName"]) == ("high", "gvisor")
    assert spec["tolerations"][-1] == {"key": "browsers", "operator": "Exists"}


@pytest.mark.parametrize(
    ("wish", "request_", "limit"),
    [
        ({"limits": {"memory": "64Mi"}}, "64Mi", "64Mi"),
        ({"requests": {"memory": "3Gi"}}, "3Gi", "3Gi"),
        ({"limits": {"memory": "3Gi"}}, "320Mi", "3Gi"),
    ],
)
def test_a_request_never_exceeds_its_limit(wish: dict[str, Any], request_: str, limit: str) -> None:
    resources = containers(browser_pod(task(podTemplate={"resources": wish}), 1, settings()))[1]["resources"]
    assert (resources["requests"]["memory"], resources["limits"]["memory"]) == (request_, limit)


def running(**state: Any) -> dict[str, Any]:
    pod = browser_pod(task(), 1, settings())
    pod["metadata"] |= {"uid": "p-1", "creationTimestamp": "2026-11-21T09:00:00Z"}
    pod["status"] = {"phase": "Running", "containerStatuses": [{"name": "runner", "state": state}]}
    return pod


def test_a_runner_that_ended_has_ended_the_pod_though_the_browser_still_goes() -> None:
    terminated = {"exitCode": 0, "reason": "Completed", "message": "{}", "finishedAt": "2026-11-21T09:01:00Z"}
    facts = pod_facts(running(terminated=terminated))
    assert facts.ended
    assert facts.termination_message == "{}"
    assert facts.ended_at is not None
    assert not pod_facts(running(running={})).ended


@pytest.mark.parametrize(
    ("waiting", "words"),
    [
        (
            {"reason": "ImagePullBackOff", "message": "Back-off pulling image"},
            "image of container runner cannot be had",
        ),
        ({"reason": "CreateContainerError", "message": "cannot load seccomp profile"}, "seccomp profile yet"),
    ],
)
def test_what_keeps_a_container_from_starting_is_said_in_words(waiting: dict[str, str], words: str) -> None:
    trouble = pod_facts(running(waiting=waiting)).trouble
    assert trouble is not None
    assert trouble[0] == waiting["reason"]
    assert words in trouble[1]


def test_a_container_that_is_being_made_is_no_trouble() -> None:
    assert pod_facts(running(waiting={"reason": "PodInitializing"})).trouble is None


def test_an_evicted_pod_says_why_it_ended() -> None:
    pod = running()
    pod["status"] = {"phase": "Failed", "reason": "Evicted", "message": "The node was low on memory."}
    facts = pod_facts(pod)
    assert facts.ended
    assert "low on memory" in facts.failure
