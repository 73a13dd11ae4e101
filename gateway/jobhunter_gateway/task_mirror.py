"""What the API server holds of people's tasks, as last seen: a list, then a watch that goes on where it broke off.

Reads are served from here, so that the API server has one watch of a gateway, however many people look.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import ValidationError

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.cluster_tasks import ClusterTasks, Gone
from jobhunter_gateway.metrics import Metrics

logger = logging.getLogger(__name__)
Json = dict[str, Any]
Told = Callable[[ApplicationTask], None]
CLOCKS_DIFFER = timedelta(seconds=30)
"""By so much, at most, the API server's clock is ahead of ours."""
_GONE_KEPT = 1000
"""Uids of deleted tasks that are remembered."""
_AGAIN_SECONDS = (0.2, 0.5, 1.0, 2.0, 5.0)


class TaskMirror:
    """Tasks by uid. An older version never replaces a newer one; a task that is gone stays gone.

    watching: whether the watch is open. listed_at: when the last list was begun.
    """

    def __init__(self, cluster: ClusterTasks, metrics: Metrics) -> None:
        self._cluster = cluster
        self._metrics = metrics
        self._tasks: dict[str, ApplicationTask] = {}
        self._of_user: dict[str, set[str]] = {}
        self._raw: dict[str, Json] = {}
        self._on_change: list[Told] = []
        self._on_gone: list[Told] = []
        self._gone: dict[str, None] = {}
        self._version = ""
        self._listed = asyncio.Event()
        self.listed_at: datetime | None = None
        self.watching = False

    # what is there

    @property
    def ready(self) -> bool:
        """Whether the tasks were listed once: until then nobody can be told that a task is not there."""
        return self._listed.is_set()

    async def wait_ready(self, seconds: float) -> bool:
        """Waits for `ready`, so long at most."""
        try:
            await asyncio.wait_for(self._listed.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def get(self, uid: str) -> ApplicationTask | None:
        return self._tasks.get(uid)

    def of_user(self, user_id: str) -> list[ApplicationTask]:
        """The user's tasks, newest first."""
        found = [self._tasks[uid] for uid in self._of_user.get(user_id, ())]
        return sorted(found, key=lambda task: (str(task.metadata["creationTimestamp"]), task.uid), reverse=True)

    def owner(self, uid: str) -> str | None:
        """Id of the user whose task it is."""
        task = self._tasks.get(uid)
        return task.spec.user_id if task else None

    @property
    def listed_before(self) -> datetime | None:
        """A task that was made before then, and is not here, was deleted; None until the tasks were listed."""
        return self.listed_at - CLOCKS_DIFFER if self.listed_at is not None else None

    def is_gone(self, uid: str, created_at: datetime) -> bool:
        """Whether a task that is not here was deleted, rather than not seen yet."""
        return uid in self._gone or (self.listed_before is not None and created_at < self.listed_before)

    def all(self) -> list[ApplicationTask]:
        return list(self._tasks.values())

    # who is told

    def on_change(self, callback: Told) -> None:
        """Has `callback` called with each task that is new or has changed; it must not block."""
        self._on_change.append(callback)

    def on_gone(self, callback: Told) -> None:
        """Has `callback` called with each task, as last seen, that was deleted; it must not block."""
        self._on_gone.append(callback)

    # what comes in

    def put(self, raw: Json) -> ApplicationTask | None:
        """Takes in a task as the API server gave it; None where it cannot be read."""
        uid = str(raw["metadata"]["uid"])
        if uid in self._gone:
            return None
        known = self._raw.get(uid)
        if known is not None and _version(known) >= _version(raw):
            return self._tasks.get(uid)
        try:
            task = ApplicationTask.model_validate(raw)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[
                0
            ]  # of what was put in nothing: it may be an answer
            logger.error("task %s cannot be read: %s: %s", uid, ".".join(map(str, first["loc"])), first["msg"])
            return None
        self._raw[uid], self._tasks[uid] = raw, task
        self._of_user.setdefault(task.spec.user_id, set()).add(uid)
        _tell(self._on_change, task)
        return task

    def drop(self, uid: str) -> None:
        """Forgets a task that is gone: a late answer to a write of ours does not bring it back."""
        self._gone[uid] = None
        if len(self._gone) > _GONE_KEPT:
            del self._gone[next(iter(self._gone))]
        task = self._tasks.pop(uid, None)
        self._raw.pop(uid, None)
        if task is None:
            return
        of_user = self._of_user.get(task.spec.user_id, set())
        of_user.discard(uid)
        if not of_user:
            self._of_user.pop(task.spec.user_id, None)
        _tell(self._on_gone, task)

    async def run(self) -> None:
        """Lists and watches for ever."""
        failures = 0
        while True:
            try:
                if not self._version:
                    await self._list()
                await self._watch()
                failures = 0
            except Gone:
                logger.info("the watch is too old to go on; listing anew")
                self._version = ""
            except JobHunterError as error:
                wait = _AGAIN_SECONDS[min(failures, len(_AGAIN_SECONDS) - 1)]
                failures = 0 if self.watching else failures + 1
                self._seen(watching=False)
                logger.warning("%s (again in %s s)", error, wait)
                await asyncio.sleep(wait)
            finally:
                self._seen(watching=False)

    async def _list(self) -> None:
        begun = datetime.now(UTC)
        before = {uid: _version(raw) for uid, raw in self._raw.items()}
        raws, version = await self._cluster.list()
        self._metrics.relists.inc()
        there = {str(raw["metadata"]["uid"]) for raw in raws}
        for raw in raws:
            self.put(raw)
        for uid in before.keys() - there:
            self.drop(uid)
        self._version = version
        self._count()
        self.listed_at = begun
        self._listed.set()

    async def _watch(self) -> None:
        async for event in self._cluster.watch(self._version):
            self._seen(watching=True)
            if event is None:
                continue
            kind, raw = event["type"], event["object"]
            self._metrics.watch_events.labels(type=kind).inc()
            if kind == "DELETED":
                self.put(raw)  # its last state, which a short life may not have shown before
                self.drop(str(raw["metadata"]["uid"]))
            elif kind != "BOOKMARK":
                self.put(raw)
            self._version = str(raw["metadata"]["resourceVersion"])
            if kind != "BOOKMARK":
                self._count()

    def _seen(self, *, watching: bool) -> None:
        self.watching = watching
        self._metrics.mirror_ready.set(watching)

    def _count(self) -> None:
        self._metrics.phases(str(task.status.phase or "Pending") for task in self._tasks.values())


def _tell(callbacks: list[Told], task: ApplicationTask) -> None:
    for callback in callbacks:
        try:
            callback(task)
        except Exception:  # one listener's fate is decided here: the others are told all the same
            logger.exception("what follows on a change of task %s failed", task.uid)


def _version(raw: Json) -> int:
    """resourceVersion as a number: KEP-5504 (Kubernetes 1.35) makes it comparable so, and it always was in practice."""
    return int(raw["metadata"].get("resourceVersion") or 0)
