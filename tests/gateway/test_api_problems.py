"""Every error is a problem: unknown addresses, wrong methods, too much, too often, and our own faults. And the headers."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest

from jobhunter_gateway.settings import Settings
from real_cluster import Kubectl, kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, gateway, gateway_of, gateway_settings, problem

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey


async def test_unknown_addresses_and_methods_are_problems(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    problem(await asha.get("/api/nothing"), 404, "not-found")
    problem(await asha.get("/api/tasks/"), 404, "not-found")
    problem(await asha.get("/nothing/here"), 404, "not-found")
    answer = await asha.call("PUT", "/api/jobs/apply", json={})
    problem(answer, 405, "method-not-allowed")
    assert answer.headers["allow"] == "POST"
    problem(await asha.call("BREW", "/healthz"), 405, "method-not-allowed")


async def test_a_body_that_is_no_json_is_said(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"\xff\xfe", b"[" * 50_000, b'"\\ud800"'):
        answer = await asha.call("POST", "/api/jobs/apply", content=body, headers=headers)
        assert answer.status_code in (400, 422), answer.text
        problem(answer, answer.status_code, "bad-request" if answer.status_code == 400 else "invalid-request")
    problem(await asha.call("POST", "/api/jobs/apply", content=b"url=x"), 422, "invalid-request")


async def test_too_large_a_body_is_refused_before_it_is_read(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    taken = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(64):
            taken += 1
            yield b" " * 65536

    limit = gateway.parts.settings.request_limit_bytes
    for path in ("/api/jobs/apply", "/api/profile"):
        method = "PUT" if path.endswith("profile") else "POST"
        problem(await asha.call(method, path, content=b" " * (limit + 1)), 413, "too-large")
    problem(await asha.call("POST", "/api/jobs/apply", content=chunks()), 413, "too-large")
    assert taken <= limit // 65536 + 1
    for length in ("9" * 20, "9" * 5000, "-1", "1e3"):
        answer = await asha.call("POST", "/api/jobs/apply", content=b"{}", headers={"Content-Length": length})
        problem(answer, 413, "too-large")


async def test_what_nobody_foresaw_is_500_without_a_word_of_it(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    asha = gateway.person("asha")

    def broken(_: str) -> list[Any]:
        raise ZeroDivisionError("a secret detail")

    monkeypatch.setattr(gateway.parts.tasks, "of_user", broken)
    answer = await asha.get("/api/tasks")
    problem(answer, 500, "internal")
    assert "secret" not in answer.text
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    counted = (await gateway.client.get("/metrics")).text
    assert re.search(r'jobhunter_gateway_requests_total\{method="GET",route="/api/tasks",status="500"\} 1\.0', counted)


async def test_a_person_who_asks_too_often_is_told_when_to_come_again(
    gateway_settings: Settings, kubectl: Kubectl
) -> None:
    slow = gateway_settings.model_copy(update={"rate_requests": "5/minute", "rate_writes": "2/minute"})
    async with gateway_of(slow, kubectl) as gateway:
        asha, ben = gateway.person("asha"), gateway.person("ben")
        for _ in range(2):
            assert (await asha.post("/api/hitl/resolve", {})).status_code == 422
        refused = await asha.post("/api/hitl/resolve", {})
        problem(refused, 429, "too-many-requests")
        assert 1 <= int(refused.headers["retry-after"]) <= 60
        for _ in range(2):
            assert (await asha.get("/api/me")).status_code == 200
        problem(await asha.get("/api/me"), 429, "too-many-requests")
        assert (await ben.get("/api/me")).status_code == 200
        assert (await gateway.client.get("/healthz")).status_code == 200


async def test_who_guesses_tokens_is_slowed_and_nobody_else_behind_the_same_address(
    gateway_settings: Settings, kubectl: Kubectl
) -> None:
    slow = gateway_settings.model_copy(update={"rate_before_sign_in": "3/minute"})
    async with gateway_of(slow, kubectl) as gateway:
        asha = gateway.person("asha")
        for _ in range(3):
            problem(await gateway.client.get("/api/me"), 401, "bad-token")
        refused = await gateway.client.get("/api/me")
        problem(refused, 429, "too-many-requests")
        assert int(refused.headers["retry-after"]) >= 1
        assert (await asha.get("/api/me")).status_code == 200


async def test_every_answer_has_the_security_headers(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    for path in ("/api/me", "/api/nothing", "/healthz", "/", "/login", "/nothing"):
        answer = await asha.get(path)
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "access-control-allow-origin" not in answer.headers
    assert (await asha.get("/api/me")).headers["cache-control"] == "no-store"


async def test_wishes_are_answered_with_words_until_planning_is_there(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    said = problem(await asha.post("/agent/tasks", {"prompt": "Find me a job"}), 501, "no-planning-yet")
    assert "/api/jobs/apply" in said["detail"]
    body: dict[str, Any] = {"step_id": "1", "action": "retry"}
    for step_id in ("1", 5):
        problem(await asha.post("/agent/tasks/x/intervene", body | {"step_id": step_id}), 501, "no-planning-yet")
    problem(await asha.post("/agent/tasks/x/intervene", body | {"step_id": True}), 422, "invalid-request")
    problem(await asha.post("/agent/tasks", {}), 422, "invalid-request")
    problem(await asha.post("/agent/tasks/x/intervene", body | {"action": "dance"}), 422, "invalid-request")


async def test_metrics_say_nothing_of_anybody(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply("https://careers.example.com/jobs/secret-position")
    await asha.get(f"/api/tasks/{task_id}")
    await asha.get(f"/no/such/{asha.user_id}")
    text = (await gateway.client.get("/metrics")).text
    for word in (asha.user_id, task_id, "secret-position", "careers.example.com"):
        assert word not in text
    assert 'route="/api/tasks/{task_id}"' in text
    assert 'route="unmatched"' in text
    assert 'jobhunter_gateway_tasks{phase="Pending"}' in text
    assert "jobhunter_gateway_store_connected 1.0" in text
    assert "jobhunter_gateway_nats_connected 1.0" in text
