"""Memory of a session: the kubelet's working set of the pod, the third on the node, form open, its draft waiting,
each of the three watched in the live view."""

from __future__ import annotations

import json
import time
from contextlib import ExitStack
from typing import Any

from figure import Figure

from jobhunter_dev.applied_task import Field
from jobhunter_dev.installation import SESSIONS
from jobhunter_dev.live_view import LiveView

LIMIT = 450.0
MEBI = 1024 * 1024
SECONDS = 45
"""The kubelet refreshes its figures every 10 to 20 s; the greatest of what it says in this time counts."""


def measure(field: Field) -> list[Figure]:
    """Three sessions at their draft; the third pod's working set in MiB."""
    tasks = [field.apply("twelve", user=f"bench-memory-{number}", reviewTimeoutSeconds=600) for number in range(3)]
    for task in tasks:
        task.wait_draft()
    pod = tasks[-1].pod()
    assert pod is not None
    seen: dict[str, float] = {}
    with ExitStack() as stack:
        for task in tasks:
            gateway = stack.enter_context(field.gateway(str(task.read()["spec"]["userId"])))
            stack.enter_context(LiveView(gateway.socket_url(task.uid)))
        _greatest(field, pod, seen)
    for task in tasks:
        task.patch(cancel=True)
    for task in tasks:
        task.end()
    parts = ", ".join(f"{name} {value:.0f}" for name, value in sorted(seen.items()) if name != "pod")
    return [
        Figure(
            "memory of a session, third on the node, form open and watched",
            f"{seen['pod']:.0f} MiB",
            f"{LIMIT:.0f} MB",
            "about 500 MB",
            seen["pod"] * MEBI / 1e6 <= LIMIT,
            f"{seen['pod'] * MEBI / 1e6:.0f} MB; {parts} MiB; greatest in {SECONDS} s",
        )
    ]


def _greatest(field: Field, pod: Any, seen: dict[str, float]) -> None:
    """The greatest working sets in MiB, the pod's under "pod", each container's under its name."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        for entry in _pods(field, pod.spec.node_name):
            if entry["podRef"] == {"name": pod.metadata.name, "namespace": SESSIONS, "uid": pod.metadata.uid}:
                seen["pod"] = max(seen.get("pod", 0), entry["memory"]["workingSetBytes"] / MEBI)
                for container in entry["containers"]:
                    name = container["name"]
                    seen[name] = max(seen.get(name, 0), container["memory"]["workingSetBytes"] / MEBI)
        time.sleep(3)


def _pods(field: Field, node: str) -> list[dict]:
    return list(json.loads(field.kubectl.raw(f"/api/v1/nodes/{node}/proxy/stats/summary"))["pods"])
