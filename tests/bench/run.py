"""`make bench`: the figures beside the peers', as a Markdown table. Needs the cluster (make cluster-up).

Names as arguments choose among them: wall, cold, time, memory, forms, faults, demo, frames, live, paint, context, sockets.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import application_time
import cold_start
import context
import demo_again
import faults
import first_paint
import forms_score
import frames
import live_delay
import session_memory
import sockets
import wall_time
from figure import HEAD, Figure

from jobhunter_dev import ground
from jobhunter_dev.applied_task import Field
from jobhunter_dev.errors import DevError
from jobhunter_dev.home import Home
from jobhunter_dev.progress import Progress

SEED = 4711
"""The careers site is drawn from one seed here, so that two runs measure the same forms."""


def field(pause_scale: float) -> Field:
    """The cluster with JobHunter installed at that pause scale. Raises DevError where none runs."""
    place, _ = ground.lay(
        Progress(sys.stderr),
        Home.of_environment(),
        seed=SEED,
        overrides={"operator": {"testHolds": True}, "sessions": {"pauseScale": pause_scale}},
    )
    said = subprocess.run(
        [sys.executable, "-m", "jobhunter_dev", "status", "--json"], capture_output=True, text=True, check=True
    )
    made = Field(place, json.loads(said.stdout)["containerd"])
    made.profile_secret()
    return made


MEASURES: dict[str, Callable[[], list[Figure]]] = {
    "wall": wall_time.measure,
    "cold": lambda: cold_start.measure(field(0)),
    "time": lambda: [*application_time.measure(field(0), 0), *application_time.measure(field(1), 1)],
    "memory": lambda: session_memory.measure(field(0)),
    "forms": forms_score.measure,
    "faults": faults.measure,
    "frames": frames.measure,
    "live": lambda: live_delay.measure(field(0)),
    "paint": lambda: first_paint.measure(field(0)),
    "demo": demo_again.measure,
    "context": context.measure,
    "sockets": sockets.measure,
}


def main(chosen: list[str]) -> int:
    """0 when every figure holds its limit."""
    unknown = sorted(set(chosen) - set(MEASURES))
    if unknown:
        print(f"There is no figure {', '.join(unknown)}. Known are {', '.join(MEASURES)}.", file=sys.stderr)
        return 2
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores\n\n{HEAD}", flush=True)
    well = True
    for name in chosen or MEASURES:
        print(f"measuring {name}", file=sys.stderr, flush=True)
        try:
            figures = MEASURES[name]()
        except DevError as failed:
            well = False
            print(f"{name}: {failed}\n{getattr(failed, 'tail', '')}".rstrip(), file=sys.stderr)
            continue
        for figure in figures:
            print(figure.row(), flush=True)
            well = well and figure.holds is not False
    return 0 if well else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
