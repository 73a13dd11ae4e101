"""A rule of the table that recognise.py reads from top to bottom; the first rule that fits a text wins.

The table's chapters are consent_rules, question_rules, account_rules and identity_rules, in this order.

A pattern is matched at word borders in text normalised by field_words. Specific rules stand above general ones ("email
address" above "address"). Each rule says which widgets it may name: a check box "E-mail me offers" is no e-mail field.
`longest` is the number of words beyond which the text is a question of its own and the rule's words prove nothing.

A rule that fits says what a text is about; certain it is only where the text says nothing more: each word that the pattern
does not name, or that one of its wildcards took in, must be a filler or stand in `beside` ("last employer" is no last name).
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


# Words that tell nothing about what is asked.
_FILLER_WORDS = (
    "a an the my your you i please enter provide type fill in out give insert write specify indicate select choose"
    " pick add share list tell let us know here of for to at on and or is are s what whats which this if any"
    " applicable required mandatory optional necessary field answer e g eg ex example incl including format"
    " bitte ihr ihre ihren ihrem ihrer dein deine deinen deiner der die das den dem des ein eine einen geben sie"
    " angeben an eingeben fur und oder wie was lautet ist sind welche welcher welches pflichtfeld erforderlich zum zur"
    " im votre vos ton ta le la les l de d du un une et ou veuillez indiquer saisir quel quelle est sont obligatoire"
    " requis su sus tu el los las del al y o por favor indique introduzca cual es obligatorio requerido en il lo i gli"
    " tuo tua suo sua inserisci e di obbligatorio seu sua o os as da do em qual obrigatorio uw je jouw het een van en"
    " is verplicht ваш ваша ваше ваши введите укажите обязательно и 必須 任意"
)
_FILLERS = frozenset(_FILLER_WORDS.split())


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
    beside: frozenset[str] = frozenset()

    def fits(self, text: str, kind: K) -> bool:
        if kind not in self.kinds or not text or len(text.split()) > self.longest:
            return False
        return bool(self.pattern.search(text)) and not (self.unless and self.unless.search(text))

    def says_more(self, text: str) -> bool:
        """Whether a text that fits holds words which this rule does not know."""
        rest = self.pattern.sub(lambda m: f" {' '.join(g for g in m.groups() if g)} ", text)
        return bool(telling_words(rest) - self.beside)


def telling_words(text: str) -> frozenset[str]:
    """The words of normalised text that are no fillers."""
    return frozenset(text.split()) - _FILLERS


def _words(pattern: str) -> re.Pattern[str]:
    """At word borders. The only groups are the wildcards: what they took in is read out of a match by its groups."""
    plain = re.sub(r"\((?!\?)", "(?:", pattern)
    wild = re.sub(r"\(\?:(\\w\+ | \\w\+)\)(\?|\*|\{\d,\d\})", r"((?:\1)\2)", plain)
    return re.compile(rf"(?<![a-z0-9а-яё])(?:{wild})(?![a-z0-9а-яё])")


def rule(
    token: Token | None,
    pattern: str,
    kinds: frozenset[K] = ONE_LINE,
    unless: str = "",
    longest: int = 9,
    detail: str = "",
    polarity: bool = True,
    beside: str = "",
) -> Rule:
    without = _words(unless) if unless else None
    return Rule(token, _words(pattern), kinds, without, longest, detail, polarity, frozenset(beside.split()))


# Somebody other than the applicant: their name, e-mail or phone is not the person's.
OTHERS = _words(
    r"references?|referees?|emergency|managers?|supervisors?|recruiters?|referrers?|referred by|friends?|colleagues?|spouse"
    r"|parents?|guardian|mother|mothers|father|fathers|maiden|kin|beneficiary|witness|recipient|gift|notfall|urgence"
    r"|family member|relatives?|dependants?|dependents?|child|children|husband|wife|notfallkontakt|referenz(en)?"
    r"|vorgesetzte\w*"
)
