"""A form as it was drawn: its fields, what a post of it means, and whether its rules accept that post."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from starlette.datastructures import FormData, UploadFile

FILE_LIMIT: Final = 10 * 1024 * 1024
MAGIC: Final = (b"%PDF", b"PK\x03\x04")


@dataclass(frozen=True)
class Option:
    """A choice of a select or radio group. `meaning` is what `/_judge` compares: yes, no, decline, an ISO country …"""

    value: str
    label: str
    meaning: str


@dataclass(frozen=True)
class Field:
    """One question of a form, with all that was drawn for it. `token` is private to the record, never on the page."""

    token: str
    kind: str  # text, email, tel, url, number, date, textarea, select, radio, checkbox or file
    label: str
    name: str
    element_id: str
    group: str  # the chapter of the form it stands in: personal, files, questions, voluntary or consents
    labelling: str = "for"  # for, wrap, aria-label, aria-labelledby, or attach (a file's own label is a button's word)
    required: bool = False
    mark: str = "attribute"  # how "required" is said: attribute, aria or star
    star_hidden: bool = False
    autocomplete: str = ""
    placeholder: str = ""
    optional_note: bool = False
    prompt: str = ""
    options: tuple[Option, ...] = ()
    accept: str = ""
    country: str = ""  # of which country a question about the right to work asks (ISO)
    inverted: bool = False  # "Can you work without sponsorship": yes means that none is needed

    @property
    def label_id(self) -> str:
        return f"{self.element_id}-label"

    @property
    def error_id(self) -> str:
        return f"{self.element_id}-error"


@dataclass(frozen=True)
class Form:
    fields: tuple[Field, ...]
    csrf_name: str
    honeypot_name: str
    honeypot_label: str
    novalidate: bool
    custom_boxes: bool  # check boxes drawn by the style sheet over a transparent native one

    def groups(self) -> list[tuple[str, list[Field]]]:
        """The chapters in the order in which they stand on the page, each with its fields."""
        chapters: dict[str, list[Field]] = {}
        for each in self.fields:
            chapters.setdefault(each.group, []).append(each)
        return list(chapters.items())

    def named(self, token: str) -> Field | None:
        return next((each for each in self.fields if each.token == token), None)


@dataclass(frozen=True)
class ReceivedFile:
    filename: str
    size: int
    sha256: str
    media_type: str
    magic_ok: bool


@dataclass
class Received:
    """What one post said, by token. `texts` is as shown on the page, `raw` as posted, `meanings` as judged."""

    texts: dict[str, str] = field(default_factory=dict)
    raw: dict[str, str] = field(default_factory=dict)
    meanings: dict[str, str] = field(default_factory=dict)
    files: dict[str, ReceivedFile] = field(default_factory=dict)
    unknown: dict[str, list[str]] = field(default_factory=dict)
    repeated: list[str] = field(default_factory=list)
    honeypot_filled: bool = False
    csrf: str = ""


async def read_post(form: Form, data: FormData) -> Received:
    """What was posted, named by what it means. Names that the form does not have are kept as unknown."""
    received = Received()
    by_name = {each.name: each for each in form.fields}
    for each in form.fields:
        values = data.getlist(each.name)
        if each.kind == "file":
            received.raw[each.token] = ""
            for upload in values:
                if isinstance(upload, UploadFile) and (upload.filename or upload.size):
                    received.files[each.token] = await _read_file(upload)
            continue
        texts = [value for value in values if isinstance(value, str)]
        if len(texts) > 1:
            received.repeated.append(each.token)
        _read_text(each, texts[-1] if texts else "", received)
    for name in data:
        strings = [value if isinstance(value, str) else f"file {value.filename}" for value in data.getlist(name)]
        if name == form.csrf_name:
            received.csrf = strings[-1]
        elif name == form.honeypot_name:
            received.honeypot_filled = any(strings)
        elif name not in by_name:
            received.unknown[name] = strings
    return received


def _read_text(question: Field, value: str, received: Received) -> None:
    received.raw[question.token] = value
    text = meaning = value
    if question.kind == "checkbox":
        text = meaning = "yes" if value else "no"
    elif question.options and value:
        chosen = next((option for option in question.options if option.value == value), None)
        text, meaning = (chosen.label, chosen.meaning) if chosen else (value, f"not an option: {value}")
    if question.inverted and meaning in ("yes", "no"):
        meaning = "no" if meaning == "yes" else "yes"
    received.texts[question.token] = text
    received.meanings[question.token] = meaning


async def _read_file(upload: UploadFile) -> ReceivedFile:
    content = await upload.read()
    return ReceivedFile(
        filename=upload.filename or "",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=upload.content_type or "",
        magic_ok=content.startswith(MAGIC),
    )


def problems(fields: Iterable[Field], received: Received) -> dict[str, str]:
    """What the form's own rules find wrong, by token: required fields, types, files."""
    found: dict[str, str] = {}
    for each in fields:
        word = _file_problem(each, received.files) if each.kind == "file" else _text_problem(each, received.raw)
        if word:
            found[each.token] = word
    return found


def _file_problem(question: Field, files: Mapping[str, ReceivedFile]) -> str:
    file = files.get(question.token)
    if file is None:
        return "Please attach a file." if question.required else ""
    if file.size == 0:
        return "This file is empty."
    if file.size > FILE_LIMIT:
        return "This file is too large."
    return "" if file.magic_ok else "Please upload a PDF or Word document."


def _text_problem(question: Field, raw: Mapping[str, str]) -> str:
    value = raw[question.token].strip()
    if not value:
        return "This field is required." if question.required else ""
    if question.options and value not in {option.value for option in question.options}:
        return "Please choose one of the options."
    match question.kind:
        case "email":
            local, _, domain = value.rpartition("@")
            return "" if local and "." in domain else "Please enter a valid email address."
        case "url":
            return "" if value.startswith(("http://", "https://")) else "Please enter a URL that starts with http."
        case "number":
            return "" if value.replace(".", "", 1).isdigit() else "Please enter a number."
        case "date":
            return "" if len(value) == 10 and value.replace("-", "").isdigit() else "Please enter a date."
        case _:
            return ""
