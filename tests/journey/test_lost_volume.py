"""NATS's volume lost: the leases are gone, so nothing is admitted until somebody who knows puts them back and says so."""

from __future__ import annotations

import re
import shlex

from jobhunter_dev.applied_task import Field
from jobhunter_dev.installation import NAMESPACE

NATS = "app.kubernetes.io/component=nats"


def test_nothing_is_admitted_after_the_volume_is_lost_until_it_is_reseeded_and_acknowledged(field: Field) -> None:
    kubectl = field.kubectl
    before = field.apply(user="volume", review="Skip")
    assert before.end()["reason"] == "Submitted"
    claims = [item["metadata"]["name"] for item in kubectl.list("persistentvolumeclaims", NAMESPACE, NATS)]
    assert claims
    for claim in claims:
        kubectl.run("delete", "persistentvolumeclaim", claim, "-n", NAMESPACE, "--wait=false")
    field.delete_pods("nats")
    kubectl.run("rollout", "status", "statefulset", "-n", NAMESPACE, "-l", NATS, "--timeout=120s", timeout=130)
    task = field.apply(user="volume", review="Skip")
    status = task.wait("the refusal with its command", lambda seen: "kubectl" in why_not_admitted(seen), 90)
    assert not status.get("attempts")
    message = why_not_admitted(status)
    assert "jobhunter-submission-identity" in message
    kubectl.run("delete", "job", "reseed", "-n", NAMESPACE, "--ignore-not-found")
    reseed = re.search(r"kubectl (-n \S+ create job reseed --from=\S+?)[,;. ]", message)
    assert reseed, message
    kubectl.run(*shlex.split(reseed[1]))  # what an administrator is told to do, word for word
    kubectl.run("wait", "job/reseed", "-n", NAMESPACE, "--for=condition=Complete", "--timeout=90s", timeout=100)
    assert "written" in kubectl.run("logs", "-n", NAMESPACE, "job/reseed")
    kubectl.run("delete", "job", "reseed", "-n", NAMESPACE)
    command = re.search(r"kubectl (-n \S+ patch [^\n]*?}')", message)
    assert command, message
    kubectl.run(*shlex.split(command[1]))
    assert task.end()["reason"] == "Submitted"
    assert len(task.posts()) == 1
    again = field.apply(user="volume", job=before.job, review="Skip")
    assert again.end()["reason"] == "DuplicateApplication", "the record of the first came back out of the store"
    assert len(before.posts()) == 1


def why_not_admitted(status: dict) -> str:
    """The message of Admitted=False, LeaseUnavailable; empty otherwise."""
    return next(
        (
            str(c["message"])
            for c in status.get("conditions") or []
            if c["type"] == "Admitted" and c["status"] == "False" and c["reason"] == "LeaseUnavailable"
        ),
        "",
    )
