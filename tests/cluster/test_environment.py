"""The virtual environment's making, as far as it can be told without making one."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from jobhunter_dev import environment, machine
from jobhunter_dev.errors import MachineLacksSomething
from jobhunter_dev.progress import Progress


def test_a_python_without_venv_gets_debian_s_package_as_all_packages_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(_progress: Progress, log: Path, wanted: Mapping[str, str]) -> None:
        raise MachineLacksSomething(f"{', '.join(wanted.values())} into {log.name}")

    def without_ensurepip(command: list[Any], **_: Any) -> subprocess.CompletedProcess[str]:
        return subprocess.CompletedProcess(command, 1)

    monkeypatch.setattr(environment, "VENV", tmp_path)
    monkeypatch.setattr(machine, "install_packages", install)
    monkeypatch.setattr(subprocess, "run", without_ensurepip)
    with pytest.raises(MachineLacksSomething, match=r"python3-venv into apt\.log"):
        environment.prepare(Progress(), tmp_path)
