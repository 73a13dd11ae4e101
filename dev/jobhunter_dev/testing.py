"""`make test`: the ground built and laid, lint, then pytest; the last line is pytest's own."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from . import ground, machine, toolchain, wall_times
from .environment import VENV
from .errors import DevError, StepFailed
from .home import Home
from .installation import REPOSITORY
from .progress import Progress

LINTERS = (
    ("ruff", "check", "."),
    ("ruff", "format", "--check", "."),
    ("mypy",),
    ("lint-imports",),
)

SIDE_BY_SIDE = ("-n", "3", "--dist", "loadscope", "--durations", "15")
"""What waits for the cluster and what uses the processor run at once; tests/conftest.py says what goes together."""


def main(arguments: list[str]) -> int:
    """0 when everything passed. Further arguments go to pytest."""
    began = time.monotonic()
    home, progress = Home.of_environment(), Progress(sys.stdout)
    whole = toolchain.is_built(home) and not arguments and not ground.uses_current_cluster()
    try:
        ground.build(progress, home)
        machine.install_packages(progress, home.logs / "apt.log", machine.TEST_PACKAGES)
        for linter in LINTERS:
            with progress.step(" ".join(linter)):
                if subprocess.run([VENV / "bin" / linter[0], *linter[1:]], cwd=REPOSITORY, check=False).returncode != 0:
                    raise DevError(f"{linter[0]} found something.", "See above.")
        progress.note("pytest")
        code = subprocess.run(
            [VENV / "bin" / "python", "-m", "pytest", *SIDE_BY_SIDE, *arguments],
            cwd=REPOSITORY,
            env={**os.environ, "JOBHUNTER_JOURNEY": "required", "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}"},
            check=False,
        ).returncode
    except StepFailed as failed:
        print(f"{failed}\n{failed.tail}".rstrip(), file=sys.stderr)
        return 1
    except DevError as failed:
        print(failed, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    took = time.monotonic() - began
    if code == 0 and whole:
        wall_times.keep(home, wall_times.Command.TEST, took)
    print(f"make test took {took:.0f} s", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
