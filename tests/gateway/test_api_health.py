"""Probes, and beginning without Postgres, NATS or the API server: each is said in words, and found again."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path
from typing import Any

import pytest

from jobhunter_gateway.settings import Settings
from real_cluster import Kubectl, kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, gateway, gateway_of, gateway_settings, problem
from severed_line import SeveredLine
from waiting import until

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey


async def ready(gateway: Gateway) -> bool:
    return (await gateway.client.get("/readyz")).status_code == 200


async def test_a_whole_gateway_is_alive_and_ready(gateway: Gateway) -> None:
    await until(lambda: gateway.parts.tasks.watching)
    for path in ("/healthz", "/readyz"):
        answer = await gateway.client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok", "notes": []})
    gateway.parts.stopping.set()
    assert problem(await gateway.client.get("/readyz"), 503, "not-ready")["missing"] == [
        "The gateway is shutting down."
    ]
    assert (await gateway.client.get("/healthz")).status_code == 200


async def test_it_begins_without_postgres_and_nats_and_finds_them(
    gateway_settings: Settings, kubectl: Kubectl, nats_streams: Any, database: Any
) -> None:
    nats_streams.stop()
    await asyncio.to_thread(database.server.stop)
    async with gateway_of(gateway_settings, kubectl, wait=False) as gateway:
        asha = gateway.person("asha")
        await until(lambda: gateway.parts.tasks.ready)
        said = problem(await gateway.client.get("/readyz"), 503, "not-ready")
        assert said["missing"] == ["Postgres does not answer.", "NATS does not answer."]
        assert (await gateway.client.get("/healthz")).status_code == 200
        refused = await asha.get("/api/profile")
        problem(refused, 503, "unavailable")
        assert int(refused.headers["retry-after"]) >= 1
        assert database.server.url("jobhunter_app", "x").split("@")[0] not in refused.text
        assert (await asha.get("/api/tasks")).json() == {"tasks": [], "next": None}
        nats_streams.start()
        await asyncio.to_thread(database.server.start)
        await until(lambda: ready(gateway), 20)
        task_id = await asha.apply()
        assert (await asha.get(f"/api/tasks/{task_id}")).status_code == 200


async def test_what_changed_while_postgres_was_away_is_stored_afterwards(gateway: Gateway, database: Any) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()

    async def stored() -> bool:
        async with gateway.parts.store.user(asha.user_id) as connection:
            row = await connection.fetchrow("SELECT status FROM tasks WHERE id = $1", task_id)
        return row is not None and row["status"] == "completed"

    await asyncio.to_thread(database.server.stop, signal.SIGQUIT)
    await gateway.end(task_id, "Submitted", phase="Succeeded")
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert view["status"] == "completed"
    await asyncio.to_thread(database.server.start)
    await until(lambda: ready(gateway), 20)
    await until(stored, 20)


async def test_a_severed_line_to_the_api_server_is_said_and_mended(
    gateway_settings: Settings, kubectl: Kubectl, kubeconfig: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SeveredLine(kubeconfig, tmp_path / "kubeconfig") as line:
        monkeypatch.setenv("KUBECONFIG", line.kubeconfig)
        line.cut()
        async with gateway_of(gateway_settings, kubectl, wait=False) as gateway:
            asha = gateway.person("asha")
            await until(lambda: gateway.parts.store.connected and gateway.parts.link.connected)
            said = problem(await gateway.client.get("/readyz"), 503, "not-ready")
            assert [words[:14] for words in said["missing"]] == ["The API server"]
            # Nobody is told that there is nothing, while nobody can know.
            problem(await asha.get("/api/tasks"), 503, "unavailable")
            problem(await asha.get("/api/tasks/00000000-0000-4000-8000-000000000000"), 503, "unavailable")
            problem(await asha.post("/api/jobs/apply", {"url": "https://careers.example.com/1"}), 503, "unavailable")
            line.mend()
            await until(lambda: ready(gateway), 20)
            task_id = await asha.apply()
            line.cut()
            await until(lambda: not gateway.parts.tasks.watching)
            health = await gateway.client.get("/readyz")
            assert health.status_code == 200
            assert health.json()["notes"]
            assert (await asha.get(f"/api/tasks/{task_id}")).json()["task_id"] == task_id
            refused = await asha.post(f"/api/tasks/{task_id}/cancel")
            problem(refused, 503, "unavailable")
            assert refused.headers["retry-after"]
            line.mend()
            await until(lambda: gateway.parts.tasks.watching, 20)
            assert (await asha.post(f"/api/tasks/{task_id}/cancel")).status_code == 200
