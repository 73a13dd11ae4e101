"""Two whole gateways, one of which has not seen yet what the other did: it tells nobody what is not so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobhunter_gateway import tasks_table
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.task_mirror import TaskMirror
from real_cluster import Kubectl, kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, Person, gateway, gateway_of, gateway_settings, problem
from waiting import until

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
URL = "https://careers.example.com/jobs/12345"


@pytest.fixture
async def late(
    gateway: Gateway, gateway_settings: Settings, kubectl: Kubectl, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Gateway]:
    """A second gateway, which has listed the tasks, and whose watch brings nothing."""

    async def silent(_: TaskMirror) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(TaskMirror, "_watch", silent)  # that of the first one runs already
    async with gateway_of(gateway_settings, kubectl) as second:
        yield second


async def applied(gateway: Gateway, late: Gateway, status: dict[str, Any] | None = None) -> tuple[Person, Person, str]:
    """Somebody at each gateway, and their task, which the late one can know from the store alone."""
    asha = gateway.person("asha")
    task_id = await asha.apply(URL)
    if status:
        await gateway.status(task_id, status)
    await stored(late, asha, task_id, (status or {}).get("phase"))
    assert late.parts.tasks.get(task_id) is None
    return asha, replace(asha, client=late.client), task_id


async def stored(late: Gateway, person: Person, task_id: str, phase: str | None) -> None:
    async def so() -> bool:
        async with late.parts.store.user(person.user_id) as connection:
            row = await tasks_table.get(connection, task_id)
        return row is not None and (row.manifest or {}).get("status", {}).get("phase") == phase

    await until(so)


async def test_a_task_that_was_not_seen_yet_is_shown_as_it_is(gateway: Gateway, late: Gateway) -> None:
    _, asha, task_id = await applied(gateway, late, {"phase": "Running", "podUid": "pod"})
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert (view["phase"], view["status"], view["deleted"], view["message"]) == ("Running", "running", False, "")
    for state, found in (("active", [task_id]), ("ended", []), ("waiting", [])):
        tasks = (await asha.get("/api/tasks", params={"state": state})).json()["tasks"]
        assert [task["task_id"] for task in tasks] == found, state
    assert problem(await asha.post("/api/jobs/apply", {"url": URL}), 409, "duplicate-application")["task_id"] == task_id


async def test_it_is_cancelled_and_deleted_in_truth(gateway: Gateway, late: Gateway) -> None:
    first, asha, task_id = await applied(gateway, late)
    name = gateway.name_of(task_id)
    assert (await asha.post(f"/api/tasks/{task_id}/cancel")).status_code == 200
    assert (await asyncio.to_thread(gateway.kubectl.get, name))["spec"]["cancel"] is True
    assert (await asha.call("DELETE", f"/api/tasks/{task_id}")).status_code == 204
    await until(lambda: gateway.parts.tasks.get(task_id) is None)
    assert (await asha.get(f"/api/tasks/{task_id}")).json()["deleted"] is True
    problem(await first.post(f"/api/tasks/{task_id}/cancel"), 409, "ended")


async def test_its_question_is_answered(gateway: Gateway, late: Gateway) -> None:
    _, asha, task_id = await applied(gateway, late, {"phase": "WaitingForInput", "podUid": "pod"})
    await gateway.ask(task_id, "hitl_1")
    body = {"session_id": task_id, "hitl_id": "hitl_1", "response": "4 weeks"}
    assert (await asha.post("/api/hitl/resolve", body)).json() == {"status": "resolved"}
    ben = late.person("ben")
    problem(await ben.post("/api/hitl/resolve", body), 404, "not-found")


async def test_an_unconfirmed_one_is_settled_before_it_is_deleted(gateway: Gateway, late: Gateway) -> None:
    _, asha, task_id = await applied(gateway, late)
    name = gateway.name_of(task_id)
    await gateway.end(task_id, "SubmissionUnconfirmed")
    said = problem(await asha.call("DELETE", f"/api/tasks/{task_id}"), 409, "unsettled")
    assert "whether it was sent" in said["detail"]
    assert (await asha.post(f"/api/tasks/{task_id}/settle", {"sent": True})).status_code == 200
    assert (await asyncio.to_thread(gateway.kubectl.get, name))["spec"]["settle"] == "sent"
    # Until the operator has written it down, deleting the task would lose the word.
    problem(await asha.call("DELETE", f"/api/tasks/{task_id}"), 409, "unsettled")


async def test_what_nobody_can_ask_the_api_server_for_is_not_said_to_be_over(late: Gateway) -> None:
    asha, task_id = late.person("asha"), "4f6a0c1e-52a7-4a51-9d0e-6b1c7f0d2a11"
    async with late.parts.store.user(asha.user_id) as connection:
        await tasks_table.ensure(connection, asha.user_id, task_id)  # an event came before anybody saw the task
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert (view["phase"], view["deleted"]) == ("Pending", False)
    for call in (asha.post(f"/api/tasks/{task_id}/cancel"), asha.call("DELETE", f"/api/tasks/{task_id}")):
        problem(await call, 503, "unavailable")


async def test_one_that_was_not_in_the_list_is_gone(late: Gateway) -> None:
    asha, task_id = late.person("asha"), "4f6a0c1e-52a7-4a51-9d0e-6b1c7f0d2a12"
    async with late.parts.store.user(asha.user_id) as connection:
        made = datetime.now(UTC) - timedelta(minutes=10)
        await tasks_table.ensure(connection, asha.user_id, task_id, made)
    view = (await asha.get(f"/api/tasks/{task_id}")).json()
    assert (view["phase"], view["deleted"], view["reason"]) == ("Failed", True, "Deleted")
    problem(await asha.post(f"/api/tasks/{task_id}/cancel"), 409, "ended")
