"""How long the long commands took, kept in the home: a quarter of an hour is measured where it is spent anyway."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from enum import StrEnum

from .home import Home, write_whole


class Command(StrEnum):
    """What is measured. FIRST_DEMO: nothing was built before, and no terminal. TEST: all of it, the cluster built before."""

    FIRST_DEMO = "first make demo"
    TEST = "make test"


@dataclass(frozen=True)
class WallTime:
    """seconds: from the command's beginning to its good end. at: that end, RFC 3339 UTC."""

    seconds: float
    at: str


def keep(home: Home, command: Command, seconds: float) -> None:
    """Writes it over the one of before."""
    times = {**kept(home), command: WallTime(round(seconds, 1), f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}")}
    write_whole(home.wall_times, json.dumps({name: asdict(time) for name, time in times.items()}, indent=2))


def kept(home: Home) -> dict[Command, WallTime]:
    """The last ones; empty where nothing was run to its end yet."""
    if not home.wall_times.exists():
        return {}
    return {Command(name): WallTime(**time) for name, time in json.loads(home.wall_times.read_text()).items()}
