"""NATS's volume lost: the leases are gone, so nothing is admitted until somebody who knows says so."""

from __future__ import annotations

import re
import shlex

from jobhunter_dev.applied_task import Field
from jobhunter_dev.installation import NAMESPACE
from jobhunter_dev.kubectl import wait_until

NATS = "app.kubernetes.io/component=nats"


def test_nothing_is_admitted_after_the_volume_is_lost_until_it_is_acknowledged(field: Field) -> None:
    kubectl = field.kubectl
    before = field.apply(user="volume", review="Skip")
    assert before.end()["reason"] == "Submitted"
    claims = [item["metadata"]["name"] for item in kubectl.list("persistentvolumeclaims", NAMESPACE, NATS)]
    assert claims
    for claim in claims:
        kubectl.run("delete", "persistentvolumeclaim", claim, "-n", NAMESPACE, "--wait=false")
    kubectl.run("delete", "pod", "-n", NAMESPACE, "-l", NATS, "--wait=true")
    kubectl.run("rollout", "status", "statefulset", "-n", NAMESPACE, "-l", NATS, "--timeout=120s", timeout=130)
    task = field.apply(user="volume", review="Skip")
    status = task.wait(
        "the refusal",
        lambda seen: any(
            c["type"] == "Admitted" and c["status"] == "False" and c["reason"] == "LeaseUnavailable"
            for c in seen.get("conditions") or []
        ),
        90,
    )
    assert not status.get("attempts")
    message = task.condition("Admitted")["message"]
    assert "jobhunter-submission-identity" in message, message
    acknowledge(field)
    assert task.end()["reason"] == "Submitted"
    assert len(task.posts()) == 1


def acknowledge(field: Field) -> None:
    """What the message tells an administrator to do: the command in it is run word for word."""

    def said() -> str | None:
        for task in field.custom.list_namespaced_custom_object(
            "jobhunter.dev", "v1alpha1", "jobhunter-sessions", "applicationtasks"
        )["items"]:
            for condition in (task.get("status") or {}).get("conditions") or []:
                if condition["type"] == "Admitted" and "kubectl" in condition["message"]:
                    return str(condition["message"])
        return None

    message = wait_until("the words", said, seconds=30)
    command = re.search(r"kubectl ([^\n]*?}')", message)
    assert command, message
    field.kubectl.run(*shlex.split(command[1]))
