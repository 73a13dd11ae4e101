"""The draft: every control that will be posted, as a person reads it. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from jobhunter_contracts.draft import Draft, DraftField
from jobhunter_contracts.vocabulary import VOCABULARY
from jobhunter_runner.edit import EditTarget
from jobhunter_runner.facts import FileRef
from jobhunter_runner.file_value import FileValue
from jobhunter_runner.fill_plan import Entry, answer_key
from jobhunter_runner.filling import FilledForm
from jobhunter_runner.form import Field, FieldKind
from jobhunter_runner.meaning import SURE
from jobhunter_runner.page_state import field_key

HIDDEN = "•••"
SITE_DEFAULT = "site default"
_TO_THE_QUESTION = ("person", "profile: application.answers")  # sources that answer the label itself


def make_draft(filled: FilledForm, hitl_id: str | None, url: str) -> Draft:
    """The table of a filled form, with the digest that a confirmation of it binds to."""
    planned = {field_key(entry.field) for entry in filled.entries}
    others = [field for field in filled.view.fields if field_key(field) in filled.posted.values]
    rows = [_row(entry, filled) for entry in filled.entries]
    rows += [_other_row(field) for field in others if field_key(field) not in planned]
    return Draft(hitl_id=hitl_id, url=url, title=filled.view.title, digest=filled.posted.digest(), fields=rows)


def edit_targets(entries: Sequence[Entry], documents: dict[str, FileValue]) -> list[EditTarget]:
    """The fields that a person can change in words: those they can see. "email" means no "HR email" beside an e-mail field."""
    return [
        EditTarget(
            key=answer_key(entry.field),
            label=_label(entry.field),
            kind=entry.field.kind,
            token=entry.token if entry.confidence >= SURE else None,
            options=tuple(option.label for option in entry.field.options if option.label),
            numeric=entry.field.attributes.get("inputmode") in ("numeric", "decimal")
            and entry.field.kind is FieldKind.TEXT,
            documents=tuple(documents),
        )
        for entry in entries
        if entry.field.visible and not entry.field.disabled
    ]


def _row(entry: Entry, filled: FilledForm) -> DraftField:
    field = entry.field
    set_by_us = entry.kind == "set"
    value = _shown(entry)
    if field.kind is FieldKind.PASSWORD or (entry.token is not None and not VOCABULARY[entry.token].filled):
        value = HIDDEN if filled.posted.values.get(field_key(field)) else ""
    return DraftField(
        label=_label(field),
        token=entry.token,
        value=value,
        source=entry.source or "left empty",
        confidence=1.0 if entry.source.startswith(_TO_THE_QUESTION) else round(entry.confidence, 2),
        default=not set_by_us,
        required=field.required,
    )


def _shown(entry: Entry) -> str:
    """The value as a person reads it: an option by its label, a box as yes or no, a file by name."""
    if isinstance(entry.value, FileRef):
        return entry.value.name.rpartition("/")[2]
    if isinstance(entry.value, bool):
        return "yes" if entry.value else "no"
    if entry.option is not None:
        return entry.option.label
    if entry.field.kind is FieldKind.CHECKBOX:
        return "yes" if entry.field.value == "true" else "no"
    return entry.value


def _other_row(field: Field) -> DraftField:
    shown = next((o.label for o in field.options if o.selected), field.value)
    if field.kind is FieldKind.PASSWORD and shown:
        shown = HIDDEN
    return DraftField(
        label=_label(field), token=None, value=shown, source=SITE_DEFAULT, default=True, required=field.required
    )


def _label(field: Field) -> str:
    return field.label or field.attributes.get("name") or field.selector
