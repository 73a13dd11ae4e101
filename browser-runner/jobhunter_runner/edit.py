"""Edits in words: what a person wrote under a draft becomes changes of its fields, without a model.

Understood, several in one text: "change X to Y", "change X from A to B", "set X to Y", "make X Y", "X should be Y", "X: Y",
"X = Y", "leave X empty", "tick X", "untick X"; not "X is Y", which may as well be a complaint. X is found by the field's
label, or by what it is known to ask for. What cannot be understood is a sentence to ask back, never a guess.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.form import FieldKind


@dataclass(frozen=True)
class EditTarget:
    """A field that can be changed. key: the caller's name for it. options: labels, for selects and radio groups.

    numeric: takes digits alone, though its kind may be text. documents: for a file field, the names that can be chosen.
    """

    key: str
    label: str
    kind: FieldKind
    token: Token | None = None
    options: tuple[str, ...] = ()
    numeric: bool = False
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class Change:
    """A field's new value as text: "" empties it, a checkbox has "true" or "false", a file the name of a document."""

    target: EditTarget
    value: str


@dataclass(frozen=True)
class Edit:
    """What was understood. faults: sentences for the person; with any, nothing is to be changed."""

    changes: tuple[Change, ...]
    faults: tuple[str, ...]


_VERBS = (
    r"(?:change|set|update|make|correct|edit|switch|put|replace|use|fix|leave|clear|empty|remove|delete|blank"
    r"|tick|check|untick|uncheck)"
)
_POLITE = re.compile(r"^(?:and|then|also|please|could you|can you|i want you to|i'd like you to)\b[\s,]*", re.I)
_NEXT = re.compile(
    rf"(?:\s*[;\n]+\s*|\s*(?:,\s*(?:and\s+|then\s+)?|\.\s+|\s(?:and\s+(?:then|also)|and|then)\s+)(?={_VERBS}\s))", re.I
)
_EMPTY = re.compile(
    r"^(?:leave|make|set|keep)\s+(?P<a>.+?)\s+(?:(?:to|as)\s+)?(?:empty|blank|unanswered)$"
    r"|^(?:clear|empty|blank|remove|delete)\s+(?:out\s+)?(?P<b>.+?)$",
    re.I,
)
_TICK = re.compile(r"^(?P<verb>un-?tick|un-?check|tick|check)\s+(?P<x>.+)$", re.I)
_CHANGE = re.compile(r"^(?:change|set|update|make|correct|edit|switch|put|replace|fix)\s+(?P<rest>.+)$", re.I | re.S)
_USE = re.compile(r"^(?:use|put)\s+(?P<value>.+?)\s+(?:for|as|in|into)\s+(?P<x>.+)$", re.I | re.S)
_FROM_TO = re.compile(r"(?P<x>.+?)\s+from\s+.+?\s+(?:to|into)\s+(?P<value>.+)", re.I | re.S)
_NOT = re.compile(r"\b(?:not|never|no longer|(?:do|does|is|are|was|should|must|would|ca)n['’]?t|cannot)\b", re.I)
_JOINTS = (r"\s+(?:to|into)\s+be\s+", r"\s+(?:to|into|as|with)\s*:?\s+", r"\s*(?:=|->|→|:)\s*")
_PLAIN = (r"\s+(?:should|must|has\s+to|ought\s+to)\s+(?:be|say|read)\s+", r"\s*(?:=|->|→)\s*", r"\s*:\s*")
_EMPTY_WORDS = frozenset({"empty", "blank", "nothing", "none", "(empty)", "(blank)", '""', "''"})
_YES = frozenset({"yes", "y", "true", "tick", "ticked", "check", "checked", "on", "agree", "i agree", "selected"})
_NO = frozenset({"no", "n", "false", "untick", "unticked", "uncheck", "unchecked", "off", "disagree"})

