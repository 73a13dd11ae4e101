"""Chromium's own sandbox, in the browser image, under the chart's seccomp profile as its DaemonSet brought it to the node."""

from __future__ import annotations

import json
from typing import Any

from jobhunter_contracts import runner_env
from jobhunter_dev.applied_task import Field
from jobhunter_dev.installation import NAMESPACE, SESSIONS
from jobhunter_dev.kubectl import wait_until

NAME = "sandbox-proof"
LOOK = r"""
for process in /proc/[0-9]*; do
  kind=$(tr '\0 ' '\n\n' < $process/cmdline | sed -n 's/^--type=//p')
  facts=$(sed -nE 's/^(NSpid|CapEff|NoNewPrivs|Seccomp|Seccomp_filters):/\1=/p' $process/status | tr -s '\t ' ',')
  spaces="user=$(readlink $process/ns/user) net=$(readlink $process/ns/net) root=$(readlink $process/root)"
  echo "${kind:-browser}" $facts $spaces
done
"""


def pod(profile: str, image: str) -> dict[str, Any]:
    """The browser's container alone, as the operator makes it; its one page lies in its arguments."""
    flags = [flag for flag in runner_env.BROWSER_ARGS if flag != "--no-startup-window"]
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "namespace": SESSIONS},
        "spec": {
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 1,
            "securityContext": {"runAsNonRoot": True, "runAsUser": 10001, "seccompProfile": {"type": "RuntimeDefault"}},
            "containers": [
                {
                    "name": "browser",
                    "image": image,
                    "args": [*flags, "--user-data-dir=/tmp/profile", "data:text/html,hello"],
                    "env": [{"name": "HOME", "value": "/tmp"}],
                    "securityContext": {
                        "allowPrivilegeEscalation": False,
                        "readOnlyRootFilesystem": True,
                        "capabilities": {"drop": ["ALL"]},
                        "seccompProfile": {"type": "Localhost", "localhostProfile": profile},
                    },
                    "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
                }
            ],
            "volumes": [{"name": "tmp", "emptyDir": {}}],
        },
    }


def processes(said: str) -> dict[str, list[dict[str, str]]]:
    """What LOOK printed: Chromium's process types, each with what its processes show of themselves."""
    found: dict[str, list[dict[str, str]]] = {}
    for line in said.splitlines():
        kind, *facts = line.split()
        found.setdefault(kind, []).append(dict(fact.split("=", 1) for fact in facts))
    return found


def test_renderers_live_in_namespaces_of_their_own_without_any_capability(field: Field) -> None:
    kubectl = field.kubectl
    operator = kubectl.get("deployment", "jobhunter-operator", NAMESPACE)
    assert operator is not None
    (container,) = operator["spec"]["template"]["spec"]["containers"]
    given = {entry["name"]: entry.get("value", "") for entry in container["env"]}
    kubectl.run("delete", "pod", NAME, "-n", SESSIONS, "--ignore-not-found")
    made = pod(given["JOBHUNTER_OPERATOR_BROWSER_SECCOMP_PROFILE"], given["JOBHUNTER_OPERATOR_BROWSER_IMAGE"])
    kubectl.run("apply", "-f", "-", stdin=json.dumps(made))
    try:
        kubectl.run("wait", "--for=condition=Ready", f"pod/{NAME}", "-n", SESSIONS, "--timeout=60s")

        def renderers() -> dict[str, list[dict[str, str]]] | None:
            seen = processes(kubectl.run("exec", NAME, "-n", SESSIONS, "--", "sh", "-c", LOOK))
            found = seen.get("renderer", [])
            # One that was just forked has not put on its own filter yet.
            return seen if found and all(renderer["Seccomp_filters"] > ",1" for renderer in found) else None

        seen = wait_until("a renderer with a filter of its own", renderers, seconds=30)
    finally:
        kubectl.run("delete", "pod", NAME, "-n", SESSIONS, "--wait=false")
    (browser,) = (found for found in seen["browser"] if found["NSpid"] == ",1")
    assert browser["Seccomp"] == ",2"
    for renderer in seen["renderer"]:
        assert renderer["CapEff"] == ",0000000000000000"
        assert renderer["NoNewPrivs"] == ",1"
        assert len(renderer["NSpid"].strip(",").split(",")) > 1, "it has a process namespace of its own"
        assert renderer["user"] != browser["user"]
        assert renderer["net"] != browser["net"]
        assert renderer["root"] != "/", "it sees no file system"
        assert int(renderer["Seccomp_filters"].strip(",")) > int(browser["Seccomp_filters"].strip(","))
    assert "--no-sandbox" not in runner_env.BROWSER_ARGS
