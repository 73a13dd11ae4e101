"""Countries by code and by the names that forms give them (Unicode CLDR through Babel, and what people write besides)."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale
from babel.core import get_global

from jobhunter_runner.field_words import normal_words

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ru", "ja")
_ALSO = {
    "US": ("usa", "us", "u s", "u s a", "united states of america", "the united states"),
    "GB": ("uk", "u k", "great britain", "england", "united kingdom of great britain and northern ireland"),
    "AE": ("uae", "u a e"),
    "KR": ("korea", "republic of korea", "korea republic of"),
    "RU": ("russian federation",),
    "CZ": ("czech republic",),
    "TR": ("turkey",),
    "NL": ("holland", "the netherlands"),
    "VN": ("viet nam",),
    "IR": ("iran islamic republic of",),
    "CN": ("peoples republic of china",),
    "TW": ("taiwan province of china",),
    "DE": ("federal republic of germany",),
}
US_STATES = frozenset(
    re.findall(
        "..",
        "ALAKAZARCACOCTDEFLGAHIIDILINIAKSKYLAMEMDMAMIMNMSMOMTNENVNHNJNMNYNCNDOHOKORPARISCSDTNTXUTVTVAWAWVWIWYDC",
    )
)
# Codes that a sentence may say in capitals and mean the country.
_IN_CAPITALS = re.compile(r"(?<![\w.])(U\.S\.A\.?|U\.S\.?|USA|US|U\.K\.?|UK|UAE)(?![\w])")
_CAPITAL_CODES = {"U": "US", "USA": "US", "US": "US", "UK": "GB", "UAE": "AE"}
_SHORT_NAMES = re.compile(r"(?<!\w)(u s a|u s|usa|us|u k|uk|u a e|uae)(?!\w)")
_CITY_STATE = re.compile(
    r"\b[A-Z][\w.]+(?: [A-Z][\w.]+){0,2}, ([A-Z]{2})\b(,? \(?(?:\d{5}\b|USA?\b|U\.S\.|United States))?"
)


@cache
def _codes_by_name() -> dict[str, str]:
    named: dict[str, str] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "QO", "ZZ", "XA", "XB"):
                named.setdefault(normal_words(name), code)
    for code, names in _ALSO.items():
        named.update(dict.fromkeys(names, code))
    return named


@cache
def _alpha3() -> dict[str, str]:
    aliases = get_global("territory_aliases")
    return {old: new[0] for old, new in aliases.items() if len(old) == 3 and old.isalpha() and len(new) == 1}


def country_name(code: str, language: str = "en") -> str:
    """The CLDR name of an ISO code; the code itself where it has none."""
    return str(Locale(language).territories.get(code.upper(), code))


def country_code(text: str) -> str | None:
    """The ISO code of a country that `text` names or is the code (of two or three letters) of; None where it is none."""
    bare = text.strip()
    if re.fullmatch("[A-Za-z]{2}", bare) and bare.upper() in Locale("en").territories:
        return bare.upper()
    if re.fullmatch("[A-Z]{3}", bare) and bare in _alpha3():
        return _alpha3()[bare]
    words = normal_words(bare)
    return _codes_by_name().get(words) or _codes_by_name().get(words.removeprefix("the "))


@cache
def _name_pattern() -> re.Pattern[str]:
    names = sorted((n for n in _codes_by_name() if len(n) > 3), key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, names))})(?!\w)")


def countries_named(text: str) -> list[str]:
    """ISO codes of the countries that a sentence names, in order. The pronoun "us" is none, "US" is one."""
    found = [_codes_by_name()[m.group(1)] for m in _name_pattern().finditer(normal_words(text))]
    found += [_CAPITAL_CODES[m.group(1).replace(".", "")] for m in _IN_CAPITALS.finditer(text)]
    return list(dict.fromkeys(found))


def without_countries(words: str) -> str:
    """Normalised words without the names of countries."""
    return _SHORT_NAMES.sub(" ", _name_pattern().sub(" ", words))


def job_country(structured: str, text: str) -> str | None:
    """The country a job is in: from its structured data, else from the one kind of "City, ST" that stands in its text.

    A state's two letters after a city mean the United States, but for those that are a country's too ("Berlin, DE"): these
    count only with a ZIP code or the country's name behind them. Cities alone prove nothing.
    """
    if structured:
        codes = {c for c in (country_code(structured), *countries_named(structured)) if c}
        if len(codes) == 1:
            return codes.pop()
    places = list(_CITY_STATE.finditer(text[:1500]))
    return "US" if places and all(_is_american(place) for place in places) else None


def _is_american(place: re.Match[str]) -> bool:
    state = place.group(1)
    return state in US_STATES and (bool(place.group(2)) or state not in Locale("en").territories)
