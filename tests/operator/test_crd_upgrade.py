"""The hook that applies the definition, against a server that speaks the API's protocol as far as the hook needs it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from kubernetes import client

from jobhunter_contracts.crd import application_task_crd
from jobhunter_operator import crd_upgrade

NAME = "applicationtasks.jobhunter.dev"
PATH = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{NAME}"


@dataclass
class ApiServer:
    """answers: statuses of the next patches (200 once they are used up). patches: what was applied, with its query."""

    answers: list[int] = field(default_factory=list)
    patches: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    established: str = "True"
    api: Any = None


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """A server on loopback, and a client of it."""
    state = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, body: dict[str, Any]) -> None:
            text = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def do_PATCH(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.patches.append((self.path, self.headers["Content-Type"], body))
            status = state.answers.pop(0) if state.answers else 200
            if status == 200:
                self._send(200, body)
            else:
                self._send(status, {"kind": "Status", "code": status, "message": f"says {status}"})

        def do_GET(self) -> None:
            condition = {"type": "Established", "status": state.established, "message": "names are in conflict"}
            names = {"kind": "ApplicationTask", "plural": "applicationtasks"}
            status = {"conditions": [condition], "acceptedNames": names, "storedVersions": ["v1alpha1"]}
            self._send(200, {**application_task_crd(), "status": status})

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    listener = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=listener.serve_forever, daemon=True).start()
    configuration = client.Configuration()
    configuration.host = f"http://127.0.0.1:{listener.server_port}"
    state.api = client.ApiextensionsV1Api(client.ApiClient(configuration))
    yield state
    listener.shutdown()


@pytest.fixture(autouse=True)
def no_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crd_upgrade, "PAUSE_SECONDS", 0)


def test_the_generated_definition_is_applied_by_the_server(server: ApiServer) -> None:
    crd_upgrade.apply(server.api, application_task_crd())
    crd_upgrade.wait_established(server.api, NAME)
    ((path, media_type, body),) = server.patches
    assert path.split("?")[0] == PATH
    assert "fieldManager=helm" in path
    assert "force=true" in path.lower()
    assert media_type == "application/apply-patch+yaml"
    assert body == application_task_crd()


def test_an_api_server_that_cannot_answer_is_asked_again(server: ApiServer) -> None:
    server.answers = [503, 409, 429]
    crd_upgrade.apply(server.api, application_task_crd())
    assert len(server.patches) == 4


def test_a_refusal_is_final_and_said_in_the_server_s_words(server: ApiServer) -> None:
    server.answers = [422]
    with pytest.raises(crd_upgrade.CrdNotApplied, match="says 422"):
        crd_upgrade.apply(server.api, application_task_crd())
    assert len(server.patches) == 1


def test_it_gives_up_in_the_end(server: ApiServer) -> None:
    server.answers = [503] * 20
    with pytest.raises(crd_upgrade.CrdNotApplied, match="says 503"):
        crd_upgrade.apply(server.api, application_task_crd())
    assert len(server.patches) == crd_upgrade.TRIES


def test_a_definition_that_is_never_served_is_said(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crd_upgrade, "ESTABLISHED_SECONDS", 0.3)
    server.established = "False"
    with pytest.raises(crd_upgrade.CrdNotApplied, match="Established=False names are in conflict"):
        crd_upgrade.wait_established(server.api, NAME)
