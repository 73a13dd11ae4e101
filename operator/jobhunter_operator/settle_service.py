"""Settles, at the gateway's request, the submission of a task that is gone: no spec can carry its person's word any more."""

from __future__ import annotations

from collections.abc import Mapping

import nats.errors
from nats.aio.msg import Msg

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.asks import SettleRequest
from jobhunter_contracts.errors import LeaseUnavailable, Unavailable
from jobhunter_contracts.subjects import SETTLE_SUBJECT
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.replies import Answer, Replies
from jobhunter_operator.submission_leases import SubmissionLeases


class SettleService:
    """Safe to repeat. Only the gateway may ask, and it decides whose word counts: docs/adr/0014."""

    def __init__(self, replies: Replies, mirror: Mirror, leases: SubmissionLeases) -> None:
        self._replies = replies
        self._mirror = mirror
        self._leases = leases

    async def start(self) -> None:
        await self._replies.serve(SETTLE_SUBJECT, "settle", self._settle)

    async def _settle(self, message: Msg, _: Mapping[str, str]) -> Answer:
        """Raises Unavailable while the task is there, LeaseUnavailable, or InvalidMessage."""
        asked = SettleRequest.from_json(message.data)
        if self._mirror.task(asked.task_uid) is not None:
            raise Unavailable("the task is in the cluster still", where=asked.task_uid, remedy="Set its spec.settle")
        try:
            await self._leases.settle(_task(asked), sent=asked.sent)
        except (nats.errors.Error, TimeoutError, OSError) as error:
            words = f"the submission records do not answer: {error or type(error).__name__}"
            raise LeaseUnavailable(words, where=asked.task_uid, remedy="Try again in a moment") from error
        return b"", {}


def _task(asked: SettleRequest) -> ApplicationTask:
    """The task as far as its leases are concerned."""
    return ApplicationTask.model_validate(
        {
            "metadata": {"name": asked.task_name, "uid": asked.task_uid},
            "spec": {"userId": asked.user_id, "url": asked.url, "allowDuplicate": asked.allow_duplicate},
            "status": {"podUid": asked.pod_uid},
        }
    )
