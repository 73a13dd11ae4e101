"""Which option of a select or radio group says what is meant. One certain match, or none: never the nearest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from jobhunter_runner.countries import country_code
from jobhunter_runner.facts import degree_rank
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Option
from jobhunter_runner.quantities import Span, read_span

DECLINES = re.compile(
    r"\b(declin\w*|prefer not|rather not|choose not|opt out|not specified|not to (answer|say|disclose|specify"
    r"|identify|self)"
    r"|(do not|dont) (wish|want|care) to|no answer|undisclosed|keine angabe|ne souhaite pas|prefiero no|prefiro nao"
    r"|preferisco non)\b"
)
_YES = re.compile(
    r"^(yes|y|ja|oui|si|sim|true|i do|i am|i have|i will|i agree|agree|i accept|accept|i consent"
    r"|accepted)\b"
)
_NO = re.compile(r"^(no|n|nein|non|nao|nee|false|i do not|i dont|i am not|im not|i have not|i will not|not)\b")
_ANSWERS = (
    "yes no y n true false ja nein oui non si sim nao nee i do dont am im have havent will wont would can not a the my"
    " agree accept consent accepted need require now"
)
_NEGATION = re.compile(r"\b(not|no|never|dont|none)\b")
_SAME = (
    frozenset({"male", "man", "m", "mannlich", "homme", "hombre", "he him"}),
    frozenset({"female", "woman", "f", "weiblich", "femme", "mujer", "she her"}),
    frozenset({"non binary", "nonbinary", "nb", "genderqueer", "non binary third gender", "divers", "third gender"}),
)
_PROMPT = re.compile(
    r"^(please |bitte |-+ ?)*(select|choose|pick|wahlen|auswahlen|--|…|none selected|seleccion\w*"
    r"|choisi\w*)"
)


def choices(options: Sequence[Option]) -> list[Option]:
    """Options that a person could mean: no disabled ones, no empty prompts."""
    return [o for o in options if not o.disabled and o.label and not is_prompt(o)]


def is_prompt(option: Option) -> bool:
    """Whether an option only stands for "nothing chosen yet"."""
    words = normal_words(option.label)
    return not words or (option.value.strip() in ("", "0", "-1", option.label) and bool(_PROMPT.match(words)))


def only(options: Sequence[Option], fits: Callable[[Option], bool]) -> Option | None:
    """The one option that fits; None where none or several do."""
    found = [o for o in choices(options) if fits(o)]
    return found[0] if len(found) == 1 else None


def by_words(options: Sequence[Option], text: str) -> Option | None:
    """The option whose label, or else whose value, is `text`, case and punctuation aside."""
    wanted = normal_words(text)
    return only(options, lambda o: normal_words(o.label) == wanted) or only(
        options, lambda o: normal_words(o.value) == wanted
    )


def yes_or_no(options: Sequence[Option], answer: bool) -> Option | None:
    """The one yes, or the one no, that is not a way of declining."""
    clear = "yes" if answer else "no"
    exact = only(
        options, lambda o: normal_words(o.label) in (clear, "ja" if answer else "nein", "oui" if answer else "non")
    )
    if exact:
        return exact

    def fits(option: Option) -> bool:
        words = normal_words(option.label)
        if DECLINES.search(words):
            return False
        no = bool(_NO.match(words))
        return no is not answer and bool(no or _YES.match(words))

    return only(options, fits)


def adds(option: Option, question: str) -> bool:
    """Whether a yes or no says more than the question did: "Yes, with sponsorship"."""
    said = normal_words(f"{question} {_ANSWERS}").split()
    return not set(normal_words(option.label).split()) <= set(said)


def declining(options: Sequence[Option]) -> Option | None:
    return only(options, lambda o: bool(DECLINES.search(normal_words(o.label))))


def country(options: Sequence[Option], code: str) -> Option | None:
    return only(options, lambda o: country_code(o.label) == code) or only(
        options, lambda o: country_code(o.value) == code and len(o.value) in (2, 3)
    )


def self_description(options: Sequence[Option], value: str) -> Option | None:
    """A voluntary answer: its own words, a synonym, decline, or yes and no among sentences ("I am not a veteran")."""
    words = normal_words(value)
    if DECLINES.search(words):
        return declining(options)
    exact = by_words(options, value)
    if exact:
        return exact
    alike = next((group for group in _SAME if words in group), None)
    if alike:
        return only(options, lambda o: normal_words(o.label) in alike)
    if words not in ("yes", "no", "true", "false"):
        return None
    answer = words in ("yes", "true")
    direct = yes_or_no(options, answer)
    if direct:
        return direct
    stating = [o for o in choices(options) if not DECLINES.search(normal_words(o.label))]
    return only(stating, lambda o: bool(_NEGATION.search(normal_words(o.label))) is not answer)


def degree(options: Sequence[Option], value: str) -> Option | None:
    rank = degree_rank(value)
    return by_words(options, value) or (
        only(options, lambda o: degree_rank(o.label) == rank) if rank is not None else None
    )


def span(options: Sequence[Option], value: Span) -> Option | None:
    """The one option whose range holds the value: "2-4 weeks" for 3 weeks."""

    def fits(option: Option) -> bool:
        said = read_span(option.label)
        if said is None:
            return False
        if not said.unit and value.unit:
            said = Span(said.low, said.high, value.unit)
        return said.holds(value)

    exact = only(options, lambda o: read_span(o.label) == value)
    return exact or only(options, fits)
