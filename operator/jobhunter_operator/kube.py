"""The API server: every read and write the operator makes itself, as JSON, by kubernetes.aio's client."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException

from jobhunter_contracts import names
from jobhunter_contracts.errors import JobHunterError, Unavailable
from jobhunter_operator.metrics import Metrics

_TASKS = f"/apis/{names.API_VERSION}/namespaces"
_TIMEOUT_SECONDS = 15
Json = dict[str, Any]


class ApiFault(JobHunterError):
    """The API server refused. status: HTTP status; reason: metav1.Status' word, such as AlreadyExists."""

    code = "api-server"

    def __init__(self, status: int, reason: str, message: str, where: str) -> None:
        self.status = status
        self.reason = reason
        super().__init__(message or reason or str(status), where=where)


class Conflict(ApiFault):
    """The object changed, or another of its name is there."""

    code = "conflict"


class Absent(ApiFault):
    """The object is not there."""

    code = "absent"


async def load_configuration() -> client.Configuration:
    """In a pod by its service account, else by the kubeconfig that KUBECONFIG names."""
    configuration = client.Configuration()
    if os.environ.get("KUBERNETES_SERVICE_HOST"):
        config.load_incluster_config(client_configuration=configuration)
    else:
        await config.load_kube_config(client_configuration=configuration)
    configuration.connection_pool_maxsize = 50
    return configuration


class Kube:
    """Calls answer with the object as JSON, and raise Conflict, Absent, another ApiFault, or Unavailable."""

    def __init__(self, api: client.ApiClient, metrics: Metrics) -> None:
        self._api = api
        self._metrics = metrics
        self.reachable = False

    async def call(
        self, method: str, path: str, body: Json | None = None, query: Mapping[str, str] | None = None
    ) -> Json:
        """One request. Raises as the class says."""
        where = path.rsplit("/namespaces/", 1)[-1]
        path = f"{path}?{urlencode(query)}" if query else path
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Content-Type": content}
        prepared = await self._api.param_serialize(
            method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        try:
            response = await self._api.call_api(*prepared, _request_timeout=_TIMEOUT_SECONDS)
            data = await response.read()
        except ApiException as error:
            raise _fault(int(error.status or 0), str(error.body or ""), where) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            self.reachable = False
            raise Unavailable(f"the API server does not answer: {error}", where=where) from error
        self.reachable = True
        if method != "GET":
            self._metrics.api_writes.labels(verb=method.lower(), resource=_resource(path)).inc()
        if not 200 <= response.status <= 299:
            raise _fault(response.status, data.decode(errors="replace"), where)
        parsed: Json = json.loads(data)
        return parsed

    # tasks

    async def list_tasks(self, namespace: str) -> list[Json]:
        return await self._list(f"{_TASKS}/{namespace}/{names.PLURAL}", names.API_VERSION, names.KIND)

    async def get_task(self, namespace: str, name: str) -> Json:
        return await self.call("GET", f"{_TASKS}/{namespace}/{names.PLURAL}/{name}")

    async def replace_status(self, raw: Json, status: Json) -> Json:
        """Replaces the status of the task as it was read: Conflict where it changed since."""
        metadata = raw["metadata"]
        path = f"{_TASKS}/{metadata['namespace']}/{names.PLURAL}/{metadata['name']}/status"
        body = {"apiVersion": names.API_VERSION, "kind": names.KIND, "metadata": metadata, "spec": raw["spec"]}
        return await self.call("PUT", path, {**body, "status": status})

    async def delete_task(self, namespace: str, name: str, uid: str, resource_version: str) -> None:
        options = {
            "preconditions": {"uid": uid, "resourceVersion": resource_version},
            "propagationPolicy": "Background",
        }
        await self.call("DELETE", f"{_TASKS}/{namespace}/{names.PLURAL}/{name}", options)

    # pods

    async def list_pods(self, namespace: str) -> list[Json]:
        selector = {"labelSelector": f"{names.LABEL_MANAGED_BY}={names.MANAGED_BY}"}
        return await self._list(f"/api/v1/namespaces/{namespace}/pods", "v1", "Pod", selector)

    async def get_pod(self, namespace: str, name: str) -> Json:
        return await self.call("GET", f"/api/v1/namespaces/{namespace}/pods/{name}")

    async def create_pod(self, namespace: str, pod: Json) -> Json:
        return await self.call("POST", f"/api/v1/namespaces/{namespace}/pods", pod)

    async def delete_pod(self, namespace: str, name: str, uid: str, *, force: bool) -> Json:
        options: Json = {"preconditions": {"uid": uid}}
        if force:
            options["gracePeriodSeconds"] = 0
        return await self.call("DELETE", f"/api/v1/namespaces/{namespace}/pods/{name}", options)

    # Secrets, ConfigMaps, Events

    async def get_secret(self, namespace: str, name: str) -> Json:
        return await self.call("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")

    async def create_secret(self, namespace: str, secret: Json) -> Json:
        return await self.call("POST", f"/api/v1/namespaces/{namespace}/secrets", secret)

    async def replace_secret(self, namespace: str, name: str, secret: Json) -> Json:
        return await self.call("PUT", f"/api/v1/namespaces/{namespace}/secrets/{name}", secret)

    async def get_config_map(self, namespace: str, name: str) -> Json:
        return await self.call("GET", f"/api/v1/namespaces/{namespace}/configmaps/{name}")

    async def create_config_map(self, namespace: str, config_map: Json) -> Json:
        return await self.call("POST", f"/api/v1/namespaces/{namespace}/configmaps", config_map)

    async def replace_config_map(self, namespace: str, name: str, config_map: Json) -> Json:
        return await self.call("PUT", f"/api/v1/namespaces/{namespace}/configmaps/{name}", config_map)

    async def create_event(self, namespace: str, event: Json) -> Json:
        return await self.call("POST", f"/apis/events.k8s.io/v1/namespaces/{namespace}/events", event)

    async def _list(self, path: str, version: str, kind: str, query: Mapping[str, str] | None = None) -> list[Json]:
        found: list[Json] = []
        going_on = ""
        while True:
            page = await self.call(
                "GET", path, query={**(query or {}), "limit": "500", **({"continue": going_on} if going_on else {})}
            )
            found += [{"apiVersion": version, "kind": kind, **item} for item in page["items"]]
            going_on = page["metadata"].get("continue", "")
            if not going_on:
                return found


def _resource(path: str) -> str:
    parts = path.split("?", 1)[0].split("/namespaces/", 1)[-1].split("/")
    return "/".join(part for part in (parts[1], "status" if parts[-1] == "status" else "") if part)


def _fault(status: int, body: str, where: str) -> JobHunterError:
    try:
        parsed = json.loads(body)
        reason, message = str(parsed.get("reason", "")), str(parsed.get("message", ""))
    except ValueError:
        reason, message = "", body[:500]
    if status == 409:
        return Conflict(status, reason, message, where)
    if status == 404:
        return Absent(status, reason, message, where)
    if status == 429 or status >= 500 or status == 0:
        return Unavailable(f"the API server answered {status}: {message}", where=where)
    return ApiFault(status, reason, message, where)
