"""Words as rules see them: lower case, without accents, camelCase and separators opened to spaces."""

from __future__ import annotations

import re
import unicodedata

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_DIGITS = re.compile(r"(?<=[a-z])(?=\d)|(?<=\d)(?=[a-z])")
_APOSTROPHES = re.compile(r"['’`´]")
_NOT_WORDS = re.compile(r"[^\w]+|_+")


def _plain_letter(char: str) -> str:
    """A Latin letter without its accent; any other script's letter as it is (a dakuten is no accent)."""
    base = unicodedata.normalize("NFD", char)[0]
    return base if base.isascii() else char


def normal_words(text: str) -> str:
    """The words of visible text, one space between them: "Prénom *" is "prenom", "What's" is "whats"."""
    folded = unicodedata.normalize("NFKC", text).replace("ß", "ss").lower()
    folded = "".join(_plain_letter(c) if ord(c) > 127 else c for c in folded)
    return " ".join(_NOT_WORDS.sub(" ", _APOSTROPHES.sub("", folded)).split())


def identifier_words(identifier: str) -> str:
    """The words of a name or id: "user[firstName]2" is "user first name 2"."""
    return normal_words(_DIGITS.sub(" ", _CAMEL.sub(" ", identifier).lower()))
