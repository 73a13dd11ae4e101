"""kopf watches, and nothing else: low-level event handlers that put what they see into the mirror and enqueue the task.

kopf writes nothing to objects here: no handler but on.event is registered (so no finalizer and no annotation), posting of
Kubernetes Events is off, peering is standalone, scanning for new resources and namespaces is off. After a relist kopf tells
of no object that was deleted meanwhile, so that a sweep compares the mirror with a LIST.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import kopf

from jobhunter_connection.background import end_tasks
from jobhunter_contracts import names
from jobhunter_operator.kube import Kube
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.settings import Settings
from jobhunter_operator.work_queue import WorkQueue

logger = logging.getLogger(__name__)
SWEEP_SECONDS = 60.0


class Watching:
    """The watches of all session namespaces."""

    def __init__(self, settings: Settings, mirror: Mirror, queue: WorkQueue[str], kube: Kube, metrics: Metrics) -> None:
        self._namespaces = settings.session_namespaces
        self._mirror = mirror
        self._queue = queue
        self._kube = kube
        self._metrics = metrics
        self._relisted = asyncio.Event()
        self.alive = False

    async def run(self, *, stop: asyncio.Event) -> None:
        """Watches until `stop` is set."""
        registry = kopf.OperatorRegistry()
        kopf.on.login(registry=registry)(_login)
        kopf.on.event(names.GROUP, names.VERSION, names.PLURAL, registry=registry)(self._on_task)
        ours = {names.LABEL_MANAGED_BY: names.MANAGED_BY}
        kopf.on.event("", "v1", "pods", labels=ours, registry=registry)(self._on_pod)
        tasks = await kopf.spawn_tasks(
            registry=registry, settings=_kopf_settings(), namespaces=self._namespaces, standalone=True, stop_flag=stop
        )
        # kopf.run_tasks() would end every asyncio task that it does not know, ours too.
        self.alive = True
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()  # raises what the watch failed with
        finally:
            self.alive = False
            await end_tasks(tasks)

    async def _on_task(self, event: Any, **_: Any) -> None:
        self._metrics.watch_events.labels(resource="applicationtasks").inc()
        self._see_task(event["type"], event["object"])

    async def _on_pod(self, event: Any, **_: Any) -> None:
        self._metrics.watch_events.labels(resource="pods").inc()
        self._see_pod(event["type"], event["object"])

    def _see_task(self, kind: str | None, raw: dict[str, Any]) -> None:
        if kind is None:
            self._relisted.set()
        if kind == "DELETED":
            self._mirror.drop_task(raw["metadata"]["uid"])
            self._queue.add(raw["metadata"]["uid"])
        elif uid := self._mirror.put_task(raw):
            self._queue.add(uid)

    def _see_pod(self, kind: str | None, raw: dict[str, Any]) -> None:
        if kind is None:
            self._relisted.set()
        owner = self._mirror.drop_pod(raw["metadata"]["uid"]) if kind == "DELETED" else self._mirror.put_pod(raw)
        if owner:
            self._queue.add(owner)

    async def sweep(self) -> None:
        """Compares the mirror with a LIST: what is not there any more is dropped, what was missed is taken in."""
        tasks_before, pods_before = self._mirror.task_versions(), self._mirror.pod_versions()
        tasks: list[dict[str, Any]] = []
        pods: list[dict[str, Any]] = []
        for namespace in self._namespaces:
            tasks += await self._kube.list_tasks(namespace)
            pods += await self._kube.list_pods(namespace)
        for uid in tasks_before.keys() - {raw["metadata"]["uid"] for raw in tasks}:
            self._metrics.swept.labels(resource="applicationtasks").inc()
            self._mirror.drop_task(uid)
            self._queue.add(uid)
        for uid in pods_before.keys() - {raw["metadata"]["uid"] for raw in pods}:
            self._metrics.swept.labels(resource="pods").inc()
            if owner := self._mirror.drop_pod(uid):
                self._queue.add(owner)
        for raw in pods:
            if int(raw["metadata"]["resourceVersion"]) > pods_before.get(raw["metadata"]["uid"], -1):
                self._see_pod("SWEPT", raw)
        for raw in tasks:
            if int(raw["metadata"]["resourceVersion"]) > tasks_before.get(raw["metadata"]["uid"], -1):
                self._see_task("SWEPT", raw)

    async def sweep_for_ever(self) -> None:
        """Sweeps after each relist, and once a minute."""
        while True:
            try:
                await asyncio.wait_for(self._relisted.wait(), SWEEP_SECONDS)
                await asyncio.sleep(1)  # a relist tells of its objects one by one
            except TimeoutError:
                pass
            self._relisted.clear()
            try:
                await self.sweep()
            except Exception:
                logger.exception("the sweep failed; the next one is in %d s", SWEEP_SECONDS)


def _login(**kwargs: Any) -> Any:
    return kopf.login_with_service_account(**kwargs) or kopf.login_with_kubeconfig(**kwargs)


def _kopf_settings() -> kopf.OperatorSettings:
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.scanning.disabled = True
    settings.process.ultimate_exiting_timeout = None
    settings.networking.request_timeout = 30
    for name in ("kopf.objects", "kopf._core.engines.peering", "kopf.activities"):
        logging.getLogger(name).setLevel(logging.WARNING)
    return settings
