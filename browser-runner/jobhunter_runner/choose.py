"""Fit a fact to a field's widget: the option that says it, the number in it, the date as the field wants it. Pure.

Nothing is chosen without certainty: where a value does not fit, the answer is None, and the person is asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from math import inf

from jobhunter_contracts.profile import Salary
from jobhunter_contracts.vocabulary import Token
from jobhunter_runner import option_match
from jobhunter_runner.countries import country_code, country_name
from jobhunter_runner.currencies import currencies_named
from jobhunter_runner.facts import Fact, FactValue, FileRef
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Field, FieldKind, Option
from jobhunter_runner.meaning import Meaning
from jobhunter_runner.quantities import Span, read_span

_LISTS = frozenset({FieldKind.SELECT, FieldKind.RADIO})
_TYPED = frozenset(
    {
        FieldKind.TEXT, FieldKind.EMAIL, FieldKind.TEL, FieldKind.URL, FieldKind.NUMBER, FieldKind.TEXTAREA, FieldKind.DATE,
        FieldKind.PASSWORD,
    }
)  # fmt: skip
_DATE_FORMATS = (
    (re.compile(r"\bmm ?/ ?dd ?/ ?yyyy\b", re.I), "%m/%d/%Y"),
    (re.compile(r"\bdd ?/ ?mm ?/ ?yyyy\b", re.I), "%d/%m/%Y"),
    (re.compile(r"\b(dd|tt)\.mm\.(yyyy|jjjj)\b", re.I), "%d.%m.%Y"),
    (re.compile(r"\bdd-mm-yyyy\b", re.I), "%d-%m-%Y"),
    (re.compile(r"\bmm-dd-yyyy\b", re.I), "%m-%d-%Y"),
    (re.compile(r"\byyyy/mm/dd\b", re.I), "%Y/%m/%d"),
    (re.compile(r"\byyyy-mm-dd\b", re.I), "%Y-%m-%d"),
    (re.compile(r"\bmm ?/ ?yyyy\b", re.I), "%m/%Y"),
)
_DIGITS_ONLY = re.compile(r"(digits|numbers) only|only (\w+ )?(digits|numbers)|nur (ziffern|zahlen)", re.I)
_PERIODS = {
    "year": r"years?|yr|annual(ly)?|yearly|annum|p a|pa|jahr\w*|anual(es)?|annuel(le)?s?|annu[oa]|anno|ano|par an|jaar",
    "month": r"month(ly)?|mth|p m|pm|monat\w*|mensual(es)?|mensuel(le)?s?|mensile|mes|mois|maand\w*",
    "week": r"week(ly)?|woche\w*",
    "day": r"day|daily|tag|tagessatz",
    "hour": r"hour(ly)?|hr|stunde\w*",
}
_ONLY_YEAR = re.compile(r"^(?!.*\b(date|month|mm)\b).*\b(year|jahr|annee|ano)\b")
# A count of thousands, and what words make of it: which, is not known where the profile has an amount.
_SCALES = re.compile(r"\b(thousands?|tsd|k|\d+k|lakhs?|lacs?|lpa|millions?|mio|crores?|cr)\b")
# A question that yes or no answers, where there is only a line to write on.
_YES_OR_NO = re.compile(r"^(please confirm )?(are|is|do|does|did|will|would|can|could|may|have|has)\b")

# What profile.application.work_authorization says of a country, as words (CONTRACT.md gives the first and the last).
_FREE = frozenset(
    {
        "citizen", "permanent resident", "resident", "green card", "eu citizen", "authorized", "authorised", "yes",
        "right to work", "settled",
    }
)  # fmt: skip
_HELD = frozenset({"work permit", "work visa", "visa", "permit", "h 1b", "opt", "student visa"})
_NEEDS = frozenset(
    {"needs sponsorship", "requires sponsorship", "sponsorship", "needs visa", "no", "none", "not authorized"}
)


@dataclass(frozen=True)
class Choice:
    """What goes into a field. text: the value, or an option's label; option: which one, for a select or radio group."""

    value: str | bool | FileRef = field(repr=False)
    option: Option | None = field(default=None, repr=False)


