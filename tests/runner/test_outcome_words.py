"""Words of confirmation between the other words of a page, whose blocks run into one another."""

import pytest

from jobhunter_runner.outcome_words import THANKED, THANKS, already_applied, confirmation

JOB = "Platform Engineer What we look for A habit of measuring before optimising"


@pytest.mark.parametrize(
    "said",
    [
        "Application submitted Thanks for your interest in Papercrane.",
        "Your application was submitted successfully",
        "Thank you for applying!",
        "We've got your application",
        "Your application has been received. Our team will review it and be in touch.",
        "Application received. We will review your application and send you an update by e-mail.",
    ],
)
def test_a_confirmation_is_found_behind_any_block(said: str) -> None:
    assert confirmation(f"{JOB} {said} Careers", JOB)


@pytest.mark.parametrize(
    "said",
    [
        "You will hear from us once your application has been received.",
        "We tell you when the application is complete.",
        "Your application could not be submitted.",
        "Your application was not received.",
    ],
)
def test_a_promise_or_a_failure_is_no_confirmation(said: str) -> None:
    assert confirmation(f"{JOB} {said}", JOB) == ""


def test_a_job_title_is_no_thanks() -> None:
    assert THANKS.search("Customer Success Manager, Brightwater Health") is None


@pytest.mark.parametrize(
    "said",
    [
        "Your application is complete. Review it and press Submit.",
        "Your application is complete. Please review your answers and submit.",
        "Your application is now complete - click “Submit” to send it",
        "Application complete 100%",
        "Your application is complete and ready to submit",
    ],
)
def test_a_form_that_is_only_filled_is_no_confirmation(said: str) -> None:
    assert confirmation(said, "") == ""


def test_what_stands_beside_a_confirmation_does_not_undo_it() -> None:
    assert confirmation("Thank you for applying! Click here to send feedback, or apply for another job.", "")


@pytest.mark.parametrize(
    "said",
    [
        "You have already applied for this job.",
        "You've already submitted an application",
        "Uploaded. You have already applied for this job.",
        "An application for this job was received before",
        "Your application could not be submitted: you have already applied.",
        "Sie haben sich bereits beworben.",
        "Vous avez déjà postulé à cette offre",
    ],
)
def test_an_earlier_application_is_told(said: str) -> None:
    assert already_applied(said, "")
    assert already_applied(said, said) == ""
    assert confirmation(said, "") == ""


@pytest.mark.parametrize(
    "said",
    ["If you have already applied, sign in.", "Jobs you have already applied for", "Your CV was already uploaded"],
)
def test_what_only_speaks_of_earlier_applications_tells_of_none(said: str) -> None:
    assert already_applied(said, "") == ""


@pytest.mark.parametrize(
    ("alert", "thanks"),
    [
        ("Success! Please check your inbox for a confirmation e-mail.", True),
        ("Danke! Bitte prüfen Sie Ihr Postfach.", True),
        ("Merci ! Veuillez consulter votre boîte mail", True),
        ("Thank you! You must verify your email address", True),
        ("Please check the fields", False),
        ("Your application could not be submitted. Check the fields.", False),
        ("Customer Success Manager: this field is required", False),
    ],
)
def test_thanks_are_told_from_faults(alert: str, thanks: bool) -> None:
    assert bool(THANKED.search(alert)) is thanks
