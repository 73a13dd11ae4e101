"""Check boxes, and pressing a tick that is drawn by its label."""

from __future__ import annotations

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Locator

from jobhunter_runner.file_value import FieldValue
from jobhunter_runner.widgets.faults import WidgetFault

_SECONDS = 2.0
# A label whose words hold a link is not pressed: the press could open the privacy policy instead.
_PLAIN_LABEL = """(input) => {
  const shown = (e) =>
    e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }) && e.getBoundingClientRect().width > 1;
  return [...(input.labels || [])].find((l) => shown(l) && !l.querySelector("a,button,summary")) || null;
}"""


async def tick(locator: Locator, value: FieldValue) -> None:
    """Ticks or unticks; nothing is pressed where it already stands as meant."""
    if not isinstance(value, bool):
        raise WidgetFault(f"yes or no is needed, not {type(value).__name__}")
    if await locator.is_checked(timeout=5_000) == value:
        return
    await press(locator, value)


async def press(locator: Locator, value: bool) -> None:
    """Brings a box or radio to `value` by a press on itself, else on its label, else by its own click()."""
    if await locator.is_disabled():
        raise WidgetFault("the page does not let it be changed")
    if await locator.is_visible():
        try:
            await locator.set_checked(value, timeout=_SECONDS * 1000)
        except PlaywrightError:
            pass  # something lies over it, most often its own drawn box
        else:
            return
    label = (await locator.evaluate_handle(_PLAIN_LABEL)).as_element()
    if label is not None:
        try:
            await label.click(timeout=_SECONDS * 1000)
        except PlaywrightError:
            pass  # covered too
        else:
            if await locator.is_checked() == value:
                return
    await locator.evaluate("(input) => input.click()")
