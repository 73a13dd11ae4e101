"""Tasks of the mirror into the store: each as it was last, though Postgres may be away for a while."""

from __future__ import annotations

import asyncio
import logging

from jobhunter_contracts.application_task import ApplicationTask
from jobhunter_contracts.errors import JobHunterError, Unavailable
from jobhunter_gateway.store import Store
from jobhunter_gateway.task_mirror import TaskMirror

logger = logging.getLogger(__name__)
_AGAIN_SECONDS = 1.0


class TaskProjection:
    """Holds for each task that changed its latest state until it is written; older states are of no use any more."""

    def __init__(self, mirror: TaskMirror, store: Store) -> None:
        self._store = store
        self._waiting: dict[str, tuple[ApplicationTask, bool]] = {}
        self._some = asyncio.Event()
        mirror.on_change(self._changed)
        mirror.on_gone(self._gone)

    @property
    def waiting(self) -> int:
        """Tasks whose latest state is not written yet."""
        return len(self._waiting)

    def _changed(self, task: ApplicationTask) -> None:
        self._waiting[task.uid] = task, False
        self._some.set()

    def _gone(self, task: ApplicationTask) -> None:
        self._waiting[task.uid] = task, True
        self._some.set()

    async def run(self) -> None:
        """Writes for ever."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                uid, (task, gone) = next(iter(self._waiting.items()))
                try:
                    await self._store.projected(task)
                    if gone:
                        await self._store.removed(task.spec.user_id, task.uid)
                except Unavailable as error:
                    logger.info("tasks are written to the store later: %s", error)
                    await asyncio.sleep(_AGAIN_SECONDS)
                    continue
                except JobHunterError as error:
                    logger.error("task %s cannot be stored: %s", uid, error)
                except Exception:  # this task's row is lost for now; the others are not to wait for it
                    logger.exception("task %s cannot be stored", uid)
                if self._waiting.get(uid) == (task, gone):
                    del self._waiting[uid]
