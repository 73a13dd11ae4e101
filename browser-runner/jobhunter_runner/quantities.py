"""Amounts and spans in words: "4 weeks", "2-3 months", "5+ years", "100k to 120k"."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

_NUMBER = re.compile(r"(\d[\d.,' ]*\d|\d)\s*(k\b)?", re.I)
_SHARED_K = re.compile(r"\d\s*(?:-|–|to|bis)\s*\d+\s*k\b", re.I)  # "80-100k" are thousands both
_UNIT = re.compile(r"(?<![a-z])(day|week|month|year|tag|woche|monat|jahr)", re.I)
_UNITS = {"tag": "day", "woche": "week", "monat": "month", "jahr": "year"}
_NOW = re.compile(r"immediate|right away|no notice|none|sofort|available now|inmediat|immediat", re.I)
_LESS = re.compile(r"(less|fewer|under|below|up to|<|weniger|within|no more)", re.I)
_MORE = re.compile(r"(more than|over|above|at least|>|\+|or more|or longer|mehr als|and above)", re.I)


@dataclass(frozen=True)
class Span:
    """From low to high, both included, in `unit` ("" for bare numbers)."""

    low: float
    high: float
    unit: str = ""

    def holds(self, other: Span) -> bool:
        """Whether `other` lies wholly in this span; spans of different units never do, but for none at all (0)."""
        same = self.unit == other.unit or other.high == 0 or self.high == 0
        return same and self.low <= other.low and other.high <= self.high


def read_span(text: str) -> Span | None:
    """The span that words say; None where they say none."""
    if _NOW.search(text) and not re.search(r"\d", text):
        return Span(0, 0)
    numbers = [_amount(m[1], m[2]) for m in _NUMBER.finditer(text)]
    unit = _UNIT.search(text)
    name = _UNITS.get(unit[1].lower(), unit[1].lower()) if unit else ""
    if not numbers or len(numbers) > 2:
        return None
    if len(numbers) == 2:
        low, high = sorted(numbers)
        if low < 1000 <= high and _SHARED_K.search(text):
            low *= 1000
        return Span(low, high, name)
    if _MORE.search(text):
        return Span(numbers[0], inf, name)
    if _LESS.search(text):
        return Span(0, numbers[0], name)
    return Span(numbers[0], numbers[0], name)


def _amount(digits: str, thousands: str | None) -> float:
    cents = re.sub(r"[.,]\d{1,2}$", lambda m: m[0].replace(",", "."), digits.strip())
    whole, point, rest = cents.rpartition(".") if re.search(r"\.\d{1,2}$", cents) else (cents, "", "")
    value = float(re.sub(r"\D", "", whole) + (f".{rest}" if point else ""))
    return value * 1000 if thousands else value
