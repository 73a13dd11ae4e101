"""Kubernetes Events on a task: what `kubectl describe` shows a person. Told beside the work, never in its way."""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime

from jobhunter_contracts import names
from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import JobHunterError
from jobhunter_operator.actions import Note
from jobhunter_operator.kube import Kube

logger = logging.getLogger(__name__)
_NAME_LIMIT = 240


class TaskNotes:
    def __init__(self, kube: Kube, instance: str) -> None:
        self._kube = kube
        self._instance = instance
        self._at_work: set[asyncio.Task[None]] = set()

    def tell(self, task: ApplicationTask, notes: Iterable[Note]) -> None:
        """Writes the notes, one after the other, in the background."""
        telling = asyncio.create_task(self._tell(task, tuple(notes)))
        self._at_work.add(telling)
        telling.add_done_callback(self._at_work.discard)

    async def finish(self, seconds: float) -> None:
        """Waits for what is being told."""
        if self._at_work:
            await asyncio.wait(self._at_work, timeout=seconds)

    async def _tell(self, task: ApplicationTask, notes: tuple[Note, ...]) -> None:
        for note in notes:
            moment = datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
            event = {
                "apiVersion": "events.k8s.io/v1",
                "kind": "Event",
                "metadata": {"name": f"{task.name[:_NAME_LIMIT]}.{secrets.token_hex(6)}", "namespace": task.namespace},
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
