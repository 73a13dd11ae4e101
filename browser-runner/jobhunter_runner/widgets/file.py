"""File inputs: the bytes go in from memory, also where a button hides the input."""

from __future__ import annotations

from playwright.async_api import Locator

from jobhunter_runner.file_value import FieldValue, FileValue
from jobhunter_runner.form import Field
from jobhunter_runner.widgets.faults import WidgetFault

_SECONDS = 15.0
# The input's files; where the page took them from it (an upload by script), the file names it shows in their place.
_NAMES = r"""(input) => {
  const names = [...input.files].map((f) => f.name);
  if (names.length) return names.join(", ");
  const NAME = /[^\s\/\\"<>|:*?]+\.(?:pdf|docx?|odt|rtf|txt|md)\b/gi;
  for (let box = input.parentElement, up = 0; box && up < 4 && box.tagName !== "FORM"; box = box.parentElement, up++) {
    if (box.querySelectorAll("input[type=file]").length > 1) break;
    const shown = (box.innerText || "").match(NAME);
    if (shown) return shown.join(", ");
  }
  return "";
}"""


async def attach(locator: Locator, field: Field, value: FieldValue) -> None:
    """Puts one file into the input, or empties it for ""."""
    if value == "":
        await locator.set_input_files([], timeout=_SECONDS * 1000)
        return
    if not isinstance(value, FileValue):
        raise WidgetFault(f"a file is needed, not {type(value).__name__}")
    if not accepts(field.attributes.get("accept", ""), value):
        raise WidgetFault(f"the page takes only {field.attributes['accept']} here, not {value.filename}")
    await locator.set_input_files(
        {"name": value.filename, "mimeType": value.media_type, "buffer": value.content}, timeout=_SECONDS * 1000
    )


async def names(locator: Locator) -> str:
    """The names of the files held, joined with ", "."""
    return str(await locator.evaluate(_NAMES, timeout=5_000))


def accepts(accept: str, value: FileValue) -> bool:
    """Whether an `accept` attribute (extensions and media types) lets the file through. Pure."""
    kinds = [kind.strip().lower() for kind in accept.split(",") if kind.strip()]
    name, media = value.filename.lower(), value.media_type.lower()
    for kind in kinds:
        if kind.startswith("."):
            if name.endswith(kind):
                return True
        elif kind == "*/*" or kind == media or (kind.endswith("/*") and media.startswith(kind[:-1])):
            return True
    return not kinds
