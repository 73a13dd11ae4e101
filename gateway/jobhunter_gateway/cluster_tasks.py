"""ApplicationTasks on the API server: created, listed, watched, changed and deleted, as JSON, by kubernetes.aio's client.

What the API server refuses becomes an error that a person can act on: it judged what they sent (422), the object is
another by now (409), or it cannot serve us now (503).
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import AsyncIterator, Mapping
from typing import Any
from urllib.parse import urlencode

import aiohttp
from kubernetes.aio import client, config
from kubernetes.aio.client.exceptions import ApiException

from jobhunter_contracts import names
from jobhunter_contracts.application_task import Review
from jobhunter_contracts.errors import JobHunterError, NotFound, Unavailable
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.problems import Problem

logger = logging.getLogger(__name__)
Json = dict[str, Any]
MANAGED_BY_GATEWAY = "jobhunter-gateway"
"""Value of the managed-by label of a task that came by the API."""
_TIMEOUT_SECONDS = 15
_WATCH_SECONDS = 300
"""How long the API server keeps one watch open; it is then opened again where it ended."""
_SILENCE_SECONDS = 90
"""Bookmarks come about once a minute: a watch that is silent for longer is dead."""
_PAGE = 500


class Gone(JobHunterError):
    """The resourceVersion is too old to go on watching from: list anew."""

    code = "gone"


class ClusterTasks:
    """The tasks of one namespace. Calls raise NotFound, Problem (invalid-request, conflict, quota-exceeded), Unavailable."""

    def __init__(self, namespace: str, metrics: Metrics) -> None:
        self._namespace = namespace
        self._metrics = metrics
        self._path = f"/apis/{names.API_VERSION}/namespaces/{namespace}/{names.PLURAL}"
        self._api: client.ApiClient | None = None

    async def open(self) -> None:
        """Reads the credential: in a pod the service account's, else that of the kubeconfig that KUBECONFIG names.

        Nothing is asked of the API server. Raises kubernetes.config.ConfigException where there is no credential.
        """
        configuration = client.Configuration()
        if os.environ.get("KUBERNETES_SERVICE_HOST"):
            config.load_incluster_config(client_configuration=configuration)
        else:
            await config.load_kube_config(os.environ.get("KUBECONFIG"), client_configuration=configuration)
        configuration.connection_pool_maxsize = 50
        self._api = client.ApiClient(configuration)

    async def close(self) -> None:
        if self._api is not None:
            await self._api.close()

    async def create(self, user_id: str, url: str, review: Review) -> Json:
        """A new task of the user's, with the profile that the store has. A lost answer may have left a task behind."""
        task = {
            "apiVersion": names.API_VERSION,
            "kind": names.KIND,
            "metadata": {
                "generateName": "task-",
                "labels": {
                    names.LABEL_MANAGED_BY: MANAGED_BY_GATEWAY,
                    names.LABEL_USER: names.user_label(user_id),
                },
            },
            "spec": {"userId": user_id, "url": url, "review": str(review)},
        }
        return await self._call("POST", self._path, task, query={"fieldValidation": "Strict"})

    async def get(self, name: str) -> Json:
        return await self._call("GET", f"{self._path}/{name}")

    async def change_spec(self, name: str, uid: str, spec: Json) -> Json:
        """Merges `spec` into the spec of the very task `uid`; conflict where the name is another's by now."""
        return await self._call("PATCH", f"{self._path}/{name}", {"metadata": {"uid": uid}, "spec": spec})

    async def delete(self, name: str, uid: str) -> None:
        options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
        await self._call("DELETE", f"{self._path}/{name}", options)

    async def list(self) -> tuple[list[Json], str]:
        """All tasks, and the resourceVersion to watch from."""
        found: list[Json] = []
        query = {"limit": str(_PAGE)}
        while True:
            page = await self._call("GET", self._path, query=query)
            found += [{"apiVersion": names.API_VERSION, "kind": names.KIND, **item} for item in page["items"]]
            if not (going_on := page["metadata"].get("continue", "")):
                return found, str(page["metadata"]["resourceVersion"])
            query = {"limit": str(_PAGE), "continue": going_on}

    async def watch(self, resource_version: str) -> AsyncIterator[Json | None]:
        """None once the watch is open, then watch events {"type", "object"} until the server ends it.

        Raises Gone and Unavailable.
        """
        query = {
            "watch": "true",
            "resourceVersion": resource_version,
            "allowWatchBookmarks": "true",
            "timeoutSeconds": str(_WATCH_SECONDS),
        }
        timeout = aiohttp.ClientTimeout(total=None, connect=_TIMEOUT_SECONDS, sock_read=_SILENCE_SECONDS)
        prepared = await self._prepared("GET", f"{self._path}?{urlencode(query)}", None)
        try:
            response = (await self._client.call_api(*prepared, _request_timeout=timeout)).response
            try:
                if response.status != 200:
                    raise _fault(response.status, (await response.read()).decode(errors="replace"), self._namespace)
                yield None
                async for line in response.content:
                    event: Json = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _fault(int(event["object"].get("code") or 500), json.dumps(event["object"]), "the watch")
                    yield event
            finally:
                response.close()
        except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
            raise Unavailable(f"the watch broke off: {error or type(error).__name__}", where=self._namespace) from error

    @property
    def _client(self) -> client.ApiClient:
        if self._api is None:
            raise Unavailable("there is no connection to the API server yet", where=self._namespace)
        return self._api

    async def _prepared(self, method: str, path: str, body: Json | None) -> tuple[str, str, Any, Any, Any]:
        content = "application/merge-patch+json" if method == "PATCH" else "application/json"
        headers = {"Accept": "application/json", "Content-Type": content}
        prepared: tuple[str, str, Any, Any, Any] = await self._client.param_serialize(
            method, path, header_params=headers, body=body, auth_settings=["BearerToken"]
        )
        return prepared

    async def _call(
        self, method: str, path: str, body: Json | None = None, query: Mapping[str, str] | None = None
    ) -> Json:
        where = path.rsplit("/namespaces/", 1)[-1]
        prepared = await self._prepared(method, f"{path}?{urlencode(query)}" if query else path, body)
        try:
            response = await self._client.call_api(*prepared, _request_timeout=_TIMEOUT_SECONDS)
            data = await response.read()
        except ApiException as error:
            raise _fault(int(error.status or 0), str(error.body or ""), where) from error
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            logger.warning("the API server does not answer: %s %s: %s", method, where, error or type(error).__name__)
            raise _away() from error
        if method != "GET":
            self._metrics.api_writes.labels(verb=method.lower()).inc()
        if not 200 <= response.status <= 299:
            raise _fault(response.status, data.decode(errors="replace"), where)
        parsed: Json = json.loads(data)
        return parsed


