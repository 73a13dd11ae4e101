"""Answers by POST /api/hitl/resolve, and the draft: the first answer counts."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.hitl import HitlKind
from jobhunter_gateway import task_blobs
from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, gateway, gateway_settings, problem

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey


def answer(task_id: str, response: str = "4 weeks", hitl_id: str = "hitl_1") -> dict[str, Any]:
    return {"hitl_id": hitl_id, "response": response, "session_id": task_id}


async def test_an_answer_reaches_the_question(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1")
    (pending,) = (await asha.get(f"/api/tasks/{task_id}")).json()["pending_inputs"]
    assert (pending["id"], pending["kind"], pending["question"]) == ("hitl_1", "text", "What is your notice period?")
    said = await asha.post("/api/hitl/resolve", answer(task_id))
    assert (said.status_code, said.json()) == (200, {"status": "resolved"})
    assert (await asha.get(f"/api/tasks/{task_id}")).json()["pending_inputs"] == []


async def test_a_second_answer_is_refused(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1")
    answers = [asha.post("/api/hitl/resolve", answer(task_id, word)) for word in ("one", "two", "three")]
    statuses = sorted(said.status_code for said in await asyncio.gather(*answers))
    assert statuses == [200, 409, 409]
    problem(await asha.post("/api/hitl/resolve", answer(task_id)), 409, "already-answered")


async def test_a_late_answer_is_refused(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1", deadline=datetime.now(UTC) - timedelta(seconds=1))
    problem(await asha.post("/api/hitl/resolve", answer(task_id)), 409, "expired")
    assert (await asha.get(f"/api/tasks/{task_id}")).json()["pending_inputs"] == []
    await gateway.ask(task_id, "hitl_2")
    await gateway.end(task_id, "Cancelled")
    problem(await asha.post("/api/hitl/resolve", answer(task_id, hitl_id="hitl_2")), 409, "expired")


@pytest.mark.parametrize("response", ["", "   ", "\n"])
async def test_an_empty_answer_is_refused(gateway: Gateway, response: str) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1")
    problem(await asha.post("/api/hitl/resolve", answer(task_id, response)), 422, "empty-answer")


async def test_a_choice_is_one_of_its_options(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1", HitlKind.CHOICE, options=["Yes", "No"])
    said = problem(await asha.post("/api/hitl/resolve", answer(task_id, "Perhaps")), 422, "bad-answer")
    assert "Yes, No" in said["detail"]
    assert (await asha.post("/api/hitl/resolve", answer(task_id, "yes"))).status_code == 200


async def test_a_question_that_is_not_there_and_one_of_another_are_answered_alike(gateway: Gateway) -> None:
    asha, ben = gateway.person("asha"), gateway.person("ben")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1")
    bodies = [
        answer(task_id),
        answer("00000000-0000-0000-0000-000000000000"),
        answer(await ben.apply(), hitl_id="hitl_9"),
        answer(task_id, hitl_id="*.>"),
        answer("nothing"),
    ]
    texts = {(await ben.post("/api/hitl/resolve", body)).text for body in bodies}
    assert len(texts) == 1
    problem(await ben.post("/api/hitl/resolve", bodies[0]), 404, "not-found")
    assert (await asha.post("/api/hitl/resolve", answer(task_id))).status_code == 200


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"hitl_id": "a"},
        {"hitl_id": 1, "response": "a", "session_id": "b"},
        answer("a") | {"by": "me"},
        [],
        "x",
        None,
    ],
)
async def test_a_body_of_another_shape_is_refused(gateway: Gateway, body: Any) -> None:
    assert problem(await gateway.person("asha").post("/api/hitl/resolve", body), 422, "invalid-request")["errors"]


async def test_a_draft_is_shown_while_it_waits_and_afterwards(gateway: Gateway) -> None:
    asha, ben = gateway.person("asha"), gateway.person("ben")
    task_id = await asha.apply()
    problem(await asha.get(f"/api/tasks/{task_id}/draft"), 404, "not-found")
    field = DraftField(label="<b>Notice</b>", value="4 weeks", source="person", confidence=0.5)
    draft = Draft(hitl_id="draft_1", url="https://careers.example.com/apply", digest="d", fields=[field])
    async with gateway.parts.store.user(asha.user_id) as connection:
        await task_blobs.put(connection, asha.user_id, task_id, "draft.json", draft.to_json())
        await task_blobs.put(connection, asha.user_id, task_id, "draft.jpg", b"\xff\xd8\xff picture")
    await gateway.ask(task_id, "draft_1", HitlKind.REVIEW)
    shown = (await asha.get(f"/api/tasks/{task_id}/draft")).json()
    assert (shown["open"], shown["hitl_id"], shown["fields"][0]["label"]) == (True, "draft_1", "<b>Notice</b>")
    assert shown["deadline"].endswith("Z")
    picture = await asha.get(f"/api/tasks/{task_id}/pictures/draft")
    assert (picture.headers["content-type"], picture.content) == ("image/jpeg", b"\xff\xd8\xff picture")
    problem(await asha.get(f"/api/tasks/{task_id}/pictures/confirmation"), 404, "not-found")
    problem(await asha.get(f"/api/tasks/{task_id}/pictures/passwd"), 422, "invalid-request")
    for path in ("draft", "pictures/draft"):
        problem(await ben.get(f"/api/tasks/{task_id}/{path}"), 404, "not-found")
    assert (await asha.post("/api/hitl/resolve", answer(task_id, "confirm", "draft_1"))).status_code == 200
    shown = (await asha.get(f"/api/tasks/{task_id}/draft")).json()
    assert (shown["open"], shown["deadline"]) == (False, None)
