"""A process that outlives this run, known by its id and the moment it began: a reused id is never killed."""

from __future__ import annotations

import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

from .home import write_whole


@dataclass(frozen=True)
class RecordedProcess:
    """``started`` is field 22 of /proc/PID/stat: clock ticks since the boot that ``boot`` names."""

    pid: int
    started: int
    boot: str

    @classmethod
    def of(cls, pid: int) -> RecordedProcess | None:
        """The process as it runs now, or None if it does not."""
        started = start_ticks(pid)
        return None if started is None else cls(pid, started, boot_id())

    @classmethod
    def read(cls, record: Path) -> RecordedProcess | None:
        """What was recorded, alive or not; None where nothing readable is."""
        try:
            fields = json.loads(record.read_text())
            return cls(int(fields["pid"]), int(fields["started"]), str(fields["boot"]))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    def write(self, record: Path) -> None:
        """Records it."""
        write_whole(record, json.dumps({"pid": self.pid, "started": self.started, "boot": self.boot}))

    def alive(self) -> bool:
        """Whether this very process, not another under its id, still runs."""
        return self.boot == boot_id() and start_ticks(self.pid) == self.started

    def kill(self, within: float = 10) -> bool:
        """SIGKILL, to this very process only; whether it is gone after at most ``within`` seconds."""
        deadline = time.monotonic() + within
        while self.alive():
            if time.monotonic() > deadline:
                return False
            try:
                os.kill(self.pid, signal.SIGKILL)
            except ProcessLookupError:
                return True
            time.sleep(0.02)
        return True


def start_ticks(pid: int) -> int | None:
    """When a process began, in clock ticks since boot; None for one that is gone or a zombie."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat[stat.rindex(")") + 2 :].split()  # the name before it may hold spaces and brackets
    return None if fields[0] in ("Z", "X") else int(fields[19])


def children(pid: int) -> list[int]:
    """The direct children of a process."""
    found = list[int]()
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            stat = (folder / "stat").read_text()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(stat[stat.rindex(")") + 2 :].split()[1]) == pid:
            found.append(int(folder.name))
    return found


def boot_id() -> str:
    """Changes with every boot."""
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
