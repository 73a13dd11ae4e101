"""The API server, as kubectl would find it, and the few things the plugin asks of it."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import urllib3
from kubernetes import client, config, watch
from kubernetes.client.exceptions import ApiException
from pydantic import ValidationError
from yaml import YAMLError

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.names import GROUP, PLURAL, VERSION
from jobhunter_kubectl.faults import BadUsage, Changed, Forbidden, NotThere, PluginError, Unreachable

_POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
_TIMEOUT = (5, 30)
"""Seconds to connect and to wait for an answer."""


class Tasks:
    """Tasks and Secrets of one namespace. Every method raises a PluginError with words."""

    def __init__(self, api: Any, namespace: str) -> None:
        self.namespace = namespace
        self._objects: Any = client.CustomObjectsApi(api)
        self._core: Any = client.CoreV1Api(api)

    def read(self, name: str) -> ApplicationTask:
        with _in_words(f"task {name}", self.namespace):
            return _task(
                self._objects.get_namespaced_custom_object(
                    GROUP, VERSION, self.namespace, PLURAL, name, _request_timeout=_TIMEOUT
                )
            )

    def patch_spec(self, task: ApplicationTask, spec: dict[str, Any]) -> ApplicationTask:
        """Merges `spec` into the task's; raises Changed where the task is no longer as it was read."""
        body = {"metadata": {"resourceVersion": task.resource_version, "uid": task.uid}, "spec": spec}
        with _in_words(f"task {task.name}", self.namespace):
            return _task(
                self._objects.patch_namespaced_custom_object(
                    GROUP,
                    VERSION,
                    self.namespace,
                    PLURAL,
                    task.name,
                    body,
                    field_manager="kubectl-jobhunter",
                    _content_type="application/merge-patch+json",
                    _request_timeout=_TIMEOUT,
                )
            )

    def secret(self, name: str) -> dict[str, bytes]:
        with _in_words(f"Secret {name}", self.namespace):
            secret = self._core.read_namespaced_secret(name, self.namespace, _request_timeout=_TIMEOUT)
        return {key: base64.b64decode(value) for key, value in (secret.data or {}).items()}

    def changes(self, task: ApplicationTask, seconds: int) -> Iterator[tuple[str, ApplicationTask]]:
        """(ADDED, MODIFIED or DELETED, the task) since `task` was read, for `seconds` at most; Changed at 410."""
        with _in_words(f"task {task.name}", self.namespace):
            for event in watch.Watch().stream(
                self._objects.list_namespaced_custom_object,
                GROUP,
                VERSION,
                self.namespace,
                PLURAL,
                field_selector=f"metadata.name={task.name}",
                resource_version=task.resource_version,
                timeout_seconds=seconds,
                _request_timeout=(_TIMEOUT[0], seconds + 10),
            ):
                if event["type"] in {"ADDED", "MODIFIED", "DELETED"}:
                    yield event["type"], _task(event["raw_object"])


def connect(kubeconfig: str | None, context: str | None, namespace: str | None) -> Tasks:
    """kubectl's rules: --kubeconfig, else $KUBECONFIG (a list), else ~/.kube/config, else the pod's service account.

    The namespace is -n's, else the context's, else default. Raises BadUsage where no cluster can be made out.
    """
    place = kubeconfig or os.environ.get("KUBECONFIG") or str(Path.home() / ".kube" / "config")
    exists = any(Path(part).expanduser().is_file() for part in place.split(os.pathsep) if part)
    settings = client.Configuration()
    own = "default"
    try:
        if not exists and kubeconfig is None and context is None and "KUBERNETES_SERVICE_HOST" in os.environ:
            config.load_incluster_config(client_configuration=settings)
            own = _POD_NAMESPACE.read_text().strip() if _POD_NAMESPACE.is_file() else own
        else:
            if not exists:
                raise BadUsage("no kubeconfig there", where=place, remedy="Name one with --kubeconfig or KUBECONFIG")
            contexts, active = config.list_kube_config_contexts(config_file=place)
            chosen = next((c for c in contexts if c["name"] == context), None) if context else active
            if chosen is None:
                known = ", ".join(c["name"] for c in contexts) or "none"
                raise BadUsage(f"no context {context!r}", where=place, remedy=f"Name one of: {known}")
            config.load_kube_config(
                config_file=place, context=chosen["name"], client_configuration=settings, persist_config=False
            )
            own = chosen["context"].get("namespace") or own
    except OSError as error:
        raise BadUsage(
            f"a file it needs cannot be read: {error}", where=place, remedy="Check the kubeconfig"
        ) from error
    except (
        config.ConfigException,
        YAMLError,
        TypeError,
        KeyError,
        ValueError,
    ) as error:  # what the client makes of junk
        raise BadUsage(
            f"no kubeconfig that can be used: {error}", where=place, remedy="Check it with kubectl config view"
        ) from error
    settings.retries = False
    return Tasks(client.ApiClient(settings), namespace or own)


def _task(body: dict[str, Any]) -> ApplicationTask:
    try:
        return ApplicationTask.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise BadUsage(
            f"the task cannot be read: {place}: {first['msg']}",
            where=str((body.get("metadata") or {}).get("name", "")),
            remedy="Use the plugin of the release that the cluster has, or create the task again",
        ) from error


@contextmanager
def _in_words(what: str, namespace: str) -> Iterator[None]:
    """Turns the client's errors into PluginErrors."""
    where = f"{what} in namespace {namespace}"
    try:
        yield
    except ApiException as error:
        raise _api_fault(error, where) from error
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise Unreachable(
            f"the API server does not answer ({_innermost(error)})",
            where=where,
            remedy="Check that the cluster runs and that kubectl cluster-info answers",
        ) from error


def _api_fault(error: ApiException, where: str) -> PluginError:
    status = _status(error)
    words = str(status.get("message") or error.reason or f"status {error.status}")
    match error.status:
        case 401:
            return Forbidden(
                "the API server does not know you", where=where, remedy="Renew your kubeconfig's credentials"
            )
        case 403:
            return Forbidden(words, where=where, remedy="Ask whoever runs the cluster for this right")
        case 404 if not status.get("details", {}).get("name"):
            return NotThere(
                "this cluster knows no ApplicationTasks",
                where=where,
                remedy="Install JobHunter's chart, see the README",
            )
        case 404:
            return NotThere(
                "not found", where=where, remedy="kubectl get apptask -A lists the tasks; -n names a namespace"
            )
        case 409 | 410:
            return Changed(words, where=where, remedy="Try again")
        case 400 | 422:
            return BadUsage(words, where=where, remedy="Change what the API server names")
    return Unreachable(f"the API server answers {error.status}: {words}", where=where, remedy="Try again in a moment")


def _status(error: ApiException) -> dict[str, Any]:
    """The metav1.Status in an error's body, {} where there is none."""
    try:
        body = json.loads(error.body or "{}")
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _innermost(error: BaseException) -> str:
    """The sentence of what failed first: urllib3 wraps it several times."""
    while isinstance(getattr(error, "reason", None), BaseException):
        error = error.reason  # type: ignore[attr-defined]  # MaxRetryError's, checked in the line above
    return str(error).rsplit(": ", 1)[-1] or type(error).__name__
