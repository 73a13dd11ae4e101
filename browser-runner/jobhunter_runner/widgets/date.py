"""Date inputs: the browser's own take ISO dates whatever they show."""

from __future__ import annotations

import datetime

from playwright.async_api import Locator

from jobhunter_runner.file_value import FieldValue
from jobhunter_runner.form import Field
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.widgets import text
from jobhunter_runner.widgets.faults import WidgetFault


async def put(locator: Locator, field: Field, value: FieldValue, pauses: Pauses, *, by_keys: bool) -> None:
    """value: YYYY-MM-DD, or "" to empty it; within the control's min and max."""
    if not isinstance(value, str):
        raise WidgetFault(f"a date is needed, not {type(value).__name__}")
    if field.attributes.get("type", "date") != "date":
        await text.put(locator, value, pauses, by_keys=by_keys)
        return
    if value:
        try:
            day = datetime.date.fromisoformat(value)
        except ValueError as error:
            raise WidgetFault(f"{value!r} is not a date like 2027-01-31") from error
        earliest, latest = (_bound(field.attributes.get(name, "")) for name in ("min", "max"))
        if earliest and day < earliest:
            raise WidgetFault(f"the page takes no date before {earliest}")
        if latest and day > latest:
            raise WidgetFault(f"the page takes no date after {latest}")
    await text.put(locator, value, pauses, by_keys=False)


def _bound(text_: str) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text_)
    except ValueError:
        return None
