"""A change on a quiet page to its frame's arrival at a NATS subscriber on loopback: the live view without the gateway."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.append(str(Path(__file__).resolve().parents[1] / "servers"))

from figure import Figure

from jobhunter_contracts import runner_env
from jobhunter_contracts.subjects import WATCH_SECONDS, frame_subject, watch_subject
from jobhunter_runner.browser import Tabs, attached_browser, new_page
from jobhunter_runner.live_view import live_view
from jobhunter_runner.nats_connection import connected
from nats_server import NatsServer, free_port, nats_client

CHANGES = 200
LIMIT_MS = 50.0
QUIET_SECONDS = (0.7, 1.3)
"""Between two changes: about one a second, at no fixed place between two keep-alive frames."""
PAGE = """<title>Apply</title><h1>Apply for Engineer</h1><form>
<label>First name <input></label><label>Last name <input></label><label>Why us? <textarea></textarea></label>
<p id=n>0</p></form>"""


def measure() -> list[Figure]:
    """Times in milliseconds from before the page is told to change until the changed picture is here."""
    delays = sorted(asyncio.run(_delays()))
    p50, p99 = delays[len(delays) // 2], delays[round(0.99 * (len(delays) - 1))]
    return [
        Figure(
            "page change to a frame at a NATS subscriber, runner alone",
            f"p50 {p50:.0f}, p99 {p99:.0f}, max {delays[-1]:.0f} ms",
            f"p50 {LIMIT_MS:.0f} ms",
            "-",
            p50 <= LIMIT_MS,
            f"{len(delays)} changes, about one a second, on a page that stands still otherwise",
        )
    ]


async def _delays() -> list[float]:
    with tempfile.TemporaryDirectory() as folder:
        server = NatsServer(Path(folder))
        server.start()
        chromium, cdp_url = _chromium(Path(folder))
        try:
            await server.make_streams()
            async with (
                connected(server.url, name="runner", inbox="_INBOX.pod", user="runner", password="runner") as runner,
                attached_browser(cdp_url) as browser,
            ):
                tabs = await new_page(browser)
                await tabs.page.set_content(PAGE)
                async with live_view(runner.nc, "uid", tabs):
                    await runner.nc.flush()
                    return await _changes(server.url, tabs)
        finally:
            chromium.kill()
            chromium.wait(10)
            server.stop()


def _chromium(folder: Path) -> tuple[subprocess.Popen[bytes], str]:
    """The browser with the arguments of a pod's."""
    port = free_port()
    arguments = [a for a in runner_env.BROWSER_ARGS if not a.startswith("--remote-debugging-port")]
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    executable = os.environ.get(runner_env.CHROMIUM, runner_env.DEFAULT_CHROMIUM)
    process = subprocess.Popen(
        [executable, *arguments, *sandbox, f"--remote-debugging-port={port}", f"--user-data-dir={folder}/chrome"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return process, f"http://127.0.0.1:{port}"


async def _changes(url: str, tabs: Tabs) -> list[float]:
    viewer = await nats_client(url)
    frames: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def arrived(message: Any) -> None:
        frames.put_nowait((time.perf_counter(), message.data))

    async def watching() -> None:
        while True:
            await viewer.publish(watch_subject("uid"))
            await asyncio.sleep(WATCH_SECONDS)

    await viewer.subscribe(frame_subject("uid"), cb=arrived)
    await viewer.flush()
    beats = asyncio.create_task(watching())
    _, shown = await frames.get()
    delays = []
    try:
        for number in range(CHANGES):
            until = time.perf_counter() + random.uniform(*QUIET_SECONDS)
            while time.perf_counter() < until:
                try:
                    _, shown = await asyncio.wait_for(frames.get(), max(0.001, until - time.perf_counter()))
                except TimeoutError:
                    break
            begun = time.perf_counter()
            await tabs.page.evaluate("n => { document.getElementById('n').textContent = n }", number + 1)
            while True:
                moment, data = await asyncio.wait_for(frames.get(), 10)
                if data != shown:
                    break
            shown = data
            delays.append((moment - begun) * 1000)
    finally:
        beats.cancel()
        await viewer.close()
    return delays


if __name__ == "__main__":
    for figure in measure():
        print(figure.row())
