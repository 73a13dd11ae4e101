"""What a session pod may have and do on the real cluster, and what the operator tells of itself."""

from __future__ import annotations

import json
import re
import time
from collections import Counter

import pytest

from jobhunter_dev.applied_task import Field
from jobhunter_dev.installation import NAMESPACE, SESSIONS
from jobhunter_dev.kubectl import KubectlFailed, wait_until

OPERATOR = f"/api/v1/namespaces/{NAMESPACE}/services/jobhunter-operator:8080/proxy"
WRITE = re.compile(r'^jobhunter_operator_api_writes_total\{resource="([^"]+)",verb="([^"]+)"\} (\S+)$', re.MULTILINE)
RAW = """
import ssl, sys, urllib.error, urllib.request
unverified = ssl._create_unverified_context()
try:
    urllib.request.urlopen("https://kubernetes.default.svc/api/v1/namespaces/SPACE/secrets", context=unverified, timeout=8)
    print("let in")
except urllib.error.HTTPError as refused:
    print("refused", refused.code)
except OSError as unreached:
    print("refused", unreached)
""".replace("SPACE", SESSIONS)


def writes(field: Field) -> Counter[str]:
    """Writes of the operator to the API server, Events apart, by its own count."""
    found = WRITE.findall(field.kubectl.raw(f"{OPERATOR}/metrics"))
    return Counter({f"{verb} {resource}": int(float(n)) for resource, verb, n in found if resource != "events"})


def test_a_quiet_task_takes_six_writes_or_fewer_and_the_operator_is_well(field: Field) -> None:
    assert field.kubectl.raw(f"{OPERATOR}/healthz").strip() == "ok"
    assert field.kubectl.raw(f"{OPERATOR}/readyz").strip() == "ok"
    before = writes(field)
    task = field.apply(review="Skip")
    assert task.end()["reason"] == "Submitted"
    wait_until("the pod's end", lambda: task.pod().status.phase == "Succeeded", seconds=40)
    time.sleep(1)
    took = writes(field) - before
    assert took["post pods"] == 1
    assert sum(took.values()) <= 6, took


def test_a_pod_takes_the_permitted_resources_and_holds_nothing_the_api_server_accepts(field: Field) -> None:
    task = field.apply(podTemplate={"resources": {"limits": {"memory": "1280Mi"}}})
    task.wait_draft()
    pod = task.pod()
    (browser,) = pod.spec.init_containers
    assert browser.resources.limits["memory"] == "1280Mi"
    assert not browser.env_from
    assert not [entry for entry in browser.env if entry.value_from]
    volumes = [volume.to_dict() for volume in pod.spec.volumes]
    assert all(volume["empty_dir"] is not None for volume in volumes), volumes
    inside = ("exec", pod.metadata.name, "-n", SESSIONS, "-c", "runner", "--")
    said = field.kubectl.run(*inside, "python", "-c", RAW)
    assert said.startswith("refused"), said
    assert field.kubectl.run(*inside, "sh", "-c", "ls /var/run/secrets /run/secrets 2>/dev/null; true") == ""
    task.patch(cancel=True)
    assert task.end()["reason"] == "Cancelled"


def test_a_privileged_pod_is_refused_among_the_sessions(field: Field) -> None:
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "intruder", "namespace": SESSIONS},
        "spec": {"containers": [{"name": "c", "image": "any", "securityContext": {"privileged": True}}]},
    }
    with pytest.raises(KubectlFailed, match="violates PodSecurity"):
        field.kubectl.run("create", "--dry-run=server", "-f", "-", stdin=json.dumps(pod))


def test_the_operator_restarts_with_three_tasks_in_flight(field: Field) -> None:
    tasks = [field.apply() for _ in range(3)]
    drafts = [tasks[0].wait_draft()]
    field.kill_operator()
    drafts += [task.wait_draft() for task in tasks[1:]]
    for task, draft in zip(tasks, drafts, strict=True):
        task.answer(draft, "confirm")
    for task in tasks:
        status = task.end()
        assert (status["reason"], status["attempts"]) == ("Submitted", 1)
        assert len(task.posts()) == 1


def test_an_upgrade_of_the_chart_brings_the_definition_up_to_date(field: Field) -> None:
    name = "applicationtasks.jobhunter.dev"
    wanted = field.kubectl.get("customresourcedefinition", name)
    assert wanted is not None
    older = [{"op": "remove", "path": "/spec/versions/0/additionalPrinterColumns"}]
    field.kubectl.run("patch", "customresourcedefinition", name, "--type=json", "-p", json.dumps(older))
    field.place.install(overrides={"operator": {"testHolds": True}, "sessions": {"pauseScale": 0}})
    found = field.kubectl.get("customresourcedefinition", name)
    assert found is not None
    assert found["spec"] == wanted["spec"]