# What people call a field, where its label may say it otherwise.
_CALLED: dict[str, frozenset[Token]] = {
    "salary": frozenset({Token.SALARY_EXPECTATION}),
    "salary expectation": frozenset({Token.SALARY_EXPECTATION}),
    "pay": frozenset({Token.SALARY_EXPECTATION}),
    "compensation": frozenset({Token.SALARY_EXPECTATION}),
    "phone": frozenset({Token.TEL, Token.TEL_NATIONAL}),
    "phone number": frozenset({Token.TEL, Token.TEL_NATIONAL}),
    "telephone": frozenset({Token.TEL, Token.TEL_NATIONAL}),
    "mobile": frozenset({Token.TEL, Token.TEL_NATIONAL}),
    "email": frozenset({Token.EMAIL}),
    "email address": frozenset({Token.EMAIL}),
    "mail": frozenset({Token.EMAIL}),
    "first name": frozenset({Token.GIVEN_NAME}),
    "given name": frozenset({Token.GIVEN_NAME}),
    "last name": frozenset({Token.FAMILY_NAME}),
    "surname": frozenset({Token.FAMILY_NAME}),
    "family name": frozenset({Token.FAMILY_NAME}),
    "full name": frozenset({Token.NAME}),
    "city": frozenset({Token.ADDRESS_LEVEL2, Token.LOCATION}),
    "town": frozenset({Token.ADDRESS_LEVEL2}),
    "state": frozenset({Token.ADDRESS_LEVEL1}),
    "zip": frozenset({Token.POSTAL_CODE}),
    "zip code": frozenset({Token.POSTAL_CODE}),
    "postcode": frozenset({Token.POSTAL_CODE}),
    "country": frozenset({Token.COUNTRY, Token.COUNTRY_NAME}),
    "address": frozenset({Token.STREET_ADDRESS, Token.ADDRESS_LINE1}),
    "street": frozenset({Token.STREET_ADDRESS, Token.ADDRESS_LINE1}),
    "cv": frozenset({Token.RESUME}),
    "resume": frozenset({Token.RESUME}),
    "linkedin": frozenset({Token.LINKEDIN_URL}),
    "github": frozenset({Token.GITHUB_URL}),
    "website": frozenset({Token.URL, Token.PORTFOLIO_URL}),
    "portfolio": frozenset({Token.PORTFOLIO_URL}),
    "notice": frozenset({Token.NOTICE_PERIOD}),
    "notice period": frozenset({Token.NOTICE_PERIOD}),
    "start date": frozenset({Token.START_DATE}),
    "sponsorship": frozenset({Token.VISA_SPONSORSHIP}),
    "visa": frozenset({Token.VISA_SPONSORSHIP}),
    "relocation": frozenset({Token.RELOCATE}),
    "cover letter": frozenset({Token.COVER_LETTER}),
    "years of experience": frozenset({Token.YEARS_OF_EXPERIENCE}),
    "experience": frozenset({Token.YEARS_OF_EXPERIENCE}),
    "marketing": frozenset({Token.CONSENT_MARKETING}),
}


def parse_edit(text: str, targets: Sequence[EditTarget]) -> Edit:
    """All changes in `text`. A later change of the same field wins."""
    changes: dict[str, Change] = {}
    faults: list[str] = []
    for clause in _clauses(text, targets):
        found = _change(clause, targets)
        if isinstance(found, str):
            faults.append(found)
        else:
            changes[found.target.key] = found
    if not changes and not faults:
        faults.append(_not_understood(text.strip(), targets))
    return Edit(tuple(changes.values()), tuple(faults))


def amount_in(text: str) -> str | None:
    """Digits of an amount as people write it: "150k" is 150000, "$1.2m" 1200000, "120,000.50" 120000.50. None if none."""
    found = re.fullmatch(
        r"[^\d\-.,]{0,4}\s*(-?\d{1,3}(?:[,'\u00a0\u202f ]\d{3})+(?:\.\d+)?|-?\d+(?:[.,]\d+)?)\s*(k|m|thousand|million)?"
        r"\s*[^\d]{0,24}",
        text.strip(),
        re.I,
    )
    if not found:
        return None
    digits = re.sub(r"(?<=\d)[,'\u00a0\u202f ](?=\d{3}(?!\d))", "", found[1]).replace(",", ".")
    scale = {"k": 1_000, "thousand": 1_000, "m": 1_000_000, "million": 1_000_000}.get((found[2] or "").lower(), 1)
    return f"{float(digits) * scale:.2f}".rstrip("0").rstrip(".")


def _clauses(text: str, targets: Sequence[EditTarget]) -> list[str]:
    """One change each. A comma or an "and" divides only where what follows begins another change."""
    clauses: list[str] = []
    for part in _NEXT.split(text.strip()):
        clauses.extend(_split_named(part, targets))
    return [clean for clause in clauses if (clean := clause.strip().strip(",").strip())]


def _split_named(part: str, targets: Sequence[EditTarget]) -> list[str]:
    """Divides "City: Pune, Phone: 1" where the words after a comma, up to a colon, name a field."""
    pieces = [""]
    for piece in re.split(r"(,\s*(?:and\s+)?)", part):
        named = re.match(r"([^:=]{1,80}?)\s*[:=]\s*\S", piece)
        if pieces[-1].endswith("\0") and named and len(_matches(named[1], targets)) == 1:
            pieces[-1] = re.sub(r",[^,]*\0$", "", pieces[-1])
            pieces.append(piece)
        else:
            pieces[-1] = pieces[-1].rstrip("\0") + piece
        if re.fullmatch(r",\s*(?:and\s+)?", piece):
            pieces[-1] += "\0"
    return [piece.rstrip("\0") for piece in pieces]


