"""Overlays that lie over an application: cookie banners, newsletter and talent community dialogs, surveys.

Only what overlays.js recognises by its words is closed, and only by a button that declines: reject, necessary only, no thanks,
close. A banner that can only be accepted is left where it is, and so is everything else.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import ElementHandle, Frame, Page
from playwright.async_api import Error as PlaywrightError

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
_MOST = 4  # overlays behind one another
_PRESS_SECONDS = 2.0
_GONE_SECONDS = 1.5


@dataclass(frozen=True)
class ClosedOverlay:
    """heading: what the overlay said first. pressed: the label of the button that closed it."""

    heading: str
    pressed: str


async def close_overlays(page: Page) -> list[ClosedOverlay]:
    """Closes the overlays it recognises; returns what it pressed, [] where there was none."""
    closed: list[ClosedOverlay] = []
    for frame in list(page.frames):
        for _ in range(_MOST):
            try:
                overlay = await _close_one(frame)
            except PlaywrightError:  # the frame left, or the button did: whatever it was, it is gone
                break
            if overlay is None or overlay in closed:
                break
            closed.append(overlay)
    return closed


async def _close_one(frame: Frame) -> ClosedOverlay | None:
    if frame.is_detached():
        return None
    found = await frame.evaluate_handle(_SCRIPT)
    button: ElementHandle | None = (
        (await found.get_property("0")).as_element() if await _is_found(frame, found) else None
    )
    if button is None:
        return None
    _, heading, label = await frame.evaluate("(f) => [null, f[1], f[2]]", found)
    try:
        await button.click(timeout=_PRESS_SECONDS * 1000)
    except PlaywrightError:  # it moves, or lies under another: its own click() reaches it
        await button.evaluate("(b) => b.click()")
    try:
        await button.wait_for_element_state("hidden", timeout=_GONE_SECONDS * 1000)
    except PlaywrightError:
        return ClosedOverlay(str(heading), str(label))
    return ClosedOverlay(str(heading), str(label))


async def _is_found(frame: Frame, found: object) -> bool:
    return bool(await frame.evaluate("(f) => f !== null", found))
