"""Kubernetes Events on a task: what `kubectl describe` shows a person. Told beside the work, never in its way."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from jobhunter_contracts import names
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import JobHunterError
from jobhunter_operator.actions import Note
from jobhunter_operator.kube import Kube

logger = logging.getLogger(__name__)
_NAME_LIMIT = 236  # of the 253 characters of an object's name
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class TaskNotes:
    def __init__(self, kube: Kube, instance: str) -> None:
        self._kube = kube
        self._instance = instance
        self._last = 0
        self._at_work: set[asyncio.Task[None]] = set()

    def tell(self, task: ApplicationTask, notes: Iterable[Note]) -> None:
        """Writes the notes, one after the other, in the background."""
        telling = asyncio.create_task(self._tell(task, [(self._moment(), note) for note in notes]))
        self._at_work.add(telling)
        telling.add_done_callback(self._at_work.discard)

    async def finish(self, seconds: float) -> None:
        """Waits for what is being told."""
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=seconds)

    def _moment(self) -> int:
        """Microseconds since 1970, later with each call."""
        self._last = max(self._last + 1, time.time_ns() // 1000)
        return self._last

    async def _tell(self, task: ApplicationTask, notes: list[tuple[int, Note]]) -> None:
        for at, note in notes:
            moment = (_EPOCH + timedelta(microseconds=at)).isoformat(timespec="microseconds").replace("+00:00", "Z")
            event = {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                # kubectl describe sorts by a time that these Events do not have, so by name: the name carries the time.
                "metadata": {"name": f"{task.name[:_NAME_LIMIT]}.{at:014x}", "namespace": task.namespace},
                "eventTime": moment,
                "reportingController": f"{names.GROUP}/operator",
                "reportingInstance": self._instance[:128],
                "action": note.reason[:128],
                "reason": note.reason[:128],
                "type": note.type,
                "note": note.message[:1000],
                "regarding": {
                    "apiVersion": names.API_VERSION,
                    "kind": names.KIND,
                    "namespace": task.namespace,
                    "name": task.name,
                    "uid": task.uid,
                },
            }
            try:
                await self._kube.create_event(task.namespace, event)
            except JobHunterError as error:
                logger.warning("the Event %s of task %s is lost: %s", note.reason, task.name, error)
