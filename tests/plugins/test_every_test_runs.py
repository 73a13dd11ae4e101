"""A skipped test counts as failed in `make test`, and nowhere else."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

SKIPS = "import pytest\n\ndef test_one():\n    pytest.skip('no cluster')\n\ndef test_two():\n    pass\n"
SKIPS_WHOLE = "import pytest\n\npytest.skip('no cluster', allow_module_level=True)\n"


def counted(folder: Path, *, required: bool) -> tuple[dict[str, int], str]:
    """The counts of pytest's closing line, and all that it said."""
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "JOBHUNTER_JOURNEY": ""}
    if required:
        environment["JOBHUNTER_JOURNEY"] = "required"
    command = [sys.executable, "-m", "pytest", "-p", "every_test_runs", "-p", "no:cacheprovider", "-c", os.devnull]
    done = subprocess.run(
        [*command, "--rootdir", str(folder), str(folder)],
        capture_output=True,
        text=True,
        env=environment,
        cwd=folder,
        timeout=60,
        check=False,
    )
    closing = done.stdout.strip().splitlines()[-1]
    return {
        word: int(number) for number, word in re.findall(r"(\d+) (passed|failed|skipped|error)", closing)
    }, done.stdout


@pytest.mark.parametrize(
    ("required", "counts"), [(True, {"failed": 1, "passed": 1}), (False, {"skipped": 1, "passed": 1})]
)
def test_a_test_that_is_skipped_counts_as_failed(tmp_path: Path, required: bool, counts: dict[str, int]) -> None:
    (tmp_path / "test_it.py").write_text(SKIPS)
    found, said = counted(tmp_path, required=required)
    assert found == counts, said
    assert "no cluster" in said or not required


def test_a_file_that_is_skipped_counts_as_failed(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SKIPS_WHOLE)
    found, said = counted(tmp_path, required=True)
    assert found == {"error": 1}, said
    assert "no cluster" in said


def test_the_labelled_forms_alone_may_be_absent(tmp_path: Path) -> None:
    (tmp_path / "test_forms_dev.py").write_text(SKIPS)
    found, said = counted(tmp_path, required=True)
    assert found == {"skipped": 1, "passed": 1}, said
