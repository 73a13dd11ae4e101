"""What may be looked up for a question, and what of it is shown."""

from __future__ import annotations

import pytest

from jobhunter_contracts.asks import Passage
from jobhunter_contracts.hitl import HitlKind
from jobhunter_contracts.vocabulary import VOCABULARY, Token
from jobhunter_runner.form import Field, FieldKind
from jobhunter_runner.person import Question
from jobhunter_runner.suggestions import LIMIT, MOST, sought_for, with_suggestions


def field(label: str, kind: FieldKind = FieldKind.TEXTAREA, hint: str = "") -> Field:
    return Field("#q", "", kind, label, required=True, visible=True, hints=(hint,) if hint else ())


@pytest.mark.parametrize(
    "label",
    [
        "Why do you want to work here?",
        "Describe a security incident you handled",
        "What code are you proud of?",
        "Which social media campaigns have you managed?",
        "Your experience with account management",
        "Languages you speak",
    ],
)
def test_prose_is_looked_up_in_the_questions_own_words(label: str) -> None:
    assert sought_for(field(label), None) == label


def test_the_hint_belongs_to_the_question_and_both_are_bounded() -> None:
    assert (
        sought_for(field("Leadership", hint="Tell us of a team you led"), None)
        == "Leadership Tell us of a team you led"
    )
    assert len(sought_for(field("why " * 1000), None)) <= 500


@pytest.mark.parametrize("kind", sorted(set(FieldKind) - {FieldKind.TEXT, FieldKind.TEXTAREA}))
def test_only_prose_is_looked_up(kind: FieldKind) -> None:
    assert sought_for(field("Why us?", kind), None) == ""


@pytest.mark.parametrize("token", [t for t in Token if VOCABULARY[t].voluntary or not VOCABULARY[t].filled])
def test_secrets_and_equal_opportunity_are_never_looked_up(token: Token) -> None:
    assert sought_for(field("Anything at all"), token) == ""


@pytest.mark.parametrize("token", [Token.BDAY, Token.NATIONAL_ID, Token.EMAIL, Token.TEL, Token.SALARY_CURRENT])
def test_contact_data_and_numbers_are_never_looked_up(token: Token) -> None:
    assert sought_for(field("Anything at all"), token) == ""


@pytest.mark.parametrize(
    "label",
    [
        "How do you describe your race or ethnicity?",
        "Gender identity",
        "Do you have a disability?",
        "Are you a protected veteran?",
        "Date of birth",
        "Your age",
        "Social Security Number",
        "Choose a password",
        "Enter the verification code",
        "Passport",
        "Driving licence number",
        "Geburtsdatum",
        "Sexual orientation",
    ],
)
def test_what_nothing_recognised_is_known_by_its_words(label: str) -> None:
    assert sought_for(field(label), None) == ""


class Library:
    """Only its passages are asked for here."""

    def __init__(self, passages: list[Passage]) -> None:
        self._passages = passages
        self.queries: list[str] = []

    async def passages(self, query: str, k: int) -> list[Passage]:
        self.queries.append(query)
        return self._passages


async def test_three_short_passages_with_their_source_are_shown() -> None:
    library = Library([Passage(text="Led\n a team. " * 100, source="cv.pdf, page 2", score=0.9)] * 6)
    plain = Question("hitl_1", "Name?")
    asked = await with_suggestions(library, [Question("hitl_2", "Why?", sought="Why?"), plain])  # type: ignore[arg-type]
    assert library.queries == ["Why?"]
    assert len(asked[0].suggestions) == MOST == 3
    for each in asked[0].suggestions:
        assert len(each.text) <= LIMIT + 1
        assert each.text.startswith("Led a team. Led")
        assert each.text.endswith("…")
        assert each.source == "cv.pdf, page 2"
    assert asked[1] == plain


@pytest.mark.parametrize("kind", [HitlKind.SECRET, HitlKind.CHOICE, HitlKind.MANUAL])
async def test_only_free_text_is_given_suggestions(kind: HitlKind) -> None:
    library = Library([Passage(text="x", source="cv.pdf", score=1)])
    question = Question("hitl_1", "Password?", kind, sought="password")
    assert await with_suggestions(library, [question]) == [question]  # type: ignore[arg-type]
    assert library.queries == []


async def test_nothing_known_suggests_nothing() -> None:
    library = Library([Passage(text="  ", source="cv.pdf", score=1)])
    question = Question("hitl_1", "Why?", sought="Why?")
    assert (await with_suggestions(library, [question]))[0].suggestions == ()  # type: ignore[arg-type]
