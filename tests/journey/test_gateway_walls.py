"""Two users, and a third who guesses: every call and every socket of the gateway that runs in the cluster."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from jobhunter_dev.applied_task import AppliedTask, Field
from jobhunter_dev.gateway_client import GatewayClient, Refused
from jobhunter_dev.installation import NAMESPACE, REPOSITORY

OPENAPI = json.loads(Path(REPOSITORY / "docs" / "openapi.json").read_text())
OPEN_TO_ALL = {"/healthz", "/readyz", "/metrics"}
METHODS = ("get", "put", "post", "patch", "delete")
CALLS = [
    (method.upper(), path)
    for path, item in OPENAPI["paths"].items()
    for method in METHODS
    if method in item and path not in OPEN_TO_ALL
]
OF_A_TASK = [(method, path) for method, path in CALLS if "{task_id}" in path and not path.startswith("/agent")]
BODIES = {"/api/tasks/{task_id}/settle": {"sent": True}}


@pytest.fixture(scope="module")
def owned(field: Field):
    """A task of the user `owner` that waits with its draft, and the document that its profile names."""
    field.stored_profile(field.user("owner"))
    with field.gateway(field.user("owner")) as gateway:
        task = field.applied_by(gateway)
        draft = task.wait_draft()
        document = gateway.call("GET", "/api/documents")["documents"][0]["id"]
        yield gateway, task, draft, document
        gateway.resolve(task.uid, draft, "reject")
        assert task.end()["reason"] == "Rejected"


@pytest.fixture(scope="module")
def other(field: Field) -> Iterator[GatewayClient]:
    """Another user, with a profile and a document of their own."""
    field.stored_profile(field.user("other"))
    with field.gateway(field.user("other")) as gateway:
        yield gateway


def status_and_problem(gateway: GatewayClient, method: str, path: str, body: object = None) -> tuple[int, dict]:
    try:
        return 200, gateway.call(method, path, body)
    except Refused as refused:
        return refused.status, refused.problem


@pytest.mark.parametrize(("method", "path"), CALLS)
def test_nothing_is_answered_without_a_token(owned, method: str, path: str) -> None:
    gateway, task, _, document = owned
    stranger = GatewayClient(gateway.address)
    filled = re.sub(r"\{document_id\}", document, re.sub(r"\{task_id\}", task.uid, path))
    filled = re.sub(r"\{[^}]*\}", "draft", filled)
    status, problem = status_and_problem(stranger, method, filled, {} if method in ("POST", "PUT") else None)
    assert status == 401, problem
    assert problem["code"]
    assert task.uid not in json.dumps(problem)


@pytest.mark.parametrize(("method", "path"), OF_A_TASK)
def test_a_foreign_task_is_answered_as_one_that_is_not_there(
    owned, other: GatewayClient, method: str, path: str
) -> None:
    gateway, task, _, _ = owned
    foreign, unknown = (
        status_and_problem(
            other, method, re.sub(r"\{[^}]*\}", "draft", path.replace("{task_id}", ident)), BODIES.get(path)
        )
        for ident in (task.uid, str(uuid.uuid4()))
    )
    assert foreign[0] == unknown[0] == 404
    assert {**foreign[1], "detail": ""} == {**unknown[1], "detail": ""}
    assert gateway.call("GET", f"/api/tasks/{task.uid}")["completed_at"] is None


def test_a_foreign_answer_profile_and_document_are_out_of_reach(owned, other: GatewayClient) -> None:
    gateway, task, draft, document = owned
    with pytest.raises(Refused) as refused:
        other.resolve(task.uid, draft, "confirm")
    assert refused.value.status == 404
    for method in ("GET", "DELETE"):
        assert status_and_problem(other, method, f"/api/documents/{document}")[0] == 404
    listed = other.call("GET", "/api/documents")["documents"]
    assert document not in [item["id"] for item in listed]
    assert task.uid not in json.dumps(other.call("GET", "/api/tasks?limit=100"))
    assert gateway.call("GET", "/api/documents")["documents"][0]["id"] == document
    assert task.posts() == []


def closed_with(url: str) -> int:
    """The close code that a socket ends with."""
    with connect(url, compression=None) as socket:
        try:
            for _ in range(50):
                socket.recv(timeout=10)
        except ConnectionClosed:
            pass  # what the code says is looked at below
    assert "owner" not in (socket.close_reason or "")
    return socket.close_code or 0


@pytest.mark.parametrize("path", ["/ws/{}", "/agent/tasks/{}/stream"])
def test_a_foreign_socket_closes_4003_and_tells_nothing(owned, other: GatewayClient, path: str) -> None:
    gateway, task, _, _ = owned
    address = gateway.address.replace("http", "ws", 1)
    assert closed_with(f"{address}{path.format(task.uid)}?token={other.token}") == 4003
    header, payload, _ = gateway.token.split(".")
    forged = ".".join((base64.urlsafe_b64encode(b'{"alg":"none","typ":"JWT"}').decode().rstrip("="), payload, ""))
    for token in ("", "x", forged, f"{header}.{payload}.AAAA", gateway.token[:-4]):
        assert closed_with(f"{address}{path.format(task.uid)}?token={token}") == 4003


def test_a_token_of_another_key_is_nobodys(owned) -> None:
    import jwt

    gateway, _, _, _ = owned
    for token in (
        jwt.encode({"sub": "owner", "exp": 4_000_000_000}, "x" * 48, algorithm="HS256"),
        jwt.encode({"sub": "owner", "exp": 4_000_000_000}, None, algorithm="none"),
    ):
        assert status_and_problem(GatewayClient(gateway.address, token), "GET", "/api/tasks")[0] == 401


def test_no_answer_holds_a_credential(owned, field: Field) -> None:
    """People get neither a NATS nor a database credential from any call."""
    gateway, task, _, _ = owned
    secrets = []
    for name in (
        "jobhunter-nats-gateway",
        "jobhunter-nats-operator",
        "jobhunter-postgres-app",
        "jobhunter-gateway-jwt",
    ):
        held = field.kubectl.get("secret", name, NAMESPACE)
        assert held is not None
        secrets += [base64.b64decode(value).decode() for key, value in held["data"].items() if key != "user"]
    told = []
    for method, path in CALLS:
        if method == "GET" and "{" not in path.replace("{task_id}", ""):
            told.append(str(status_and_problem(gateway, "GET", path.replace("{task_id}", task.uid))))
    stranger = GatewayClient(gateway.address)
    told += [str(status_and_problem(stranger, "GET", path)) for path in ("/", "/login", "/metrics", "/readyz")]
    text = "\n".join(told)
    assert len(text) > 2000
    assert not [secret for secret in secrets if secret in text]


def test_the_task_of_a_manifest_is_its_users_in_the_gateway_too(owned, field: Field) -> None:
    task: AppliedTask = field.apply(user=field.user("manifest-user"), review="Required")
    draft = task.wait_draft()
    with field.gateway(field.user("manifest-user")) as gateway:
        shown = gateway.call("GET", f"/api/tasks/{task.uid}")
        assert shown["source"] == "kubectl"
        assert [item["id"] for item in shown["pending_inputs"]] == [draft]
        picture = gateway.call("GET", f"/api/tasks/{task.uid}/pictures/draft")
        assert picture.startswith(b"\xff\xd8\xff"), "from the operator, who keeps this task's draft"
        gateway.resolve(task.uid, draft, "confirm")
    assert task.end()["reason"] == "Submitted"
