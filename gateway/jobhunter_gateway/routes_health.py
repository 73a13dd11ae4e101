"""GET /healthz: this process runs. GET /readyz: what it needs is there, else what is missing, in words. GET /metrics."""

from __future__ import annotations

from typing import Literal

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel

from jobhunter_gateway.parts import Parts
from jobhunter_gateway.problems import ProblemResponse
from jobhunter_gateway.signed_in import PartsOf

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """notes: what is not as it should be, though people are served."""

    status: Literal["ok"] = "ok"
    notes: list[str] = []


@router.get("/healthz", response_model=Health)
async def healthz(parts: PartsOf) -> Health | Response:
    """Independent of all other parts: a restart would mend none of them. 503 where this process can reach NATS no more."""
    if parts.link.lost:
        return ProblemResponse(503, "not-ready", "The connection to NATS was given up.")
    return Health()


@router.get("/readyz", response_model=Health)
async def readyz(parts: PartsOf) -> Health | Response:
    """200 where people can be served."""
    missing = missing_parts(parts)
    if missing:
        return ProblemResponse(503, "not-ready", " ".join(missing), members={"missing": missing})
    # The API server's absence is said, but keeps nobody away: what is known of the tasks still serves, and answers,
    # pictures and sockets do not need it.
    notes = [] if parts.tasks.watching else ["The API server does not answer: tasks are shown as last seen."]
    return Health(notes=notes)


def missing_parts(parts: Parts) -> list[str]:
    """A sentence for each part without which people cannot be served."""
    missing = []
    if parts.stopping.is_set():
        missing.append("The gateway is shutting down.")
    if not parts.store.connected:
        missing.append("Postgres does not answer.")
    if not parts.link.connected:
        missing.append("NATS does not answer.")
    if not parts.tasks.ready:
        missing.append("The API server was not reached yet, so the tasks are not known.")
    return missing


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def metrics(parts: PartsOf) -> Response:
    """For Prometheus; nothing in it is of a user."""
    return Response(parts.metrics.render(), headers={"Content-Type": CONTENT_TYPE_LATEST})