def choose(box: Field, meaning: Meaning, fact: Fact, country: str | None = None) -> Choice | None:
    """The fact in the field's own terms; None where it does not fit for certain.

    `country` (ISO) is the one that a question about the right to work asks of, where it is known.
    """
    token, value = meaning.token, fact.value
    if box.kind is FieldKind.FILE or isinstance(value, FileRef):
        return _file(box, value)
    if token in (Token.WORK_AUTHORIZATION, Token.VISA_SPONSORSHIP):
        answer = _may_work(token, value, country)
        return None if answer is None else yes_no(box, answer is meaning.polarity)
    if token in (Token.CONSENT, Token.CONSENT_MARKETING):
        return _consent(box, meaning, value)
    if isinstance(value, bool):
        return yes_no(box, value is meaning.polarity)
    if isinstance(value, Salary) and token is not None:
        return _salary(box, token, value)
    if token is Token.GRADUATION_DATE and _ONLY_YEAR.search(normal_words(box.label)):
        value = str(value)[:4]
    if isinstance(value, date):
        return _date(box, value)
    if isinstance(value, str) and token is not None:
        return _text(box, meaning, token, value)
    return None


def yes_no(box: Field, answer: bool) -> Choice | None:
    """Yes or no in a list of options, a check box or a text field."""
    if box.kind in _LISTS:
        option = option_match.yes_or_no(box.options, answer)
        return pick(option) if option and not option_match.adds(option, box.label) else None
    if box.kind is FieldKind.CHECKBOX:
        return Choice(answer)
    if box.kind in (FieldKind.TEXT, FieldKind.TEXTAREA) and _YES_OR_NO.match(normal_words(box.label)):
        return Choice("Yes" if answer else "No")
    return None


def pick(option: Option | None) -> Choice | None:
    return None if option is None else Choice(option.label, option)


def from_words(box: Field, text: str) -> Choice | None:
    """An answer in words, from the person or an earlier application, put into the field."""
    said = text.strip()
    if not said:
        return None
    if box.kind in _LISTS:
        found = option_match.by_words(box.options, said)
        if found is None and normal_words(said) in ("yes", "y", "true", "no", "n", "false"):
            found = option_match.yes_or_no(box.options, normal_words(said) in ("yes", "y", "true"))
        return pick(found)
    if box.kind is FieldKind.CHECKBOX:
        words = normal_words(said)
        if words in ("yes", "y", "true", "tick", "check", "agree", "i agree", "accept", "on", normal_words(box.label)):
            return Choice(True)
        return Choice(False) if words in ("no", "n", "false", "untick", "off", "decline") else None
    if box.kind is FieldKind.DATE:
        return Choice(said) if re.fullmatch(r"\d{4}-\d{2}-\d{2}", said) else None
    if box.kind is FieldKind.NUMBER:
        span = read_span(said)
        return Choice(_plain(span.low)) if span and span.low == span.high else None
    return _typed(box, said) if box.kind in _TYPED else None


def _typed(box: Field, text: str) -> Choice | None:
    limit = box.attributes.get("maxlength", "")
    if limit.isdigit() and 0 < int(limit) < len(text):
        return None
    if "\n" in text and box.kind is not FieldKind.TEXTAREA:
        text = ", ".join(text.splitlines())
    return Choice(text)


def _file(box: Field, value: FactValue) -> Choice | None:
    if box.kind is not FieldKind.FILE or not isinstance(value, FileRef):
        return None
    accepted = [a.strip().lower() for a in box.attributes.get("accept", "").split(",") if a.strip()]
    ending = "." + value.name.rsplit(".", 1)[-1].lower()
    media = {
        ".pdf": "application/pdf",
        ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    }
    if accepted and not {ending, media.get(ending, ""), "*/*", "*", "application/*"} & set(accepted):
        return None
    return Choice(value)


