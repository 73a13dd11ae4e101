"""The draft and the person's word on it: confirm, reject, or a change in words, which makes a new draft."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.asks import DRAFT_PICTURE_BLOB, DRAFT_TABLE_BLOB
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.draft import Draft
from jobhunter_contracts.hitl import ReviewDecision, review_decision
from jobhunter_runner.choose import from_words
from jobhunter_runner.draft_table import edit_targets, make_draft
from jobhunter_runner.edit import Change, parse_edit
from jobhunter_runner.fill_plan import answer_key
from jobhunter_runner.filling import FilledForm, Filling
from jobhunter_runner.form import FieldKind
from jobhunter_runner.picture import page_picture
from jobhunter_runner.session import Ended, Session


async def review(session: Session, filled: FilledForm, context: str = "") -> FilledForm:
    """The form as the person confirmed it, filled anew after each edit. Raises Ended Rejected or ReviewExpired.

    With review Skip nobody is asked; the draft is kept and told all the same.
    """
    while True:
        asked = session.assignment.review is Review.REQUIRED
        draft = make_draft(filled, session.ids.draft() if asked else None, session.page.url)
        await _keep(session, draft)
        if not asked:
            session.report.draft(draft, deadline=None, context=context or "Nobody is asked: review is Skip.")
            return filled
        response = await _response(session, draft, context)
        match review_decision(response):
            case ReviewDecision.CONFIRM:
                session.report.draft_confirmed(str(draft.hitl_id), response)
                return filled
            case ReviewDecision.REJECT:
                raise Ended(Reason.REJECTED, "The person rejected the draft.")
        session.report.draft_edited(str(draft.hitl_id), response)
        filled, context = await _edited(session, filled, response)


async def _response(session: Session, draft: Draft, context: str) -> str:
    with session.clock.waiting():
        response = await session.person.review(draft, context)
    if response is None or not response.strip():
        raise Ended(Reason.REVIEW_EXPIRED, "The draft was not confirmed in time.")
    return response


async def _keep(session: Session, draft: Draft) -> None:
    """The picture and the table, as a person is to see them, before anybody is told of them."""
    picture = await page_picture(session.page)
    # Every row has every key, as in the event: a field that nothing recognised has the token null.
    table = draft.model_dump_json().encode()
    # Side by side: whoever keeps them keeps both by one write.
    await asyncio.gather(
        session.library.put_blob(DRAFT_PICTURE_BLOB, picture), session.library.put_blob(DRAFT_TABLE_BLOB, table)
    )


def _unfit(filled: FilledForm, changes: Sequence[Change]) -> list[str]:
    """A sentence for each change that its field does not take."""
    fields = {answer_key(entry.field): entry.field for entry in filled.entries}
    free = (FieldKind.FILE, FieldKind.SELECT_MULTIPLE)  # their values were looked up among the choices already
    unfit = []
    for change in changes:
        field = fields[change.target.key]
        if change.value and field.kind not in free and from_words(field, change.value) is None:
            limit = field.attributes.get("maxlength", "")
            why = f", which takes {limit} characters at most" if limit.isdigit() else ""
            unfit.append(f"“{change.value[:80]}” does not fit “{change.target.label}”{why}.")
    return unfit


async def _edited(session: Session, filled: FilledForm, text: str) -> tuple[FilledForm, str]:
    """The form after the edit, and the words that go with the next draft. An edit with a fault changes nothing."""
    edit = parse_edit(text, edit_targets(filled.entries, session.documents))
    faults = [*edit.faults, *_unfit(filled, edit.changes)]
    if faults:
        return filled, "Nothing was changed. " + " ".join(faults)
    for change in edit.changes:
        session.changes[change.target.key] = change.value
    changed = ", ".join(f"“{change.target.label}”" for change in edit.changes)
    return await Filling(session).run(), f"Changed as you said: {changed}."
