"""The application: every route, inside the middlewares that count, guard and limit.

request ─▶ HEAD is GET ─▶ counted ─▶ security headers ─▶ what nobody caught ─▶ sign-in and rates ─▶ body's size ─▶ route
"""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from jobhunter_gateway import (
    dashboard,
    routes_agent,
    routes_applications,
    routes_documents,
    routes_health,
    routes_hitl,
    routes_jobs,
    routes_profile,
    routes_sites,
    routes_sockets,
    routes_tasks,
)
from jobhunter_gateway.metrics import CountRequests, Metrics
from jobhunter_gateway.openapi import describe
from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import UnexpectedFaults, answer_problems
from jobhunter_gateway.rates import Rates
from jobhunter_gateway.request_limits import RequestLimits
from jobhunter_gateway.security_headers import SecurityHeaders
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.signed_in import SignIn

VERSION = "1"


_ROUTERS = (
    routes_jobs.router,
    routes_hitl.router,
    routes_agent.router,
    routes_tasks.router,
    routes_profile.router,
    routes_documents.router,
    routes_applications.router,
    routes_sites.router,
    routes_health.router,
    routes_sockets.router,
    dashboard.router,
)


def create_app(parts: Parts) -> FastAPI:
    """The application over these parts; whoever runs it starts and ends them."""
    app = _app(parts.settings, parts.rates, parts.metrics)
    app.state.parts = parts
    return app


def openapi_document() -> dict[str, object]:
    """The OpenAPI document, for which no part has to run."""
    settings, metrics = Settings(_env_file=None), Metrics()
    return _app(settings, Rates(settings, metrics), metrics).openapi()


def _app(settings: Settings, rates: Rates, metrics: Metrics) -> FastAPI:
    app = FastAPI(
        title="JobHunter",
        version=VERSION,
        docs_url=None,  # its page would load scripts from other hosts
        redoc_url=None,
        redirect_slashes=False,
    )
    for router in _ROUTERS:
        app.include_router(router)
    answer_problems(app)
    describe(app)
    # The last one added is the outermost.
    app.add_middleware(RequestLimits, settings=settings)
    app.add_middleware(SignIn, settings=settings, rates=rates)
    app.add_middleware(UnexpectedFaults)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(CountRequests, metrics=metrics)
    app.add_middleware(HeadAsGet)
    return app


class HeadAsGet:
    """What can be got can be asked for without its body (RFC 9110, 9.3.2); FastAPI's routes know no HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def without_body(message: Message) -> None:
            await send({**message, "body": b""} if message["type"] == "http.response.body" else message)

        await self._app({**scope, "method": "GET"}, receive, without_body)
