"""What runs in the background is ended, or it is said that it does not end."""

from __future__ import annotations

import asyncio

import pytest

from jobhunter_connection import background
from jobhunter_connection.background import end_tasks


async def swallowing(times: int) -> None:
    """Ends at the cancellation after the first `times`."""
    for _ in range(times):
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            continue
    await asyncio.sleep(60)


async def test_a_cancellation_that_was_swallowed_is_repeated(caplog: pytest.LogCaptureFixture) -> None:
    tasks = [asyncio.create_task(swallowing(times)) for times in (0, 2)]
    await asyncio.sleep(0)
    await end_tasks(tasks)
    assert all(task.cancelled() for task in tasks)
    assert not caplog.messages


async def test_what_does_not_end_is_named(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(background, "_TRIES", 2)
    monkeypatch.setattr(background, "_TRY_SECONDS", 0.01)
    task = asyncio.create_task(swallowing(2), name="stubborn")
    await asyncio.sleep(0)
    await end_tasks([task])
    assert caplog.messages == ["does not end: stubborn"]
    task.cancel()
    await asyncio.wait([task])
