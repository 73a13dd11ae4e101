"""Currencies that words or signs name: ISO 4217 codes (Unicode CLDR through Babel), what people call them, their signs.

Pure. A word or sign that several currencies share names all of them: nobody can then be sure which.
"""

from __future__ import annotations

import re
from functools import cache

from babel import Locale

from jobhunter_runner.field_words import normal_words

_SEVERAL = "several"  # a sign or word that says nothing certain
_DOLLARS = {
    "us": "USD", "c": "CAD", "ca": "CAD", "can": "CAD", "a": "AUD", "au": "AUD", "nz": "NZD", "s": "SGD", "sg": "SGD",
    "hk": "HKD", "r": "BRL", "mx": "MXN", "nt": "TWD",
}  # fmt: skip
_SIGNS = {
    "€": "EUR", "£": "GBP", "₹": "INR", "¥": _SEVERAL, "￥": _SEVERAL, "₩": "KRW", "₽": "RUB", "₺": "TRY", "₴": "UAH",
    "₪": "ILS", "₫": "VND", "฿": "THB", "₱": "PHP", "₦": "NGN", "₨": _SEVERAL, "₡": "CRC", "₲": "PYG", "₸": "KZT",
    "₾": "GEL", "¢": _SEVERAL,
}  # fmt: skip
_NAMES = {
    "dollar": "USD", "dollars": "USD", "euro": "EUR", "euros": "EUR", "pound": "GBP", "pounds": "GBP", "sterling": "GBP",
    "rupee": "INR", "rupees": "INR", "inr": "INR", "rs": _SEVERAL, "ctc": "INR", "yen": "JPY", "yuan": "CNY", "rmb": "CNY",
    "renminbi": "CNY", "zloty": "PLN", "zlotys": "PLN", "zl": "PLN", "reais": "BRL", "franc": _SEVERAL, "francs": _SEVERAL,
    "kr": _SEVERAL, "krona": _SEVERAL, "kronor": _SEVERAL, "krone": _SEVERAL, "kroner": _SEVERAL, "peso": _SEVERAL,
    "pesos": _SEVERAL, "won": "KRW", "shekel": "ILS", "shekels": "ILS", "nis": "ILS", "rand": "ZAR", "lira": "TRY",
    "ruble": "RUB", "rubles": "RUB", "hryvnia": "UAH", "baht": "THB", "ringgit": "MYR", "rm": "MYR", "dirham": _SEVERAL,
    "dirhams": _SEVERAL, "aed": "AED", "riyal": _SEVERAL, "riyals": _SEVERAL, "forint": "HUF", "ft": "HUF", "leu": _SEVERAL,
    "lei": _SEVERAL, "koruna": "CZK", "kc": "CZK", "naira": "NGN", "dong": "VND", "rupiah": "IDR", "rp": "IDR",
}  # fmt: skip
_WITH_COUNTRY = {
    "us dollars": "USD", "canadian dollars": "CAD", "australian dollars": "AUD", "singapore dollars": "SGD",
    "swiss francs": "CHF", "hong kong dollars": "HKD", "new zealand dollars": "NZD",
}  # fmt: skip
_DOLLAR = re.compile(r"(?<![A-Za-z])([A-Za-z]{0,3})\s?\$\s?([A-Za-z]{0,3})(?![A-Za-z])")
_CODE = re.compile(r"(?<![A-Za-z])[A-Z]{3}(?![A-Za-z])")
# Codes that are read in small letters too; the rest are words as well ("all", "top", "try").
_IN_SMALL_LETTERS = "usd eur gbp chf inr cad aud nzd sgd hkd jpy cny sek nok dkk pln czk huf brl mxn zar aed ils"
_IN_ANY_CASE = frozenset(_IN_SMALL_LETTERS.split())
# Normalised words that can only mean a currency.
CURRENCY_WORDS = " ".join([_IN_SMALL_LETTERS, *_NAMES, *_WITH_COUNTRY])


@cache
def _codes() -> frozenset[str]:
    return frozenset(Locale("en").currencies)


def currencies_named(text: str) -> frozenset[str]:
    """The ISO codes of the currencies that a text names; a sign that several share is no code, and equal to none."""
    words = normal_words(text)
    found = {code for name, code in _WITH_COUNTRY.items() if name in words}
    if not found:
        found = {_NAMES[w] for w in words.split() if w in _NAMES}
    found |= {w.upper() for w in words.split() if w in _IN_ANY_CASE} | (set(_CODE.findall(text)) & _codes())
    found |= {code for sign, code in _SIGNS.items() if sign in text}
    for match in _DOLLAR.finditer(text):
        before, after = match[1].lower(), match[2].upper()
        if before in _DOLLARS:
            found.add(_DOLLARS[before])
        elif not (before.upper() in _codes() or after in _codes()):
            found.add("USD")  # a bare sign
    return frozenset(found)
