"""Parts of a name that only their neighbours tell: "Name" beside "Vorname" is the family name, "Nombre" alone the whole."""

from __future__ import annotations

from dataclasses import replace

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import PageView
from jobhunter_runner.meaning import Meaning

_FAMILY_BESIDE_GIVEN = frozenset({"name", "nom", "naam", "namn", "navn"})
_WHOLE_OR_GIVEN = frozenset({"nombre", "nome", "nombres"})


def settle_names(view: PageView, meanings: list[Meaning]) -> None:
    """Correct `meanings` in place, a form at a time."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, field in enumerate(view.fields):
        groups.setdefault((field.frame_index, field.form_index), []).append(i)
    for group in groups.values():
        tokens = {meanings[i].token for i in group}
        for i in group:
            word = normal_words(view.fields[i].label)
            if meanings[i].token is not Token.NAME:
                continue
            if word in _FAMILY_BESIDE_GIVEN and Token.GIVEN_NAME in tokens and Token.FAMILY_NAME not in tokens:
                meanings[i] = replace(meanings[i], token=Token.FAMILY_NAME, confidence=0.85)
            elif word in _WHOLE_OR_GIVEN and Token.FAMILY_NAME in tokens and Token.GIVEN_NAME not in tokens:
                meanings[i] = replace(meanings[i], token=Token.GIVEN_NAME, confidence=0.85)
