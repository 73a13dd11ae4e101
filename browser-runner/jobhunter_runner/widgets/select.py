"""Native selects, of one option or several."""

from __future__ import annotations

from playwright.async_api import Locator

from jobhunter_runner.file_value import FieldValue
from jobhunter_runner.form import Field, FieldKind, Option
from jobhunter_runner.widgets.faults import WidgetFault
from jobhunter_runner.widgets.option import option_meant

_SECONDS = 5.0
_OPTIONS = """(select) => [...select.options].map((o) => ({
  label: (o.label || o.text).replace(/\\s+/g, " ").trim(), value: o.value, selected: o.selected,
  disabled: o.disabled || o.parentElement.disabled === true,
}))"""


async def choose(locator: Locator, field: Field, value: FieldValue) -> None:
    """Selects by label or value; a list that the page filled meanwhile is read anew. Hidden selects (a drawn list stands for
    them) are set all the same.
    """
    if isinstance(value, str):
        meant = [value] if field.kind is FieldKind.SELECT or value else []
    elif isinstance(value, tuple):
        meant = list(value)
    else:
        raise WidgetFault(f"an option is needed, not {type(value).__name__}")
    options = await options_of(locator)
    values: list[int] = []
    for word in meant:
        option = option_meant(options, word)
        if option is None and word == "":
            option = options[0] if options else None
        if option is None:
            raise WidgetFault(f"there is no option {word!r}")
        if option.disabled and word:
            raise WidgetFault(f"the option {word!r} cannot be chosen")
        values.append(options.index(option))
    visible = await locator.is_visible()
    await locator.select_option(index=values, force=not visible, timeout=_SECONDS * 1000)
    if visible:
        await locator.blur(timeout=_SECONDS * 1000)


async def options_of(locator: Locator) -> tuple[Option, ...]:
    """The options as they are now."""
    read = await locator.evaluate(_OPTIONS, timeout=_SECONDS * 1000)
    return tuple(Option(**o) for o in read)


async def chosen(locator: Locator) -> str:
    """The value of the selected option; of several, joined with ", "."""
    read = await locator.evaluate("(s) => [...s.selectedOptions].map((o) => o.value)", timeout=_SECONDS * 1000)
    return ", ".join(read)
