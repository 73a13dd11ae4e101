"""Doubled submissions under every fault of the journey."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from figure import Figure

FAULTS = Path(__file__).resolve().parents[1] / "journey" / "test_faults.py"


def measure() -> list[Figure]:
    """Runs the journey's fault tests, each of which asserts how many posts the site received."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", str(FAULTS), "-q", "--no-header"], capture_output=True, text=True, check=False
    )
    closing = done.stdout.strip().splitlines()[-1]
    passed = re.search(r"(\d+) passed", closing)
    return [
        Figure(
            "doubled submissions under all faults",
            "0" if done.returncode == 0 else "see the failures",
            "0",
            "-",
            done.returncode == 0,
            f"{passed[1] if passed else 0} fault tests passed: {closing.strip('= ')}",
        )
    ]
