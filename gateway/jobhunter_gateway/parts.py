"""What the gateway is made of: built in one place, handed to every route.

A route takes them by `parts: PartsOf` (signed_in.py); a socket by `socket.app.state.parts`.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

from jobhunter_connection.background import end_tasks
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import JobHunterError
from jobhunter_gateway.asks_service import AsksService
from jobhunter_gateway.cluster_tasks import ClusterTasks
from jobhunter_gateway.documents import Documents
from jobhunter_gateway.hitl_answers import HitlAnswers
from jobhunter_gateway.hub import Hub
from jobhunter_gateway.memory import Memory
from jobhunter_gateway.metrics import Metrics
from jobhunter_gateway.pictures import Pictures
from jobhunter_gateway.profile_exists import ProfileExists
from jobhunter_gateway.projector import Projector
from jobhunter_gateway.rates import Rates
from jobhunter_gateway.settings import Settings
from jobhunter_gateway.store import Store
from jobhunter_gateway.submission_projector import SubmissionProjector
from jobhunter_gateway.task_mirror import TaskMirror
from jobhunter_gateway.task_projection import TaskProjection

logger = logging.getLogger(__name__)
_GAUGES_SECONDS = 1.0
_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Parts:
    """cluster: writes to the API server. tasks: the mirror of what it holds. hub: the sockets' feeds.

    stopping: set once the gateway shuts down.
    """

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
    stopping: asyncio.Event = field(default_factory=asyncio.Event)


@asynccontextmanager
async def running_parts(settings: Settings) -> AsyncIterator[Parts]:
    """The parts, started in the order store, NATS, mirror; each is tried for ever, and none has to be there to begin.

    Raises kubernetes.config.ConfigException where there is no credential for the API server.
    """
    metrics = Metrics()
    rates = Rates(settings, metrics)
    async with AsyncExitStack() as stack:
        store = Store(settings.database_url.get_secret_value(), size=settings.database_pool_size)
        await stack.enter_async_context(store)
        cluster = ClusterTasks(settings.namespace, metrics)
        await cluster.open()
        stack.push_async_callback(cluster.close)
        tasks = TaskMirror(cluster, metrics)
        link = NatsLink("gateway", settings, metrics)
        stack.push_async_callback(link.close)
        answers = HitlAnswers(link, tasks, metrics)
        pictures = Pictures(link, store, tasks)
        memory = Memory(settings, store)
        stack.push_async_callback(memory.close)
        hub = Hub(link, store, pictures, answers, rates, metrics)
        stack.push_async_callback(hub.close)
        projection = TaskProjection(tasks, store)

        async def owner_of(task_uid: str) -> str | None:
            return tasks.owner(task_uid) or await store.owner_of(task_uid)

        services: list[AsksService | ProfileExists] = [
            AsksService(link, store, tasks, memory, metrics),
            ProfileExists(link, store),
        ]
        for service in services:
            stack.push_async_callback(service.stop)
            link.on_connected(service.start)
        parts = Parts(
            settings=settings,
            metrics=metrics,
            rates=rates,
            store=store,
            link=link,
            cluster=cluster,
            tasks=tasks,
            answers=answers,
            pictures=pictures,
            hub=hub,
            memory=memory,
            documents=Documents(settings, store, link, metrics),
        )
        background: dict[str, Callable[[], Awaitable[None]]] = {
            "memory": memory.start,
            "nats": link.connect,
            "mirror": tasks.run,
            "task projection": projection.run,
            "projector": Projector(
                link,
                store,
                owner_of,
                count=lambda result: metrics.projected.labels(result=result).inc(),
                lag=metrics.projector_lag.set,
            ).run,
            "submission projector": SubmissionProjector(
                link, store, owner_of, count=lambda result: metrics.submissions.labels(result=result).inc()
            ).run,
            "gauges": partial(_gauges, parts),
        }
        await stack.enter_async_context(_in_background(background))
        yield parts


@asynccontextmanager
async def _in_background(parts: dict[str, Callable[[], Awaitable[None]]]) -> AsyncIterator[None]:
    """Runs them until the block ends."""
    running = [asyncio.create_task(_again_and_again(name, run), name=name) for name, run in parts.items()]
    try:
        yield
    finally:
        await end_tasks(running)


async def _again_and_again(name: str, run: Callable[[], Awaitable[None]]) -> None:
    """Runs it; where it fails it is said, and begun anew, while people are served on by the other parts."""
    while True:
        try:
            await run()
            return
        except JobHunterError as error:
            logger.warning("the %s: %s", name, error)
        except Exception:  # this part's fate is decided here: it begins anew
            logger.exception("the %s failed, and begins anew", name)
        await asyncio.sleep(_AGAIN_SECONDS)


async def _gauges(parts: Parts) -> None:
    """Whether Postgres answers, as a number."""
    while True:
        parts.metrics.store_connected.set(parts.store.connected)
        await asyncio.sleep(_GAUGES_SECONDS)
