"""One task, once: observe it, ask `decide`, carry out what it says, until nothing but time is left to wait for."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import nats.errors

from jobhunter_contracts.application_task import ApplicationTask, Evidence
from jobhunter_contracts.conditions import ConditionType, WaitReason
from jobhunter_contracts.errors import JobHunterError
from jobhunter_operator.actions import (
    Action,
    CreateAssignment,
    CreatePod,
    DeletePod,
    DeleteTask,
    ForgetAttempt,
    ForwardResponse,
    Look,
    PublishComplete,
    Requeue,
    SettleLease,
    WriteStatus,
)
from jobhunter_operator.assignments import Assignments
from jobhunter_operator.browser_pod import browser_pod
from jobhunter_operator.complete_events import CompleteEvents
from jobhunter_operator.decide import decide
from jobhunter_operator.events_consumer import Inbox
from jobhunter_operator.kept_blobs import KeptBlobs
from jobhunter_operator.kube import Absent, ApiFault, Conflict, Kube
from jobhunter_operator.metrics import Metrics
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.nats_layout import NatsLayout
from jobhunter_operator.observed import (
    Contender,
    LeaseView,
    Need,
    Observed,
    ProfileView,
    QuestionsView,
    SecretAnswer,
)
from jobhunter_operator.pod_facts import owner_uid
from jobhunter_operator.profile_secret import ProfileSecrets
from jobhunter_operator.questions import Questions
from jobhunter_operator.settings import Settings
from jobhunter_operator.spec_faults import pod_template_fault
from jobhunter_operator.status_draft import ended
from jobhunter_operator.store_profiles import StoreProfiles
from jobhunter_operator.submission_leases import SubmissionLeases
from jobhunter_operator.task_notes import TaskNotes
from jobhunter_operator.work_queue import WorkQueue

logger = logging.getLogger(__name__)
_MOST_ROUNDS = 25
_STALE_SECONDS = 0.1  # before another try at a task that somebody changes just now
_QUEUED = frozenset({WaitReason.CLUSTER_LIMIT, WaitReason.USER_LIMIT, WaitReason.SITE_LIMIT})
_NOT_IN_LINE = frozenset(WaitReason) - _QUEUED  # who waits for something else takes no session from who could use it


class _Stale(Exception):
    pass


@dataclass
class _Looked:
    """What was looked at in this reconcile."""

    leases: LeaseView | None = None
    profile: ProfileView | None = None
    questions: QuestionsView | None = None
    secrets: dict[tuple[str, str], SecretAnswer] | None = None
    kept: tuple[Evidence, ...] | None = None
    old_pod_gone: bool | None = None
    pod_refused: str = ""
    pod_invalid: str = ""
    name_taken: bool = False
    told_later: bool = False
    forgotten_later: bool = False


@dataclass(frozen=True)
class Parts:
    """What the reconciler observes and acts with."""

    settings: Settings
    kube: Kube
    mirror: Mirror
    queue: WorkQueue[str]
    inbox: Inbox
    layout: NatsLayout
    leases: SubmissionLeases
    questions: Questions
    assignments: Assignments
    secrets: ProfileSecrets
    profiles: StoreProfiles
    kept: KeptBlobs
    complete: CompleteEvents
    notes: TaskNotes
    metrics: Metrics


class Reconciler:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._limits = parts.settings.limits
        self._reserved: set[str] = set()  # tasks whose pod is being created: their session is taken already
        self._forgotten: dict[str, str] = {}  # tasks, with the pods of which NATS keeps nothing any more

    async def reconcile(self, uid: str) -> None:
        """Brings one task on. Raises where something did not answer: the work queue comes back to it."""
        parts, started = self._parts, time.monotonic()
        result = "failed"
        try:
            task = parts.mirror.task(uid)
            heard = parts.inbox.ids(uid)
            if task is None:
                await self._forget_task(uid)
                self.wake_queued()
            else:
                done = await self._settle_down(uid)
                task = parts.mirror.task(uid)
                heard = [] if not done else parts.inbox.handled(task, heard) if task else heard
            await parts.inbox.acknowledge(uid, heard)
            result = "done"
        except _Stale:
            result = "stale"
            parts.queue.add_after(uid, _STALE_SECONDS)
        finally:
            parts.metrics.reconciles.labels(result=result).inc()
            parts.metrics.reconcile_seconds.observe(time.monotonic() - started)

    def wake_queued(self) -> None:
        """A session was freed: who waits in line for one is due, first in line first."""
        waiting = [task for task in self._parts.mirror.tasks() if _wait_reason(task) in _QUEUED and not ended(task)]
        for task in sorted(waiting, key=lambda t: (-t.spec.priority, str(t.metadata["creationTimestamp"]), t.name)):
            self._parts.queue.add(task.uid)

    async def _settle_down(self, uid: str) -> bool:
        """Decides and acts until there is nothing to do at once; whether all that was heard could be looked into."""
        looked = _Looked()
        for _ in range(_MOST_ROUNDS):
            task = self._parts.mirror.task(uid)
            if task is None:
                return True
            actions = decide(self._observe(task, looked), self._limits, datetime.now(UTC))
            if any(isinstance(action, CreatePod) for action in actions):
                self._reserved.add(uid)
            elif not any(isinstance(action, Look) for action in actions):
                self._reserved.discard(uid)
            logger.debug("task %s: %s", task.name, [type(action).__name__ for action in actions])
            again = False
            for action in actions:
                again |= await self._carry_out(task, action, looked)
            if not again:
                return not any(isinstance(action, Requeue) and action.unheard for action in actions)
        raise JobHunterError(f"no end after {_MOST_ROUNDS} decisions", where=uid)

    def _observe(self, task: ApplicationTask, looked: _Looked) -> Observed:
        parts = self._parts
        if parts.inbox.has_complete(task):
            parts.complete.seen(task.uid)
        return Observed(
            task=task,
            pods=parts.mirror.pods_of(task.uid),
            events=parts.inbox.events(task.uid),
            caught_up=parts.inbox.caught_up,
            contenders=tuple(self._contenders(task.uid)) if task.status.pod_uid is None else (),
            gate=parts.layout.gate.why,
            lease_identity=parts.layout.gate.identity,
            old_pod_gone=looked.old_pod_gone,
            leases=looked.leases,
            profile=looked.profile,
            questions=looked.questions,
            secrets=looked.secrets,
            kept=looked.kept,
            pod_refused=looked.pod_refused,
            pod_invalid=looked.pod_invalid,
            name_taken=looked.name_taken,
            assigned=parts.assignments.known(task.status.pod_uid),
            complete_published=looked.told_later or parts.complete.known(task.uid),
            forgotten=looked.forgotten_later or self._forgotten.get(task.uid) == task.status.pod_uid,
        )

    def _contenders(self, own_uid: str) -> Iterator[Contender]:
        mirror = self._parts.mirror
        for task in mirror.tasks():
            if ended(task) or task.metadata.get("deletionTimestamp"):
                continue
            own = task.uid == own_uid
            holds = task.status.pod_uid is not None or bool(mirror.pods_of(task.uid)) or task.uid in self._reserved
            running = holds and not own
            in_line = not task.spec.suspend and not task.spec.cancel and _wait_reason(task) not in _NOT_IN_LINE
            yield Contender(
                uid=task.uid,
                user_id=task.spec.user_id,
                site=task.status.site or task.spec.url or "",
                priority=task.spec.priority,
                created=f"{task.metadata['creationTimestamp']} {task.name}",  # whole seconds: the name decides within one
                running=running,
                waiting=own or (in_line and not running),
            )

    async def _carry_out(self, task: ApplicationTask, action: Action, looked: _Looked) -> bool:
        """Does it; True where the task is to be decided again at once."""
        parts = self._parts
        match action:
            case Look():
                await self._look(task, action, looked)
            case CreatePod():
                await self._create_pod(task, action.attempt, looked)
            case WriteStatus():
                await self._write_status(task, action)
            case DeletePod():
                await self._delete_pod(task, action)
                return False
            case CreateAssignment():
                await parts.assignments.create(action.pod_uid, action.assignment)
            case ForgetAttempt():
                if await _in_passing(self._forget_attempt(task.uid, action.pod_uid)):
                    self._forgotten[task.uid] = action.pod_uid
                else:
                    looked.forgotten_later = True
                    parts.queue.add_after(task.uid, 5)
            case ForwardResponse():
                await parts.questions.forward(task.uid, action.hitl_id, action.value)
                looked.questions = None
            case SettleLease():
                await parts.leases.settle(task, sent=action.sent)
                looked.leases = None
            case PublishComplete():
                if not await _in_passing(parts.complete.publish(action.outcome)):
                    looked.told_later = True
                    parts.queue.add_after(task.uid, 5)
            case DeleteTask():
                await self._delete_task(task)
                return False
            case Requeue():
                parts.queue.add_after(task.uid, action.seconds)
                return False
        return True

    async def _forget_attempt(self, task_uid: str, pod_uid: str) -> None:
        await self._parts.assignments.forget(pod_uid)
        await self._parts.questions.forget_secrets(task_uid)

    async def _forget_task(self, uid: str) -> None:
        """The task is deleted."""
        self._reserved.discard(uid)
        self._forgotten.pop(uid, None)
        self._parts.complete.drop(uid)
        for pod_uid in self._parts.assignments.of_task(uid):
            await _in_passing(self._forget_attempt(uid, pod_uid))

    async def _look(self, task: ApplicationTask, look: Look, looked: _Looked) -> None:
        parts = self._parts

        async def profile() -> None:
            if ref := task.spec.profile_ref:
                looked.profile = await parts.secrets.view(task.namespace, ref.name)
            else:
                looked.profile = await parts.profiles.view(task.spec.user_id, task.uid)

        async def leases() -> None:
            looked.leases = await parts.leases.view(task)

        async def kept() -> None:
            looked.kept = await parts.kept.evidence(task)

        async def old_pod() -> None:
            looked.old_pod_gone = await self._is_gone(task)

        async def questions() -> None:
            looked.questions = await parts.questions.view(task.uid, look.questions)

        async def secrets() -> None:
            answers = [parts.secrets.answer(task.namespace, name, key) for name, key in look.secrets]
            found = dict(zip(look.secrets, await asyncio.gather(*answers), strict=True))
            looked.secrets = {**(looked.secrets or {}), **found}

        ways = {
            Need.PROFILE: profile,
            Need.LEASES: leases,
            Need.KEPT: kept,
            Need.OLD_POD: old_pod,
            Need.QUESTIONS: questions,
            Need.SECRETS: secrets,
        }
        await asyncio.gather(*(ways[need]() for need in look.needs))

    async def _is_gone(self, task: ApplicationTask) -> bool:
        """Whether the pod in status is not there, by GET: 404, or another pod under its name."""
        try:
            pod = await self._parts.kube.get_pod(task.namespace, task.status.pod_name or "")
        except Absent:
            return True
        if pod["metadata"]["uid"] != task.status.pod_uid:
            return True
        self._parts.mirror.put_pod(pod)
        return False

    async def _create_pod(self, task: ApplicationTask, attempt: int, looked: _Looked) -> None:
        parts = self._parts
        manifest = browser_pod(task, attempt, parts.settings)
        try:
            parts.mirror.put_pod(await parts.kube.create_pod(task.namespace, manifest))
            parts.metrics.pods.inc()
        except Conflict:
            try:
                found = await parts.kube.get_pod(task.namespace, manifest["metadata"]["name"])
            except Absent:
                looked.name_taken = True
                return
            looked.name_taken = owner_uid(found) != task.uid or "deletionTimestamp" in found["metadata"]
            parts.mirror.put_pod(found)
        except ApiFault as fault:
            looked.pod_invalid = pod_template_fault(task.spec, fault.status, fault.what)
            quota = "A quota of the namespace has no room" if "quota" in fault.what else "The API server refuses"
            looked.pod_refused = f"{quota} for the browser pod: {fault.what}. It is tried again."

    async def _write_status(self, task: ApplicationTask, write: WriteStatus) -> None:
        parts = self._parts
        raw = parts.mirror.raw_task(task.uid)
        if raw is None:
            raise _Stale
        status = write.status.model_dump(mode="json", by_alias=True, exclude_none=True)
        try:
            parts.mirror.put_task(await parts.kube.replace_status(raw, status))
        except Conflict as error:
            await self._refresh(task)
            raise _Stale from error
        except Absent as error:
            parts.mirror.drop_task(task.uid)
            raise _Stale from error
        parts.notes.tell(task, write.notes)
        after = parts.mirror.task(task.uid)
        if after is None:
            return
        self._measure(task, after)
        if ended(after) or (task.status.pod_uid and after.status.pod_uid is None):
            self.wake_queued()

    async def _refresh(self, task: ApplicationTask) -> None:
        """Our copy is old: have the present one, so that the next decision is about it."""
        try:
            fresh = await self._parts.kube.get_task(task.namespace, task.name)
        except Absent:
            self._parts.mirror.drop_task(task.uid)
            return
        if fresh["metadata"]["uid"] != task.uid:
            self._parts.mirror.drop_task(task.uid)
        self._parts.mirror.put_task(fresh)

    def _measure(self, before: ApplicationTask, after: ApplicationTask) -> None:
        metrics = self._parts.metrics
        done = ended(after)
        if done and not ended(before):
            metrics.ended.labels(reason=done.reason).inc()
        ready = after.condition(ConditionType.BROWSER_READY)
        was = before.condition(ConditionType.BROWSER_READY)
        if after.status.attempts == 1 and ready and ready.status == "True" and not (was and was.status == "True"):
            created = datetime.fromisoformat(str(after.metadata["creationTimestamp"]))
            metrics.create_to_ready.observe((datetime.now(UTC) - created).total_seconds())

    async def _delete_pod(self, task: ApplicationTask, action: DeletePod) -> None:
        parts = self._parts
        try:
            answer = await parts.kube.delete_pod(task.namespace, action.name, action.uid, force=action.force)
        except (Absent, Conflict):
            parts.mirror.drop_pod(action.uid)  # gone, or another pod has its name
            parts.queue.add(task.uid)
            return
        if answer.get("kind") == "Pod":
            parts.mirror.put_pod(answer)

    async def _delete_task(self, task: ApplicationTask) -> None:
        try:
            await self._parts.kube.delete_task(task.namespace, task.name, task.uid, task.resource_version)
        except Absent:
            self._parts.mirror.drop_task(task.uid)
        except Conflict as error:
            await self._refresh(task)
            raise _Stale from error


async def _in_passing(work: Coroutine[Any, Any, None]) -> bool:
    """Does what nothing else hangs on; whether it went well."""
    try:
        await work
    except (JobHunterError, nats.errors.Error, TimeoutError, OSError) as error:
        logger.info("put off: %s: %s", type(error).__name__, error)
        return False
    return True


def _wait_reason(task: ApplicationTask) -> str | None:
    admitted = task.condition(ConditionType.ADMITTED)
    return admitted.reason if admitted and admitted.status == "False" else None
