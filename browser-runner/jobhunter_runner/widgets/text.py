"""Text fields: one line, several lines, e-mail, telephone, number, address, and what can be edited in place."""

from __future__ import annotations

from playwright.async_api import Locator

from jobhunter_runner.file_value import FieldValue
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.widgets.faults import WidgetFault

_MOST_TYPED = 120  # characters; longer texts are put in at once, as a person would paste them
_SECONDS = 5.0
_HELD = "(e) => 'value' in e ? e.value : e.innerText"
_FACTS = (
    "(e) => ({ tag: e.localName, type: e.type || '', readOnly: e.readOnly === true, disabled: e.matches(':disabled') })"
)


async def put(locator: Locator, value: FieldValue, pauses: Pauses, *, by_keys: bool) -> None:
    """Replaces what is there by `value` and leaves the field, so that input, change and blur are heard."""
    if not isinstance(value, str):
        raise WidgetFault(f"a text is needed, not {type(value).__name__}")
    facts = await locator.evaluate(_FACTS, timeout=_SECONDS * 1000)
    if facts["disabled"] or facts["readOnly"]:
        raise WidgetFault("the page does not let it be changed")
    if facts["type"] == "number" and value and not _is_number(value):
        raise WidgetFault("it takes a number only")
    lines = facts["tag"] == "textarea" or facts["tag"] not in ("input",)
    text = value if lines else " ".join(value.split())
    await locator.scroll_into_view_if_needed(timeout=_SECONDS * 1000)
    # Enter and Tab are never typed: they would send the form or leave the field.
    typed = by_keys and 0 < len(text) <= _MOST_TYPED and text.isprintable()
    if typed:
        await locator.fill("", timeout=_SECONDS * 1000)
        delay = pauses.key_milliseconds
        await locator.press_sequentially(text, delay=delay, timeout=(_SECONDS + len(text) * delay / 1000 * 3) * 1000)
    else:
        await locator.fill(text, timeout=_SECONDS * 1000)
    await locator.blur(timeout=_SECONDS * 1000)


async def held(locator: Locator) -> str:
    """The text that the field holds."""
    return str(await locator.evaluate(_HELD, timeout=_SECONDS * 1000))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
