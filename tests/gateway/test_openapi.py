"""The OpenAPI document: committed, fresh, valid, and it names every call and every error's shape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from openapi_spec_validator import validate

from jobhunter_gateway.__main__ import main

COMMITTED = Path(__file__).parents[2] / "docs" / "openapi.json"
CALLS = {
    ("post", "/api/jobs/apply"),
    ("post", "/api/hitl/resolve"),
    ("post", "/agent/tasks"),
    ("post", "/agent/tasks/{task_id}/intervene"),
    ("get", "/api/profile"),
    ("put", "/api/profile"),
    ("post", "/api/documents"),
    ("get", "/api/documents"),
    ("get", "/api/documents/{document_id}"),
    ("delete", "/api/documents/{document_id}"),
    ("get", "/api/tasks"),
    ("get", "/api/tasks/{task_id}"),
    ("delete", "/api/tasks/{task_id}"),
    ("post", "/api/tasks/{task_id}/cancel"),
    ("post", "/api/tasks/{task_id}/settle"),
    ("get", "/api/tasks/{task_id}/events"),
    ("get", "/api/tasks/{task_id}/draft"),
    ("get", "/api/tasks/{task_id}/pictures/{name}"),
    ("get", "/api/applications"),
    ("get", "/api/sites"),
    ("get", "/api/me"),
    ("get", "/healthz"),
    ("get", "/readyz"),
    ("get", "/metrics"),
}


def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(COMMITTED.read_text("utf-8"))
    return found


def test_the_committed_document_is_fresh(tmp_path: Path) -> None:
    assert main(["openapi", str(tmp_path / "openapi.json")]) == 0
    assert (tmp_path / "openapi.json").read_text("utf-8") == COMMITTED.read_text("utf-8"), "run: make generate"


def test_it_is_a_valid_document() -> None:
    validate(document())


def test_it_names_every_call_of_the_contract() -> None:
    assert {(m, path) for path, operations in document()["paths"].items() for m in operations} == CALLS


def test_every_error_is_a_problem() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                if int(status) >= 400:
                    assert list(answer["content"]) == ["application/problem+json"], (method, path, status)


def test_every_call_of_a_person_needs_a_token() -> None:
    for path, operations in document()["paths"].items():
        for method, operation in operations.items():
            assert bool(operation.get("security")) == path.startswith(("/api/", "/agent/")), (method, path)
