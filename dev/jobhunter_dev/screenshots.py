"""`make screenshots`: the dashboard's pictures taken anew, by the tests that look at it, into docs/pictures."""

from __future__ import annotations

import os
import subprocess
import sys

from .environment import VENV
from .installation import REPOSITORY

PICTURES = REPOSITORY / "docs" / "pictures"
TESTS = "tests/gateway/test_dashboard_pictures.py"
SEED = "5"
"""Of the careers site: the form in the pictures is the same each time."""


def main() -> int:
    """pytest's exit status; needs the cluster of `make cluster-up`, whose API server keeps the tasks that are shown."""
    environment = {**os.environ, "JOBHUNTER_PICTURES": str(PICTURES), "CAREERS_SEED": SEED}
    command = [str(VENV / "bin" / "python"), "-m", "pytest", TESTS, "-q", *sys.argv[1:]]
    code = subprocess.run(command, cwd=REPOSITORY, env=environment, check=False).returncode
    for picture in sorted(PICTURES.glob("dashboard-*.webp")):
        print(f"{picture.relative_to(REPOSITORY)}  {picture.stat().st_size // 1000} kB")
    return code


if __name__ == "__main__":
    sys.exit(main())