def _may_work(token: Token, value: FactValue, country: str | None) -> bool | None:
    """Authorized (or, for sponsorship, needing it) in `country`; None where the profile does not say."""
    if not isinstance(value, Mapping) or country is None:
        return None
    status = normal_words(value.get(country, ""))
    if status in _FREE:
        return token is Token.WORK_AUTHORIZATION
    if status in _NEEDS:
        return token is Token.VISA_SPONSORSHIP
    if status in _HELD and token is Token.WORK_AUTHORIZATION:
        return True  # whether a held permit needs a sponsor later is the person's to say
    return None


def _consent(box: Field, meaning: Meaning, value: FactValue) -> Choice | None:
    if not isinstance(value, bool) or not meaning.polarity:
        return None  # a tick that refuses is the person's
    if meaning.token is Token.CONSENT and meaning.detail != "data-processing":
        return None  # terms, or keeping data for later: the profile's consent is to this application's processing
    return yes_no(box, value)


def _salary(box: Field, token: Token, salary: Salary) -> Choice | None:
    asked = " ".join([box.label, *box.hints, box.section])
    if token is Token.SALARY_CURRENCY:
        if box.kind in _LISTS:
            code = salary.currency
            return pick(option_match.only(box.options, lambda o: code in (o.value.upper(), *o.label.upper().split())))
        return Choice(salary.currency) if box.kind is FieldKind.TEXT else None
    if token is Token.SALARY_PERIOD:
        period = salary.period
        return pick(option_match.only(box.options, lambda o: _periods(o.label) == {period} or o.value == period))
    choices = option_match.choices(box.options) if box.kind in _LISTS else []
    if not _same_unit(salary, asked, [o.label for o in choices]):
        return None
    if box.kind in _LISTS:
        return pick(option_match.span(box.options, Span(salary.amount, salary.amount)))
    digits = box.attributes.get("inputmode") in ("numeric", "decimal") or re.fullmatch(
        r"(e\.?g\.? ?)?[\d.,]+", box.attributes.get("placeholder", "").strip()
    )
    if box.kind is FieldKind.NUMBER or digits:
        bare = salary.period == "year" or _periods(asked)  # a number alone says no period; a salary's is the year
        return _in_bounds(box, _plain(salary.amount)) if bare else None
    amount = f"{_plain(salary.amount)} {salary.currency} per {salary.period}"
    return _typed(box, amount) if box.kind in _TYPED else None


def _periods(text: str) -> set[str]:
    words = normal_words(text)
    return {name for name, pattern in _PERIODS.items() if re.search(rf"\b({pattern})\b", words)}


def _same_unit(salary: Salary, asked: str, options: list[str]) -> bool:
    """Whether question and options ask for the profile's currency and period, and count in ones."""
    text = " · ".join([asked, *options])
    periods, currencies = _periods(text), currencies_named(text)
    if periods - {salary.period} or currencies - {salary.currency} or _SCALES.search(normal_words(asked)):
        return False
    if not periods and re.search(r"\b(rate|satz)\b", normal_words(asked)):
        return False  # of an hour, a day or a month
    if options and _SCALES.search(re.sub(r"\b(\d+) ?k\b", r"\1", normal_words(" ".join(options)))):
        return False
    examples = [n for span in map(read_span, options or _EXAMPLE.findall(asked)) if span for n in (span.low, span.high)]
    largest = max((n for n in examples if n != inf), default=salary.amount)
    return salary.amount / 20 <= largest


_EXAMPLE = re.compile(r"\d[\d.,' ]*\d")  # of a placeholder


def _plain(amount: float) -> str:
    return str(int(amount)) if amount == int(amount) else str(amount)


def _in_bounds(box: Field, amount: str) -> Choice | None:
    for bound, sign in (("min", 1), ("max", -1)):
        try:
            if (float(amount) - float(box.attributes[bound])) * sign < 0:
                return None
        except (KeyError, ValueError):
            continue
    return Choice(amount)


