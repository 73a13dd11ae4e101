"""What the gateway is made of: built in one place, handed to every route.

A route takes them by `parts: PartsOf` (signed_in.py); sockets by `websocket.app.state.parts`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jobhunter_gateway.settings import Settings

if TYPE_CHECKING:
    from jobhunter_gateway.cluster_tasks import ClusterTasks
    from jobhunter_gateway.documents import Documents
    from jobhunter_gateway.hitl_answers import HitlAnswers
    from jobhunter_gateway.hub import Hub
    from jobhunter_gateway.memory import Memory
    from jobhunter_gateway.metrics import Metrics
    from jobhunter_gateway.nats_link import NatsLink
    from jobhunter_gateway.pictures import Pictures
    from jobhunter_gateway.rates import Rates
    from jobhunter_gateway.store import Store
    from jobhunter_gateway.task_mirror import TaskMirror


@dataclass(frozen=True)
class Parts:
    """cluster: writes to the API server. tasks: the mirror, what the API server holds. hub: the sockets' feeds."""

    settings: Settings
    metrics: Metrics
    rates: Rates
    store: Store
    link: NatsLink
    cluster: ClusterTasks
    tasks: TaskMirror
    answers: HitlAnswers
    pictures: Pictures
    hub: Hub
    memory: Memory
    documents: Documents


@asynccontextmanager
async def running_parts(settings: Settings) -> AsyncIterator[Parts]:
    """The parts, started in the order store, NATS, mirror; none of them has to be reachable for it to begin."""
    async with AsyncExitStack():
        raise RuntimeError("the other parts are not in the repository yet")
        yield
