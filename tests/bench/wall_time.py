"""The first `make demo` and `make test`, which nobody runs for a figure: how long they took when they were run last."""

from __future__ import annotations

from figure import Figure

from jobhunter_dev.home import Home
from jobhunter_dev.wall_times import Command, kept

LIMITS = {
    Command.FIRST_DEMO: ("first `make demo`, from nothing", 15 * 60),
    Command.TEST: ("`make test`, cluster built", 25 * 60),
}


def measure() -> list[Figure]:
    """What the commands kept in the home."""
    return [_figure(command) for command in LIMITS]


def _figure(command: Command) -> Figure:
    (what, limit), took = LIMITS[command], kept(Home.of_environment()).get(command)
    if took is None:
        return Figure(what, "-", _words(limit), "-", None, "it did not run to its end on this machine since make clean")
    return Figure(
        what, _words(took.seconds), _words(limit), "-", took.seconds <= limit, f"measured by itself, {took.at}"
    )


def _words(seconds: float) -> str:
    return f"{int(seconds // 60)} min" + (f" {int(seconds % 60)} s" if seconds % 60 else "")
