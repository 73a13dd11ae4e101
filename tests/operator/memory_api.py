"""An API server in memory, at the edge where Kube makes its requests: objects by path, resourceVersion, 404 and 409."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from kubernetes.aio import client

from jobhunter_contracts import names
from jobhunter_operator.kube import Absent, Conflict, Kube
from jobhunter_operator.metrics import Metrics

NAMESPACE = "jobs"
TASKS = f"/apis/{names.API_VERSION}/namespaces/{NAMESPACE}/{names.PLURAL}"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"
SECRETS = f"/api/v1/namespaces/{NAMESPACE}/secrets"


class MemoryKube(Kube):
    """fail: raised once by the next request of that method and resource."""

    def __init__(self) -> None:
        super().__init__(client.ApiClient(client.Configuration()), Metrics())
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.fail: dict[tuple[str, str], Exception] = {}
        self._version = 0
        self.reachable = True

    async def call(
        self, method: str, path: str, body: dict[str, Any] | None = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        self.requests.append((method, path))
        resource = path.split("/namespaces/")[1].split("/")[1]
        if fault := self.fail.pop((method, resource), None):
            raise fault
        if method == "POST":
            return self._post(path, body or {})
        if method == "GET" and path.count("/") == TASKS.count("/") - (0 if "/apis/" in path else 1):
            items = [copy.deepcopy(found) for key, found in self.objects.items() if key.startswith(f"{path}/")]
            return {"items": items, "metadata": {}}
        at = path.removesuffix("/status")
        if at not in self.objects:
            raise Absent(404, "NotFound", "not found", path)
        if method == "DELETE":
            return self._delete(at, body or {})
        if method == "PUT":
            return self._put(at, body or {}, status_only=path.endswith("/status"))
        return copy.deepcopy(self.objects[at])

    def add(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """Puts an object there, as somebody else would."""
        return self._post(path, body)

    def writes(self) -> list[tuple[str, str]]:
        return [(method, path) for method, path in self.requests if method != "GET" and "/events" not in path]

    def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        at = f"{path}/{body['metadata']['name']}"
        if at in self.objects:
            raise Conflict(409, "AlreadyExists", "it is there", path)
        made = copy.deepcopy(body)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        made["metadata"] |= {"uid": str(uuid.uuid4()), "resourceVersion": self._next(), "creationTimestamp": now}
        self.objects[at] = made
        return copy.deepcopy(made)

    def _put(self, at: str, body: dict[str, Any], *, status_only: bool) -> dict[str, Any]:
        old = self.objects[at]
        version = body["metadata"].get("resourceVersion")
        if version is not None and version != old["metadata"]["resourceVersion"]:
            raise Conflict(409, "Conflict", "the object was changed", at)
        new = (
            {**old, "status": body["status"]}
            if status_only
            else {**body, "metadata": {**old["metadata"], **body["metadata"]}}
        )
        new = copy.deepcopy(new)
        new["metadata"]["resourceVersion"] = self._next()
        self.objects[at] = new
        return copy.deepcopy(new)

    def _delete(self, at: str, options: dict[str, Any]) -> dict[str, Any]:
        found = self.objects[at]
        wanted = options.get("preconditions", {}).get("uid")
        if wanted and wanted != found["metadata"]["uid"]:
            raise Conflict(409, "Conflict", "another uid", at)
        del self.objects[at]
        return {"kind": "Status", "status": "Success"}

    def _next(self) -> str:
        self._version += 1
        return str(self._version)
