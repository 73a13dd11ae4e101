"""What a page is, and the words that say so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from jobhunter_runner.form import Button, Field, FieldKind, FormBox, PageView
from jobhunter_runner.page_kind import PageKind, captcha_on, page_kind
from jobhunter_runner.recognise import recognise_form


def field(label: str, kind: FieldKind = FieldKind.TEXT, **more: object) -> Field:
    base = {"selector": f"#{label}", "frame": "", "kind": kind, "label": label, "required": False, "visible": True}
    return Field(**{**base, "form_index": 0, **more})  # type: ignore[arg-type]  # keywords of Field


FORM = (field("First name"), field("Last name"), field("Email", FieldKind.EMAIL), field("Resume", FieldKind.FILE))


def page(text: str = "", *fields: Field, **more: object) -> PageView:
    base = {"url": "https://x.example", "canonical_url": "", "title": "", "text": text, "fields": fields, "buttons": ()}
    return PageView(**{**base, **more})  # type: ignore[arg-type]  # keywords of PageView


def kind_of(view: PageView, pressed: bool = False) -> PageKind:
    return page_kind(view, recognise_form(view), pressed).kind


@pytest.mark.parametrize(
    "text",
    [
        "This job is no longer available. The position has been filled.",
        "We are no longer accepting applications for Platform Engineer.",
        "Sorry, this position is no longer open.",
        "This job posting has expired and applications are closed.",
        "Diese Stelle ist leider nicht mehr verfügbar",
    ],
)
def test_a_closed_posting_is_recognised_by_its_words(text):
    assert kind_of(page(text)) is PageKind.POSTING_CLOSED


@pytest.mark.parametrize(
    "text",
    [
        "Job closed Sorry, have a look at our other openings.",
        "This posting is closed",
        "The role was filled last week",
        "Position filled",
        "We are not accepting new applications",
        "Applications are now closed",
    ],
)
def test_a_closed_posting_is_recognised_by_few_words_too(text):
    assert kind_of(page(text)) is PageKind.POSTING_CLOSED


@pytest.mark.parametrize(
    "text",
    [
        "The position is to be filled as soon as possible.",
        "This role will be filled on a rolling basis.",
        "Applications are reviewed until the position is filled.",
        "This position will remain open until filled",
        "The vacancy may be closed early if we receive enough applications.",
        "This posting will be removed on 30 June 2026.",
        "Once the position has been filled we will tell everybody.",
        "This position is filled on a rolling basis.",
        "We are not accepting unsolicited resumes from agencies.",
        "Job: Closed-loop controls engineer",
        "Position: Closed Captioning Editor",
    ],
)
def test_a_posting_that_is_open_is_never_called_closed(text):
    assert kind_of(page(text)) is PageKind.NO_FORM
    assert kind_of(page("", title=text)) is PageKind.NO_FORM


def test_a_closed_posting_is_told_in_the_pages_own_sentence():
    text = "Engineer. This job is no longer accepting applications. See other jobs."
    view = page(text)
    assert page_kind(view, recognise_form(view)).evidence == "“This job is no longer accepting applications”"


@pytest.mark.parametrize("status", [404, 410])
def test_a_posting_that_is_gone_is_closed(status):
    assert kind_of(page("Nothing here", status=status)) is PageKind.POSTING_CLOSED


def test_a_failing_server_is_broken_and_not_closed():
    assert kind_of(page("Oops", status=503)) is PageKind.BROKEN
    assert kind_of(page("Something went wrong. An unexpected error occurred.")) is PageKind.BROKEN


@pytest.mark.parametrize(
    "text",
    [
        "Thank you for applying! Your application has been received.",
        "Your application was submitted successfully",
        "We've got your application",
        "Thanks for your application",
        "Vielen Dank für Ihre Bewerbung",
    ],
)
def test_a_confirmation_is_recognised_by_its_words(text):
    verdict = page_kind(page(text), [], pressed=True)
    assert verdict.kind is PageKind.CONFIRMATION
    assert verdict.evidence


def test_an_application_that_the_site_has_already_is_told():
    assert kind_of(page("You have already applied for this job.")) is PageKind.CONFIRMATION


def test_a_promise_for_later_is_no_confirmation():
    text = "Once your application has been received we will send a mail."
    assert kind_of(page(text), pressed=True) is not PageKind.CONFIRMATION


def test_the_form_is_a_form_whatever_the_description_says():
    assert kind_of(page("If the position has been filled we will say so. Thank you for applying in time.", *FORM)) is (
        PageKind.APPLICATION_FORM
    )


def test_a_form_that_came_back_shows_its_errors():
    wrong = replace(FORM[2], error="Please enter a valid email address.")
    verdict = page_kind(page("", *FORM[:2], wrong, FORM[3]), recognise_form(page("", *FORM[:2], wrong, FORM[3])), True)
    assert verdict.kind is PageKind.ERRORS
    assert "valid email" in verdict.evidence
    alerted = page("", *FORM, alerts=("There was a problem with your application.",))
    assert kind_of(alerted, True) is PageKind.ERRORS


def test_a_confirmation_beside_the_form_counts_only_in_an_alert_after_the_press():
    said = page("Your application has been received.", *FORM, alerts=("Your application has been received.",))
    assert kind_of(said, True) is PageKind.CONFIRMATION
    assert kind_of(said, False) is PageKind.APPLICATION_FORM


def test_a_login_is_a_wall():
    login = page("Sign in to continue", field("Email"), field("Password", FieldKind.PASSWORD), forms=(FormBox(0, 0),))
    assert kind_of(login) is PageKind.LOGIN_WALL


def test_a_captcha_is_told_by_its_frame_or_its_words():
    framed = page("One moment", frame_urls=("https://challenges.cloudflare.com/turnstile/x",))
    assert kind_of(framed) is PageKind.CAPTCHA
    assert kind_of(page("Please verify you are human")) is PageKind.CAPTCHA
    beside = page("Apply", *FORM, frame_urls=("https://www.google.com/recaptcha/api2/anchor?k=1",))
    assert kind_of(beside) is PageKind.APPLICATION_FORM
    assert captcha_on(beside)
    assert not captcha_on(page("", frame_urls=("https://www.google.com/recaptcha/api2/anchor?size=invisible",)))


def test_an_apply_button_is_followed_and_a_share_button_is_not():
    shown = page(
        "A fine job", buttons=(Button("#a", "", "Apply with LinkedIn"), Button("#b", "", "Apply for this job"))
    )
    verdict = page_kind(shown, [])
    assert verdict.kind is PageKind.APPLY_LINK
    assert verdict.apply is not None
    assert verdict.apply.selector == "#b"
    assert kind_of(page("A fine job", buttons=(Button("#c", "", "Share"),))) is PageKind.NO_FORM
