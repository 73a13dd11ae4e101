"""Running another program: its output goes to a log file, and a failure carries that log's last lines."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from .errors import StepFailed

TAIL_LINES = 20

WITH_PARENT = ("setpriv", "--pdeathsig", "KILL")
"""Put before a program so that it does not outlive the run that started it, however that ended."""


def tail(log: Path, lines: int = TAIL_LINES) -> str:
    """The last lines of a log; empty where there is none."""
    try:
        return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
    except FileNotFoundError:
        return ""


def run_logged(
    argv: Sequence[str | Path],
    log: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    remedy: str = "",
    must_finish: bool = False,
) -> None:
    """Runs ``argv`` with its output appended to ``log``.

    ``env`` is added to this process's environment. With ``must_finish`` the program is let run to its end whatever
    happens to this process. Raises StepFailed with the log's tail.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    words = [str(part) for part in argv]
    with log.open("ab") as sink:
        sink.write(f"$ {' '.join(words)}\n".encode())
        sink.flush()
        with subprocess.Popen(
            words if must_finish else [*WITH_PARENT, *words],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            start_new_session=must_finish,
        ) as running:  # leaving the block waits for its end
            try:
                code = running.wait()
            except KeyboardInterrupt:
                if not must_finish:
                    running.kill()
                raise
    if code != 0:
        raise StepFailed(f"{Path(words[0]).name} ended with code {code}; its log is {log}.", remedy, tail(log))


def output_of(argv: Sequence[str | Path], *, timeout: float = 60, env: Mapping[str, str] | None = None) -> str:
    """What ``argv`` prints. Raises StepFailed with what it said on its standard error."""
    words = [str(part) for part in argv]
    try:
        done = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
            env={**os.environ, **(env or {})},
            check=False,
        )
    except FileNotFoundError as missing:
        raise StepFailed(f"The program {words[0]} is not installed.") from missing
    except subprocess.TimeoutExpired as late:
        raise StepFailed(f"{Path(words[0]).name} did not answer within {timeout:.0f} s.") from late
    if done.returncode != 0:
        raise StepFailed(f"{Path(words[0]).name} ended with code {done.returncode}.", tail=done.stderr.strip())
    return done.stdout
