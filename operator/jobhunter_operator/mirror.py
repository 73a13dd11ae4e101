"""What the API server holds, as last seen: tasks and their pods. Filled by watches, by our own writes, and by sweeps."""

from __future__ import annotations

import logging
from typing import Any

from pydantic import ValidationError

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_operator.pod_facts import PodFacts, pod_facts

logger = logging.getLogger(__name__)
Json = dict[str, Any]


class Mirror:
    """Tasks by uid, pods by the uid of the task that owns them. An older version never replaces a newer one."""

    def __init__(self) -> None:
        self._tasks: dict[str, tuple[Json, ApplicationTask]] = {}
        self._pods: dict[str, tuple[int, PodFacts]] = {}
        self._pods_of: dict[str, set[str]] = {}

    # tasks

    def put_task(self, raw: Json) -> str | None:
        """Keeps the task; its uid, or None where it is no task that can be read."""
        uid = str(raw["metadata"]["uid"])
        known = self._tasks.get(uid)
        if known is not None and _version(known[0]) > _version(raw):
            return uid
        try:
            self._tasks[uid] = raw, ApplicationTask.model_validate(raw)
        except ValidationError as error:
            logger.error("task %s cannot be read: %s", uid, error)
            return None
        return uid

    def drop_task(self, uid: str) -> None:
        self._tasks.pop(uid, None)

    def task(self, uid: str) -> ApplicationTask | None:
        known = self._tasks.get(uid)
        return known[1] if known else None

    def raw_task(self, uid: str) -> Json | None:
        known = self._tasks.get(uid)
        return known[0] if known else None

    def tasks(self) -> list[ApplicationTask]:
        return [task for _, task in self._tasks.values()]

    # pods

    def put_pod(self, raw: Json) -> str | None:
        """Keeps the pod; the uid of the task that owns it, or None where no task does."""
        try:
            facts = pod_facts(raw)
        except (KeyError, ValueError) as error:
            logger.warning("pod %s is not one of ours: %s", raw["metadata"].get("name"), error)
            return None
        if not facts.owner_uid:
            return None
        known = self._pods.get(facts.uid)
        if known is None or known[0] <= _version(raw):
            self._pods[facts.uid] = _version(raw), facts
            self._pods_of.setdefault(facts.owner_uid, set()).add(facts.uid)
        return facts.owner_uid

    def drop_pod(self, uid: str) -> str | None:
        """Forgets the pod; the uid of the task that owned it."""
        known = self._pods.pop(uid, None)
        if known is None:
            return None
        owner = known[1].owner_uid
        of_owner = self._pods_of.get(owner, set())
        of_owner.discard(uid)
        if not of_owner:
            self._pods_of.pop(owner, None)
        return owner

    def pods_of(self, task_uid: str) -> tuple[PodFacts, ...]:
        """Oldest attempt first."""
        pods = (self._pods[uid][1] for uid in self._pods_of.get(task_uid, ()))
        return tuple(sorted(pods, key=lambda pod: (pod.attempt, pod.created)))

    # sweep

    def task_versions(self) -> dict[str, int]:
        return {uid: _version(raw) for uid, (raw, _) in self._tasks.items()}

    def pod_versions(self) -> dict[str, int]:
        return {uid: version for uid, (version, _) in self._pods.items()}


def _version(raw: Json) -> int:
    """resourceVersion as a number: KEP-5504 (Kubernetes 1.35) makes it comparable so, and it always was in practice."""
    return int(raw["metadata"].get("resourceVersion") or 0)