def _change(clause: str, targets: Sequence[EditTarget]) -> Change | str:
    """The change, or a sentence that asks back."""
    while (shorter := _POLITE.sub("", clause)) != clause:
        clause = shorter
    if found := _TICK.match(clause):
        boxes = [t for t in targets if t.kind is FieldKind.CHECKBOX]
        target = _one(found["x"], boxes)
        if isinstance(target, EditTarget):
            return Change(target, "false" if found["verb"].lower().startswith("un") else "true")
        if found["verb"].lower() != "check":
            return target
    if (found := _EMPTY.match(clause)) and not isinstance(target := _one(found["a"] or found["b"], targets), str):
        return _emptied(target)
    faults: list[str] = []
    read: list[tuple[bool, EditTarget, str]] = []
    for name, value in _splits(clause):
        target = _one(name, targets)
        if isinstance(target, EditTarget) and _words(target.label) != _words(name) and _NOT.search(name):
            continue  # "do not write salary: 100"
        if isinstance(target, EditTarget):
            read.append((_words(target.label) != _words(name), target, value))
        else:
            faults.append(target)
    if (
        read
    ):  # a label may hold the joining word itself ("willing to relocate"), so a whole label goes before a part of it
        _, target, value = min(read, key=lambda each: each[0])
        return _valued(target, value)
    if found:
        return str(target)
    return faults[0] if faults else _not_understood(clause, targets)


def _splits(clause: str) -> Iterable[tuple[str, str]]:
    """Ways to read the clause as a field's name and a value, likeliest first."""
    if found := _CHANGE.match(clause):
        if moved := _FROM_TO.fullmatch(found["rest"]):
            yield moved["x"], moved["value"]
        for joint in _JOINTS:
            for at in re.finditer(joint, found["rest"], re.I):
                yield found["rest"][: at.start()], found["rest"][at.end() :]
        words = found["rest"].split()
        if re.match(r"(?i)make|set|put", clause):  # "make the city Pune": the name is the longest run that is a field's
            for count in range(len(words) - 1, 0, -1):
                yield " ".join(words[:count]), " ".join(words[count:])
    if found := _USE.match(clause):
        yield found["x"], found["value"]
    for joint in _PLAIN:
        for at in re.finditer(joint, clause, re.I):
            yield clause[: at.start()], clause[at.end() :]


def _one(name: str, targets: Sequence[EditTarget]) -> EditTarget | str:
    """The field that `name` means, or a sentence that asks back."""
    found = _matches(name, targets)
    if len(found) == 1:
        return found[0]
    shown = _shown(name)
    if found:
        return f"{shown} could be {_listed(t.label for t in found)}. Say which, by its whole label."
    return f"No field is called {shown}. The fields are {_listed(t.label for t in targets)}."


def _matches(name: str, targets: Sequence[EditTarget]) -> list[EditTarget]:
    """The fields that fit `name` best: by the whole label, by what they ask for, by words of the label."""
    wanted = _words(re.sub(r"^(?:the|my|your|a|our)\s+", "", name.strip(), flags=re.I))
    wanted = wanted[:-1] if len(wanted) > 1 and wanted[-1] in {"field", "box", "question", "answer"} else wanted
    if not wanted:
        return []
    tokens = _CALLED.get(" ".join(wanted), frozenset())

    def starts(target: EditTarget) -> bool:
        return _words(target.label)[: len(wanted)] == wanted

    def contains(target: EditTarget) -> bool:
        return set(wanted) <= set(_words(target.label))

    def within(target: EditTarget) -> bool:
        label = _words(target.label)
        return bool(label) and set(label) <= set(wanted)

    tests: list[Callable[[EditTarget], bool]] = [
        lambda t: _words(t.label) == wanted,
        lambda t: t.token in tokens,
        starts,
        contains,
        lambda t: bool(t.token) and set(wanted) <= set(str(t.token).split("-")),
        within,
    ]
    for test in tests:
        if found := [target for target in targets if test(target)]:
            # Of two that ask for the like the word decides: "salary" is the annual salary, not the daily rate.
            return [target for target in found if contains(target)] or found
    return []


def _emptied(target: EditTarget) -> Change | str:
    if target.kind is FieldKind.CHECKBOX:
        return Change(target, "false")
    if target.kind is FieldKind.RADIO:
        return f"{_shown(target.label)} is a choice and cannot be emptied. Say one of {_listed(target.options)}."
    return Change(target, "")


