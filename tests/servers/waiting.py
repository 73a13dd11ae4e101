"""Waiting in a test until something is so."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable
from typing import Any


async def until(true: Callable[[], Any], seconds: float = 20, *, seen: Callable[[], Any] | None = None) -> None:
    """Waits until it holds; what it gives may be awaitable. Fails after `seconds`, with what is `seen` then."""
    begun = time.monotonic()
    while True:
        said = true()
        if await said if inspect.isawaitable(said) else said:
            return
        assert time.monotonic() - begun < seconds, f"not so after {seconds} s: {seen() if seen else said!r}"
        await asyncio.sleep(0.02)
