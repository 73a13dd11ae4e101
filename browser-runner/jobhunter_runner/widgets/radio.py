"""Radio groups: one field, a press on the button that is meant."""

from __future__ import annotations

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from jobhunter_runner.file_value import FieldValue
from jobhunter_runner.form import Field
from jobhunter_runner.page_frame import locator_of
from jobhunter_runner.widgets import checkbox
from jobhunter_runner.widgets.faults import WidgetFault
from jobhunter_runner.widgets.option import option_meant


async def choose(page: Page, field: Field, value: FieldValue) -> None:
    """Chooses by the option's label or value."""
    if not isinstance(value, str):
        raise WidgetFault(f"an option is needed, not {type(value).__name__}")
    option = option_meant(field.options, value)
    if option is None:
        raise WidgetFault(f"there is no option {value!r}")
    locator = locator_of(page, field, option.selector)
    if locator is None:
        raise PlaywrightError("the frame of this field is gone")
    if not await locator.is_checked(timeout=5_000):
        await checkbox.press(locator, True)


async def chosen(page: Page, field: Field) -> str:
    """The value of the chosen option, "" where none is."""
    for option in field.options:
        locator = locator_of(page, field, option.selector)
        if locator is not None and await locator.is_checked(timeout=5_000):
            return option.value
    return ""