def _valued(target: EditTarget, text: str) -> Change | str:
    """The change of `target` to what `text` says, as its kind takes it, or a sentence that asks back."""
    value = text.strip().rstrip(",").strip()
    quoted = re.fullmatch(r"""["“'‘«](.*)["”'’»]\.?""", value, re.S)
    if quoted:
        value = quoted[1]
    elif target.kind is not FieldKind.TEXTAREA and re.fullmatch(r"[^.]*[^.\s]\.|[^\s]+@[^\s]+\.", value):
        value = value[:-1]
    if value.casefold() in _EMPTY_WORDS and not any(_words(o) == _words(value) for o in target.options):
        return _emptied(target)
    match target.kind:
        case FieldKind.CHECKBOX:
            word = value.casefold()
            if word in _YES | _NO:
                return Change(target, "true" if word in _YES else "false")
            return f"{_shown(target.label)} is a box to tick. Say yes or no."
        case FieldKind.SELECT | FieldKind.RADIO:
            return _chosen(target, value)
        case FieldKind.SELECT_MULTIPLE:
            parts = [_chosen(target, part) for part in re.split(r"\s*(?:,|;|\band\b)\s*", value) if part]
            fault = next((part for part in parts if isinstance(part, str)), None)
            return fault or Change(target, "\n".join(part.value for part in parts if isinstance(part, Change)))
        case FieldKind.DATE:
            day = _day(value)
            return Change(target, day) if day else f"{_shown(value)} is no date. Say it as 2026-12-01."
        case FieldKind.FILE:
            return _document(target, value)
        case FieldKind.PASSWORD:
            return f"{_shown(target.label)} is a password, which is not changed in words."
        case FieldKind.EMAIL if not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
            return f"{_shown(value)} is no e-mail address."
    if target.kind is FieldKind.NUMBER or target.numeric:
        amount = amount_in(value)
        return (
            Change(target, amount) if amount else f"{_shown(target.label)} takes a number, and {_shown(value)} is none."
        )
    return Change(target, value)


def _chosen(target: EditTarget, value: str) -> Change | str:
    """The option that `value` names: word for word, else the only one that begins with it or has all its words."""
    wanted = _words(value)
    tests: list[Callable[[list[str]], bool]] = [
        lambda words: words == wanted,
        lambda words: words[: len(wanted)] == wanted,
        lambda words: set(wanted) <= set(words),
    ]
    for test in tests:
        found = [option for option in target.options if wanted and test(_words(option))]
        if len(found) == 1:
            return Change(target, found[0])
        if found:
            return f"{_shown(value)} could be {_listed(found)} of {_shown(target.label)}. Say which."
    return f"{_shown(target.label)} has no option {_shown(value)}. Say one of {_listed(target.options)}."


def _document(target: EditTarget, value: str) -> Change | str:
    found = next((name for name in target.documents if name.casefold() == value.casefold()), None)
    if found:
        return Change(target, found)
    if not target.documents:
        return f"{_shown(target.label)} is a file, and the profile names no document for it."
    return f"{_shown(target.label)} is a file. The documents are {_listed(target.documents)}."


def _day(value: str) -> str | None:
    """ISO date of a date as people write it; None where day and month could be either way round."""
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        pass
    if re.fullmatch(r"\d{1,2}[./-]\d{1,2}[./-]\d{2,4}", value):
        return None
    import dateparser  # a third of a second to import, and few edits are of dates

    read = dateparser.parse(value, settings={"PREFER_DATES_FROM": "future", "REQUIRE_PARTS": ["day", "month"]})
    return read.date().isoformat() if read else None


def _words(text: str) -> list[str]:
    """Words in lower case without accents, punctuation, and marks of required fields."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("e-mail", "email"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub(r"\((?:required|optional)\)|['’]", "", plain)
    return re.findall(r"\w+", plain)


def _shown(text: str) -> str:
    shown = " ".join(text.split())
    return f"“{shown if len(shown) <= 80 else shown[:79] + '…'}”"


def _listed(names: Iterable[str], limit: int = 12) -> str:
    shown = [_shown(name) for name in names]
    more = f" and {len(shown) - limit} more" if len(shown) > limit else ""
    return ", ".join(shown[:limit]) + more


def _not_understood(text: str, targets: Sequence[EditTarget]) -> str:
    return (
        f"{_shown(text)} is not understood. Say confirm, reject, or a change such as “change LABEL to VALUE”; "
        f"the fields are {_listed(t.label for t in targets)}."
    )
