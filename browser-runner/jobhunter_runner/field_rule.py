"""A rule of the table that recognise.py reads from top to bottom; the first rule that fits a text wins.

The table's chapters are question_rules, account_rules and identity_rules, in this order.

A pattern is matched at word borders in text normalised by field_words. Specific rules stand above general ones ("email
address" above "address"). Each rule says which widgets it may name: a check box "E-mail me offers" is no e-mail field.
`longest` is the number of words beyond which the text is a question of its own and the rule's words prove nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.form import FieldKind as K

TYPED = frozenset({K.TEXT, K.EMAIL, K.TEL, K.URL, K.NUMBER, K.TEXTAREA, K.DATE, K.OTHER, K.PASSWORD})
PICKED = frozenset({K.SELECT, K.SELECT_MULTIPLE, K.RADIO})
TICKED = frozenset({K.CHECKBOX})
FILES = frozenset({K.FILE})
ASKED = TYPED | PICKED | TICKED
EITHER = TYPED | PICKED
LISTED = TYPED | frozenset({K.SELECT})
TEXTS = frozenset({K.TEXT, K.TEXTAREA})
ONE_LINE = TYPED - {K.TEXTAREA}


@dataclass(frozen=True)
class Rule:
    """token None: these words name something that has no token, and no rule below may claim them."""

    token: Token | None
    pattern: re.Pattern[str]
    kinds: frozenset[K]
    unless: re.Pattern[str] | None = None
    longest: int = 9
    detail: str = ""
    polarity: bool = True

    def fits(self, text: str, kind: K) -> bool:
        if kind not in self.kinds or not text or len(text.split()) > self.longest:
            return False
        return bool(self.pattern.search(text)) and not (self.unless and self.unless.search(text))


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![a-z0-9а-яё])(?:{pattern})(?![a-z0-9а-яё])")


def rule(
    token: Token | None,
    pattern: str,
    kinds: frozenset[K] = ONE_LINE,
    unless: str = "",
    longest: int = 9,
    detail: str = "",
    polarity: bool = True,
) -> Rule:
    return Rule(token, _words(pattern), kinds, _words(unless) if unless else None, longest, detail, polarity)


# Somebody other than the applicant: their name, e-mail or phone is not the person's.
OTHERS = _words(
    r"references?|referees?|emergency|managers?|supervisors?|recruiters?|referrers?|referred by|friends?|colleagues?|spouse"
    r"|parents?|guardian|mother|mothers|father|fathers|maiden|kin|beneficiary|witness|recipient|gift|notfall|urgence"
)
