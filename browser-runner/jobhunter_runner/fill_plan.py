"""Decide: a form and facts become a fill plan, which accounts for every control that will be posted. Pure.

A value comes from the person, the profile or a stated rule, and says which. What is required and unknown becomes a question;
what is optional and unknown stays empty; what a person cannot see stays at the site's default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from dataclasses import field as attribute
from typing import Literal

from jobhunter_contracts.profile import Answer, AnswerScope
from jobhunter_contracts.vocabulary import VOCABULARY, Token
from jobhunter_runner import option_match
from jobhunter_runner.application_form import FormKey, application_form
from jobhunter_runner.choose import Choice, choose, from_words, yes_no
from jobhunter_runner.countries import job_country
from jobhunter_runner.facts import Facts, FileRef
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Field, FieldKind, Option, PageView
from jobhunter_runner.meaning import Meaning

EntryKind = Literal["set", "left-default", "empty", "ask"]
QuestionKind = Literal["text", "choice", "secret", "manual"]
_LISTS = frozenset({FieldKind.SELECT, FieldKind.RADIO})
_CONSENTS = frozenset({Token.CONSENT, Token.CONSENT_MARKETING, Token.CONSENT_TRUTH})
_HISTORY = frozenset(
    {
        Token.ORGANIZATION, Token.ORGANIZATION_TITLE, Token.SCHOOL, Token.HIGHEST_DEGREE, Token.FIELD_OF_STUDY,
        Token.GRADUATION_DATE,
    }
)  # fmt: skip
_RIGHT_TO_WORK = frozenset({Token.WORK_AUTHORIZATION, Token.VISA_SPONSORSHIP})


@dataclass(frozen=True)
class Entry:
    """What becomes of one field.

    value: for "set" what goes in (an option's label for a select or radio group, True or False for a check box, a FileRef);
    for "left-default" what is there; "" else. It is kept out of reprs. option: the one to choose. present: it is there already.
    confidence: how sure the token is, 0 to 1, whoever gave the value.
    source: "profile: …", "person", "rule: …", "site default", or "" for what stays empty or is asked.
    """

    field: Field = attribute(repr=False)
    token: Token | None
    confidence: float
    value: str | bool | FileRef = attribute(repr=False)
    source: str
    kind: EntryKind
    option: Option | None = attribute(default=None, repr=False)
    present: bool = False


@dataclass(frozen=True)
class Question:
    """What a person is asked, by the field's own words. `options` are the answers allowed, for a choice."""

    field: Field = attribute(repr=False)
    text: str
    kind: QuestionKind
    options: tuple[str, ...] = ()
    required: bool = True
    context: str = ""
    of_group: bool = False

    @property
    def key(self) -> str:
        """What an answer is kept under, see answer_key."""
        return _group_key(self.field) if self.of_group else answer_key(self.field)


@dataclass(frozen=True)
class FillPlan:
    """form: which form it is (None: the page holds no application form). entries: in reading order, one a field of it."""

    form: FormKey | None
    entries: tuple[Entry, ...] = ()
    questions: tuple[Question, ...] = ()


def answer_key(box: Field) -> str:
    """The key of a person's answer: the selector, in a frame with the frame's index before it, and the label.

    A selector alone may mean another field once the page has drawn its form again: ids are generated, places move.
    """
    return _in_frame(box, box.selector) + _quoted(box.label)


def _group_key(box: Field) -> str:
    """The key of the answer to a question of several check boxes: its first box, and the question."""
    first, question = (box.attributes.get(f"data-jobhunter-{name}", "") for name in ("group", "question"))
    return _in_frame(box, first) + _quoted(question)


def _quoted(label: str) -> str:
    return f" “{normal_words(label)}”" if label else ""


def _in_frame(box: Field, selector: str) -> str:
    return f"{box.frame_index}>{selector}" if box.frame_index else selector


def plan(
    view: PageView,
    meanings: Sequence[Meaning],
    facts: Facts,
    answers: Mapping[str, str],
    employer: str = "",
) -> FillPlan:
    """Plan the page's application form.

    answers: what the person said, by answer_key. employer: whom the posting is of, for earlier answers kept for one employer.
    """
    key = application_form(view, meanings)
    if key is None:
        return FillPlan(None)
    own = _without_rows([(f, m) for f, m in zip(view.fields, meanings, strict=True) if key.owns(f)])
    country = _country_of_page(view, [m for _, m in own])
    entries: list[Entry] = []
    questions: list[Question] = []
    for box, meaning in own:
        entries.append(_entry(box, meaning, facts, answers, _Place(employer, view.canonical_url, country)))
    entries = _settled_groups(entries)
    for entry, (box, meaning) in zip(entries, own, strict=True):
        if entry.kind == "ask" and (question := _question(box, meaning, own)):
            questions.append(question)
    return FillPlan(key, tuple(entries), tuple(questions))


def _settled_groups(entries: list[Entry]) -> list[Entry]:
    """A question of several check boxes is answered by one tick: its other boxes are not asked."""
    ticked = {e.field.attributes.get("data-jobhunter-group") for e in entries if e.value is True} - {None}
    return [
        replace(e, kind="empty", value=False)
        if e.kind == "ask" and not e.field.required and e.field.attributes.get("data-jobhunter-group") in ticked
        else e
        for e in entries
    ]


def _without_rows(own: list[tuple[Field, Meaning]]) -> list[tuple[Field, Meaning]]:
    """Employers or schools asked for several times are rows of a history: which entry goes where is not known here."""
    seen = [m.token for f, m in own if f.visible and m.sure]
    rows = set(_HISTORY) if any(seen.count(token) > 1 for token in _HISTORY) else set()
    if seen.count(Token.START_DATE) > 1:
        rows.add(Token.START_DATE)
    return [(f, replace(m, confidence=0.0) if m.token in rows else m) for f, m in own]


@dataclass(frozen=True)
class _Place:
    """Whom and what the form is for. country: the one that the page's questions or the posting name, or None."""

    employer: str
    posting: str
    country: str | None


def _country_of_page(view: PageView, meanings: Sequence[Meaning]) -> str | None:
    named = {m.countries for m in meanings if m.token in _RIGHT_TO_WORK and m.countries and m.sure}
    if named:
        only = named.pop()
        return only[0] if not named and len(only) == 1 else None
    return job_country(view.job_location, view.text)


def _entry(box: Field, meaning: Meaning, facts: Facts, answers: Mapping[str, str], place: _Place) -> Entry:
    left = _left(box, meaning)
    if not box.visible or box.disabled or (box.readonly and box.kind is not FieldKind.OTHER):
        return left
    said = answers.get(answer_key(box)) or _group_answer(box, answers)
    if said is not None:
        choice = from_words(box, said)
        if choice is not None:
            return _set(box, meaning, choice, "person")
        if box.kind in (FieldKind.FILE, FieldKind.OTHER) and box.value:
            return left
    earlier = _earlier_answer(box, facts.answers, place)
    if earlier is not None:
        return _set(box, meaning, earlier[0], earlier[1])
    fact = facts.get(meaning.token) if meaning.sure and meaning.token else None
    if fact is not None and meaning.token and VOCABULARY[meaning.token].filled:
        choice = choose(box, meaning, fact, _asked_country(meaning, place.country))
        if choice is not None and not (choice.value is False and box.required and meaning.token in _CONSENTS):
            return _set(box, meaning, choice, fact.source)
    if meaning.token in _CONSENTS and meaning.polarity and (refusal := _refusal(box)):
        if not box.required or (box.kind in _LISTS and _is_present(box, refusal)):
            return _set(box, meaning, refusal, "rule: consents are unticked unless given")
        return replace(left, value="", source="", kind="ask")  # the person says whether they give what the site wants
    return _unanswered(box, left)


def _refusal(box: Field) -> Choice | None:
    """How a consent is not given, also where the site gave it in the person's name; None where it says neither yet."""
    if box.kind is FieldKind.CHECKBOX:  # one of a question's several boxes is left alone: the question may want one
        return Choice(False) if box.value == "true" or "data-jobhunter-group" not in box.attributes else None
    said = [option_match.yes_or_no(box.options, answer) for answer in (True, False)] if box.kind in _LISTS else []
    return yes_no(box, False) if any(option is not None and option.selected for option in said) else None


def _asked_country(meaning: Meaning, page: str | None) -> str | None:
    """Of which country a question about the right to work asks: its own words, or else the page's."""
    if meaning.token not in _RIGHT_TO_WORK:
        return None
    if meaning.countries:
        return meaning.countries[0] if len(meaning.countries) == 1 else None
    return page


def _set(box: Field, meaning: Meaning, choice: Choice, source: str) -> Entry:
    return Entry(
        field=box,
        token=meaning.token,
        confidence=meaning.confidence,
        value=choice.value,
        source=source,
        kind="set",
        option=choice.option,
        present=_is_present(box, choice),
    )


def _is_present(box: Field, choice: Choice) -> bool:
    if choice.option is not None:
        return choice.option.selected
    if isinstance(choice.value, bool):
        return box.value == str(choice.value).lower()
    return isinstance(choice.value, str) and box.value == choice.value


def _left(box: Field, meaning: Meaning) -> Entry:
    shown = next((o.label for o in box.options if o.selected), box.value) if box.kind in _LISTS else box.value
    if box.kind is FieldKind.CHECKBOX:
        return Entry(box, meaning.token, meaning.confidence, box.value == "true", "site default", "left-default")
    return Entry(box, meaning.token, meaning.confidence, shown, "site default", "left-default")


def _unanswered(box: Field, left: Entry) -> Entry:
    """Nothing is known for it: asked where it is required, else as the site has it."""
    required = box.required or box.attributes.get("data-jobhunter-group-required") == "true"
    if required and not _has_value(box):
        return Entry(box, left.token, left.confidence, "", "", "ask")
    if left.value in ("", False) or (box.kind in _LISTS and not _posts(box)):
        return Entry(box, left.token, left.confidence, "" if left.value is not False else False, "", "empty")
    return left


def _has_value(box: Field) -> bool:
    """Whether the site put a value there that means something: a select's first option may stand there by accident."""
    if box.kind is FieldKind.CHECKBOX:
        return box.value == "true"
    if box.kind is FieldKind.SELECT:
        chosen = next((n for n, o in enumerate(box.options) if o.selected), None)
        return chosen is not None and chosen > 0 and not option_match.is_prompt(box.options[chosen])
    return bool(box.value)


def _posts(box: Field) -> bool:
    """Whether a list posts an option's value as it stands, be it the first one by accident."""
    return any(o.selected and o.value.strip() and not option_match.is_prompt(o) for o in box.options)


def _group_answer(box: Field, answers: Mapping[str, str]) -> str | None:
    """The answer to a question of several check boxes: yes to the box it names."""
    said = answers.get(_group_key(box)) if box.attributes.get("data-jobhunter-group") else None
    if said is None:
        return None
    named = {normal_words(part) for part in [said, *said.replace(";", ",").split(",")]}
    return "yes" if normal_words(box.label) in named else "no"


def _earlier_answer(box: Field, answers: Sequence[Answer], place: _Place) -> tuple[Choice, str] | None:
    asked = normal_words(box.attributes.get("data-jobhunter-question", "") or box.label)
    if not asked or box.kind is FieldKind.FILE:
        return None
    for number, answer in enumerate(answers):
        if normal_words(answer.question) != asked or not _applies(answer, place):
            continue
        said = answer.answer
        if "data-jobhunter-group" in box.attributes:
            said = "yes" if normal_words(box.label) == normal_words(said) else "no"
        choice = from_words(box, said)
        if choice is not None:
            return choice, f"profile: application.answers[{number}]"
    return None


def _applies(answer: Answer, place: _Place) -> bool:
    match answer.scope:
        case AnswerScope.ALWAYS:
            return True
        case AnswerScope.EMPLOYER:
            return bool(place.employer) and normal_words(answer.employer or "") == normal_words(place.employer)
        case AnswerScope.POSTING:
            return bool(place.posting) and answer.posting == place.posting
        case AnswerScope.NEVER:
            return False


def _question(box: Field, meaning: Meaning, own: Sequence[tuple[Field, Meaning]]) -> Question | None:
    first = box.attributes.get("data-jobhunter-group")
    if first is not None and box.attributes.get("data-jobhunter-group-required") == "true" and not box.required:
        if box.selector != first:
            return None
        labels = tuple(f.label for f, _ in own if f.attributes.get("data-jobhunter-group") == first and f.visible)
        text = box.attributes.get("data-jobhunter-question") or box.label
        return Question(box, text, "choice", labels, context=_context(box), of_group=True)
    text = box.label or box.attributes.get("name") or box.attributes.get("id") or "A field without a name"
    if box.kind in (FieldKind.FILE, FieldKind.OTHER, FieldKind.SELECT_MULTIPLE):
        return Question(box, text, "manual", context=_context(box))
    if box.kind in _LISTS:
        labels = tuple(o.label for o in option_match.choices(box.options))
        return Question(box, text, "choice" if labels else "manual", labels, context=_context(box))
    if box.kind is FieldKind.CHECKBOX:
        return Question(box, text, "choice", ("Yes", "No"), context=_context(box))
    secret = meaning.token is not None and not VOCABULARY[meaning.token].filled
    return Question(box, text, "secret" if secret or box.kind is FieldKind.PASSWORD else "text", context=_context(box))


def _context(box: Field) -> str:
    """What helps to answer: the heading above, the field's hints, the form it wants, the site's complaint."""
    wants = {FieldKind.DATE: "a date, as 2026-12-31", FieldKind.NUMBER: "a number", FieldKind.FILE: "a file"}.get(
        box.kind, ""
    )
    limit = box.attributes.get("maxlength", "")
    parts = [box.section, *box.hints[:2], wants, f"at most {limit} characters" if limit.isdigit() else "", box.error]
    return " · ".join(dict.fromkeys(p for p in parts if p and p != box.label))
