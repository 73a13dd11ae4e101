"""The streams and the buckets, made idempotently, and the gate: whether the submission records can be trusted.

The submission bucket's creation identity is kept in a ConfigMap. Where the bucket's differs (its volume was lost), the old
records are gone, and nothing is admitted until an administrator acknowledges the new one: best after
`python -m jobhunter_gateway reseed` (the chart's CronJob reseed makes a Job of it) wrote the store's records into it.
Where the ConfigMap is not there this is a first installation only if no task ever ran; else it was deleted, the bucket may
be another than before, and the gate is shut likewise.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from nats.js import JetStreamContext, api
from nats.js.errors import APIError, BadRequestError, NotFoundError

from jobhunter_contracts.errors import LeaseUnavailable
from jobhunter_contracts.subjects import (
    ASSIGNMENT_BUCKET,
    EVENT_STREAM,
    EVENT_STREAM_SUBJECTS,
    FRAME_STREAM,
    FRAME_STREAM_SUBJECTS,
    HITL_BUCKET,
    SUBMISSION_BUCKET,
)
from jobhunter_contracts.submission import bucket_identity
from jobhunter_operator.kube import Absent, Conflict, Json, Kube
from jobhunter_operator.settings import Settings

logger = logging.getLogger(__name__)
CONFIG_MAP = "jobhunter-submission-identity"
SUBMISSION_STREAM = f"KV_{SUBMISSION_BUCKET}"
_NAME_IN_USE = 10058  # JetStream error code: a stream of this name has another configuration
_DUPLICATE_SECONDS = 3600.0
_FRAME_SECONDS = 3600.0
_GONE = "The bucket of the submission records is not there; it is made, and then looked at."
_ANOTHER = "The bucket of the submission records is another than before; whether it is to be trusted is looked up."


@dataclass(frozen=True)
class Gate:
    """why: what keeps tasks from being admitted, empty where they may be. identity: the trusted bucket's, empty if none.

    created: when that bucket was made.
    """

    why: str = "The submission records have not been looked at yet."
    identity: str = ""
    created: datetime | None = None


class NatsLayout:
    """Makes the layout, and keeps `gate` current."""

    def __init__(self, settings: Settings, kube: Kube) -> None:
        self._settings = settings
        self._kube = kube
        self._ensuring = asyncio.Lock()  # two at once: the slower one could open the gate for a bucket that is gone
        self._trusted = ""  # the identity that the gate was last open for; a bucket's is never another's
        self.gate = Gate()

    def close_gate(self, why: str) -> None:
        """Nothing can be known of the records now."""
        self.gate = Gate(why)

    async def ensure(self, js: JetStreamContext) -> None:
        """Makes what is not there. Raises nats.errors.Error, ApiFault or Unavailable where it cannot; the gate is then shut.

        It is shut before an empty bucket can be read, not only once the ConfigMap has told that the records were lost.
        """
        async with self._ensuring:
            try:
                await self._streams(js)
                created = await self._submission_created(js)
                if not self.gate.why and created != self.gate.created:
                    self.close_gate(_ANOTHER)
                self.gate = await self._judge(bucket_identity(created), created)
                self._trusted = self.gate.identity or self._trusted
            except BaseException as error:
                self.close_gate(f"The submission records cannot be reached: {error or type(error).__name__}")
                raise
        await self._frames(js)

    async def check(self, js: JetStreamContext) -> None:
        """Looks whether the bucket is still the one known; if not, or the gate is shut, everything is ensured anew.

        The stream of frames lies in memory: a NATS that was started again has none, and it is made again.
        """
        if self.gate.why or not await self._is_known(js):
            await self.ensure(js)
            return
        try:
            await js.stream_info(FRAME_STREAM)
        except NotFoundError:
            await self._frames(js)

    async def _is_known(self, js: JetStreamContext) -> bool:
        """Whether the bucket is the one that the gate is open for; where it is not, the gate is shut."""
        try:
            if (await js.stream_info(SUBMISSION_STREAM)).created == self.gate.created:
                return True
            self.close_gate(_ANOTHER)
            return False
        except NotFoundError:
            logger.warning("the submission bucket is gone")
            self.close_gate(_GONE)
            return False
        except BaseException as error:
            self.close_gate(f"The submission records cannot be reached: {error or type(error).__name__}")
            raise

    async def _streams(self, js: JetStreamContext) -> None:
        s = self._settings
        await _make(
            js,
            api.StreamConfig(
                name=EVENT_STREAM,
                description="Lifecycle and action events of all tasks",
                subjects=EVENT_STREAM_SUBJECTS,
                storage=api.StorageType.FILE,
                num_replicas=s.nats_replicas,
                max_bytes=s.events_max_bytes,
                max_age=s.events_max_age_seconds,
                duplicate_window=min(_DUPLICATE_SECONDS, s.events_max_age_seconds),
            ),
        )
        await _make(js, self._bucket(HITL_BUCKET, s.hitl_max_bytes, s.hitl_max_age_seconds))
        await _make(js, self._bucket(ASSIGNMENT_BUCKET, s.assignment_max_bytes, s.assignment_max_age_seconds))
        submission = self._bucket(SUBMISSION_BUCKET, s.submission_max_bytes, None)
        submission.deny_purge = True  # records are for ever: nobody may remove one, by purge or by rollup
        submission.allow_rollup_hdrs = False
        await _make(js, submission, if_absent=lambda: self.close_gate(_GONE))

    async def _frames(self, js: JetStreamContext) -> None:
        """The last frame of each task, in memory; who sends one waits for no acknowledgement.

        Frames that cannot be kept keep no task from being admitted: late viewers see the next frame.
        """
        wanted = api.StreamConfig(
            name=FRAME_STREAM,
            description="The last live frame of each task, for viewers who join late",
            subjects=FRAME_STREAM_SUBJECTS,
            storage=api.StorageType.MEMORY,
            num_replicas=1,
            max_msgs_per_subject=1,
            max_bytes=self._settings.frames_max_bytes,
            max_age=_FRAME_SECONDS,
            discard=api.DiscardPolicy.OLD,
            no_ack=True,
            allow_direct=True,
        )
        try:
            await _make(js, wanted)
        except APIError as error:
            logger.warning("the stream %s is not as it should be: %s", FRAME_STREAM, error.description)

    def _bucket(self, name: str, max_bytes: int, max_age: int | None) -> api.StreamConfig:
        """A key-value bucket as NATS's clients lay it out, history 1."""
        return api.StreamConfig(
            name=f"KV_{name}",
            subjects=[f"$KV.{name}.>"],
            storage=api.StorageType.FILE,
            num_replicas=self._settings.nats_replicas,
            max_msgs_per_subject=1,
            max_bytes=max_bytes,
            max_age=max_age,
            discard=api.DiscardPolicy.NEW,
            deny_delete=True,
            allow_rollup_hdrs=True,
            allow_direct=False,  # reads go to the leader: who asks after a write sees it
            duplicate_window=120.0,
        )

    async def _submission_created(self, js: JetStreamContext) -> datetime:
        info = await js.stream_info(SUBMISSION_STREAM)
        if info.created is None:
            raise LeaseUnavailable("the bucket's time of creation is not stated", where=SUBMISSION_BUCKET)
        return info.created

    async def _judge(self, identity: str, created: datetime) -> Gate:
        namespace = self._settings.namespace
        try:
            config_map = await self._kube.get_config_map(namespace, CONFIG_MAP)
        except Absent:
            return await self._judge_unnamed(identity, created)
        data = config_map.setdefault("data", {})
        if data.get("identity") == identity:
            return Gate("", identity, created)
        if data.get("acknowledged") == identity:
            logger.warning("the new submission bucket, created %s, was acknowledged", identity)
            data["identity"] = identity
            await self._kube.replace_config_map(namespace, CONFIG_MAP, config_map)
            return Gate("", identity, created)
        return Gate(self._refusal(str(data.get("identity") or ""), identity))

    async def _judge_unnamed(self, identity: str, created: datetime) -> Gate:
        """Nothing names the trusted bucket. What is written then stays: a later look sees the same, whatever tasks are left."""
        known = self._trusted == identity or not await self._a_task_ran()
        try:
            await self._kube.create_config_map(self._settings.namespace, _config_map(identity if known else ""))
        except Conflict:
            return Gate("The submission records' identity is being written.")
        if not known:
            logger.warning("the ConfigMap %s was gone although tasks have run: nothing is admitted", CONFIG_MAP)
            return Gate(self._refusal("", identity))
        if self._trusted != identity:
            logger.info("first installation: the submission bucket is the one created %s", identity)
        return Gate("", identity, created)

    async def _a_task_ran(self) -> bool:
        """Whether any task there is may have sent something. A LIST: the watches may not have told of all of them yet."""
        for namespace in self._settings.session_namespaces:
            if any(_ran(raw) for raw in await self._kube.list_tasks(namespace)):
                return True
        return False

    def _refusal(self, before: str, identity: str) -> str:
        """What waiting tasks are told, with the commands that end it. before: the identity trusted until now, empty if lost."""
        namespace = self._settings.namespace
        if before:
            what = (
                "The records of what was submitted were lost: NATS's submission bucket is not the one of before"
                f" ({before}). Nothing is admitted until an administrator has restored its volume"
            )
        else:
            what = (
                f"The records of what was submitted may be lost: the ConfigMap {CONFIG_MAP}, which says which of NATS's"
                " submission buckets has them, was gone although tasks have run. Nothing is admitted until an administrator"
                " has restored it and NATS's volume"
            )
        reseed = f"create job reseed --from=cronjob/{self._settings.reseed_cron_job}"
        patch = f'{{"data":{{"acknowledged":"{identity}"}}}}'
        return (
            f"{what}, or has put back what the store knows (kubectl -n {namespace} {reseed}, and see"
            f" what it says with kubectl -n {namespace} logs -f job/reseed) and then accepts that applications of which no"
            f" record is left may be sent a second time: kubectl -n {namespace} patch configmap {CONFIG_MAP} --type merge"
            f" -p '{patch}'"
        )


async def _make(js: JetStreamContext, wanted: api.StreamConfig, *, if_absent: Callable[[], None] | None = None) -> None:
    """Creates the stream, after `if_absent`; one that is there is brought to the configuration wanted, its messages kept."""
    name = str(wanted.name)
    try:
        await js.stream_info(name)
    except NotFoundError:
        if if_absent is not None:
            if_absent()
        try:
            await js.add_stream(wanted)
            logger.info("made the stream %s", name)
            return
        except BadRequestError as error:
            if error.err_code != _NAME_IN_USE:
                raise
    await js.update_stream(wanted)


def _ran(raw: Json) -> bool:
    """Whether a browser was started for the task. Read from the JSON: a task that cannot be validated counts, too."""
    return bool((raw.get("status") or {}).get("attempts"))


def _config_map(identity: str) -> Json:
    """identity: the trusted bucket's, empty where none is until an administrator says so."""
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": CONFIG_MAP, "labels": {"app.kubernetes.io/managed-by": "jobhunter-operator"}},
        "data": {"identity": identity, "acknowledged": identity},
    }
