"""Words of confirmation between the other words of a page, whose blocks run into one another."""

import pytest

from jobhunter_runner.outcome_words import THANKS, confirmation

JOB = "Platform Engineer What we look for A habit of measuring before optimising"


@pytest.mark.parametrize(
    "said",
    [
        "Application submitted Thanks for your interest in Papercrane.",
        "Your application was submitted successfully",
        "Thank you for applying!",
        "We've got your application",
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