def _date(box: Field, day: date) -> Choice | None:
    if box.kind is FieldKind.DATE:
        iso = day.isoformat()
        low, high = box.attributes.get("min", ""), box.attributes.get("max", "")
        return None if (low and iso < low) or (high and iso > high) else Choice(iso)
    if box.kind is FieldKind.NUMBER or box.kind not in _TYPED:
        return pick(option_match.by_words(box.options, day.isoformat())) if box.kind in _LISTS else None
    for text in (box.attributes.get("placeholder", ""), box.label, *box.hints):
        for pattern, form in _DATE_FORMATS:
            if pattern.search(text):
                return Choice(day.strftime(form))
    return _typed(box, day.isoformat())


def _text(box: Field, meaning: Meaning, token: Token, value: str) -> Choice | None:
    if box.kind in _LISTS:
        return pick(_option(box, token, value))
    if box.kind is FieldKind.CHECKBOX:
        return _box(box, token, value)
    if box.kind not in _TYPED or (meaning.detail == "hispanic"):
        return None
    if token in (Token.GENDER, Token.ETHNICITY, Token.VETERAN_STATUS, Token.DISABILITY_STATUS):
        return None if option_match.DECLINES.search(normal_words(value)) else _typed(box, value)
    if token in (Token.COUNTRY, Token.COUNTRY_NAME):
        short = box.attributes.get("maxlength") in ("2", "3")
        return _typed(box, value.upper() if short else country_name(value))
    if token is Token.TEL:
        return _typed(box, _telephone(box, value))
    if token in (Token.NOTICE_PERIOD, Token.YEARS_OF_EXPERIENCE) and box.kind is FieldKind.NUMBER:
        return _count(box, value)
    if box.kind is FieldKind.URL and "://" not in value:
        return _typed(box, f"https://{value}")
    if box.kind is FieldKind.NUMBER and not re.fullmatch(r"[\d.]+", value):
        return None
    if box.kind is FieldKind.DATE and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return None
    return _typed(box, value)


def _telephone(box: Field, value: str) -> str:
    if _DIGITS_ONLY.search(" ".join([box.error, box.label, *box.hints])):
        return re.sub(r"\D", "", value)
    return value


def _count(box: Field, value: str) -> Choice | None:
    """A number out of "4 weeks", where the field counts in the same unit."""
    span, asked = read_span(value), read_span(f"1 {box.label} {' '.join(box.hints)}")
    if span is None or span.low != span.high:
        return None
    if span.unit and span.high and (asked is None or asked.unit != span.unit):
        return None
    return _in_bounds(box, _plain(span.low))


def _option(box: Field, token: Token, value: str) -> Option | None:
    match token:
        case Token.COUNTRY | Token.COUNTRY_NAME:
            return option_match.country(box.options, country_code(value) or value.upper())
        case Token.TEL_COUNTRY_CODE:
            return option_match.country(box.options, value.upper())
        case Token.GENDER | Token.ETHNICITY | Token.VETERAN_STATUS | Token.DISABILITY_STATUS:
            return option_match.self_description(box.options, value)
        case Token.HIGHEST_DEGREE:
            return option_match.degree(box.options, value)
        case Token.NOTICE_PERIOD:
            span = read_span(value)
            return option_match.by_words(box.options, value) or (option_match.span(box.options, span) if span else None)
        case Token.YEARS_OF_EXPERIENCE:
            years = float(value)
            bare = option_match.by_words(box.options, value)
            return bare or option_match.span(box.options, Span(years, years, "year"))
        case _:
            return option_match.by_words(box.options, value)


def _box(box: Field, token: Token, value: str) -> Choice | None:
    """One box of a voluntary question: ticked where its label is the answer."""
    if token not in (Token.GENDER, Token.ETHNICITY, Token.VETERAN_STATUS, Token.DISABILITY_STATUS):
        return None
    option = Option(label=box.label, value="")
    return Choice(True) if option_match.self_description([option], value) else None
