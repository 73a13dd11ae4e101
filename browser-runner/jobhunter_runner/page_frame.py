"""Finding a field's or a button's frame again on a page that may have moved on since it was read."""

from __future__ import annotations

from playwright.async_api import Frame, Locator, Page

from jobhunter_runner.form import Button, Field


def frame_of(page: Page, thing: Field | Button) -> Frame | None:
    """The frame that `thing` was read in, None where it is no longer there."""
    frames = page.frames
    if not thing.frame:
        return page.main_frame
    if thing.frame_index < len(frames) and frames[thing.frame_index].url == thing.frame:
        return frames[thing.frame_index]
    return next((frame for frame in frames if frame.url == thing.frame), None)


def locator_of(page: Page, thing: Field | Button, selector: str = "") -> Locator | None:
    """The control itself (or, with `selector`, one of a radio group's), None where its frame is gone."""
    frame = frame_of(page, thing)
    return frame.locator(selector or thing.selector).first if frame else None
