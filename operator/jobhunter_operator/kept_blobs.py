"""What the operator keeps of a task in Secrets that the task owns: its latest draft, and the picture of the confirmation."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import io
from dataclasses import dataclass, field
from typing import Any

from PIL import Image, UnidentifiedImageError

from jobhunter_contracts import asks, names
from jobhunter_contracts.application_task import ApplicationTask, Evidence
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.errors import InvalidMessage, NotFound
from jobhunter_operator.browser_pod import owner_reference
from jobhunter_operator.kube import Absent, Conflict, Kube

DRAFT_LIMIT = 900 * 1024
"""Bytes of a draft's Secret: a Secret holds 1 MiB."""
TABLE_LIMIT = 300 * 1024
_LEAST_WIDTH = 200
_PIXELS = 31_000_000  # a runner's greatest picture has 2560 by 12 000
_DECODED = 16_000_000  # of them, that are decoded one by one: 1280 by 12 000; a greater picture at half its size
_TRIES = 5
TOGETHER_SECONDS = 2.0
"""How long one half of a draft, its table or its picture, waits for the other: both are kept by one write."""


@dataclass
class _Halves:
    """The halves of one draft, by the Secret's key. whole: both are here. kept: the write that they wait for."""

    data: dict[str, bytes] = field(default_factory=dict)
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    kept: asyncio.Task[None] | None = None


class KeptBlobs:
    def __init__(self, kube: Kube, evidence_limit: int, together_seconds: float = TOGETHER_SECONDS) -> None:
        self._kube = kube
        self._evidence_limit = evidence_limit
        self._together_seconds = together_seconds
        self._halves: dict[str, _Halves] = {}
        self._scaling = asyncio.Lock()  # one picture at a time: each takes some hundred megabytes at most

    async def put(self, task: ApplicationTask, blob: str, data: bytes) -> None:
        """Keeps a blob of a runner's. Raises InvalidMessage for what is none, ApiFault or Unavailable where it cannot."""
        if blob == asks.DRAFT_TABLE_BLOB:
            if len(data) > TABLE_LIMIT:
                raise InvalidMessage(f"a table of {len(data)} bytes; {TABLE_LIMIT} are taken", where=blob)
            Draft.from_json(data)
            await self._keep_half(task, names.DRAFT_TABLE_KEY, data)
        elif blob == asks.DRAFT_PICTURE_BLOB:
            picture = await self._fitting(data, DRAFT_LIMIT - TABLE_LIMIT)
            await self._keep_half(task, names.DRAFT_PICTURE_KEY, picture)
        elif blob == asks.CONFIRMATION_BLOB:
            picture = await self._fitting(data, self._evidence_limit)
            await self._keep(task, names.evidence_secret_name(task.name), {asks.CONFIRMATION_BLOB: picture})
        else:
            raise InvalidMessage(f"{blob!r} is not kept; {', '.join(sorted(asks.PUT_BLOBS))} are", where="put")

    async def _fitting(self, data: bytes, limit: int) -> bytes:
        async with self._scaling:
            return await asyncio.to_thread(fitting_jpeg, data, limit)

    async def get(self, task: ApplicationTask, blob: str) -> bytes:
        """A blob as it is kept. Raises NotFound, ApiFault or Unavailable."""
        secret, key = {
            asks.DRAFT_PICTURE_BLOB: (names.draft_secret_name(task.name), names.DRAFT_PICTURE_KEY),
            asks.DRAFT_TABLE_BLOB: (names.draft_secret_name(task.name), names.DRAFT_TABLE_KEY),
            asks.CONFIRMATION_BLOB: (names.evidence_secret_name(task.name), asks.CONFIRMATION_BLOB),
        }[blob]
        kept = await self._own(task, secret)
        if kept is None or key not in (kept.get("data") or {}):
            raise NotFound("it is not kept (yet)", where=f"Secret {secret}, {key}")
        return base64.b64decode(kept["data"][key])

    async def evidence(self, task: ApplicationTask) -> tuple[Evidence, ...]:
        """What is kept of the task now. Of a task without profileRef nothing is kept here, but in the gateway's store."""
        if task.spec.profile_ref is None:
            return ()
        found = []
        for name, secret, key in (
            ("draft", names.draft_secret_name(task.name), names.DRAFT_PICTURE_KEY),
            ("draft table", names.draft_secret_name(task.name), names.DRAFT_TABLE_KEY),
            ("confirmation", names.evidence_secret_name(task.name), asks.CONFIRMATION_BLOB),
        ):
            kept = await self._own(task, secret)
            if kept is not None and key in (kept.get("data") or {}):
                found.append(Evidence(name=name, secret=secret, key=key))
        return tuple(found)

    async def _own(self, task: ApplicationTask, name: str) -> dict[str, Any] | None:
        """The Secret of that name, where this very task owns it."""
        try:
            secret = await self._kube.get_secret(task.namespace, name)
        except Absent:
            return None
        owners = secret["metadata"].get("ownerReferences") or []
        return secret if any(owner.get("uid") == task.uid for owner in owners) else None

    async def _keep_half(self, task: ApplicationTask, key: str, data: bytes) -> None:
        """Returns, or raises, once the half is kept: nothing is acknowledged that is in memory alone."""
        halves = self._halves.get(task.uid)
        if halves is None:
            halves = self._halves[task.uid] = _Halves()
            halves.kept = asyncio.create_task(self._keep_together(task, halves))
        halves.data[key] = data
        if halves.data.keys() >= {names.DRAFT_TABLE_KEY, names.DRAFT_PICTURE_KEY}:
            halves.whole.set()
        if halves.kept is not None:
            await asyncio.shield(halves.kept)

    async def _keep_together(self, task: ApplicationTask, halves: _Halves) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(halves.whole.wait(), self._together_seconds)
        del self._halves[task.uid]  # what comes now belongs to the next write
        await self._keep(task, names.draft_secret_name(task.name), halves.data)

    async def _keep(self, task: ApplicationTask, name: str, data: dict[str, bytes]) -> None:
        values = {key: base64.b64encode(content).decode() for key, content in data.items()}
        for _ in range(_TRIES):
            try:
                if await self._write(task, name, values):
                    return
            except Conflict:
                continue  # the other half of the draft was kept meanwhile
        raise InvalidMessage("it is changed by others all the time", where=f"Secret {name}")

    async def _write(self, task: ApplicationTask, name: str, values: dict[str, str]) -> bool:
        fresh = _secret(task, name, values)
        try:
            old = await self._kube.get_secret(task.namespace, name)
        except Absent:
            await self._kube.create_secret(task.namespace, fresh)
            return True
        if (old["metadata"].get("labels") or {}).get(names.LABEL_MANAGED_BY) != names.MANAGED_BY:
            raise InvalidMessage("a Secret of this name is there, and it is not the operator's", where=f"Secret {name}")
        mine = any(owner.get("uid") == task.uid for owner in old["metadata"].get("ownerReferences") or [])
        if mine:
            fresh["data"] = {**(old.get("data") or {}), **values}
        fresh["metadata"]["resourceVersion"] = old["metadata"][
            "resourceVersion"
        ]  # else of an earlier task of this name
        await self._kube.replace_secret(task.namespace, name, fresh)
        return True


