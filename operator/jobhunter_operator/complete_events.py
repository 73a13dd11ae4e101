"""applier:complete: one for each task, whoever ended it. What only the operator saw, the operator publishes."""

from __future__ import annotations

from collections.abc import Callable

from nats.js import JetStreamContext, api
from nats.js.errors import NotFoundError

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.events import Event, EventType, complete_event_id, complete_event_id_of, make_event
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import EVENT_STREAM, event_subject
from jobhunter_operator.events_consumer import completed_attempt


class CompleteEvents:
    def __init__(self, js: Callable[[], JetStreamContext]) -> None:
        self._js = js
        self._known: set[str] = set()

    def known(self, task_uid: str) -> bool:
        """Whether this process knows the event to be in the stream."""
        return task_uid in self._known

    def seen(self, task_uid: str) -> None:
        self._known.add(task_uid)

    def drop(self, task_uid: str) -> None:
        """The task is deleted."""
        self._known.discard(task_uid)

    async def publish(self, outcome: Outcome) -> None:
        """Safe to repeat: the stream is asked first, and keeps one message of an id.

        What an attempt before the last one left behind there (its node was cut off while it ended) is not the task's end:
        the true end follows it, under an id of its own.
        """
        subject = event_subject(outcome.task_uid, EventType.APPLIER_COMPLETE)
        event_id = complete_event_id(outcome.task_uid)
        try:
            last = await self._js().get_last_msg(EVENT_STREAM, subject)
            if _attempt(last.data or b"") == outcome.attempt:
                self._known.add(outcome.task_uid)
                return
            event_id = complete_event_id_of(outcome.task_uid, outcome.attempt)
        except NotFoundError:
            pass
        event = make_event(
            EventType.APPLIER_COMPLETE,
            outcome.message or outcome.outcome,
            outcome.event_data(),
            event_id=event_id,
            agent="system",
        )
        headers = {api.Header.MSG_ID.value: event_id}
        await self._js().publish(subject, event.to_json(), headers=headers, stream=EVENT_STREAM)
        self._known.add(outcome.task_uid)


def _attempt(data: bytes) -> int | None:
    try:
        return completed_attempt(Event.from_json(data))
    except InvalidMessage:
        return None
