"""An operator without its watches, and a runner that only speaks NATS: a real NATS, an API server in memory."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import nats
from memory_api import NAMESPACE, PODS, SECRETS, TASKS, MemoryKube
from nats.aio.client import Client
from nats.aio.msg import Msg

from jobhunter_connection.background import end_tasks
from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import Event, EventType, complete_event_id, event_id, make_event
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    BLOB_CHUNK,
    HEADER_BLOB,
    HEADER_ERROR,
    HEADER_OFFSET,
    HEADER_OPERATION,
    HEADER_POD,
    HEADER_SHA256,
    HEADER_SIZE,
    SUBMISSION_BUCKET,
    Ask,
    Owner,
    ask_subject,
    event_subject,
)
from jobhunter_contracts.submission import LeaseState, SubmissionLease, lease_key, posting_hash
from jobhunter_operator.asks_service import AsksService
from jobhunter_operator.assignments import Assignments
from jobhunter_operator.complete_events import CompleteEvents
from jobhunter_operator.events_consumer import EventsConsumer, Inbox
from jobhunter_operator.kept_blobs import KeptBlobs
from jobhunter_operator.kept_service import KeptService
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.nats_layout import NatsLayout
from jobhunter_operator.profile_secret import ProfileSecrets
from jobhunter_operator.questions import Questions
from jobhunter_operator.reconciler import Parts, Reconciler
from jobhunter_operator.replies import Replies
from jobhunter_operator.settings import Settings
from jobhunter_operator.store_profiles import StoreProfiles
from jobhunter_operator.submission_leases import SubmissionLeases
from jobhunter_operator.task_notes import TaskNotes
from jobhunter_operator.work_queue import WorkQueue

URL = "https://careers.example.com/jobs/1"
CV = b"%PDF-1.4 " + b"x" * 300_000


class Lab:
    """An operator without its watches: `see()` stands for them. It can be ended and started anew at any moment."""

    def __init__(self, kube: MemoryKube, url: str) -> None:
        self.kube = kube
        self.settings = Settings(runner_image="r", browser_image="b", session_namespaces=[NAMESPACE], nats_url=url)

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Lab]:
        metrics, queue, mirror = Metrics(), WorkQueue[str](first_pause=0.05), Mirror()
        self.mirror, self.queue = mirror, queue
        link = NatsLink("operator", self.settings, metrics)
        layout, inbox = NatsLayout(self.settings, self.kube), Inbox(metrics)
        secrets = ProfileSecrets(self.kube, self.settings.runner_nats_secret)
        kept = KeptBlobs(self.kube, 700_000, together_seconds=0.2)
        replies, profiles = Replies(link, metrics), StoreProfiles(link, mirror, queue, ask_seconds=0.5)
        asks, gives = AsksService(link, replies, mirror, secrets, kept), KeptService(replies, mirror, kept)

        async def connected() -> None:
            await layout.ensure(link.js)
            for start in (asks.start, gives.start, profiles.start):
                await start()

        link.on_connected(connected)
        await link.connect()
        parts = Parts(
            settings=self.settings,
            kube=self.kube,
            mirror=mirror,
            queue=queue,
            inbox=inbox,
            layout=layout,
            leases=SubmissionLeases(lambda: link.js, lambda: layout.gate),
            questions=Questions(lambda: link.js),
            assignments=Assignments(lambda: link.js),
            secrets=secrets,
            profiles=profiles,
            kept=kept,
            complete=CompleteEvents(lambda: link.js),
            notes=TaskNotes(self.kube, "test"),
            metrics=metrics,
        )
        self.parts = parts
        self.see()
        running = [
            asyncio.create_task(queue.run(Reconciler(parts).reconcile, workers=4)),
            asyncio.create_task(EventsConsumer(link, inbox, queue, metrics).run()),
        ]
        try:
            yield self
        finally:
            await end_tasks(running)
            await link.close()

    def see(self) -> None:
        """What the watches would bring: the objects as they are, and those that are gone."""
        pods = {raw["metadata"]["uid"] for path, raw in self.kube.objects.items() if path.startswith(f"{PODS}/")}
        for uid in self.mirror.pod_versions().keys() - pods:
            self.mirror.drop_pod(uid)
        for path, raw in list(self.kube.objects.items()):
            if path.startswith(f"{PODS}/"):
                self.mirror.put_pod(raw)
        for path, raw in list(self.kube.objects.items()):
            if path.startswith(f"{TASKS}/") and (task_uid := self.mirror.put_task(raw)):
                self.queue.add(task_uid)

    def apply(self, name: str = "t", **spec: Any) -> str:
        """Applies a task; its uid."""
        base = {"userId": "asha", "url": URL, "profileRef": {"name": "p"}}
        made = self.kube.add(
            TASKS, {"metadata": {"name": name, "namespace": NAMESPACE, "generation": 1}, "spec": {**base, **spec}}
        )
        self.see()
        return str(made["metadata"]["uid"])

    def change(self, name: str = "t", **spec: Any) -> None:
        raw = self.kube.objects[f"{TASKS}/{name}"]
        raw["spec"] |= spec
        raw["metadata"] |= {"generation": raw["metadata"]["generation"] + 1, "resourceVersion": self.kube._next()}
        self.see()

    def delete_pod(self, name: str = "t-1") -> None:
        del self.kube.objects[f"{PODS}/{name}"]
        self.see()

    def task(self, name: str = "t") -> ApplicationTask:
        return ApplicationTask.model_validate(self.kube.objects[f"{TASKS}/{name}"])

    async def until(self, holds: Callable[[], Any], name: str = "t") -> Any:
        """Waits until `holds` is true; 10 s at most."""
        for _ in range(500):
            if said := holds():
                return said
            await asyncio.sleep(0.02)
        raise AssertionError(f"not so: {self.kube.objects.get(f'{TASKS}/{name}', {}).get('status')}")

    async def bound(self, attempt: int = 1) -> str:
        """The uid of the pod that the task is bound to."""
        await self.until(lambda: self.task().status.attempts == attempt)
        return str(self.task().status.pod_uid)

    async def ended(self, name: str = "t") -> str:
        await self.until(lambda: self.task(name).status.completion_time, name)
        return str(self.task(name).status.reason)


class Runner:
    """What a runner says over NATS, no more."""

    def __init__(self, nc: Client, uid: str, pod: str, attempt: int = 1) -> None:
        self.nc, self.js, self.uid, self.pod, self.attempt = nc, nc.jetstream(), uid, pod, attempt
        self._numbers = 0

    async def assignment(self) -> Assignment:
        bucket = await self.js.key_value(ASSIGNMENT_BUCKET)
        for _ in range(200):
            try:
                return Assignment.from_json((await bucket.get(self.pod)).value or b"")
            except nats.js.errors.KeyNotFoundError:
                await asyncio.sleep(0.02)
        raise AssertionError("no assignment")

    async def publish(self, event: Event) -> None:
        await self.js.publish(
            event_subject(self.uid, event.type), event.to_json(), headers={"Nats-Msg-Id": event.event_id}
        )

    async def say(self, kind: EventType, **data: Any) -> None:
        self._numbers += 1
        await self.publish(make_event(kind, "", data, event_id=event_id(self.uid, self.attempt, self._numbers)))

    async def complete(self, reason: Reason) -> None:
        outcome = Outcome(task_uid=self.uid, attempt=self.attempt, outcome="x", reason=reason, message="So.")
        data = outcome.model_dump(mode="json", exclude_none=True)
        await self.publish(make_event(EventType.APPLIER_COMPLETE, "", data, event_id=complete_event_id(self.uid)))

    async def press(self, state: LeaseState = LeaseState.SENT) -> None:
        bucket = await self.js.key_value(SUBMISSION_BUCKET)
        lease = SubmissionLease(
            task_uid=self.uid,
            task_name="t",
            pod_uid=self.pod,
            nonce="0",
            press=1,
            url=URL,
            at=datetime.now(UTC),
            state=state,
        )
        await bucket.update(lease_key(posting_hash("asha", normal_posting_url(URL)), 1), lease.to_json(), last=0)

    async def ask(self, what: Ask, data: bytes = b"", **headers: str) -> Msg:
        renamed = {name.replace("_", "-"): value for name, value in headers.items()}
        subject = ask_subject(self.uid, Owner.OPERATOR, what)
        return await self.nc.request(subject, data, timeout=5, headers={HEADER_POD: self.pod, **renamed})

    async def get(self, blob: str, offset: int = 0) -> Msg:
        return await self._blob(b"", {HEADER_OPERATION: "get", HEADER_BLOB: blob, HEADER_OFFSET: str(offset)})

    async def put(self, blob: str, whole: bytes) -> Msg:
        for offset in range(0, len(whole), BLOB_CHUNK):
            headers = {
                HEADER_OPERATION: "put",
                HEADER_BLOB: blob,
                HEADER_OFFSET: str(offset),
                HEADER_SIZE: str(len(whole)),
            }
            headers[HEADER_SHA256] = hashlib.sha256(whole).hexdigest()
            reply = await self._blob(whole[offset : offset + BLOB_CHUNK], headers)
        return reply

    async def _blob(self, data: bytes, headers: dict[str, str]) -> Msg:
        subject = ask_subject(self.uid, Owner.OPERATOR, Ask.BLOB)
        return await self.nc.request(subject, data, timeout=5, headers={**headers, HEADER_POD: self.pod})


def refusal(reply: Msg) -> str:
    return str((reply.headers or {}).get(HEADER_ERROR, ""))


def with_profile(url: str) -> Lab:
    """A lab in whose namespace the Secret p holds a profile and cv.pdf."""
    kube = MemoryKube()
    profile = b"basics: {name: Asha}\napplication: {start_date: 2026-12-01, documents: {resume: cv.pdf}}\n"
    files = {"profile.yaml": profile, "cv.pdf": CV}
    encoded = {key: base64.b64encode(value).decode() for key, value in files.items()}
    kube.add(SECRETS, {"metadata": {"name": "p"}, "data": encoded})
    return Lab(kube, url)
