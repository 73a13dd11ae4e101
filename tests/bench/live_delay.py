"""A change on a quiet page to a viewer's socket, through the real cluster: one change a second, 200 of them."""

from __future__ import annotations

import base64
import io
import json
import statistics
import time
from typing import Any

from figure import Figure
from PIL import Image
from websockets.sync.client import connect

from jobhunter_dev.applied_task import Field
from jobhunter_dev.installation import SITE, SITE_PROXY

CHANGES = 200
P50_MS, P99_MS = 100.0, 250.0
BLOCK, BLOCKS = 80, 12
"""The page shows the change's number in binary: so many blocks of so many pixels, white for one."""


def measure(field: Field, changes: int = CHANGES) -> list[Figure]:
    """Milliseconds from a change in the page to the frame that first shows it at the socket; by one clock."""
    clock = f"clock-{int(time.time())}"
    user = "bench-delay"
    task = field.apply(user=user, url=f"http://{SITE}/_clock/{clock}", questionTimeoutSeconds=600)
    with field.gateway(user) as gateway:
        task.wait_input("choice", seconds=120)  # no form is there: the page stays open while it asks
        arrived = _watch(gateway.socket_url(task.uid), changes)
        marks = dict(json.loads(field.kubectl.raw(f"{SITE_PROXY}/_clock/{clock}/marks")))
    task.patch(cancel=True)
    task.end()
    delays = sorted(arrived[number] - marks[number] for number in arrived if number in marks)
    missed = [number for number in range(min(arrived), max(arrived)) if number not in arrived]
    p50, p99 = statistics.median(delays), delays[min(len(delays) - 1, round(0.99 * (len(delays) - 1)))]
    detail = f"n={len(delays)}, min {delays[0]:.0f}, max {delays[-1]:.0f} ms, {len(missed)} changes not seen; by port-forward"
    return [
        Figure(
            "page change to viewer's socket, p50",
            f"{p50:.0f} ms",
            f"{P50_MS:.0f} ms",
            "about 200 ms",
            p50 <= P50_MS,
            detail,
        ),
        Figure("the same, p99", f"{p99:.0f} ms", f"{P99_MS:.0f} ms", "-", p99 <= P99_MS and not missed, detail),
    ]


def _watch(url: str, changes: int) -> dict[int, float]:
    """Number of a change to when a frame first showed it, in milliseconds since 1970."""
    first: dict[int, float] = {}
    began: int | None = None
    with connect(url, max_size=None, compression=None) as socket:
        for text in socket:
            at = time.time() * 1000
            message: dict[str, Any] = json.loads(text)
            if message["type"] != "browser:screenshot":
                continue
            number = _shown(base64.b64decode(message["data"]["screenshot"]))
            if began is None:
                began = number  # it was there before anybody watched: nothing is known of its delay
            elif number != began:
                first.setdefault(number, at)
            if len(first) >= changes:
                return first
    return first


def _shown(jpeg: bytes) -> int:
    picture = Image.open(io.BytesIO(jpeg)).convert("L")
    scale = picture.width / 1280
    middle = [round((bit + 0.5) * BLOCK * scale) for bit in range(BLOCKS)]
    row = round(BLOCK / 2 * scale)
    return sum(1 << bit for bit, column in enumerate(middle) if picture.getpixel((column, row)) > 127)
