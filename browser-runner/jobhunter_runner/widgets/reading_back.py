"""Does a field hold what was meant? Pure, one rule a kind of field.

A page may write a value in its own manner (a telephone number grouped, a name in capitals); it may not lose any of it.
"""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal, InvalidOperation

from jobhunter_runner.file_value import FieldValue, FileValue
from jobhunter_runner.form import Field, FieldKind
from jobhunter_runner.widgets.option import fold, option_meant

_MOST_COUNTRY_DIGITS = 3  # ITU-T E.164: a country code has one to three digits


def reads_back(field: Field, intended: FieldValue, actual: str) -> bool:
    """Whether `actual` (as read_back returns it) is `intended`, in the manner of this kind of field."""
    match field.kind:
        case FieldKind.CHECKBOX:
            return actual == ("true" if intended else "false") if isinstance(intended, bool) else False
        case FieldKind.FILE:
            wanted = intended.filename if isinstance(intended, FileValue) else intended
            return wanted == actual or (isinstance(intended, FileValue) and intended.filename in actual.split(", "))
        case FieldKind.SELECT | FieldKind.RADIO:
            return isinstance(intended, str) and _same_option(field, intended, actual)
        case FieldKind.SELECT_MULTIPLE:
            meant = intended if isinstance(intended, tuple) else (intended,) if intended else ()
            values = [_value_of(field, str(word)) for word in meant]
            return sorted(values) == sorted(v for v in actual.split(", ") if v)
    if not isinstance(intended, str):
        return False
    return _same_text(field, intended, actual)


def _same_option(field: Field, intended: str, actual: str) -> bool:
    if intended == "":
        return actual == "" or (bool(field.options) and actual == field.options[0].value)
    return actual == _value_of(field, intended) or fold(actual) == fold(intended)


def _value_of(field: Field, meant: str) -> str:
    option = option_meant(field.options, meant)
    return option.value if option else meant


def _same_text(field: Field, intended: str, actual: str) -> bool:
    wanted, held = _plain(intended), _plain(actual)
    if field.kind is not FieldKind.TEXTAREA:  # one line takes no line breaks
        wanted, held = " ".join(wanted.split()), " ".join(held.split())
    if wanted == held:
        return True
    if not wanted or not held:
        return False
    if (
        field.kind is FieldKind.TEL
        or field.attributes.get("inputmode") == "tel"
        or field.attributes.get("type") == "tel"
    ):
        return _same_number_called(wanted, held)
    if field.kind is FieldKind.URL:
        return _address(wanted) == _address(held)
    if field.kind is FieldKind.NUMBER:
        return _number(wanted) is not None and _number(wanted) == _number(held)
    if field.kind in (FieldKind.PASSWORD, FieldKind.TEXTAREA, FieldKind.DATE):
        return False
    ungrouped = _ungrouped(held)
    return wanted.casefold() == held.casefold() or (
        _number(wanted) is not None and _number(wanted) == _number(ungrouped)
    )


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\xa0", " "))
    return "\n".join(" ".join(line.split()) for line in folded.strip().split("\n"))


def _same_number_called(wanted: str, held: str) -> bool:
    """The same digits; a country code may be dropped or put before them by the page, nothing at the end may be missing."""
    a, b = (re.sub(r"\D", "", text) for text in (wanted, held))
    if a == b or len(a) == len(b):
        return a == b
    shorter, longer = sorted((a, b), key=len)
    national = shorter.removeprefix("0")
    return len(national) >= 6 and longer.endswith(national) and len(longer) - len(national) <= _MOST_COUNTRY_DIGITS


def _address(url: str) -> str:
    return re.sub(r"^(https?://)?(www\.)?", "", url, flags=re.IGNORECASE).rstrip("/")


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def _ungrouped(text: str) -> str:
    """Without currency signs and thousands separators: "$150,000" is 150000, "1.500" stays as it is."""
    digits = re.sub(r"^[^\d+-]+|[^\d]+$", "", text)
    return re.sub(r"[,'’ ](?=\d{3}(\D|$))", "", digits)
