"""The submission lease of a terminal run: a folder with one JSON file a record, each on disk before it counts.

A file is put in its place whole, by a link that fails where one is there already. A list of all keys ever written
stands beside them, so that a record that somebody removed is known as deleted and frees nothing.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from jobhunter_contracts.errors import LeaseUnavailable
from jobhunter_runner.submission_lease import Entry, RevisionConflict


def default_state_folder() -> Path:
    """${XDG_STATE_HOME:-~/.local/state}/jobhunter (XDG Base Directory Specification)."""
    given = os.environ.get("XDG_STATE_HOME", "")
    base = Path(given) if given.startswith("/") else Path.home() / ".local" / "state"
    return base / "jobhunter"


class FileLeaseStore:
    """A LeaseStore in `folder`, which is made where it is not there. Safe against other processes of this machine."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "submission"
        self._keys = self._folder / "keys"
        self._identity = self._folder / "identity"
        self._lock = self._folder / "lock"

    async def identity(self) -> str:
        return await asyncio.to_thread(self._read_identity)

    async def read(self, key: str) -> Entry | None:
        return await asyncio.to_thread(self._read, key)

    async def write(self, key: str, value: bytes, *, last: int) -> int:
        return await asyncio.to_thread(self._write, key, value, last)

    def _read_identity(self) -> str:
        with self._locked():
            if not self._identity.exists():
                if any(self._folder.glob("*.json")):
                    raise LeaseUnavailable(
                        "there are records, and the folder's identity is gone",
                        where=str(self._identity),
                        remedy="Restore it",
                    )
                _put(self._identity, secrets.token_hex(16).encode())
            return self._identity.read_text("ascii")

    def _read(self, key: str) -> Entry | None:
        with self._locked():
            return self._entry(key)

    def _write(self, key: str, value: bytes, last: int) -> int:
        with self._locked():
            found = self._entry(key)
            if (found.revision if found else 0) != last:
                raise RevisionConflict(f"the record is not at revision {last}", where=key, remedy="Read it again")
            if last == 0:
                with self._keys.open("a", encoding="ascii") as keys:
                    keys.write(f"{key}\n")
                    keys.flush()
                    os.fsync(keys.fileno())
            data = json.dumps({"revision": last + 1, "value": json.loads(value)}, ensure_ascii=False, indent=1)
            _put(self._path(key), data.encode(), replace=last > 0)
            return last + 1

    def _entry(self, key: str) -> Entry | None:
        try:
            data = json.loads(self._path(key).read_bytes())
            return Entry(json.dumps(data["value"]).encode(), int(data["revision"]))
        except FileNotFoundError:
            return Entry(None, 1) if key in self._known_keys() else None
        except (ValueError, KeyError, TypeError) as error:
            raise LeaseUnavailable(
                f"the record cannot be read: {error}", where=str(self._path(key)), remedy="Look at the file"
            ) from error

    def _known_keys(self) -> set[str]:
        return set(self._keys.read_text("ascii").split()) if self._keys.exists() else set()

    def _path(self, key: str) -> Path:
        if "/" in key or key.startswith("."):
            raise LeaseUnavailable("not a key", where=key)
        return self._folder / f"{key}.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with self._lock.open("a") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX)
                yield
        except OSError as error:
            raise LeaseUnavailable(
                f"cannot be used: {error.strerror or error}",
                where=str(self._folder),
                remedy="Give a folder that can be written with --state-dir",
            ) from error


def _put(path: Path, data: bytes, *, replace: bool = False) -> None:
    """Puts a whole file in its place and on disk; FileExistsError where one is there and `replace` is not set."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    with draft.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            draft.replace(path)
        else:
            os.link(draft, path)
    finally:
        draft.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
