"""Background tasks are ended for sure: before Python 3.12 wait_for() can swallow a cancellation that comes as it ends."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

logger = logging.getLogger(__name__)
_TRIES = 40
_TRY_SECONDS = 0.25


async def end_tasks(tasks: Iterable[asyncio.Task[Any]]) -> None:
    """Cancels the tasks, again and again, and waits for them; ten seconds at most."""
    pending = {task for task in tasks if not task.done()}
    for _ in range(_TRIES):
        if not pending:
            return
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_TRY_SECONDS)
    if pending:
        logger.error("does not end: %s", ", ".join(sorted(task.get_name() for task in pending)))
