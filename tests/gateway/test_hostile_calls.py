"""Calls made to break the gateway or to get past it: texts that are none, many at once, and parts of ours that hang."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_gateway.documents import UPLOADS_AT_ONCE
from real_cluster import kubeconfig, kubectl, root_kubectl
from running_gateway import Gateway, gateway, gateway_settings, problem

__all__ = ["gateway", "gateway_settings", "kubeconfig", "kubectl", "root_kubectl"]
pytestmark = pytest.mark.journey
JSON = {"Content-Type": "application/json"}
TEXTS = [
    '"\\ud800"',
    '"https://a.example/\\udfff"',
    '"\\u0000"',
    '"http://[::1%25x"',
    '"http://x:٣/"',
    "NaN",
    "1e999",
    "[]",
]


@pytest.mark.parametrize("text", [*TEXTS, '"' + "x" * 300_000 + '"', "[" * 300 + "]" * 300, "1" * 5000])
async def test_no_text_in_any_body_is_more_than_refused(gateway: Gateway, text: str) -> None:
    asha = gateway.person("asha")
    bodies = {
        "/api/jobs/apply": f'{{"url": {text}}}',
        "/api/hitl/resolve": f'{{"hitl_id": {text}, "response": {text}, "session_id": {text}}}',
        "/agent/tasks": f'{{"prompt": {text}, "prompt": {text}}}',
        "/api/tasks/x/settle": f'{{"sent": {text}, "\\ud800": {text}}}',
    }
    for path, body in bodies.items():
        answer = await asha.call("POST", path, content=body.encode(), headers=JSON)
        assert answer.status_code in (400, 404, 422, 501), f"{path} {answer.status_code} {answer.text[:300]}"
        assert answer.headers["content-type"] == "application/problem+json"
        assert len(answer.content) < 10_000


def test_half_a_surrogate_pair_is_no_address() -> None:
    with pytest.raises(InvalidUrl):
        normal_posting_url("https://careers.example.com/\ud800")


async def test_of_many_who_apply_at_once_one_makes_a_task(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    body = {"url": "https://careers.example.com/jobs/at-once"}
    late = []
    for _ in range(8):  # some wait already when others come
        late.append(asyncio.create_task(asha.post("/api/jobs/apply", body)))
        await asyncio.sleep(0.002)
    codes = Counter(answer.status_code for answer in await asyncio.gather(*late))
    assert codes == {202: 1, 409: 7}
    assert len(gateway.parts.tasks.of_user(asha.user_id)) == 1


async def test_of_many_uploads_few_are_in_memory_at_once(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    asha = gateway.person("asha")
    add, at_once, most = gateway.parts.documents.add, 0, 0

    async def counted(*given: Any, **more: Any) -> Any:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        try:
            return await add(*given, **more)
        finally:
            at_once -= 1

    monkeypatch.setattr(gateway.parts.documents, "add", counted)
    files = [{"file": (f"cv{number}.txt", b"Engineer")} for number in range(30)]
    answers = await asyncio.gather(*(asha.call("POST", "/api/documents", files=file) for file in files))
    assert {answer.status_code for answer in answers} == {201}
    assert most <= UPLOADS_AT_ONCE


async def test_an_upload_of_very_many_parts_is_refused(gateway: Gateway) -> None:
    asha = gateway.person("asha")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="cv.txt"\r\n\r\nEngineer\r\n'
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = await asha.call("POST", "/api/documents", content=part * 2000 + b"--x--\r\n", headers=headers)
    problem(answer, 400, "bad-request")
    answer = await asha.call("POST", "/api/documents", content=part[:-2], headers=headers)  # broken off
    assert answer.status_code in (400, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@contextmanager
def frozen(process: int) -> Iterator[None]:
    """The process and its children neither work nor end: their connections stay open, and nothing comes."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    stopped = [process, *map(int, children)]
    for pid in stopped:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in stopped:
            os.kill(pid, signal.SIGCONT)


async def timed(call: Any) -> tuple[httpx.Response, float]:
    begun = time.monotonic()
    answer: httpx.Response = await call
    return answer, time.monotonic() - begun


async def test_a_postgres_that_hangs_is_said_and_not_waited_for(gateway: Gateway, postgres: Any) -> None:
    asha = gateway.person("asha")
    assert (await asha.get("/api/tasks")).status_code == 200
    with frozen(postgres._process.pid):
        calls = [asha.get(path) for path in ("/api/profile", "/api/applications", "/api/sites", "/api/documents")]
        calls += [asha.call("PUT", "/api/profile", json={"profile": {"hobby": "chess"}})]
        calls += [asha.get("/api/profile") for _ in range(15)]  # more than there are connections
        answers = await asyncio.gather(*map(timed, calls))
        assert (await gateway.client.get("/healthz")).status_code == 200
        problem(await gateway.client.get("/readyz"), 503, "not-ready")
    for answer, seconds in answers:
        problem(answer, 503, "unavailable")
        assert int(answer.headers["retry-after"]) >= 1
        assert seconds < 10


async def test_a_nats_that_hangs_is_said_and_not_waited_for(gateway: Gateway, nats_streams: Any) -> None:
    asha = gateway.person("asha")
    task_id = await asha.apply()
    await gateway.ask(task_id, "hitl_1")
    body = {"hitl_id": "hitl_1", "response": "4 weeks", "session_id": task_id}
    with frozen(nats_streams._process.pid):
        answer, seconds = await timed(asha.post("/api/hitl/resolve", body))
        shown, while_shown = await timed(asha.get(f"/api/tasks/{task_id}"))
    problem(answer, 503, "unavailable")
    assert int(answer.headers["retry-after"]) >= 1
    assert shown.status_code == 200
    assert max(seconds, while_shown) < 10
