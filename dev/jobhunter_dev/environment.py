"""The project's virtual environment: pinned dependencies, hashes checked, and the project itself in editable form."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from . import machine
from .command import run_logged
from .errors import DevError, MachineLacksSomething
from .home import Home
from .progress import Progress

REPOSITORY = Path(__file__).resolve().parents[2]
VENV = REPOSITORY / ".venv"
PYTHON = VENV / "bin" / "python"
VENV_PACKAGE = {f"/usr/lib/python3.{sys.version_info.minor}/ensurepip": "python3-venv"}
"""What Debian's own Python lacks to make an environment."""


def wanted() -> str:
    """A hash of all that the environment is made from."""
    digest = hashlib.sha256(sys.version.encode())
    for name in ("requirements/dev.txt", "pyproject.toml"):
        digest.update((REPOSITORY / name).read_bytes())
    return digest.hexdigest()


def prepare(progress: Progress, logs: Path) -> None:
    """Makes the environment, or does nothing where it is as it should be. Can be run again after an interruption."""
    ready = VENV / "ready"
    if ready.exists() and ready.read_text() == wanted() and PYTHON.exists():
        ready.touch()
        return
    if sys.version_info < machine.PYTHON_NEEDED:
        raise MachineLacksSomething(
            f"Python {sys.version.split()[0]} is too old.", "Install Python 3.11 or newer and set PYTHON to it."
        )
    log = logs / "venv.log"
    if subprocess.run([sys.executable, "-c", "import ensurepip"], capture_output=True, check=False).returncode != 0:
        machine.install_packages(progress, logs / "apt.log", VENV_PACKAGE)
    with progress.step("virtual environment: pinned dependencies"):
        ready.unlink(missing_ok=True)
        run_logged([sys.executable, "-m", "venv", VENV], log)
        pip: list[str | Path] = [PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "-q"]
        run_logged([*pip, "--require-hashes", "-r", REPOSITORY / "requirements" / "dev.txt"], log)
        run_logged([*pip, "--no-deps", "--no-build-isolation", "-e", REPOSITORY], log)
        ready.write_text(wanted())


def main() -> int:
    """`python3 -m jobhunter_dev.environment`."""
    home = Home.of_environment()
    home.prepare()
    try:
        prepare(Progress(), home.logs)
    except DevError as failed:
        print(failed, getattr(failed, "tail", ""), sep="\n", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
