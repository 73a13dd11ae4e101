"""Fixtures: the gateway whole, over a real API server, NATS and PostgreSQL, called in this process."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.hitl import HitlKind, HitlRecord
from jobhunter_contracts.subjects import HITL_BUCKET, hitl_key
from jobhunter_gateway.app import create_app
from jobhunter_gateway.parts import Parts, running_parts
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.tokens import make_token
from nats_server import nats_client
from real_cluster import Kubectl
from waiting import until

SECRET = "a secret of the tests alone, of forty-two b"
NOW = "2026-11-21T10:00:00Z"


@dataclass(frozen=True)
class Person:
    """Somebody with a token, at the gateway."""

    user_id: str
    client: httpx.AsyncClient
    token: str

    async def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}"} | given.pop("headers", {})
        return await self.client.request(method, path, headers=headers, **given)

    async def get(self, path: str, **given: Any) -> httpx.Response:
        return await self.call("GET", path, **given)

    async def post(self, path: str, body: Any = None, **given: Any) -> httpx.Response:
        return await self.call("POST", path, json=body, **given)

    async def apply(self, url: str | None = None, **more: Any) -> str:
        """Id of a new task."""
        url = url or f"https://careers.example.com/jobs/{secrets.token_hex(6)}"
        answer = await self.post("/api/jobs/apply", {"url": url, **more})
        assert answer.status_code == 202, answer.text
        return str(answer.json()["task_id"])


@dataclass(frozen=True)
class Gateway:
    """A running gateway. kubectl is in the namespace of its tasks."""

    parts: Parts
    client: httpx.AsyncClient
    kubectl: Kubectl
    nats_url: str

    def person(self, name: str) -> Person:
        """A person of that name, whom no other test knows."""
        user_id = f"{name}-{secrets.token_hex(4)}"
        return Person(user_id, self.client, make_token(user_id, self.parts.settings))

    def name_of(self, task_id: str) -> str:
        task = self.parts.tasks.get(task_id)
        assert task is not None, f"the mirror has no task {task_id}"
        return task.name

    async def status(self, task_id: str, status: dict[str, Any]) -> None:
        """Writes a task's status as the operator would, and waits until the gateway has seen it."""
        await asyncio.to_thread(self.kubectl.status, self.name_of(task_id), status)

        def seen() -> bool:
            task = self.parts.tasks.get(task_id)
            assert task is not None
            have = task.status.model_dump(mode="json", by_alias=True, exclude_none=True)
            return all(have.get(key) == value for key, value in status.items() if isinstance(value, str))

        await until(seen)

    async def end(self, task_id: str, reason: str, *, phase: str = "Failed", **result: Any) -> None:
        """Ends a task."""
        done = {
            "type": "Succeeded",
            "status": "True" if reason == "Submitted" else "False",
            "reason": reason,
            "message": f"It ended: {reason}.",
            "lastTransitionTime": NOW,
        }
        status = {"conditions": [done], "phase": phase, "reason": reason, "completionTime": NOW}
        await self.status(task_id, status | ({"result": result} if result else {}))

    async def ask(self, task_id: str, hitl_id: str, kind: HitlKind = HitlKind.TEXT, **more: Any) -> HitlRecord:
        """A question of a runner, in the bucket."""
        now = datetime.now(UTC)
        record = HitlRecord(
            id=hitl_id,
            task_uid=task_id,
            pod_uid="pod",
            kind=kind,
            reason=InputReason.DRAFT_REVIEW if kind is HitlKind.REVIEW else InputReason.QUESTION,
            question="What is your notice period?",
            asked_at=now,
            **{"deadline": now + timedelta(seconds=120), **more},
        )
        nc = await nats_client(self.nats_url)
        bucket = await nc.jetstream().key_value(HITL_BUCKET)
        await bucket.put(hitl_key(task_id, hitl_id), record.to_json())
        await nc.close()
        return record


@pytest.fixture
def gateway_settings(kubectl: Kubectl, nats_streams: Any, database: Any, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a gateway over the test's own namespace, NATS and database."""
    monkeypatch.setenv("KUBECONFIG", kubectl.kubeconfig)
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    return Settings(
        _env_file=None,
        namespace=kubectl.namespace,
        nats_url=nats_streams.url,
        database_url=database.app_url,
        jwt_secret=SECRET,
        rate_requests="10000/minute",
        rate_writes="10000/minute",
        rate_before_sign_in="10000/minute",
        metrics_port=0,
        http_port=0,
    )


@asynccontextmanager
async def gateway_of(settings: Settings, kubectl: Kubectl, *, wait: bool = True) -> AsyncIterator[Gateway]:
    """A gateway of these settings; ready, unless it shall not wait."""
    async with running_parts(settings) as parts:
        transport = httpx.ASGITransport(create_app(parts), raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            gateway = Gateway(parts, client, kubectl, settings.nats_url)
            if wait:
                await until(lambda: parts.store.connected and parts.link.connected and parts.tasks.ready)
            yield gateway


@pytest.fixture
async def gateway(gateway_settings: Settings, kubectl: Kubectl) -> AsyncIterator[Gateway]:
    """A running gateway, ready."""
    async with gateway_of(gateway_settings, kubectl) as running:
        yield running


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """The answer's problem, which must be of that status and code."""
    assert answer.status_code == status, f"{answer.status_code} {answer.text}"
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = json.loads(answer.text)
    assert said["status"] == status
    assert said["code"] == code, said
    assert said["type"] == f"urn:jobhunter:problem:{code}"
    assert said["title"]
    assert said["detail"]
    return said


__all__ = ["Gateway", "Person", "gateway", "gateway_of", "gateway_settings", "problem", "until"]
