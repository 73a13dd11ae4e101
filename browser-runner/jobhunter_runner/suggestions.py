"""What a person's own documents say to a question, shown beside it. Nothing of it is ever filled in by itself."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace

from jobhunter_contracts.asks import Passage
from jobhunter_contracts.hitl import HitlKind, Suggestion
from jobhunter_contracts.vocabulary import VOCABULARY, Token
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Field, FieldKind
from jobhunter_runner.library import Library
from jobhunter_runner.person import Question

MOST = 3  # suggestions of a question
LIMIT = 300  # characters of a suggestion, about
_SOURCE_LIMIT = 200
_QUERY_LIMIT = 500
_PROSE = frozenset({FieldKind.TEXT, FieldKind.TEXTAREA})
_KNOWN_TO_DOCUMENTS = frozenset({Token.LINKEDIN_URL, Token.GITHUB_URL, Token.PORTFOLIO_URL, Token.TWITTER_URL})
_NOBODYS_BUSINESS = re.compile(
    r"\b(gender|sex|sexual|pronouns?|races?|racial|ethnic\w*|hispanic|latin[oax]|veterans?|military|disab\w*|handicap\w*"
    r"|religio\w*|marital|pregnan\w*|birth\w*|born|age|nationality|citizenship|passwords?|passcode|pin|captcha|passport"
    r"|((access|verification|security|one time) )+code|ssn|social security|iban|bank account|credit card|account number"
    r"|(national|tax|identity|identification|licen[cs]e) (id|no|number|card)"
    r"|geschlecht|herkunft|schwerbehind\w*|behinderung|geburts\w*|passwort|kennwort|sexe|naissance|mot de passe|genero"
    r"|raza|etnia|discapacidad|nacimiento|contrasena)\b"
)
"""Words of equal-opportunity questions, secrets and numbers of documents, for fields whose meaning nothing recognised."""


def sought_for(field: Field, token: Token | None) -> str:
    """What is looked for in the person's documents for a free-text field, "" where nothing may be.

    Never for secrets, equal-opportunity questions, and contact data, which nobody needs to have suggested.
    """
    if field.kind not in _PROSE:
        return ""
    if token is not None:
        known = VOCABULARY[token]
        if known.voluntary or not known.filled or (known.sensitive and token not in _KNOWN_TO_DOCUMENTS):
            return ""
    words = " ".join([field.label, *field.hints[:1]])
    return "" if _NOBODYS_BUSINESS.search(normal_words(words)) else words.strip()[:_QUERY_LIMIT]


async def with_suggestions(library: Library, questions: Sequence[Question]) -> list[Question]:
    """The questions with what was found for them; all are looked up at the same time."""
    return list(await asyncio.gather(*(_with_suggestions(library, question) for question in questions)))


async def _with_suggestions(library: Library, question: Question) -> Question:
    if not question.sought or question.kind is not HitlKind.TEXT:
        return question
    passages = await library.passages(question.sought, MOST)
    return replace(
        question, suggestions=tuple(_suggestion(passage) for passage in passages[:MOST] if passage.text.strip())
    )


def _suggestion(passage: Passage) -> Suggestion:
    text = " ".join(passage.text.split())
    if len(text) > LIMIT:
        cut = text[:LIMIT]
        text = f"{cut.rpartition(' ')[0] or cut}…"
    return Suggestion(text=text, source=passage.source[:_SOURCE_LIMIT])
