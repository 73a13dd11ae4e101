"""A task page's first paint in Chromium, and what it weighs, from the gateway in the cluster by a port on loopback."""

from __future__ import annotations

import statistics

from figure import Figure, spread
from playwright.sync_api import sync_playwright

from jobhunter_dev.applied_task import Field
from jobhunter_dev.kubectl import wait_until

LOADS = 20
PAINT_MS = 300.0
WEIGHT_KB = 150.0


def measure(field: Field, loads: int = LOADS) -> list[Figure]:
    """First contentful paint of fresh visits with an empty cache; the weight is all that the page's own files transfer."""
    user = "bench-paint"
    task = field.apply("twelve", user=user, reviewTimeoutSeconds=600)
    task.wait_draft()
    paints: list[float] = []
    weights: list[float] = []
    with field.gateway(user) as gateway, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        for _ in range(loads):
            page = browser.new_page()
            page.goto(f"{gateway.address}/login#token={gateway.token}")
            page.wait_for_url(f"{gateway.address}/")
            storage = page.evaluate("JSON.stringify({...sessionStorage})")
            page.close()
            page = browser.new_context().new_page()
            page.add_init_script(f"for (const [k, v] of Object.entries({storage})) sessionStorage.setItem(k, v)")
            page.goto(f"{gateway.address}/tasks/{task.uid}", wait_until="load")
            paints.append(wait_until("the paint", lambda page=page: page.evaluate(_PAINT), seconds=10, pause=0.05))
            weights.append(page.evaluate(_WEIGHT))
            page.context.close()
        browser.close()
    task.patch(cancel=True)
    task.end()
    p50, weight = statistics.median(paints), max(weights) / 1000
    return [
        Figure(
            "task page's first paint, p50",
            f"{p50:.0f} ms",
            f"{PAINT_MS:.0f} ms",
            "-",
            p50 <= PAINT_MS,
            spread(paints, "ms"),
        ),
        Figure(
            "task page's weight",
            f"{weight:.0f} KB",
            f"{WEIGHT_KB:.0f} KB",
            "-",
            weight <= WEIGHT_KB,
            "pages, scripts, styles; pictures of the task apart",
        ),
    ]


_PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
_WEIGHT = """performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
  .filter(entry => !new URL(entry.name).pathname.startsWith('/api/'))
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""