def _secret(task: ApplicationTask, name: str, data: dict[str, str]) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "Opaque",
        "metadata": {
            "name": name,
            "namespace": task.namespace,
            "labels": {names.LABEL_MANAGED_BY: names.MANAGED_BY, names.LABEL_TASK: names.task_label(task.name)},
            "ownerReferences": [owner_reference(task)],
        },
        "data": data,
    }


def fitting_jpeg(data: bytes, limit: int) -> bytes:
    """The JPEG with at most `limit` bytes: as it is where it fits, else scaled down. Raises InvalidMessage."""
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as opened:
            width, height = opened.size
            if width * height > _PIXELS:
                raise InvalidMessage(f"a picture of {width} by {height} pixels", where="picture")
            if len(data) <= limit:
                opened.verify()
                return data
            scale = min((limit / len(data)) ** 0.5, 0.5 if width * height > _DECODED else 1.0)
            opened.draft("RGB", (max(1, round(width * scale)), max(1, round(height * scale))))  # decodes no more of it
            opened.load()
            return _scaled(opened if opened.mode == "RGB" else opened.convert("RGB"), (width, height), scale, limit)
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidMessage(f"no picture: {error}", where="picture") from error


def _scaled(picture: Image.Image, whole: tuple[int, int], scale: float, limit: int) -> bytes:
    while True:
        size = max(1, round(whole[0] * scale)), max(1, round(whole[1] * scale))
        out = io.BytesIO()
        picture.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=80)
        if out.tell() <= limit:
            return out.getvalue()
        if size[0] <= _LEAST_WIDTH and size[1] <= _LEAST_WIDTH:
            raise InvalidMessage(f"the picture does not fit into {limit} bytes", where="picture")
        scale *= min(0.9, (limit / out.tell()) ** 0.5)
