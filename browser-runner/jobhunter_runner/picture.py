"""Pictures of a page: for the draft, and of the site's confirmation."""

from __future__ import annotations

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from jobhunter_runner.browser import VIEWPORT_HEIGHT, VIEWPORT_WIDTH, BrowserUnavailable, first_line

QUALITY = 80
MOST_HEIGHT = 12_000  # pixels; below that a page is cut
_SECONDS = 15.0


async def page_picture(page: Page) -> bytes:
    """The whole page as a JPEG, MOST_HEIGHT at most; what is in view where the whole cannot be had.

    Raises BrowserUnavailable where there is no picture at all.
    """
    try:
        size = await page.evaluate(
            "() => [document.documentElement.scrollWidth, document.documentElement.scrollHeight, innerWidth]"
        )
        width, height = max(int(size[0]), 1), max(int(size[1]), 1)
        if height <= MOST_HEIGHT and width <= 2 * VIEWPORT_WIDTH:
            return await page.screenshot(
                type="jpeg",
                quality=QUALITY,
                full_page=True,
                animations="disabled",
                scale="css",
                timeout=_SECONDS * 1000,
            )
        clip = {
            "x": 0.0,
            "y": 0.0,
            "width": float(size[2] or VIEWPORT_WIDTH),
            "height": float(min(height, MOST_HEIGHT)),
        }
        return await page.screenshot(
            type="jpeg",
            quality=QUALITY,
            full_page=True,
            clip={"x": clip["x"], "y": clip["y"], "width": clip["width"], "height": clip["height"]},
            animations="disabled",
            scale="css",
            timeout=_SECONDS * 1000,
        )
    except PlaywrightError:
        return await _view(page)


async def _view(page: Page) -> bytes:
    try:
        return await page.screenshot(type="jpeg", quality=QUALITY, scale="css", timeout=_SECONDS * 1000)
    except PlaywrightError as error:
        raise BrowserUnavailable(
            f"no picture of the page ({VIEWPORT_WIDTH}x{VIEWPORT_HEIGHT}) can be taken: {first_line(error)}",
            where=page.url,
        ) from error
