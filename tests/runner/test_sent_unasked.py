"""A form that its page sends by itself is recorded as sent; a page that only keeps, counts or reads what is filled is not."""

from __future__ import annotations

import pytest

from jobhunter_runner.form import Button, Field, FieldKind, PageView
from jobhunter_runner.sent_unasked import UnaskedPosts

FIELD = Field("#e", "", FieldKind.EMAIL, "Email", True, True)


class Context:
    """Of a browser: what listens to it is called by the test."""

    def on(self, *_: object) -> None: ...

    remove_listener = on


class Frame:
    parent_frame = None


class Request:
    """A POST, from the page's script where it does not say otherwise."""

    method = "POST"
    resource_type = "fetch"
    frame = Frame()
    redirected_from = None

    def __init__(self, url: str, body: str = "", navigation: bool = False) -> None:
        self.url, self.post_data_buffer, self._navigation = url, body.encode(), navigation

    def is_navigation_request(self) -> bool:
        return self._navigation


def page(text: str, *fields: Field, buttons: tuple[Button, ...] = ()) -> PageView:
    url = "https://careers.acme.example/jobs/1"
    return PageView(url, url, "Engineer", text, fields, buttons)


def posted(*requests: Request) -> UnaskedPosts:
    posts = UnaskedPosts(Context())  # type: ignore[arg-type]  # as much of one as is used
    posts.expect(page("Apply", FIELD), 0, ["asha@example.com", "Engineer"])
    for request in requests:
        posts._left(request)  # type: ignore[arg-type]
    return posts


SENT = page("Thank you for applying! We have received your application.")
BEACON = Request("https://stats.example/collect", "title=Engineer")
OWN = Request("https://api.acme.example/applications", "{}")
HOLDING = Request("https://tracking.example/in", '{"email": "asha@example.com"}')
LEFT = Request("https://careers.acme.example/apply", "", navigation=True)


@pytest.mark.parametrize("request_", [OWN, HOLDING, LEFT])
def test_words_of_confirmation_where_the_form_went_away_are_believed(request_: Request) -> None:
    assert "Thank you" in str(posted(request_).sent(None, SENT, form_is_there=False))


def test_a_form_that_went_away_by_a_post_without_a_word_may_have_been_sent() -> None:
    assert posted(LEFT).sent(None, page("Acme"), form_is_there=False) == ""
    assert posted(OWN).sent(None, page("Acme"), form_is_there=False) is None


@pytest.mark.parametrize(
    "text", ["Thank you for applying!", "Your application is complete. Review it and press Submit."]
)
def test_statistics_never_sent_a_form(text: str) -> None:
    assert posted(BEACON).sent(None, page(text), form_is_there=False) is None


def test_a_form_that_is_there_was_not_sent() -> None:
    now = page("Your application is complete.", FIELD)
    assert posted(OWN).sent(None, now, form_is_there=True) is None


@pytest.mark.parametrize(
    "text",
    [
        "Your application is complete. Review it and press Submit.",
        "Your application is now complete - click Submit to send it",
        "Application complete 100%",
    ],
)
def test_what_is_still_to_be_sent_was_not(text: str) -> None:
    assert posted(OWN).sent(None, page(text), form_is_there=False) is None


def test_where_a_button_still_sends_it_no_words_are_believed() -> None:
    review = page("Your application is complete.", buttons=(Button("#s", "", "Submit application"),))
    assert posted(OWN).sent(None, review, form_is_there=False) is None
