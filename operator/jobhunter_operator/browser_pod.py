"""The browser pod: the runner, and beside it (a native sidecar) the browser, which holds no secret and no token."""

from __future__ import annotations

from typing import Any

from jobhunter_contracts import names, runner_env
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_operator.settings import Settings
from jobhunter_operator.spec_faults import quantity

USER_ID = 10001
_RUNNER_SCRATCH = "256Mi"
_BROWSER_SCRATCH = "1Gi"  # profile, caches and, without /dev/shm, shared memory


def browser_pod(task: ApplicationTask, attempt: int, settings: Settings) -> dict[str, Any]:
    """The Pod of an attempt, owned by the task. Passes pod security `restricted`."""
    template = task.spec.pod_template
    overrides = template.model_dump(by_alias=True, exclude_none=True) if template else {}
    lost = [
        {
            "key": f"node.kubernetes.io/{taint}",
            "operator": "Exists",
            "effect": "NoExecute",
            "tolerationSeconds": settings.node_lost_seconds,
        }
        for taint in ("not-ready", "unreachable")
    ]
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": settings.pod_termination_grace_seconds,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "initContainers": [_browser(settings, overrides.get("resources"))],
        "containers": [_runner(settings)],
        "volumes": [
            {"name": "runner-tmp", "emptyDir": {"sizeLimit": _RUNNER_SCRATCH}},
            {"name": "browser-tmp", "emptyDir": {"sizeLimit": _BROWSER_SCRATCH}},
        ],
        "tolerations": [*lost, *settings.pod_tolerations, *overrides.get("tolerations", [])],
    }
    if settings.image_pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in settings.image_pull_secrets]
    if selector := {**settings.pod_node_selector, **overrides.get("nodeSelector", {})}:
        spec["nodeSelector"] = selector
    if runtime := overrides.get("runtimeClassName") or settings.pod_runtime_class:
        spec["runtimeClassName"] = runtime
    if priority := overrides.get("priorityClassName"):
        spec["priorityClassName"] = priority
    return {"apiVersion": "v1", "kind": "Pod", "metadata": _metadata(task, attempt), "spec": spec}


def _metadata(task: ApplicationTask, attempt: int) -> dict[str, Any]:
    return {
        "name": names.pod_name(task.name, attempt),
        "namespace": task.namespace,
        "labels": {
            names.LABEL_COMPONENT: names.COMPONENT_SESSION,
            names.LABEL_MANAGED_BY: names.MANAGED_BY,
            names.LABEL_TASK: names.task_label(task.name),
            names.LABEL_TASK_UID: task.uid,
            names.LABEL_ATTEMPT: str(attempt),
            names.LABEL_USER: names.user_label(task.spec.user_id),
        },
        "ownerReferences": [owner_reference(task)],
    }


def owner_reference(task: ApplicationTask) -> dict[str, Any]:
    """The task as controller of what belongs to it."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.KIND,
        "name": task.name,
        "uid": task.uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }


def _locked_down() -> dict[str, Any]:
    return {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }


def _runner(settings: Settings) -> dict[str, Any]:
    plain = {
        runner_env.NATS_URL: settings.runner_nats_url,
        runner_env.CDP_URL: f"http://127.0.0.1:{runner_env.CDP_PORT}",
        runner_env.EGRESS_ALLOW: settings.egress_json,
        runner_env.PAUSE_SCALE: str(settings.pause_scale),
        runner_env.LOG_LEVEL: settings.runner_log_level,
        "HOME": "/tmp",  # noqa: S108 - the pod's own scratch
    }
    fields = {
        runner_env.POD_UID: "metadata.uid",
        runner_env.POD_NAME: "metadata.name",
        runner_env.POD_NAMESPACE: "metadata.namespace",
    }
    env: list[dict[str, Any]] = [{"name": name, "value": value} for name, value in plain.items()]
    env += [{"name": name, "valueFrom": {"fieldRef": {"fieldPath": path}}} for name, path in fields.items()]
    if secret := settings.runner_nats_secret:
        env += [
            {"name": name, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}
            for name, key in ((runner_env.NATS_USER, "user"), (runner_env.NATS_PASSWORD, "password"))
        ]
    return {
        "name": names.RUNNER_CONTAINER,
        "image": settings.runner_image,
        "imagePullPolicy": settings.image_pull_policy,
        "command": ["python", "-m", "jobhunter_runner", "pod"],
        "env": env,
        "resources": settings.runner_resources,
        "securityContext": _locked_down(),
        "volumeMounts": [{"name": "runner-tmp", "mountPath": "/tmp"}],  # noqa: S108
        "terminationMessagePath": runner_env.TERMINATION_LOG,
        "terminationMessagePolicy": "File",
    }


def _browser(settings: Settings, resources: dict[str, Any] | None) -> dict[str, Any]:
    """The sidecar. Chromium's own sandbox needs user namespaces: RuntimeDefault forbids them, the Localhost profile allows."""
    seccomp: dict[str, str] = {"type": "RuntimeDefault"}
    if settings.browser_seccomp_profile:
        seccomp = {"type": "Localhost", "localhostProfile": settings.browser_seccomp_profile}
    return {
        "name": names.BROWSER_CONTAINER,
        "image": settings.browser_image,
        "imagePullPolicy": settings.image_pull_policy,
        "restartPolicy": "Always",
        "args": [*runner_env.BROWSER_ARGS, "--user-data-dir=/tmp/profile"],
        "env": [{"name": "HOME", "value": "/tmp"}],  # noqa: S108
        "resources": _merged(settings.browser_resources, resources),
        "securityContext": {**_locked_down(), "seccompProfile": seccomp},
        "volumeMounts": [{"name": "browser-tmp", "mountPath": "/tmp"}],  # noqa: S108
    }


def _merged(base: dict[str, dict[str, str]], over: dict[str, Any] | None) -> dict[str, dict[str, str]]:
    """The task's amounts over the chart's, where only one of a pair is given the other follows: request never over limit."""
    wished = {kind: (over or {}).get(kind) or {} for kind in ("requests", "limits")}
    merged = {kind: {**base.get(kind, {}), **wished[kind]} for kind in wished}
    for resource, limit in merged["limits"].items():
        request = merged["requests"].get(resource)
        if request is not None and quantity(request) > quantity(limit):
            if resource in wished["limits"]:
                merged["requests"][resource] = limit
            else:
                merged["limits"][resource] = request
    return {kind: amounts for kind, amounts in merged.items() if amounts}
