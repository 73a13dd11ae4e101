"""What the gateway counts, for Prometheus. No label holds anything of a user."""

from __future__ import annotations

import time
from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FAST = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """One registry with everything in it; names begin with jobhunter_gateway_."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        prefix = "jobhunter_gateway_"
        r = self.registry
        self.requests = Counter(
            f"{prefix}requests", "Requests by route template and status.", ["method", "route", "status"], registry=r
        )
        self.request_seconds = Histogram(
            f"{prefix}request_seconds", "Time of a request.", ["route"], buckets=_FAST, registry=r
        )
        self.rate_limited = Counter(f"{prefix}rate_limited", "Refused for their rate.", ["rate"], registry=r)
        self.api_writes = Counter(f"{prefix}api_writes", "Writes to the API server.", ["verb"], registry=r)
        self.tasks = Gauge(f"{prefix}tasks", "Tasks in the mirror by phase.", ["phase"], registry=r)
        self.watch_events = Counter(f"{prefix}watch_events", "Watch events of tasks.", ["type"], registry=r)
        self.relists = Counter(f"{prefix}relists", "Lists of all tasks.", registry=r)
        self.mirror_ready = Gauge(f"{prefix}mirror_ready", "1 while tasks are watched.", registry=r)
        self.nats_connected = Gauge(f"{prefix}nats_connected", "1 while connected to NATS.", registry=r)
        self.nats_errors = Counter(f"{prefix}nats_errors", "Errors that the NATS client reported.", registry=r)
        self.store_connected = Gauge(f"{prefix}store_connected", "1 while Postgres answers.", registry=r)
        self.projected = Counter(f"{prefix}events_projected", "Events by what became of them.", ["result"], registry=r)
        self.projector_lag = Gauge(
            f"{prefix}projector_lag_events", "Events that wait to be written to the store.", registry=r
        )
        self.submissions = Counter(
            f"{prefix}submissions_projected", "Submission records by what became of them.", ["result"], registry=r
        )
        self.sockets = Gauge(f"{prefix}sockets", "Open sockets.", registry=r)
        self.socket_closes = Counter(f"{prefix}socket_closes", "Closed sockets by code.", ["code"], registry=r)
        self.events_sent = Counter(f"{prefix}events_sent", "Events sent to sockets.", registry=r)
        self.frames = Counter(f"{prefix}frames", "Frames: received, sent or dropped.", ["what"], registry=r)
        self.answers = Counter(f"{prefix}answers", "Answers to questions by result.", ["result"], registry=r)
        self.asks = Counter(f"{prefix}asks", "Requests over NATS, by kind and result.", ["what", "result"], registry=r)
        self.ask_seconds = Histogram(
            f"{prefix}ask_seconds", "Time of a request over NATS.", ["what"], buckets=_FAST, registry=r
        )
        self.documents = Counter(f"{prefix}documents", "Uploaded documents by state.", ["state"], registry=r)

    def phases(self, phases: Iterable[str]) -> None:
        """How many tasks are in each phase now."""
        self.tasks.clear()
        for phase, count in Tally(phases).items():
            self.tasks.labels(phase=phase).set(count)

    def render(self) -> bytes:
        """The text format."""
        return generate_latest(self.registry)


class CountRequests:
    """The outermost middleware: each request's route template, status and time."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        begun = time.perf_counter()

        async def observed(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, observed)
        finally:
            route = _template(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(method=method, route=route, status=status).inc()
            self._metrics.request_seconds.labels(route=route).observe(time.perf_counter() - begun)


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def _template(scope: Scope) -> str:
    """/api/tasks/{task_id}, never the address itself: that would name tasks, and be without end."""
    route = scope.get("route")
    return str(getattr(route, "path", "")) or "unmatched"
