"""The mirror: what the API server holds, over a watch that breaks, an end that is too old, and deletions nobody saw."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.application_task import ApplicationTask, Review
from jobhunter_contracts.errors import NotFound
from jobhunter_gateway.cluster_tasks import ClusterTasks, Gone
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.problems import Problem
from jobhunter_gateway.task_mirror import TaskMirror
from real_cluster import Kubectl, kubeconfig, kubectl, root_kubectl
from severed_line import SeveredLine
from waiting import until

__all__ = ["kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
URL = "https://careers.example.com/jobs/1"


class Watched:
    """A mirror that runs, with what it told."""

    def __init__(self, namespace: str) -> None:
        self.metrics = Metrics()
        self.cluster = ClusterTasks(namespace, self.metrics)
        self.mirror = TaskMirror(self.cluster, self.metrics)
        self.changes: list[str] = []
        self.gone: list[str] = []
        self.user = f"asha-{secrets.token_hex(4)}"
        self.mirror.on_change(lambda task: self.changes.append(task.uid))
        self.mirror.on_gone(lambda task: self.gone.append(task.uid))

    async def create(self) -> ApplicationTask:
        return ApplicationTask.model_validate(await self.cluster.create(self.user, URL, Review.REQUIRED))

    @property
    def relists(self) -> float:
        return self.metrics.registry.get_sample_value("jobhunter_gateway_relists_total") or 0.0


@asynccontextmanager
async def watched(kubectl: Kubectl, path: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Watched]:
    monkeypatch.setenv("KUBECONFIG", path)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    found = Watched(kubectl.namespace)
    await found.cluster.open()
    running = asyncio.create_task(found.mirror.run())
    try:
        yield found
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await found.cluster.close()


async def test_what_is_made_changed_and_deleted_is_seen(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(kubectl, kubectl.kubeconfig, monkeypatch) as w:
        await until(lambda: w.mirror.watching)
        task = await w.create()
        await until(lambda: w.mirror.owner(task.uid) == w.user)
        await asyncio.to_thread(kubectl.status, task.name, {"phase": "Running"})
        await until(lambda: getattr(w.mirror.get(task.uid), "status", task.status).phase == "Running")
        await w.cluster.delete(task.name, task.uid)
        await until(lambda: w.mirror.get(task.uid) is None)
        assert w.gone == [task.uid]
        assert w.mirror.of_user(w.user) == []
        assert w.relists == 1


async def test_after_a_broken_line_it_goes_on_where_it_was(
    kubectl: Kubectl, kubeconfig: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SeveredLine(kubeconfig, tmp_path / "kubeconfig") as line:
        async with watched(kubectl, line.kubeconfig, monkeypatch) as w:
            await until(lambda: w.mirror.watching)
            kept, deleted = await w.create(), await w.create()
            await until(lambda: len(w.mirror.of_user(w.user)) == 2)
            line.cut()
            await until(lambda: not w.mirror.watching)
            await asyncio.to_thread(kubectl.status, kept.name, {"phase": "Running"})
            await asyncio.to_thread(kubectl.do, "delete", "apptask", deleted.name, "--wait=false")
            line.mend()
            await until(lambda: w.gone == [deleted.uid])
            await until(lambda: getattr(w.mirror.get(kept.uid), "status", kept.status).phase == "Running")
            assert w.relists == 1


async def test_a_watch_that_is_too_old_begins_with_a_list(
    kubectl: Kubectl, kubeconfig: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SeveredLine(kubeconfig, tmp_path / "kubeconfig") as line:
        async with watched(kubectl, line.kubeconfig, monkeypatch) as w:
            await until(lambda: w.mirror.watching)
            deleted = await w.create()
            await until(lambda: w.mirror.get(deleted.uid) is not None)
            whole = w.cluster.watch

            async def too_old(version: str) -> AsyncIterator[dict[str, Any] | None]:
                monkeypatch.setattr(w.cluster, "watch", whole)
                raise Gone("too old resource version")
                yield None

            # Before the cut: no true watch may be under way at the mend.
            monkeypatch.setattr(w.cluster, "watch", too_old)
            line.cut()
            await until(lambda: not w.mirror.watching)
            await asyncio.to_thread(kubectl.do, "delete", "apptask", deleted.name, "--wait=false")
            line.mend()
            await until(lambda: w.gone == [deleted.uid])
            assert w.relists == 2


async def test_the_api_server_ends_a_watch_from_long_ago(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(kubectl, kubectl.kubeconfig, monkeypatch) as w:
        await until(lambda: w.mirror.watching)
        with pytest.raises(Gone):
            async for _ in w.cluster.watch("1"):
                pass


async def test_a_late_answer_does_not_bring_a_deleted_task_back(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(kubectl, kubectl.kubeconfig, monkeypatch) as w:
        await until(lambda: w.mirror.watching)
        raw = await w.cluster.create(w.user, URL, Review.REQUIRED)
        task = w.mirror.put(raw)
        assert task is not None
        await w.cluster.delete(task.name, task.uid)
        await until(lambda: w.gone == [task.uid])
        assert w.mirror.put(raw) is None
        assert w.mirror.get(task.uid) is None


async def test_an_older_state_never_replaces_a_newer_one(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(kubectl, kubectl.kubeconfig, monkeypatch) as w:
        await until(lambda: w.mirror.watching)
        old = await w.cluster.create(w.user, URL, Review.REQUIRED)
        name, uid = old["metadata"]["name"], old["metadata"]["uid"]
        w.mirror.put(await w.cluster.change_spec(name, uid, {"cancel": True}))
        w.mirror.put(old)
        task = w.mirror.get(uid)
        assert task is not None
        assert task.spec.cancel


async def test_a_listener_that_fails_keeps_nobody_else_from_hearing(
    kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with watched(kubectl, kubectl.kubeconfig, monkeypatch) as w:
        w.mirror.on_change(lambda _: 1 / 0 and None)
        heard: list[str] = []
        w.mirror.on_change(lambda task: heard.append(task.uid))
        await until(lambda: w.mirror.watching)
        task = await w.create()
        await until(lambda: task.uid in heard)
        assert w.mirror.watching


async def test_writes_meet_the_very_task_or_none(kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch) -> None:
    async with watched(kubectl, kubectl.kubeconfig, monkeypatch) as w:
        task = await w.create()
        other = "00000000-0000-4000-8000-000000000000"
        with pytest.raises(Problem) as refused:
            await w.cluster.change_spec(task.name, other, {"cancel": True})
        assert refused.value.code == "conflict"
        with pytest.raises(Problem):
            await w.cluster.delete(task.name, other)
        with pytest.raises(Problem) as refused:
            await w.cluster.change_spec(task.name, task.uid, {"url": "https://careers.example.com/jobs/2"})
        assert refused.value.code == "invalid-request"
        assert "url cannot be changed" in refused.value.what
        await w.cluster.delete(task.name, task.uid)
        with pytest.raises(NotFound):
            await w.cluster.get(task.name)


async def test_a_task_that_cannot_be_read_is_said_without_what_is_in_it(caplog: pytest.LogCaptureFixture) -> None:
    mirror = TaskMirror(ClusterTasks("jobs", Metrics()), Metrics())
    spec = {"userId": "asha", "url": URL, "responses": [{"id": "hitl_1", "value": ["my secret answer"]}]}
    assert mirror.put({"metadata": {"name": "t", "uid": "u", "resourceVersion": "1"}, "spec": spec}) is None
    assert "spec.responses.0.value" in caplog.text
    assert "my secret answer" not in caplog.text
