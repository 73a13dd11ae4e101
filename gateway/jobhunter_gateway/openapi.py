"""The OpenAPI document: FastAPI's, with every error as the problem that is really sent, and the profile's schema."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from jobhunter_contracts.profile import Profile
from jobhunter_gateway.problems import MEDIA_TYPE
from jobhunter_gateway.signed_in import GUARDED

_REFERENCE = "#/components/schemas/"
PROBLEM = {
    "type": "object",
    "description": "RFC 9457. code tells programs what it is; detail tells people what to do.",
    "required": ["type", "title", "status", "detail", "code"],
    "properties": {
        "type": {"type": "string", "description": "urn:jobhunter:problem:<code>"},
        "title": {"type": "string"},
        "status": {"type": "integer", "minimum": 400, "maximum": 599},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "message"],
                "properties": {"path": {"type": "string"}, "message": {"type": "string"}},
            },
        },
        "task_id": {"type": "string", "description": "Of the earlier task, where you applied already."},
        "session_id": {"type": "string"},
        "missing": {"type": "array", "items": {"type": "string"}},
    },
}
_ALWAYS = {"500": "Our own fault; it is in the gateway's log.", "503": "A part that is needed does not answer now."}
_SIGNED_IN = {
    "400": "The request cannot be read.",
    "401": "No good token.",
    "404": "Not there, or not yours.",
    "413": "The body is too large.",
    "422": "What was sent does not fit; errors says where.",
    "429": "Too many requests; Retry-After says when to come again.",
}
_MORE: dict[tuple[str, str], dict[str, str]] = {
    ("/api/jobs/apply", "post"): {
        "403": "user_id is not yours.",
        "409": "You applied for this posting already; task_id names the earlier task.",
    },
    ("/api/hitl/resolve", "post"): {"409": "Answered or expired already."},
    ("/api/tasks/{task_id}/cancel", "post"): {"409": "It has ended."},
    ("/api/tasks/{task_id}/settle", "post"): {"409": "There is nothing to settle."},
    ("/api/tasks/{task_id}", "delete"): {"409": "It was replaced at the same time, or is to be settled first."},
    ("/api/profile", "put"): {"412": "If-Match names another revision.", "415": "Neither JSON nor YAML."},
    ("/api/documents", "post"): {"409": "There is one of that name.", "415": "Of no kind that is read."},
}


def describe(app: FastAPI) -> None:
    """Has `app.openapi()` give the document."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign] # FastAPI's documented way to extend the document


def _document(app: FastAPI) -> dict[str, Any]:
    whole = get_openapi(title=app.title, version=app.version, routes=app.routes, summary=app.summary)
    schemas = whole.setdefault("components", {}).setdefault("schemas", {})
    for unused in ("HTTPValidationError", "ValidationError"):
        schemas.pop(unused, None)
    schemas["Problem"] = PROBLEM
    profile = Profile.model_json_schema(ref_template=_REFERENCE + "{model}")
    schemas |= profile.pop("$defs")
    schemas["Profile"] = profile
    for path, operations in whole["paths"].items():
        for method, operation in operations.items():
            _add_problems(path, method, operation)
    return whole


def _add_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    responses: dict[str, Any] = operation["responses"]
    problems = dict(_ALWAYS)
    if path.startswith(GUARDED):
        problems |= _SIGNED_IN
    if path.startswith("/agent/"):
        responses.pop("501", None)
        problems["501"] = "Not served by this version."
    problems |= _MORE.get((path, method), {})
    content = {MEDIA_TYPE: {"schema": {"$ref": f"{_REFERENCE}Problem"}}}
    for status, words in problems.items():
        responses[status] = {"description": words, "content": content}
    if "429" in problems:
        responses["429"]["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "In seconds."}}
