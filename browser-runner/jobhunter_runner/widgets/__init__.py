"""Driving one field as a person would, and reading back what the page then holds.

A Field and a value flow in; what reads back flows out. A module a widget; `reading_back` compares, and is pure. A field gets
two tries: the second after recognised overlays were closed, and with the keyboard where the first put text in at once.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from jobhunter_runner.browser import first_line
from jobhunter_runner.file_value import FieldValue
from jobhunter_runner.form import Field, FieldKind
from jobhunter_runner.overlays import close_overlays
from jobhunter_runner.page_frame import locator_of
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.widgets import checkbox, date, file, radio, select, text
from jobhunter_runner.widgets.faults import FieldNotSet, WidgetFault
from jobhunter_runner.widgets.reading_back import reads_back

__all__ = ["FieldNotSet", "read_back", "reads_back", "set_field"]

_AFTERTHOUGHT_SECONDS = 0.03  # a page's own script may take a value back once the field is left
_REDRAW_SECONDS = 1.5  # within which a page that draws a field anew has it back


async def set_field(page: Page, field: Field, value: FieldValue, pauses: Pauses) -> str:
    """Put `value` into `field`; returns what reads back. Raises FieldNotSet after two tries, its `what` says why."""
    await pauses.before_field()
    why = ""
    for attempt in (1, 2):
        if attempt == 2:
            await close_overlays(page)
        try:
            if attempt == 2:
                await _present(page, field)
            await _drive(page, field, value, pauses, by_keys=pauses.scale > 0 or attempt == 2)
            await asyncio.sleep(_AFTERTHOUGHT_SECONDS)
            await _present(page, field)
            actual = await read_back(page, field)
            field = await _with_present_options(page, field)
        except WidgetFault as fault:
            raise FieldNotSet(str(fault), where=field.label or field.selector) from fault
        except PlaywrightError as error:
            why = f"the page does not let it be filled ({first_line(error)})"
            continue
        if reads_back(field, value, actual):
            return actual
        why = _difference(field, actual)
    raise FieldNotSet(why, where=field.label or field.selector, remedy="Say what should go there")


async def read_back(page: Page, field: Field) -> str:
    """What the control holds now, as Field.value has it. Raises playwright's Error where it is gone."""
    locator = locator_of(page, field)
    if locator is None:
        raise PlaywrightError("the frame of this field is gone")
    match field.kind:
        case FieldKind.RADIO:
            return await radio.chosen(page, field)
        case FieldKind.CHECKBOX:
            return "true" if await locator.is_checked(timeout=5_000) else "false"
        case FieldKind.SELECT | FieldKind.SELECT_MULTIPLE:
            return await select.chosen(locator)
        case FieldKind.FILE:
            return await file.names(locator)
        case _:
            return await text.held(locator)


async def _present(page: Page, field: Field) -> None:
    """Raises playwright's Error where the control is gone: the page sent the form by itself, or draws another one."""
    locator = locator_of(page, field)
    if locator is None:
        raise PlaywrightError("the frame of this field is gone")
    await locator.first.wait_for(state="attached", timeout=_REDRAW_SECONDS * 1000)


async def _with_present_options(page: Page, field: Field) -> Field:
    """A select's options may have come only after the form was read (the states of a country just chosen)."""
    locator = locator_of(page, field)
    if locator is None or field.kind not in (FieldKind.SELECT, FieldKind.SELECT_MULTIPLE):
        return field
    return replace(field, options=await select.options_of(locator))


async def _drive(page: Page, field: Field, value: FieldValue, pauses: Pauses, *, by_keys: bool) -> None:
    locator = locator_of(page, field)
    if locator is None:
        raise PlaywrightError("the frame of this field is gone")
    match field.kind:
        case FieldKind.RADIO:
            await radio.choose(page, field, value)
        case FieldKind.CHECKBOX:
            await checkbox.tick(locator, value)
        case FieldKind.SELECT | FieldKind.SELECT_MULTIPLE:
            await select.choose(locator, field, value)
        case FieldKind.FILE:
            await file.attach(locator, field, value)
        case FieldKind.DATE:
            await date.put(locator, field, value, pauses, by_keys=by_keys)
        case FieldKind.OTHER:
            raise WidgetFault("it is a kind of control that cannot be filled yet")
        case _:
            await text.put(locator, value, pauses, by_keys=by_keys)


def _difference(field: Field, actual: str) -> str:
    if field.kind is FieldKind.FILE:
        return f"the page holds {actual!r} as its file" if actual else "the page did not keep the file"
    limit = field.attributes.get("maxlength", "")
    cut = f"; it takes {limit} characters at most" if limit.isdigit() and len(actual) >= int(limit) > 0 else ""
    return f"the page keeps {actual[:60]!r} instead{cut}" if actual else f"the page did not keep the value{cut}"
