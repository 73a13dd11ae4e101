"""Background tasks of the event loop, and how they are ended for sure."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from typing import Any


async def end_tasks(tasks: Collection[asyncio.Task[Any]], *, tries: int = 20) -> None:
    """Cancels the tasks and waits for them. A cancellation is repeated: before Python 3.12 wait_for() can swallow one."""
    pending = {task for task in tasks if not task.done()}
    for _ in range(tries):
        if not pending:
            break
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.25)
