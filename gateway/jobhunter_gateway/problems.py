"""Every error that a person or program gets over HTTP: application/problem+json (RFC 9457).

    {"type": "urn:jobhunter:problem:<code>", "title", "status", "detail", "code"} and, where there is more to say, further
    members such as "errors": [{"path", "message"}] or "task_id".

Whoever raises a JobHunterError gets it answered by its code: STATUS says which status. What has no row there is our own
fault: 500 without a word of what went on inside, which the log has.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobhunter_contracts.errors import JobHunterError

logger = logging.getLogger(__name__)
MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
"""What Retry-After says where a part of ours does not answer: about as long as a pod takes to come back."""

STATUS: dict[str, int] = {
    "not-found": 404,
    "profile-missing": 404,
    "already-answered": 409,
    "expired": 409,
    "duplicate-application": 409,
    "not-unconfirmed": 409,
    "unsettled": 409,
    "ended": 409,
    "conflict": 409,
    "too-many-documents": 409,
    "revision-conflict": 412,
    "too-large": 413,
    "unsupported-media-type": 415,
    "empty-answer": 422,
    "empty-document": 422,
    "document-bomb": 422,
    "bad-answer": 422,
    "bad-upload": 422,
    "bad-user-id": 422,
    "invalid-profile": 422,
    "invalid-url": 422,
    "invalid-request": 422,
    "invalid-message": 422,
    "no-planning-yet": 501,
    "bad-token": 401,
    "forbidden": 403,
    "too-many-requests": 429,
    "quota-exceeded": 503,
    "unavailable": 503,
    "lease-unavailable": 503,
}
"""Error code to HTTP status."""


class Problem(JobHunterError):
    """An error with all that its answer needs.

    code: a key of STATUS. headers: such as Retry-After. members: further members of the problem's JSON.
    """

    def __init__(
        self,
        code: str,
        what: str,
        *,
        remedy: str = "",
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        self.code = code
        self.headers = dict(headers or {})
        self.members = dict(members or {})
        super().__init__(what, remedy=remedy)


class ProblemResponse(Response):
    """A problem as an answer; serves as an ASGI app, so that middlewares can send it too."""

    media_type = MEDIA_TYPE

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        body = {
            "type": f"urn:jobhunter:problem:{code}",
            "title": HTTPStatus(status).phrase,
            "status": status,
            "detail": detail,
            "code": code,
            **(members or {}),
        }
        # ensure_ascii: what a client sent may hold half a surrogate pair, which UTF-8 cannot.
        super().__init__(json.dumps(body), status, headers)


def problem_of(error: JobHunterError) -> ProblemResponse:
    """The answer to an error of ours."""
    status = STATUS.get(error.code)
    if status is None:
        logger.error("an error without a status: %s (%s)", error, error.code, exc_info=error)
        return internal_problem()
    headers: dict[str, str] = {}
    members: Mapping[str, Any] = {}
    if isinstance(error, Problem):
        headers, members = dict(error.headers), error.members
    if status == 503:
        headers.setdefault("Retry-After", str(RETRY_SECONDS))
    if status == 401:
        headers.setdefault("WWW-Authenticate", 'Bearer realm="jobhunter"')
    return ProblemResponse(status, error.code, str(error), headers=headers, members=members)


def internal_problem() -> ProblemResponse:
    """500; what happened is in the log alone."""
    return ProblemResponse(500, "internal", "Something went wrong here; it is in the gateway's log. Try again later.")


_HTTP_WORDS = {
    400: ("bad-request", "The request cannot be read."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take that method."),
    408: ("request-timeout", "The request's body did not come in time."),
    413: ("too-large", "The request's body is too large."),
    415: ("unsupported-media-type", "The body's media type is not one that is read here."),
}


async def _on_problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, JobHunterError)  # noqa: S101 - registered for these alone
    return problem_of(error)


async def _on_validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for these alone
    errors = [
        {"path": ".".join(str(part) for part in fault["loc"]), "message": str(fault["msg"])} for fault in error.errors()
    ]
    detail = "; ".join(f"{fault['path']}: {fault['message']}" for fault in errors[:5])
    return ProblemResponse(422, "invalid-request", detail, members={"errors": errors})


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these alone
    code, words = _HTTP_WORDS.get(error.status_code, (f"http-{error.status_code}", str(error.detail)))
    return ProblemResponse(error.status_code, code, words, headers=error.headers)


class UnexpectedFaults:
    """Inside the other middlewares: what nobody caught is logged, and answered with a 500 that has their headers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def observed(message: Message) -> None:
            nonlocal begun
            begun = begun or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, observed)
        except Exception:  # the request's fate is decided here
            logger.exception("%s %s failed", scope["method"], scope["path"])
            if begun:
                raise  # half an answer is out: the connection is to break, or the client would take it for whole
            await internal_problem()(scope, receive, send)


def answer_problems(app: FastAPI) -> None:
    """Has every error of `app` answered as a problem."""
    app.add_exception_handler(JobHunterError, _on_problem)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)
