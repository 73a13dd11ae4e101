"""The parts put together: what runs beside what, and in which order it starts and stops."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable

import nats.errors
from kubernetes.aio import client

from jobhunter_connection.background import end_tasks
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.errors import JobHunterError
from jobhunter_operator.asks_service import AsksService
from jobhunter_operator.assignments import Assignments
from jobhunter_operator.complete_events import CompleteEvents
from jobhunter_operator.events_consumer import EventsConsumer, Inbox
from jobhunter_operator.kept_blobs import KeptBlobs
from jobhunter_operator.kept_service import KeptService
from jobhunter_operator.kube import Kube, load_configuration
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.metrics_server import MetricsServer
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.nats_layout import NatsLayout
from jobhunter_operator.profile_secret import ProfileSecrets
from jobhunter_operator.questions import Questions
from jobhunter_operator.reconciler import Parts, Reconciler
from jobhunter_operator.replies import Replies
from jobhunter_operator.settings import Settings
from jobhunter_operator.settle_service import SettleService
from jobhunter_operator.store_profiles import StoreProfiles
from jobhunter_operator.submission_leases import SubmissionLeases
from jobhunter_operator.task_notes import TaskNotes
from jobhunter_operator.watching import Watching
from jobhunter_operator.work_queue import WorkQueue

logger = logging.getLogger(__name__)
WORKERS = 16
CHECK_SECONDS = 3.0
CONNECT_SECONDS = 5.0
"""How long a start waits for NATS before it goes on without it."""
SILENT = "NATS, which keeps the submission records, does not answer."
_Failures = (JobHunterError, nats.errors.Error, TimeoutError, OSError)


class Operator:
    """run() works until `stop` is set, or a part that cannot fail does."""

    def __init__(self, settings: Settings, api: client.ApiClient) -> None:
        self._settings = settings
        self._metrics = metrics = Metrics()
        self._queue: WorkQueue[str] = WorkQueue()
        self._mirror = mirror = Mirror()
        self._kube = kube = Kube(api, metrics)
        self._link = link = NatsLink("operator", settings, metrics)
        link.on_connected(self._on_connected)
        link.on_disconnected(self._on_disconnected)
        metrics.admission_shut.set_function(lambda: float(bool(self._layout.gate.why)))
        self._layout = NatsLayout(settings, kube)
        inbox = Inbox(metrics)
        secrets = ProfileSecrets(kube, settings.runner_nats_secret)
        kept = KeptBlobs(kube, settings.evidence_limit_bytes)
        self._notes = TaskNotes(kube, socket.gethostname())
        self._assignments = Assignments(lambda: link.js)
        self._consumer = EventsConsumer(link, inbox, self._queue, metrics)
        replies = Replies(link, metrics)
        self._asks = AsksService(link, replies, mirror, secrets, kept)
        self._kept = KeptService(replies, mirror, kept)
        leases = SubmissionLeases(lambda: link.js, lambda: self._layout.gate)
        self._settle = SettleService(replies, mirror, leases)
        self._profiles = StoreProfiles(link, mirror, self._queue)
        self._watching = Watching(settings, mirror, self._queue, kube, metrics)
        self.server = MetricsServer(metrics, unhealthy=self._unhealthy, unready=self._unready)
        self._reconciler = Reconciler(
            Parts(
                settings=settings,
                kube=kube,
                mirror=mirror,
                queue=self._queue,
                inbox=inbox,
                layout=self._layout,
                leases=leases,
                questions=Questions(lambda: link.js),
                assignments=self._assignments,
                secrets=secrets,
                profiles=self._profiles,
                kept=kept,
                complete=CompleteEvents(lambda: link.js),
                notes=self._notes,
                metrics=metrics,
            )
        )
        self._identity = ""
        self._started = False

    async def run(self, stop: asyncio.Event) -> None:
        await self.server.start(self._settings.http_port)
        background: list[asyncio.Task[None]] = []
        try:
            connecting = asyncio.create_task(self._link.connect())
            background.append(connecting)
            await self._first_sweep(stop)
            # A start is quiet: tasks that wait are not told that the records cannot be read before they were looked at.
            await asyncio.wait([connecting], timeout=CONNECT_SECONDS)
            background += [
                asyncio.create_task(self._queue.run(self._reconciler.reconcile, workers=WORKERS)),
                asyncio.create_task(self._consumer.run()),
                asyncio.create_task(self._watching.sweep_for_ever()),
                asyncio.create_task(self._check_for_ever()),
            ]
            watching = asyncio.create_task(self._watching.run(stop=stop))
            self._started = True
            await self._until_one_ends(watching, [task for task in background if task is not connecting])
            stop.set()
            await asyncio.wait([watching], timeout=10)
        finally:
            self._started = False
            await end_tasks(background)
            await self._notes.finish(2)
            await self._link.close()
            await self.server.stop()

    async def _until_one_ends(self, watching: asyncio.Task[None], others: list[asyncio.Task[None]]) -> None:
        """The watch ends when it is told to; anything else that ends has failed."""
        done, _ = await asyncio.wait([watching, *others], return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            await task  # raises what it failed with

    async def _first_sweep(self, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await self._watching.sweep()
                return
            except JobHunterError as error:
                logger.warning("the first look at the API server failed, again in 2 s: %s", error)
                await asyncio.sleep(2)

    async def _on_connected(self) -> None:
        logger.info("connected to NATS at %s", self._settings.nats_url)
        await self._try("the layout in NATS", lambda: self._layout.ensure(self._link.js))
        await self._try("listening to requests", self._listen)
        self._wake_all()

    def _on_disconnected(self) -> None:
        """What answers after the reconnect may be another NATS: it is looked at first."""
        self._layout.close_gate(SILENT)

    async def _listen(self) -> None:
        await self._asks.start()
        await self._kept.start()
        await self._settle.start()
        await self._profiles.start()

    async def _check_for_ever(self) -> None:
        """Keeps the gate current, and the gauges."""
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            was = self._layout.gate
            if self._link.connected:
                await self._try("a look at the submission bucket", lambda: self._layout.check(self._link.js))
                await self._try("listening to requests", self._listen)
            else:
                self._layout.close_gate(SILENT)
            if self._layout.gate.identity not in ("", self._identity):
                self._identity = self._layout.gate.identity
                self._assignments.forget_all_known()
            if self._layout.gate != was:
                logger.info("admission: %s", self._layout.gate.why or "open")
                self._wake_all()
            self._metrics.queue_depth.set(len(self._queue))
            self._metrics.phases(str(task.status.phase or "Pending") for task in self._mirror.tasks())

    async def _try(self, what: str, work: Callable[[], Awaitable[None]]) -> None:
        try:
            await work()
        except _Failures as error:
            logger.warning("%s failed, it is tried again: %s: %s", what, type(error).__name__, error)

    def _wake_all(self) -> None:
        for task in self._mirror.tasks():
            self._queue.add(task.uid)

    def _unhealthy(self) -> list[str]:
        wrong = ["the watch of the API server has ended"] if self._started and not self._watching.alive else []
        return [*wrong, *(["the connection to NATS was given up"] if self._link.lost else [])]

    def _unready(self) -> list[str]:
        wrong = []
        if not self._started or not self._kube.reachable:
            wrong.append("the API server does not answer")
        if not self._link.connected:
            wrong.append("NATS does not answer")
        if not self._consumer.running:
            wrong.append("no events are consumed")
        return wrong


async def run_operator(settings: Settings, stop: asyncio.Event) -> None:
    """Runs the operator against the cluster that the environment names."""
    async with client.ApiClient(await load_configuration()) as api:
        await Operator(settings, api).run(stop)
