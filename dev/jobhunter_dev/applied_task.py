"""An ApplicationTask applied to a real cluster, as the journey tests and the benchmarks follow it."""

from __future__ import annotations

import base64
import itertools
import json
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml
from kubernetes import client, config  # in the virtual environment alone: this module is for tests and benchmarks

from .demo import EXAMPLES
from .environment import VENV
from .gateway_client import GatewayClient, reached
from .installation import NAMESPACE, SESSIONS, SITE_PROXY, Installation, site_url
from .kubectl import Kubectl, wait_until

GROUP, VERSION, PLURAL = "jobhunter.dev", "v1alpha1", "applicationtasks"
_numbers = itertools.count(1)
_started = int(time.time())


class Field:
    """The cluster under test: applies tasks, kills parts, asks the site what it received."""

    def __init__(self, place: Installation, containerd: str) -> None:
        self.place = place
        self.kubectl: Kubectl = place.kubectl
        self._containerd = containerd
        load: Any = config.new_client_from_config
        self.api = load(str(self.kubectl.kubeconfig) if self.kubectl.kubeconfig else None)
        # The client's models declare every key optional, which the API server does not: Any here keeps the tests readable.
        self.core: Any = client.CoreV1Api(self.api)
        self.postings: dict[tuple[str, str], int] = {}  # (kind, job) to how often it may be applied for
        self.custom: Any = client.CustomObjectsApi(self.api)

    def profile(self, changes: dict[str, Any] | None = None) -> dict[str, Any]:
        """The example's profile, with keys of its `application` block changed."""
        profile: dict[str, Any] = yaml.safe_load((EXAMPLES / "profile.yaml").read_text())
        profile["application"] |= changes or {}
        return profile

    def secret(self, name: str, files: dict[str, bytes], namespace: str = SESSIONS) -> str:
        """A Secret beside the tasks; replaced where it is there."""
        self.kubectl.apply(
            {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "namespace": namespace},
                "data": {key: base64.b64encode(data).decode() for key, data in files.items()},
            }
        )
        return name

    def profile_secret(self, name: str = "journey-profile", profile: dict[str, Any] | None = None) -> str:
        """A Secret with a profile and the example's résumé."""
        text = yaml.safe_dump(profile or self.profile(), sort_keys=False)
        return self.secret(name, {"profile.yaml": text.encode(), "cv.pdf": (EXAMPLES / "cv.pdf").read_bytes()})

    def apply(
        self,
        kind: str = "greenhouse",
        *,
        job: str | None = None,
        url: str | None = None,
        user: str | None = None,
        hold: float = 0,
        name: str | None = None,
        profile_ref: str | None = "journey-profile",
        **spec: Any,
    ) -> AppliedTask:
        """Applies a task for a posting of the careers site that no other test applied for."""
        number = next(_numbers)
        job = job or f"{_started}{number:03d}"
        name = name or f"t{number:03d}-{kind}-{_started % 100000}"
        metadata: dict[str, Any] = {"name": name, "namespace": SESSIONS}
        if hold:
            metadata["annotations"] = {f"{GROUP}/test-hold-seconds": str(hold)}
        wanted: dict[str, Any] = {"userId": user or f"user-{number}", "url": url or site_url(kind, job), **spec}
        if profile_ref:
            wanted["profileRef"] = {"name": profile_ref}
        manifest = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": "ApplicationTask",
            "metadata": metadata,
            "spec": wanted,
        }
        allowed = self.postings.get((kind, job), 1)
        self.postings[kind, job] = allowed + bool(spec.get("allowDuplicate"))
        made = self.custom.create_namespaced_custom_object(GROUP, VERSION, SESSIONS, PLURAL, manifest)
        return AppliedTask(self, name, kind, job, made["metadata"]["uid"])

    def visits(self) -> list[dict[str, Any]]:
        """What was asked of the site."""
        return list(json.loads(self.kubectl.raw(f"{SITE_PROXY}/_visits")))

    def plugin(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """`kubectl jobhunter ...` as a person runs it."""
        env = self.kubectl.env()
        env["PATH"] = f"{VENV / 'bin'}:{env['PATH']}"
        return subprocess.run(
            [self.kubectl.program("kubectl"), "jobhunter", *arguments, "-n", SESSIONS],
            env=env,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def user(self, name: str) -> str:
        """A user of this run alone: the store outlives a run on the same cluster."""
        return f"{name}-{_started}"

    @contextmanager
    def gateway(self, user: str) -> Iterator[GatewayClient]:
        """The gateway, signed in as `user`, through a port-forward while the block runs."""
        with reached(self.kubectl, user) as client:
            yield client

    def stored_profile(self, user: str, profile: dict[str, Any] | None = None) -> None:
        """A profile and the example's résumé in the store, as a person puts them there."""
        with self.gateway(user) as gateway:
            text = yaml.safe_dump(profile or self.profile(), sort_keys=False).encode()
            gateway.call("PUT", "/api/profile", text, Content_Type="application/yaml")
            if not gateway.call("GET", "/api/documents")["documents"]:
                gateway.upload("resume", "cv.pdf", (EXAMPLES / "cv.pdf").read_bytes())

    def applied_by(self, gateway: GatewayClient, kind: str = "greenhouse", **more: Any) -> AppliedTask:
        """POST /api/jobs/apply for a posting that no other test applied for."""
        job = f"{_started}{next(_numbers):03d}"
        uid = gateway.apply(site_url(kind, job), **more)
        name = str(gateway.call("GET", f"/api/tasks/{uid}")["name"])
        return AppliedTask(self, name, kind, job, uid)

    def operator_pod(self) -> Any:
        """The operator's running pod, None while there is none."""
        pods = self.core.list_namespaced_pod(NAMESPACE, label_selector="app.kubernetes.io/component=operator").items
        alive = [pod for pod in pods if pod.metadata.deletion_timestamp is None and pod.status.phase == "Running"]
        return alive[0] if alive else None

    def kill_operator(self) -> None:
        """SIGKILL to the operator's process, and its pod deleted so that the kubelet's back-off does not slow the test."""
        pod = wait_until("an operator", self.operator_pod, seconds=60)
        self.kill_container(pod, pod.spec.containers[0].name)
        self.kubectl.run("delete", "pod", pod.metadata.name, "-n", NAMESPACE, "--grace-period=0", "--force")

    @contextmanager
    def operator_frozen(self) -> Iterator[None]:
        """The operator's process stands still in the block, and goes on after it where it still lives."""
        pod = wait_until("an operator", self.operator_pod, seconds=60)
        self.kill_container(pod, pod.spec.containers[0].name, "STOP")
        try:
            yield
        finally:
            now = self.operator_pod()
            if now is not None and now.metadata.uid == pod.metadata.uid:
                self.kill_container(now, now.spec.containers[0].name, "CONT")

    def delete_pods(self, component: str, *how: str) -> None:
        """Deletes a part's pods, of which there must be one, and returns when they are gone."""
        chosen = ("-n", NAMESPACE, "-l", f"app.kubernetes.io/component={component}")
        assert "deleted" in self.kubectl.run("delete", "pod", *chosen, "--wait=true", *how)

    def kill_container(self, pod: Any, name: str, sign: str = "KILL") -> None:
        """A signal to a container's first process; SIGKILL as the node's out-of-memory killer would. It must hit."""
        statuses = [*(pod.status.container_statuses or []), *(pod.status.init_container_statuses or [])]
        (ident,) = [status.container_id for status in statuses if status.name == name]
        assert ident, f"{name} of {pod.metadata.name} has no container to kill"
        done = subprocess.run(
            ["ctr", "--address", self._containerd, "-n", "k8s.io", "tasks", "kill", "-s", sign]
            + [ident.removeprefix("containerd://")],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr


def fitting(question: dict[str, Any], words: str) -> str:
    """An answer that the question takes: its last option where the site drew a choice, else `words`."""
    return str(question["options"][-1]) if question.get("options") else words


@dataclass(frozen=True)
class AppliedTask:
    """One applied task."""

    field: Field
    name: str
    kind: str
    job: str
    uid: str

    def read(self) -> dict[str, Any]:
        """The object as it stands."""
        return dict(self.field.custom.get_namespaced_custom_object(GROUP, VERSION, SESSIONS, PLURAL, self.name))

    @property
    def status(self) -> dict[str, Any]:
        return dict(self.read().get("status") or {})

    def condition(self, kind: str) -> dict[str, Any]:
        """The condition of that type, {} where it was never set."""
        found = [c for c in self.status.get("conditions") or [] if c["type"] == kind]
        return dict(found[0]) if found else {}

    def wait(self, what: str, look: Callable[[dict[str, Any]], bool], seconds: float = 60) -> dict[str, Any]:
        """The status, as soon as `look` says so of it; the status is in the words where it never does."""
        last: dict[str, Any] = {}

        def seen() -> dict[str, Any] | None:
            nonlocal last
            last = self.status
            return last if look(last) else None

        try:
            return wait_until(what, seen, seconds=seconds, pause=0.05)
        except Exception as late:
            raise AssertionError(f"{late} The status of {self.name}: {json.dumps(last, indent=1)}") from late

    def wait_condition(self, kind: str, status: str = "True", seconds: float = 60) -> dict[str, Any]:
        """The status, once the condition has that status."""
        return self.wait(
            f"{kind}={status}",
            lambda seen: any(c["type"] == kind and c["status"] == status for c in seen.get("conditions") or []),
            seconds,
        )

    def wait_draft(self, seconds: float = 90) -> str:
        """Id of the draft that waits."""
        return str(self.wait_input("review", seconds=seconds)["id"])

    def wait_input(self, *kinds: str, seconds: float = 90) -> dict[str, Any]:
        """The first open question of one of the kinds. Fails at once where the task ended instead."""

        def look(seen: dict[str, Any]) -> bool:
            assert not seen.get("completionTime"), f"it ended: {json.dumps(seen, indent=1)}"
            return any(item["kind"] in kinds for item in seen.get("pendingInputs") or [])

        status = self.wait(f"a question of kind {' or '.join(kinds)}", look, seconds)
        return next(item for item in status["pendingInputs"] if item["kind"] in kinds)

    def answer(self, ident: str, value: str) -> None:
        """Answers by spec.responses, as a manifest would."""
        responses = [*(self.read()["spec"].get("responses") or []), {"id": ident, "value": value}]
        self.patch(responses=responses)

    def patch(self, **spec: Any) -> None:
        """Changes the spec."""
        self.field.custom.patch_namespaced_custom_object(
            GROUP, VERSION, SESSIONS, PLURAL, self.name, {"spec": spec}, _content_type="application/merge-patch+json"
        )

    def confirm(self, seconds: float = 90) -> None:
        """Waits for the draft and confirms it."""
        self.answer(self.wait_draft(seconds), "confirm")

    def end(self, seconds: float = 120) -> dict[str, Any]:
        """The status once the task has ended."""
        return self.wait("the end", lambda seen: bool(seen.get("completionTime")), seconds)

    def pod(self) -> Any:
        """The present attempt's pod, None while there is none."""
        pods = self.field.core.list_namespaced_pod(SESSIONS, label_selector=f"{GROUP}/task-uid={self.uid}").items
        alive = [pod for pod in pods if pod.metadata.deletion_timestamp is None and pod.status.phase != "Failed"]
        return alive[-1] if alive else None

    def kill_runner(self) -> None:
        """SIGKILL to the runner; where its container has not started, the pod is deleted at once."""
        pod = wait_until("the pod", self.pod, seconds=30, pause=0.05)
        started = [s for s in pod.status.container_statuses or [] if s.name == "runner" and s.container_id]
        if started:
            self.field.kill_container(pod, "runner")
        else:
            self.field.kubectl.run(
                "delete", "pod", pod.metadata.name, "-n", SESSIONS, "--grace-period=0", "--force", "--ignore-not-found"
            )

    def posts(self) -> list[dict[str, Any]]:
        """What the site received for this task's posting."""
        return self.field.place.site_record(self.kind, self.job)

    def events(self) -> list[dict[str, Any]]:
        """The Kubernetes Events of the task."""
        items = self.field.kubectl.list("events", SESSIONS)
        return [item for item in items if (item.get("involvedObject") or {}).get("uid") == self.uid]
