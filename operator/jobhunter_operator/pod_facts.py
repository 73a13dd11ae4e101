"""What is known of a browser pod, read from the API server's JSON."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from jobhunter_contracts import names

_HARMLESS = frozenset({"ContainerCreating", "PodInitializing"})


@dataclass(frozen=True)
class PodFacts:
    """A pod that a task owns.

    scheduled: (status, reason, message) of the pod's own condition. trouble: (reason, words) of what keeps a container from
    starting. ended: the runner's container has ended, or the whole pod has; failure says why in words, ended_at when.
    """

    name: str
    uid: str
    owner_uid: str
    attempt: int
    created: datetime
    phase: str = "Pending"
    deletion: datetime | None = None
    scheduled: tuple[str, str, str] | None = None
    trouble: tuple[str, str] | None = None
    ended: bool = False
    ended_at: datetime | None = None
    failure: str = ""
    termination_message: str = ""

    @property
    def terminating(self) -> bool:
        return self.deletion is not None


def moment(text: str | None) -> datetime | None:
    """A time of the API server's, None where there is none."""
    return datetime.fromisoformat(text) if text else None


def owner_uid(raw: dict[str, Any]) -> str:
    """The uid of the ApplicationTask that controls the object, empty where none does."""
    for owner in raw["metadata"].get("ownerReferences") or []:
        if owner.get("controller") and owner.get("kind") == names.KIND:
            return str(owner["uid"])
    return ""


def pod_facts(raw: dict[str, Any]) -> PodFacts:
    """Facts from a Pod as JSON. Raises KeyError or ValueError for what is no pod of ours."""
    metadata, status = raw["metadata"], raw.get("status") or {}
    conditions = {c["type"]: c for c in status.get("conditions") or []}
    scheduled = conditions.get("PodScheduled")
    containers = {c["name"]: c for c in status.get("containerStatuses") or []}
    runner = (containers.get(names.RUNNER_CONTAINER) or {}).get("state") or {}
    terminated = runner.get("terminated")
    phase = str(status.get("phase", "Pending"))
    ended = terminated is not None or phase in ("Failed", "Succeeded")
    return PodFacts(
        name=metadata["name"],
        uid=metadata["uid"],
        owner_uid=owner_uid(raw),
        attempt=int((metadata.get("labels") or {})[names.LABEL_ATTEMPT]),
        created=datetime.fromisoformat(metadata["creationTimestamp"]),
        phase=phase,
        deletion=moment(metadata.get("deletionTimestamp")),
        scheduled=(scheduled["status"], scheduled.get("reason", ""), scheduled.get("message", ""))
        if scheduled
        else None,
        trouble=_trouble(status),
        ended=ended,
        ended_at=moment((terminated or {}).get("finishedAt")),
        failure=_failure(status, terminated) if ended else "",
        termination_message=(terminated or {}).get("message", ""),
    )


def _trouble(status: dict[str, Any]) -> tuple[str, str] | None:
    for container in [*(status.get("initContainerStatuses") or []), *(status.get("containerStatuses") or [])]:
        waiting = (container.get("state") or {}).get("waiting")
        if waiting and waiting.get("reason", "") not in _HARMLESS:
            reason, message = str(waiting.get("reason") or "Waiting"), str(waiting.get("message") or "")
            return reason, _words(container["name"], reason, message)
    return None


def _words(container: str, reason: str, message: str) -> str:
    if "seccomp" in message:
        return (
            "The node does not have the browser's seccomp profile yet; the pod starts when it has been brought there."
        )
    if reason in ("ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName"):
        return f"The image of container {container} cannot be had: {message or reason}"
    return f"Container {container} does not start: {message or reason}"


def _failure(status: dict[str, Any], terminated: dict[str, Any] | None) -> str:
    if status.get("reason"):
        return f"The browser pod ended: {status['reason']}. {status.get('message', '')}".strip()
    if terminated is not None:
        return f"The runner ended with {terminated.get('reason', 'Error')}, exit status {terminated.get('exitCode')}."
    return "The browser pod ended."
