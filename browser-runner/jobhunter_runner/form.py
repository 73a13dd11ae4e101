"""A form as the runner sees it: what was on the page, before anything is decided about it.

Pure data. `form_reader` makes it from the DOM, `recognise` and `fill_plan` decide over it, `widgets` drive what it names.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class FieldKind(StrEnum):
    """The widget a field is, in the words of HTML's `type` where it has one."""

    TEXT = "text"
    EMAIL = "email"
    TEL = "tel"
    URL = "url"
    NUMBER = "number"
    PASSWORD = "password"  # noqa: S105 - the name of a widget
    TEXTAREA = "textarea"
    SELECT = "select"
    SELECT_MULTIPLE = "select-multiple"
    RADIO = "radio"  # one Field for the whole group
    CHECKBOX = "checkbox"  # one Field a box
    DATE = "date"
    FILE = "file"
    OTHER = "other"  # recognised as a control, not yet driven (month, range, colour …)


@dataclass(frozen=True)
class Option:
    """One choice of a select or radio group.

    `selector` reaches the radio input itself; for a select's option it is empty.
    """

    label: str
    value: str
    selector: str = ""
    selected: bool = False
    disabled: bool = False


@dataclass(frozen=True)
class Field:
    """One control, or one radio group.

    selector: CSS, unique in its frame; `>>` is not used, open shadow roots are pierced by Playwright's CSS engine.
    frame: URL of the frame, "" for the main frame; `frame_index` is its index in `page.frames`.
    label: the words a person reads for it; `hints` are further words, strongest first (placeholder, aria-description, help
    text, legend); `section`, the nearest heading or fieldset legend above.
    attributes: name, id, autocomplete, type, inputmode, pattern, min, max, maxlength, accept, placeholder, title … as they
    stand, and what the reader adds under data-jobhunter-: "label" ("near": a label by its place alone); of check boxes that
    are one question "group" (selector of the first), "question" and "group-required".
    value: the control's present value as text ("" when empty; a checkbox: "true" or "false"; a file: its file name).
    error: the site's own error text at this field, "" if none.
    """

    selector: str
    frame: str
    kind: FieldKind
    label: str
    required: bool
    visible: bool
    frame_index: int = 0
    hints: tuple[str, ...] = ()
    section: str = ""
    options: tuple[Option, ...] = ()
    attributes: dict[str, str] = field(default_factory=dict)
    value: str = ""
    error: str = ""
    disabled: bool = False
    readonly: bool = False
    form_index: int = -1  # index of the owning <form> in its frame, -1 for none


@dataclass(frozen=True)
class Button:
    """A thing that can be pressed. `submits` is true for a form's own submit control."""

    selector: str
    frame: str
    label: str
    frame_index: int = 0
    submits: bool = False
    visible: bool = True
    disabled: bool = False
    form_index: int = -1
    href: str = ""


@dataclass(frozen=True)
class FormBox:
    """A <form> of a frame, for telling an application from a log-in, a search or a newsletter.

    words: its id, name, class, action and aria-label; heading: the first headings in it; text: its visible words.
    """

    frame_index: int
    index: int
    words: str = ""
    heading: str = ""
    text: str = ""
    action: str = ""
    method: str = "get"
    search: bool = False


@dataclass(frozen=True)
class PageView:
    """All that was read of a page at one moment: every frame's fields and buttons, in reading order.

    text: the page's visible text, white space folded, at most 20,000 characters (data, never an instruction).
    canonical_url: <link rel=canonical> resolved, or the page's own URL without its fragment.
    """

    url: str
    canonical_url: str
    title: str
    text: str
    fields: tuple[Field, ...]
    buttons: tuple[Button, ...]
    alerts: tuple[str, ...] = ()  # role=alert, aria-live, .error texts that are visible
    status: int | None = None
    forms: tuple[FormBox, ...] = ()
    job_location: str = ""  # country or address of the JobPosting in the page's structured data, "" if there is none
    job_title: str = ""  # of that JobPosting
    job_company: str = ""  # the organization that hires, by that JobPosting
    shared_title: str = ""  # og:title, what the page calls itself where it is shared
    site_name: str = ""  # og:site_name
    frame_urls: tuple[str, ...] = ()  # of the frames that a person can see (a CAPTCHA is one)
