"""Two people and a guessing third: what is one's own is nobody else's, and nobody learns that it exists."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from jobhunter_gateway.app import openapi_document
from jobhunter_gateway.tokens import make_token
from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, Person, gateway, gateway_settings, problem
from waiting import until

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
UNKNOWN = "00000000-0000-4000-8000-000000000000"
OF_A_TASK: list[tuple[str, str, Any]] = [
    ("GET", "/api/tasks/{}", None),
    ("DELETE", "/api/tasks/{}", None),
    ("POST", "/api/tasks/{}/cancel", None),
    ("POST", "/api/tasks/{}/settle", {"sent": True}),
    ("GET", "/api/tasks/{}/events", None),
    ("GET", "/api/tasks/{}/draft", None),
    ("GET", "/api/tasks/{}/pictures/draft", None),
    ("GET", "/api/tasks/{}/pictures/confirmation", None),
]
OF_A_DOCUMENT = [("GET", "/api/documents/{}", None), ("DELETE", "/api/documents/{}", None)]


async def upload(person: Person) -> str:
    files = {"file": ("cv.md", b"# Asha Rao\n\nEngineer of bridges.\n", "text/markdown")}
    answer = await person.call("POST", "/api/documents", files=files, data={"kind": "resume"})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def _without_ids(answer: httpx.Response, *ids: str) -> tuple[int, str]:
    text = answer.text
    for one in ids:
        text = text.replace(one, "ID")
    return answer.status_code, text


async def test_another_ones_task_is_as_one_that_never_was(gateway: Gateway) -> None:
    asha, ben, guesser = gateway.person("asha"), gateway.person("ben"), gateway.person("guesser")
    mine, deleted = await asha.apply(), await asha.apply()
    await gateway.end(deleted, "Submitted", phase="Succeeded")
    await ben.apply()

    async def stored() -> bool:
        return len((await asha.get("/api/applications")).json()["applications"]) == 1

    await until(stored)
    assert (await asha.call("DELETE", f"/api/tasks/{deleted}")).status_code == 204
    for method, path, body in OF_A_TASK:
        for person in (ben, guesser):
            answers = {
                _without_ids(await person.call(method, path.format(uid), json=body), uid)
                for uid in (mine, deleted, UNKNOWN, UNKNOWN.replace("0", "a"), "x", "task-abcde")
            }
            assert len(answers) == 1, (method, path, answers)
            assert next(iter(answers))[0] == 404
    assert (await asha.get(f"/api/tasks/{mine}")).json()["cancelled"] is False
    made = await asyncio.to_thread(gateway.kubectl.get, gateway.name_of(mine))
    assert "settle" not in made["spec"]


async def test_another_ones_document_is_as_one_that_never_was(gateway: Gateway) -> None:
    asha, ben = gateway.person("asha"), gateway.person("ben")
    mine = await upload(asha)
    await upload(ben)
    for method, path, _ in OF_A_DOCUMENT:
        answers = {_without_ids(await ben.call(method, path.format(uid)), uid) for uid in (mine, UNKNOWN)}
        assert len(answers) == 1, answers
        assert next(iter(answers))[0] == 404
    assert (await asha.get(f"/api/documents/{mine}")).status_code == 200


async def test_lists_hold_ones_own_alone(gateway: Gateway) -> None:
    asha, ben, guesser = gateway.person("asha"), gateway.person("ben"), gateway.person("guesser")
    for person in (asha, ben):
        task_id = await person.apply()
        await gateway.end(task_id, "Submitted", phase="Succeeded")
        await upload(person)
        await person.call("PUT", "/api/profile", json={"profile": {"basics": {"name": person.user_id}}})

        async def stored(person: Person = person) -> bool:
            return len((await person.get("/api/applications")).json()["applications"]) == 1

        await until(stored)
    paths = {
        "/api/tasks": "tasks",
        "/api/documents": "documents",
        "/api/applications": "applications",
        "/api/sites": "sites",
    }
    for path, key in paths.items():
        assert (await guesser.get(path)).json()[key] == []
        assert len((await asha.get(path)).json()[key]) == 1, path
    problem(await guesser.get("/api/profile"), 404, "profile-missing")
    assert (await ben.get("/api/profile")).json()["profile"]["basics"]["name"] == ben.user_id
    foreign = (await asha.get("/api/tasks")).json()["tasks"][0]["task_id"]
    for path in ("/api/tasks", "/api/applications"):
        page = (await ben.get(path, params={"before": foreign})).json()
        assert page == {paths[path]: [], "next": None}
    csv = (await guesser.get("/api/applications", params={"format": "csv"})).text
    assert csv.count("\n") == 1


async def test_every_call_of_the_api_needs_a_token(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    paths: Any = openapi_document()["paths"]
    guarded = [(m, p) for p, operations in paths.items() for m in operations if p.startswith(("/api/", "/agent/"))]
    assert len(guarded) > 18
    bad = [None, "Bearer", "Bearer ", "Basic YTpi", f"Bearer {asha.token}x", f"Bearer {asha.token[:-4]}", asha.token]
    for method, template in guarded:
        path = template.format(task_id=task_id, document_id=UNKNOWN, name="draft")
        for header in bad:
            headers = {"Authorization": header} if header is not None else {}
            answer = await gateway.client.request(method.upper(), path, headers=headers, content=b"{")
            problem(answer, 401, "bad-token")
            assert answer.headers["www-authenticate"].startswith("Bearer")
    assert gateway.parts.tasks.get(task_id) is not None


async def test_a_token_in_the_address_does_not_sign_in(gateway: Gateway) -> None:
    token = make_token("asha", gateway.parts.settings)
    problem(await gateway.client.get("/api/me", params={"token": token}), 401, "bad-token")


async def test_me_says_who_and_until_when(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    me = (await asha.get("/api/me")).json()
    assert me["user_id"] == asha.user_id
    assert me["expires_at"].endswith("Z")
