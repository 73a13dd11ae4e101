"""Profiles that the store keeps: whether a user has one, as the gateway answers; an answer counts for a moment."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass

import nats.errors
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription

from jobhunter_connection.nats_link import NatsLink
from jobhunter_contracts.asks import ProfileChanged, ProfileQuery, Refusal
from jobhunter_contracts.asks import ProfileState as StoreAnswer
from jobhunter_contracts.errors import InvalidMessage, JobHunterError
from jobhunter_contracts.subjects import HEADER_ERROR, PROFILE_CHANGED_SUBJECT, PROFILE_EXISTS_SUBJECT
from jobhunter_operator.mirror import Mirror
from jobhunter_operator.observed import ProfileState, ProfileView
from jobhunter_operator.status_draft import ended
from jobhunter_operator.work_queue import WorkQueue

logger = logging.getLogger(__name__)
ASK_SECONDS = 2.0
KEPT_SECONDS = {ProfileState.USABLE: 5.0, ProfileState.MISSING: 2.0, ProfileState.UNKNOWN: 1.0}
"""How long an answer counts for all of the user's tasks: a burst of tasks asks once. A no is asked for once by each."""
SILENCE = (
    "The gateway, which keeps people's profiles, does not answer. The task goes on when it does; see whether the pods of"
    " the Deployment jobhunter-gateway run."
)
_ASKED_FOR_LIMIT = 10_000
NO_PROFILE = "There is no profile yet. The task goes on when there is one."


@dataclass(frozen=True)
class _Kept:
    view: ProfileView
    until: float


class StoreProfiles:
    """Asks one question at a time for a user. A gateway that does not answer holds up one worker, not all of them."""

    def __init__(
        self, link: NatsLink, mirror: Mirror, queue: WorkQueue[str], *, ask_seconds: float = ASK_SECONDS
    ) -> None:
        self._link = link
        self._mirror = mirror
        self._queue = queue
        self._ask_seconds = ask_seconds
        self._kept: dict[str, _Kept] = {}
        self._asking: dict[str, asyncio.Task[ProfileView]] = {}
        self._asked_for: dict[str, None] = {}  # tasks, oldest first
        self._silent = False
        self._subscription: Subscription | None = None

    async def start(self) -> None:
        """Listens to changes of profiles; the client keeps the subscription over reconnects."""
        if self._subscription is None:
            self._subscription = await self._link.client.subscribe(PROFILE_CHANGED_SUBJECT, cb=self._on_changed)

    async def view(self, user_id: str, task_uid: str) -> ProfileView:
        """What is known of the user's profile: UNKNOWN where the gateway does not say."""
        while (known := self._known(user_id, task_uid)) is None:
            asking = self._asking.get(user_id)
            if asking is None:
                if self._silent and self._asking:
                    return ProfileView(ProfileState.UNKNOWN, SILENCE)  # another's question finds out when it is back
                return await asyncio.shield(self._question(user_id, task_uid))
            view = await asyncio.shield(asking)
            if view.state is not ProfileState.MISSING or self._told(task_uid):
                return view
        return known

    def _known(self, user_id: str, task_uid: str) -> ProfileView | None:
        kept = self._kept.get(user_id)
        if kept is None or kept.until <= asyncio.get_running_loop().time():
            return None
        return kept.view if kept.view.state is not ProfileState.MISSING or self._told(task_uid) else None

    def _question(self, user_id: str, task_uid: str) -> asyncio.Task[ProfileView]:
        asking = asyncio.create_task(self._ask(user_id, task_uid))
        self._asking[user_id] = asking
        self._asked_for[task_uid] = None
        if len(self._asked_for) > _ASKED_FOR_LIMIT:
            del self._asked_for[next(iter(self._asked_for))]
        asking.add_done_callback(lambda done: self._keep(user_id, done))
        return asking

    def forget(self, user_id: str) -> None:
        """The user's profile changed: what was answered, or is being answered now, is of before."""
        self._kept.pop(user_id, None)
        self._asking.pop(user_id, None)

    def _told(self, task_uid: str) -> bool:
        """Whether the gateway heard of this very task: hearing of it, it tells the person that a profile is missing."""
        return task_uid in self._asked_for

    def _keep(self, user_id: str, asked: asyncio.Task[ProfileView]) -> None:
        if self._asking.get(user_id) is not asked:
            return
        del self._asking[user_id]
        if asked.cancelled() or asked.exception() is not None:
            return
        now, view = asyncio.get_running_loop().time(), asked.result()
        self._kept = {user: kept for user, kept in self._kept.items() if now < kept.until}
        self._kept[user_id] = _Kept(view, now + KEPT_SECONDS[view.state])

    async def _ask(self, user_id: str, task_uid: str) -> ProfileView:
        query = ProfileQuery(user_id=user_id, task_uid=task_uid)
        try:
            reply = await self._link.client.request(PROFILE_EXISTS_SUBJECT, query.to_json(), timeout=self._ask_seconds)
            self._silent = False
            if HEADER_ERROR in (reply.headers or {}):
                words = Refusal.from_json(reply.data).message
                return ProfileView(ProfileState.UNKNOWN, f"The gateway cannot say whether there is a profile: {words}")
            answer = StoreAnswer.from_json(reply.data)
        except InvalidMessage as error:
            logger.warning("the gateway's answer for a profile is none: %s", error)
            return ProfileView(ProfileState.UNKNOWN, f"The gateway's answer cannot be read: {error}")
        except (JobHunterError, nats.errors.Error, TimeoutError, OSError) as error:
            logger.info("the gateway does not say whether there is a profile: %s", error or type(error).__name__)
            self._silent = True
            return ProfileView(ProfileState.UNKNOWN, SILENCE)
        if answer.exists:
            return ProfileView(ProfileState.USABLE)
        return ProfileView(ProfileState.MISSING, answer.why or NO_PROFILE)

    async def _on_changed(self, message: Msg) -> None:
        try:
            user_id = ProfileChanged.from_json(message.data).user_id
        except InvalidMessage as error:
            logger.warning("a message on %s is dropped: %s", message.subject, error)
            return
        self.forget(user_id)
        for task in self._mirror.tasks():
            waits = task.status.pod_uid is None and not ended(task)
            if waits and task.spec.user_id == user_id and task.spec.profile_ref is None:
                self._queue.add(task.uid)
