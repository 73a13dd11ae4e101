"""What a page will post, control by control: what a confirmation binds to, and how a later change is seen."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass, field

from playwright.async_api import Error as PlaywrightError
from playwright.async_api import Page

from jobhunter_contracts.draft import draft_digest
from jobhunter_runner.application_form import FormKey
from jobhunter_runner.form import Field, FieldKind, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.page_frame import locator_of
from jobhunter_runner.submit_button import submit_button

# crypto.subtle is missing on plain http, so the bytes come out and are hashed here.
_FILES = """async (input) => Promise.all([...input.files].map(async (file) => {
  const url = await new Promise((done, fail) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => fail(reader.error);
    reader.readAsDataURL(file);
  });
  return { name: file.name, size: file.size, content: url.slice(url.indexOf(",") + 1) };
}))"""


@dataclass(frozen=True)
class PostedFile:
    """A file that lies in a file input. sha256: hex."""

    filename: str
    size: int
    sha256: str


@dataclass(frozen=True)
class PostedValues:
    """values: field_key to the value as text (as Field.value has it). files: field_key to the files in the input."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, tuple[PostedFile, ...]] = field(default_factory=dict)

    def digest(self) -> str:
        """The digest of all that will be sent."""
        return draft_digest(self.values, {key: " ".join(f.sha256 for f in files) for key, files in self.files.items()})

    def changed_since(self, earlier: PostedValues) -> list[str]:
        """Keys of what differs from `earlier`, appeared or went."""
        values, files = self.values.keys() | earlier.values.keys(), self.files.keys() | earlier.files.keys()
        changed = {key for key in values if self.values.get(key) != earlier.values.get(key)}
        changed |= {key for key in files if self.files.get(key) != earlier.files.get(key)}
        return sorted(changed)


def field_key(field: Field) -> str:
    """The selector, with the frame's index before it where that is not the main frame."""
    return f"{field.frame_index}:{field.selector}" if field.frame else field.selector


async def posted_values(page: Page, view: PageView, form: FormKey | None = None) -> PostedValues:
    """Reads anew every control that pressing the submit button of `view` (and its `form`, where given) will post.

    Where there is no such button, every control of the page.

    Fields the site hides from people are among them; hidden inputs are not: they are the site's own book-keeping (tokens,
    time stamps) and change by themselves. Raises playwright's Error where the page cannot be read.
    """
    button = submit_button(view, form)
    now = await read_page(page)
    values: dict[str, str] = {}
    files: dict[str, tuple[PostedFile, ...]] = {}
    for control in now.fields:
        if control.disabled:
            continue
        if button is not None and (
            control.frame_index != button.frame_index or not _same_form(control, button.form_index)
        ):
            continue
        if control.kind is FieldKind.FILE:
            files[field_key(control)] = await files_in(page, control)
        values[field_key(control)] = control.value
    return PostedValues(values, files)


async def files_in(page: Page, field: Field) -> tuple[PostedFile, ...]:
    """The files that lie in a file input now; none where the input is gone."""
    locator = locator_of(page, field)
    if locator is None:
        return ()
    try:
        found = await locator.evaluate(_FILES, timeout=5_000)
    except PlaywrightError:
        return ()
    return tuple(
        PostedFile(f["name"], int(f["size"]), hashlib.sha256(base64.b64decode(f["content"])).hexdigest()) for f in found
    )


def _same_form(control: Field, form_index: int) -> bool:
    """A button outside any form posts, by script, what stands outside too or in whichever form it likes."""
    return form_index < 0 or control.form_index in (form_index, -1)