def _away() -> Unavailable:
    return Unavailable("the cluster's API server does not answer now", remedy="Try again in a moment")


def _conflict() -> Problem:
    return Problem("conflict", "the task was changed or replaced at the same time", remedy="Look at it again")


def _fault(status: int, body: str, where: str) -> JobHunterError:
    """What a refusal of the API server means to a person."""
    try:
        said = json.loads(body)
        message, details = str(said.get("message", "")), said.get("details") or {}
    except (ValueError, AttributeError):
        message, details = body[:500], {}
    if status == 410:
        return Gone(message or "too old", where=where)
    if status == 404:
        return NotFound("the task is not there any more", remedy="See the list of tasks")
    if status == 409:
        return _conflict()
    if status in (400, 422):
        causes = [
            {"path": str(cause.get("field") or "task"), "message": str(cause.get("message") or message)}
            for cause in details.get("causes") or ()
        ]
        if any(cause["path"] == "metadata.uid" for cause in causes):
            return _conflict()  # another task has the name by now
        words = "; ".join(cause["message"] for cause in causes) or message
        return Problem("invalid-request", f"the cluster refuses the task: {words}", members={"errors": causes})
    if status == 403 and "exceeded quota" in message:
        return Problem(
            "quota-exceeded", "the cluster takes no more tasks now", remedy="Delete some, or try again later"
        )
    logger.warning("the API server answered %d to %s: %s", status, where, message)
    if status in (401, 403):
        return Unavailable("the gateway may not do that in the cluster", remedy="Tell whoever runs JobHunter")
    return _away()
