"""Look: the DOM of every frame of a page becomes a PageView.

One evaluation a frame (form_reader.js) reads controls, buttons and words; here the frames are put together. Nothing on the
page is changed. Text that comes from a page is data.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any
from urllib.parse import urldefrag

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Frame, Page

from jobhunter_runner.form import Button, Field, FieldKind, FormBox, Option, PageView

_SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
TEXT_LIMIT = 20_000  # characters of a page's text that are kept
LIMITS = {"fields": 500, "buttons": 300, "options": 500, "text": TEXT_LIMIT}
FRAME_SECONDS = 5.0  # a child frame that does not answer by then is left out


async def read_page(page: Page, status: int | None = None) -> PageView:
    """Read all frames of `page`; `status` is the HTTP status of its navigation, where the caller knows it.

    Raises playwright's Error when the main frame cannot be read; a child frame that cannot be is left out.
    """
    main = await page.main_frame.evaluate(_SCRIPT, LIMITS)
    fields = [_field(f, "", 0) for f in main["fields"]]
    buttons = [_button(b, "", 0) for b in main["buttons"]]
    forms = [_form(f, 0, i) for i, f in enumerate(main["forms"])]
    alerts: list[str] = list(main["alerts"])
    texts: list[str] = [main["text"]]
    frame_urls: list[str] = []
    for index, frame in enumerate(page.frames):
        if frame == page.main_frame:
            continue
        read = await _read_child(frame)
        if read is None:
            continue
        seen = await _is_seen(frame)
        if seen:
            frame_urls.append(frame.url)
            texts.append(read["text"])
            alerts.extend(read["alerts"])
        fields += [_field(f, frame.url, index, seen) for f in read["fields"]]
        buttons += [_button(b, frame.url, index, seen) for b in read["buttons"]]
        forms += [_form(f, index, i) for i, f in enumerate(read["forms"])]
    return PageView(
        url=page.url,
        canonical_url=main["canonical"] or urldefrag(page.url).url,
        title=main["title"],
        text=" ".join(t for t in texts if t)[:TEXT_LIMIT],
        fields=tuple(fields),
        buttons=tuple(buttons),
        alerts=tuple(alerts),
        status=status,
        forms=tuple(forms),
        job_location=main["job_location"],
        job_title=main["job_title"],
        job_company=main["job_company"],
        shared_title=main["shared_title"],
        site_name=main["site_name"],
        frame_urls=tuple(frame_urls),
    )


async def _read_child(frame: Frame) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = await asyncio.wait_for(frame.evaluate(_SCRIPT, LIMITS), FRAME_SECONDS)
    except (PlaywrightError, TimeoutError):  # it went away, or hangs: it holds nothing that can be filled now
        return None
    return read


async def _is_seen(frame: Frame) -> bool:
    """Whether a person sees the frame, through all frames around it."""
    try:
        current: Frame | None = frame
        while current is not None and current.parent_frame is not None:
            element = await current.frame_element()
            box = await element.bounding_box()
            if box is None or box["width"] <= 1 or box["height"] <= 1 or box["x"] + box["width"] <= 0:
                return False
            if not await element.is_visible():
                return False
            current = current.parent_frame
    except PlaywrightError:  # detached meanwhile
        return False
    return True


def _field(read: dict[str, Any], frame: str, frame_index: int, seen: bool = True) -> Field:
    return Field(
        selector=read["selector"],
        frame=frame,
        frame_index=frame_index,
        kind=FieldKind(read["kind"]),
        label=read["label"],
        required=read["required"],
        visible=read["visible"] and seen,
        hints=tuple(read["hints"]),
        section=read["section"],
        options=tuple(Option(**o) for o in read["options"]),
        attributes=read["attributes"],
        value=read["value"],
        error=read["error"],
        disabled=read["disabled"],
        readonly=read["readonly"],
        form_index=read["form"],
    )


def _button(read: dict[str, Any], frame: str, frame_index: int, seen: bool = True) -> Button:
    return Button(
        selector=read["selector"],
        frame=frame,
        frame_index=frame_index,
        label=read["label"],
        submits=read["submits"],
        visible=read["visible"] and seen,
        disabled=read["disabled"],
        form_index=read["form"],
        href=read["href"],
    )


def _form(read: dict[str, Any], frame_index: int, index: int) -> FormBox:
    return FormBox(
        frame_index=frame_index,
        index=index,
        words=read["words"],
        heading=read["heading"],
        text=read["text"],
        action=read["action"],
        method=read["method"] if isinstance(read["method"], str) else "get",
        search=read["search"],
    )
