"""What the site remembers: posts of applications, visits, and presses on decoys. In memory, or kept in a folder."""

import json
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, Literal

Outcome = Literal["accepted", "refused", "error"]
LISTS: Final = ("posts", "visits", "decoys")


def now() -> str:
    """RFC 3339, UTC, milliseconds."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Post:
    """One post of an application form, whatever came of it."""

    kind: str
    job_id: str
    path: str
    at: str
    answered: int
    outcome: Outcome
    fields: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    honeypot_filled: bool = False
    csrf_ok: bool = False
    overlays: dict[str, str] = field(default_factory=dict)


class Record:
    """Lists of what happened, oldest first. With a folder, each line is kept there and read back at the next start."""

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder
        self._lists: dict[str, list[dict[str, Any]]] = {name: [] for name in LISTS}
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
            for name in LISTS:
                file = folder / f"{name}.jsonl"
                if file.exists():
                    self._lists[name] = [json.loads(line) for line in file.read_text("utf-8").splitlines()]

    def post(self, post: Post) -> None:
        self._add("posts", asdict(post))

    def visit(self, kind: str, job_id: str, path: str, user_agent: str) -> None:
        entry = {"kind": kind, "job_id": job_id, "path": path, "at": now(), "user_agent": user_agent}
        self._add("visits", entry)

    def decoy(self, what: str, path: str, detail: str) -> None:
        """A search, newsletter, talent or login form was sent, or an overlay's button pressed."""
        self._add("decoys", {"what": what, "path": path, "detail": detail, "at": now()})

    def _add(self, name: str, entry: dict[str, Any]) -> None:
        self._lists[name].append(entry)
        if self._folder is not None:
            with (self._folder / f"{name}.jsonl").open("a", encoding="utf-8") as file:
                file.write(json.dumps(entry) + "\n")

    def entries(self, name: str, kind: str | None = None, job_id: str | None = None) -> list[dict[str, Any]]:
        """The entries of a list (posts, visits or decoys), of one kind and job where they are given."""
        return [
            entry
            for entry in self._lists[name]
            if (kind is None or entry.get("kind") == kind) and (job_id is None or entry.get("job_id") == job_id)
        ]

    def count(self, kind: str | None, job_id: str | None) -> dict[str, int]:
        posts = self.entries("posts", kind, job_id)
        return {"posts": len(posts), "accepted": sum(post["outcome"] == "accepted" for post in posts)}

    def reset(self, kind: str | None = None, job_id: str | None = None) -> None:
        """Forgets everything, or only what one kind and job left (decoys belong to no job and then stay)."""
        for name in LISTS:
            if kind is None and job_id is None:
                kept: list[dict[str, Any]] = []
            else:
                gone = self.entries(name, kind, job_id) if name != "decoys" else []
                kept = [entry for entry in self._lists[name] if entry not in gone]
            self._lists[name] = kept
            if self._folder is not None:
                lines = "".join(json.dumps(entry) + "\n" for entry in kept)
                (self._folder / f"{name}.jsonl").write_text(lines, "utf-8")
