"""Doubled submissions under every fault of the journey, counted by the careers site."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from figure import Figure

JOURNEY = Path(__file__).resolve().parents[1] / "journey"
TESTS = (
    "test_faults.py",
    "test_lost_volume.py",
    "test_apply.py::test_a_server_error_is_put_to_the_person_who_presses_again",
    "test_apply.py::test_a_server_error_with_silence_ends_unconfirmed_and_can_be_settled",
    "test_apply.py::test_a_refused_press_goes_back_to_review_and_a_second_press_goes_through",
    "test_apply.py::test_deleted_and_applied_again_after_a_submission_is_a_duplicate",
)
"""Kills at every stage, NATS deleted, its volume lost, a 500, a refusal, a task deleted and applied again."""


def measure() -> list[Figure]:
    """Runs the journey's fault tests. A posting accepted more often than it was to be applied for was doubled."""
    with tempfile.TemporaryDirectory() as folder:
        record = Path(folder) / "postings.json"
        done = subprocess.run(
            [sys.executable, "-m", "pytest", *(str(JOURNEY / test) for test in TESTS), "-q", "--no-header"],
            env={**os.environ, "JOBHUNTER_POSTINGS": str(record), "JOBHUNTER_JOURNEY": "required"},
            capture_output=True,
            text=True,
            check=False,
        )
        postings = json.loads(record.read_text()) if record.exists() else []
    closing = done.stdout.strip().splitlines()[-1].strip("= ")
    passed = re.search(r"(\d+) passed", closing)
    accepted = sum(posting["accepted"] for posting in postings)
    doubled = sum(max(0, posting["accepted"] - posting["allowed"]) for posting in postings)
    return [
        Figure(
            "doubled submissions under all faults",
            str(doubled) if postings else "not counted",
            "0",
            "-",
            done.returncode == 0 and bool(postings) and doubled == 0,
            f"{passed[1] if passed else 0} fault tests; {len(postings)} postings, {accepted} applications accepted: {closing}",
        )
    ]
