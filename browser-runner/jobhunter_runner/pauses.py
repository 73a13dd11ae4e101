"""The pauses of a person between actions: small, random, and scaled by one number (0: none)."""

from __future__ import annotations

import asyncio
import os
import random

from jobhunter_contracts.errors import InvalidMessage
from jobhunter_contracts.runner_env import PAUSE_SCALE

_FIELD_SECONDS = (0.15, 0.6)
_PRESS_SECONDS = (0.4, 1.2)
_KEY_SECONDS = 0.045


class Pauses:
    """scale: 1 as shipped, 0 none."""

    def __init__(self, scale: float = 1.0) -> None:
        self.scale = scale

    @classmethod
    def from_environment(cls) -> Pauses:
        """From JOBHUNTER_PAUSE_SCALE, 1 where it is not set. Raises InvalidMessage for what is not a number from 0 to 20."""
        text = os.environ.get(PAUSE_SCALE, "").strip() or "1"
        try:
            scale = float(text)
        except ValueError:
            scale = -1.0
        if not 0 <= scale <= 20:
            raise InvalidMessage(f"{text!r} is not a number from 0 to 20", where=PAUSE_SCALE, remedy="1 is as shipped")
        return cls(scale)

    async def before_field(self) -> None:
        """Moving from one field to the next."""
        await self._wait(random.uniform(*_FIELD_SECONDS))  # noqa: S311 - a pause, no secret

    async def before_press(self) -> None:
        """Looking once more before a button is pressed."""
        await self._wait(random.uniform(*_PRESS_SECONDS))  # noqa: S311 - a pause, no secret

    @property
    def key_milliseconds(self) -> float:
        """Between two keys; 0 where text may be put in at once."""
        return self.scale * _KEY_SECONDS * 1000

    async def _wait(self, seconds: float) -> None:
        if self.scale > 0:
            await asyncio.sleep(seconds * self.scale)
