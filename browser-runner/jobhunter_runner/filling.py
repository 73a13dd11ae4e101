"""Filling the form: look, plan, set, ask, until every field reads back as it is meant.

A round reads the page anew, so fields that appear after a choice are seen; it sets what is not there yet; when nothing is
left to set it asks all open questions together. It ends when a round finds nothing to do.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from playwright.async_api import Error as PlaywrightError

from jobhunter_contracts.hitl import HitlKind
from jobhunter_contracts.vocabulary import VOCABULARY, Token
from jobhunter_runner import fill_plan, person
from jobhunter_runner.application_form import FormKey
from jobhunter_runner.choose import from_words
from jobhunter_runner.facts import FileRef
from jobhunter_runner.file_value import FieldValue, FileValue
from jobhunter_runner.fill_plan import Entry, FillPlan, answer_key, plan
from jobhunter_runner.form import Button, FieldKind, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.navigation import settle
from jobhunter_runner.opening import open_form
from jobhunter_runner.overlays import close_overlays
from jobhunter_runner.page_state import PostedValues, field_key, posted_values
from jobhunter_runner.recognise import recognise_form
from jobhunter_runner.sent_unasked import UnaskedPosts, end_as_sent
from jobhunter_runner.session import Session
from jobhunter_runner.submit_button import submit_button
from jobhunter_runner.suggestions import sought_for
from jobhunter_runner.widgets import FieldNotSet, reads_back, set_field

ROUNDS = 12
TRIES = 2  # of a field, before the person is asked about it
ASKS = 3  # of a field's question, before the person is handed the application

_KINDS = {
    "text": HitlKind.TEXT,
    "choice": HitlKind.CHOICE,
    "secret": HitlKind.SECRET,
    "manual": HitlKind.MANUAL,
}


@dataclass(frozen=True)
class FilledForm:
    """A form in which everything reads back as planned. posted: what a press would send."""

    view: PageView
    form: FormKey
    entries: tuple[Entry, ...]
    posted: PostedValues
    submit: Button | None

    def intended(self) -> int:
        """How many fields were set."""
        return sum(entry.kind == "set" for entry in self.entries)


class Filling:
    """One filling of a form, round by round."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tries: Counter[str] = Counter()
        self._asks: Counter[str] = Counter()
        self._faults: dict[str, str] = {}
        self._given_up: set[str] = set()
        self._first: PageView | None = None

    async def run(self) -> FilledForm:
        """Raises Ended where a required question stays without an answer or the page sent the form by itself.

        Raises PlaywrightError where the page is lost.
        """
        with UnaskedPosts(self._session.page.context) as posts:
            try:
                return await self._rounds(posts)
            except PlaywrightError:
                await self._end_if_sent(posts)
                raise

    async def _end_if_sent(self, posts: UnaskedPosts) -> None:
        """Raises Ended where the page that broke into the filling is what came after the form was sent."""
        if not posts.any:
            return
        await settle(self._session.page)
        try:
            view, planned = await self._look()
        except PlaywrightError:
            words = "" if posts.navigated else None
        else:
            words = posts.sent(self._first, view, form_is_there=planned.form is not None)
        if words is not None:
            raise await end_as_sent(self._session, words)

    async def _rounds(self, posts: UnaskedPosts) -> FilledForm:
        for _ in range(ROUNDS):
            view, planned = await self._look()
            words = posts.sent(self._first, view, form_is_there=planned.form is not None)
            if words is not None:
                raise await end_as_sent(self._session, words)
            self._first = self._first or view
            if planned.form is not None:
                held = [entry.value for entry in planned.entries if isinstance(entry.value, str)]
                posts.expect(view, planned.form.frame_index, [*held, *self._session.changes.values()])
            if planned.form is None:
                await self._session.ask_retry("The form is no longer on the page.", context=view.url)
                if not posts.any:  # else it may have been sent, and is looked at again but not filled a second time
                    await open_form(self._session)
                continue
            entries = tuple(self._changed(entry) for entry in planned.entries)
            missing = [entry for entry in entries if entry.kind == "set" and not self._holds(entry)]
            if missing and await self._set_all(missing):
                continue
            if await self._ask(planned, entries):
                continue
            filled = await self._settled(view, entries, planned)
            if filled is not None:
                if await posts.answered():
                    await settle(self._session.page)
                    continue
                self._session.fields_filled = filled.intended()
                return filled
        await self._session.ask_retry("The form does not keep what is filled in.", context=self._session.page.url)
        return await Filling(self._session).run()

    async def _look(self) -> tuple[PageView, FillPlan]:
        page = self._session.page
        for overlay in await close_overlays(page):
            self._session.report.click(overlay.pressed, overlay.heading)
        view = await read_page(page)
        return view, plan(view, recognise_form(view), self._session.facts, self._session.answers)

    def _changed(self, entry: Entry) -> Entry:
        """The entry as the person's edits of the draft have it; what could not be filled and need not be is left."""
        key = answer_key(entry.field)
        text = self._session.changes.get(key)
        if text is None:
            left = key in self._given_up and entry.kind == "set"
            return replace(entry, kind="empty", value="", source="could not be filled") if left else entry
        if entry.field.kind is FieldKind.FILE:
            value: str | bool | FileRef = FileRef(text, entry.token or Token.OTHER_DOCUMENT) if text else ""
            return replace(entry, kind="set", value=value, source="person", option=None)
        if text == "":
            return replace(entry, kind="set", value="", source="person", option=None)
        if entry.field.kind is FieldKind.SELECT_MULTIPLE:
            return replace(entry, kind="set", value=text, source="person", option=None)
        choice = from_words(entry.field, text)
        if choice is None:  # the field is another than it was when the edit was understood
            return entry
        return replace(entry, kind="set", value=choice.value, option=choice.option, source="person")

    def _value(self, entry: Entry) -> FieldValue:
        """What goes into the widget."""
        if isinstance(entry.value, FileRef):
            return self._session.documents[entry.value.name]
        if entry.option is not None:
            return entry.option.value or entry.option.label
        if entry.field.kind is FieldKind.SELECT_MULTIPLE and isinstance(entry.value, str):
            return tuple(entry.value.splitlines())
        return entry.value

    def _holds(self, entry: Entry) -> bool:
        """Whether the field, as it was just read, holds what is meant: to the letter where the site complains of it."""
        if entry.field.error and entry.field.kind is not FieldKind.FILE:
            return entry.present or entry.value == entry.field.value
        return reads_back(entry.field, self._value(entry), entry.field.value)

    async def _set_all(self, missing: list[Entry]) -> bool:
        """Sets what is missing; whether anything was done. A field that fails, or does not keep it, is asked about."""
        done = False
        for entry in missing:
            key = answer_key(entry.field)
            if self._tries[key] >= TRIES:
                self._faults.setdefault(key, "the page does not keep the value")
                continue
            self._tries[key] += 1
            done = True
            value = self._value(entry)
            try:
                await set_field(self._session.page, entry.field, value, self._session.pauses)
            except FieldNotSet as error:  # set_field has tried twice itself
                self._tries[key] = TRIES
                self._faults[key] = error.what
                continue
            self._faults.pop(key, None)
            if isinstance(value, FileValue):
                self._session.report.upload(entry.field.label, value.filename, value.size)
            else:
                self._session.report.typed(entry.field.label, entry.token, entry.source)
        return done

    async def _ask(self, planned: FillPlan, entries: tuple[Entry, ...]) -> bool:
        """Asks all that is open on the page, together; whether there was anything."""
        asked: dict[str, person.Question] = {}
        tokens = {answer_key(entry.field): entry.token for entry in planned.entries}
        for question in planned.questions:
            if question.key not in self._session.changes:
                said = self._session.answers.get(question.key)
                again = f"The answer “{said}” does not fit. " if said else ""
                asked[question.key] = self._question(question, tokens, again)
        for entry in entries:
            key = answer_key(entry.field)
            if entry.kind != "set" or key not in self._faults or key in asked:
                continue
            if not entry.field.required and entry.source != "person":
                self._given_up.add(key)
                del self._faults[key]
                return True
            asked[key] = self._fault_question(entry)
        if not asked:
            return False
        await self._answers(asked)
        return True

    async def _answers(self, asked: Mapping[str, person.Question]) -> None:
        for key, question in asked.items():
            self._asks[key] += 1
            if self._asks[key] > ASKS:
                self._session.hand_over(f"No answer fits the question {question.text!r}")
        answers = await self._session.ask(list(asked.values()))
        for (key, question), answer in zip(asked.items(), answers, strict=True):
            if answer is None:
                self._session.hand_over(f"The required question {question.text!r} was not answered")
            self._session.answers[key] = answer
            self._session.changes.pop(key, None)
            self._faults.pop(key, None)
            self._tries[key] = 0

    def _question(
        self, question: fill_plan.Question, tokens: Mapping[str, Token | None], before: str
    ) -> person.Question:
        return person.Question(
            self._session.ids.question(),
            question.text,
            _KINDS[question.kind],
            context=before + question.context,
            options=question.options,
            required=question.required,
            sought=sought_for(question.field, tokens.get(question.key)) if question.kind == "text" else "",
        )

    def _fault_question(self, entry: Entry) -> person.Question:
        field = entry.field
        secret = entry.token is not None and not VOCABULARY[entry.token].filled
        options = tuple(option.label for option in field.options if option.label and not option.disabled)
        kind = HitlKind.SECRET if secret else HitlKind.CHOICE if options else HitlKind.TEXT
        return person.Question(
            self._session.ids.question(),
            f"What should go into “{field.label or field.selector}”?",
            HitlKind.MANUAL if field.kind in (FieldKind.FILE, FieldKind.OTHER) else kind,
            context=f"It could not be filled: {self._faults[answer_key(field)]}.",
            options=options,
        )

    async def _settled(self, view: PageView, entries: tuple[Entry, ...], planned: FillPlan) -> FilledForm | None:
        """The form, where nothing is left to do and the page holds what was just read, files byte for byte."""
        form = planned.form
        if form is None:
            return None
        posted = await posted_values(self._session.page, view, form)
        for entry in entries:
            if not isinstance(entry.value, FileRef) or entry.kind != "set":
                continue
            held = posted.files.get(field_key(entry.field), ())
            wanted = self._session.documents[entry.value.name].sha256
            if held and wanted not in [file.sha256 for file in held]:  # none: a script took it, and shows its name
                self._faults[answer_key(entry.field)] = "the page does not hold the file's bytes"
                return None
        return FilledForm(view, form, entries, posted, submit_button(view, form))
