"""The labelled forms: how many of their labels the runner's `form` command gets right, by their own scorer."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from figure import Figure

FORMS = Path(__file__).resolve().parents[3] / "shared" / "forms-dev"


def measure() -> list[Figure]:
    """One figure; it says so where the forms are not there."""
    what = "labelled form fields recognised"
    peer = "DuckDuckGo's autofill 90.8 %"
    if not (FORMS / "score.py").exists():
        return [Figure(what, "not measured", "95 % (part 3)", peer, None, "the forms are not on this machine")]
    done = subprocess.run(
        [sys.executable, FORMS / "score.py", FORMS / "pages"], capture_output=True, text=True, check=False
    )
    found = re.search(r"^all ([\d.]+%) of (\d+)$", done.stdout, re.MULTILINE)
    identity = re.search(r"^identity ([\d.]+%) of (\d+)$", done.stdout, re.MULTILINE)
    assert found, done.stdout[-500:] + done.stderr[-500:]
    assert identity, done.stdout[-500:]
    return [
        Figure(
            what,
            found[1],
            "95 % (part 3)",
            peer,
            None,
            f"of {found[2]} labels; identity {identity[1]} of {identity[2]}",
        )
    ]
