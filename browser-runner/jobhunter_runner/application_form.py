"""Which form of a page is the application: not the search, the newsletter, the log-in or the cookie dialog. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Button, Field, FieldKind, PageView
from jobhunter_runner.meaning import Meaning

_PERSONAL = frozenset(
    {Token.NAME, Token.GIVEN_NAME, Token.FAMILY_NAME, Token.EMAIL, Token.TEL, Token.LOCATION, Token.COUNTRY}
)
_OF_JOBS = frozenset(
    {
        Token.RESUME, Token.COVER_LETTER, Token.LINKEDIN_URL, Token.GITHUB_URL, Token.PORTFOLIO_URL, Token.WORK_AUTHORIZATION,
        Token.VISA_SPONSORSHIP, Token.NOTICE_PERIOD, Token.START_DATE, Token.SALARY_EXPECTATION, Token.YEARS_OF_EXPERIENCE,
        Token.RELOCATE, Token.HIGHEST_DEGREE, Token.SCHOOL, Token.REFERRAL_SOURCE, Token.VETERAN_STATUS,
        Token.DISABILITY_STATUS,
    }
)  # fmt: skip
_PASSWORDS = frozenset({Token.CURRENT_PASSWORD, Token.NEW_PASSWORD})
APPLY = re.compile(
    r"\b(apply|application|applying|bewerb\w+|postuler|candidat\w+|solicit(ar|ud)|aplicar|solliciteer"
    r"|sollicitatie)\b|応募|откликнуться"
)


@dataclass(frozen=True)
class FormKey:
    """A form of a page: index of its frame, and of the <form> in it (-1 for fields outside every form)."""

    frame_index: int
    form_index: int

    def owns(self, thing: Field | Button) -> bool:
        return (thing.frame_index, thing.form_index) == (self.frame_index, self.form_index)


def application_form(view: PageView, meanings: Sequence[Meaning]) -> FormKey | None:
    """The application's form, or None where no form of the page is one."""
    keys = dict.fromkeys(FormKey(f.frame_index, f.form_index) for f in view.fields)
    scored = [(_score(view, meanings, key), key) for key in keys]
    best = max(scored, key=lambda each: each[0], default=(0.0, None))
    return best[1] if best[0] >= 4 else None


def _score(view: PageView, meanings: Sequence[Meaning], key: FormKey) -> float:
    own = [(f, m) for f, m in zip(view.fields, meanings, strict=True) if key.owns(f) and f.visible]
    box = next((b for b in view.forms if (b.frame_index, b.index) == (key.frame_index, key.form_index)), None)
    tokens = {m.token for _, m in own if m.token}
    if not own or (box and box.search):
        return 0.0
    score = 1.0 * len(tokens & _PERSONAL) + 1.5 * len(tokens & _OF_JOBS) + min(len(own), 10) * 0.1
    if any(f.kind is FieldKind.FILE for f, _ in own):
        score += 2
    words = normal_words(" ".join([box.words, box.heading, box.action]) if box else "")
    buttons = normal_words(" ".join(b.label for b in view.buttons if key.owns(b) and b.visible))
    if APPLY.search(words) or (buttons and APPLY.search(buttons) and key.form_index >= 0):
        score += 1
    if tokens & _PASSWORDS and not tokens & _OF_JOBS:
        score -= 6
    return score
