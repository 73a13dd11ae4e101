"""Forms that move while they are filled: fields that appear, values that do not stay, pages that draw late."""

from __future__ import annotations

import io
import itertools
import time
from pathlib import Path
from typing import Any

import pytest

from jobhunter_contracts.application_task import Review
from jobhunter_contracts.assignment import Assignment
from jobhunter_contracts.conditions import InputReason, Reason
from jobhunter_contracts.outcome import Outcome
from jobhunter_contracts.subjects import Owner
from jobhunter_runner import navigation, opening
from jobhunter_runner.application import apply
from jobhunter_runner.clock import Clock
from jobhunter_runner.library_local import LocalLibrary
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.person import Question
from jobhunter_runner.person_terminal import TerminalPerson
from jobhunter_runner.report import Report
from jobhunter_runner.session import Session
from jobhunter_runner.submission_lease import Presser, SubmissionLeases
from jobhunter_runner.submission_lease_file import FileLeaseStore

pytestmark = pytest.mark.asyncio(loop_scope="session")

THANKS = "<!doctype html><h1>Thank you for applying!</h1><p>Your application has been received.</p>"


def form(fields: str, script: str = "") -> str:
    return f"""<!doctype html><title>Engineer</title><h1>Apply for Engineer</h1>
<form action="/apply" method="post" enctype="multipart/form-data">
<label for="first">First name</label><input id="first" name="first" required>
<label for="last">Last name</label><input id="last" name="last" required>
<label for="email">Email</label><input id="email" name="email" type="email" required>
<label for="cv">Resume</label><input id="cv" name="cv" type="file" required>
{fields}<button>Submit application</button></form><script>{script}</script>"""


class Asked(TerminalPerson):
    """Answers from a list, confirms every draft, and keeps what was asked."""

    def __init__(self, answers: list[str | None], picture: Path) -> None:
        self._shown = io.StringIO()
        super().__init__(draft_picture=picture, yes=True, out=self._shown)
        self.questions: list[list[Question]] = []
        self._given = iter(answers)

    @property
    def shown(self) -> str:
        return self._shown.getvalue()

    async def ask(self, questions: Any) -> list[str | None]:
        self.questions.append(list(questions))
        return [next(self._given, None) for _ in questions]


class Nowhere:
    def send(self, event: Any) -> None:
        """Events are not looked at here."""


@pytest.fixture
def applying(site: Any, tabs: Any, guard: Any, profile_file: Path, tmp_path: Path) -> Any:
    """applying(page, answers…): applies at a page of the test's own; the outcome and the person."""

    async def _apply(page: Any, *answers: str | None, **changes: Any) -> tuple[Outcome, Asked]:
        site.answers["/jobs/1"] = page
        site.answers.setdefault("/apply", lambda asked: (200, THANKS))
        store = FileLeaseStore(tmp_path / "state")
        person = Asked(list(answers), tmp_path / "draft.jpg")
        assignment = Assignment(
            task_uid="uid",
            task_name="uid",
            namespace="terminal",
            user_id="asha",
            attempt=1,
            url=site.url("/jobs/1"),
            review=Review.REQUIRED,
            owner=Owner.OPERATOR,
            soft_deadline_seconds=60,
            active_deadline_seconds=60,
            question_timeout_seconds=5,
            review_timeout_seconds=5,
            lease_identity=await store.identity(),
        )
        session = Session(
            assignment=assignment,
            tabs=tabs,
            guard=guard,
            library=LocalLibrary(profile_file, tmp_path / "draft.jpg"),
            person=person,
            leases=SubmissionLeases(store, Presser("asha", "uid", "uid", "uid"), assignment.lease_identity),
            report=Report(Nowhere(), "uid", 1),
            clock=Clock(60),
            pauses=Pauses(0),
            **({"watch_seconds": 4.0} | changes),
        )
        return await apply(session), person

    return _apply


def posted(site: Any) -> str:
    assert len(site.posts) == 1
    return str(site.posts[0].body.decode("utf-8", "replace"))


async def test_a_field_that_appears_after_a_choice_is_asked_for(applying: Any, site: Any) -> None:
    fields = """<label for="how">How did you hear of us?</label>
<select id="how" name="how" required><option value="">Choose</option><option>Friend</option><option>Fair</option></select>
<div id="more" hidden><label for="who">Which friend?</label><input id="who" name="who"></div>"""
    script = """how.onchange = () => { more.hidden = how.value !== 'Friend'; who.required = !more.hidden }"""
    outcome, person = await applying(form(fields, script), "Friend", "Ben")
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert [[q.text for q in page] for page in person.questions] == [["How did you hear of us?"], ["Which friend?"]]
    assert "Ben" in posted(site)


async def test_a_value_that_does_not_stay_is_asked_about_and_then_handed_over(applying: Any, site: Any) -> None:
    script = (
        "first.addEventListener('change', () => { first.value = 'x' }); setInterval(() => { first.value = 'x' }, 20)"
    )
    outcome, person = await applying(form("", script), "Asha", "Asha", "Asha", "Asha")
    assert outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert "First name" in person.questions[0][0].text
    assert "could not be filled" in person.questions[0][0].context
    assert site.posts == []


async def test_an_answer_that_does_not_fit_is_asked_again(applying: Any, site: Any) -> None:
    field = '<label for="n">Lucky number</label><input id="n" name="n" type="number" required>'
    outcome, person = await applying(form(field), "many", "7")
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert "“many” does not fit" in person.questions[1][0].context
    assert 'name="n"\r\n\r\n7\r\n' in posted(site)


async def test_a_form_that_is_drawn_late_is_waited_for(applying: Any, site: Any) -> None:
    drawn = form("").removeprefix("<!doctype html>").partition("<script>")[0]
    script = f"setTimeout(() => {{ root.innerHTML = `{drawn}` }}, 2500)"
    page = f"<!doctype html><div id=root>Loading</div><script>{script}</script>"
    outcome, _ = await applying(page)
    assert outcome.reason is Reason.SUBMITTED, outcome.message


async def test_a_captcha_wall_asks_the_person(applying: Any, site: Any) -> None:
    walls = iter([True])

    def page(asked: Any) -> tuple[int, str]:
        wall = "<!doctype html><title>Just a moment</title><p>Verify you are human to continue.</p>"
        return 200, wall if next(walls, False) else form("")

    outcome, person = await applying(page, "done")
    assert person.questions[0][0].reason is InputReason.CAPTCHA
    assert outcome.reason is Reason.SUBMITTED, outcome.message


async def test_a_form_without_a_button_that_sends_it_hands_over(applying: Any, site: Any) -> None:
    page = form("").replace("<button>Submit application</button>", "<button type=button>Save draft</button>")
    outcome, _ = await applying(page)
    assert outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert "No button" in outcome.message
    assert site.posts == []


async def test_optional_questions_are_never_asked(applying: Any, site: Any) -> None:
    field = '<label for="hobby">What is your favourite colour?</label><input id="hobby" name="hobby">'
    outcome, person = await applying(form(field))
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert person.questions == []
    assert 'name="hobby"\r\n\r\n\r\n' in posted(site)


async def test_apply_links_are_followed_only_so_far(applying: Any, site: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "LATE_SECONDS", 0.5)
    circle = '<!doctype html><h1>Engineer</h1><p>A job.</p><a href="/jobs/1?next">Apply now</a>'
    outcome, person = await applying(circle)
    assert outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert "No application form" in person.questions[0][0].text
    assert len([asked for asked in site.asked if asked.path.startswith("/jobs/1")]) == opening.APPLY_LINKS + 1


BY_ITSELF = {
    "a form": "cv.addEventListener('change', () => document.forms[0].submit());",
    "a form, slowly": "cv.addEventListener('change', () => document.forms[0].submit());",
    "a script": """cv.addEventListener('change', async () => {
      await fetch('/apply', {method: 'POST', body: new FormData(document.forms[0])});
      document.body.innerHTML = '<h1>Thank you for applying!</h1><p>Your application has been received.</p>'; });""",
}


@pytest.mark.parametrize("by", BY_ITSELF)
async def test_a_page_that_sends_the_form_by_itself_is_recorded_as_sent(
    applying: Any, site: Any, tmp_path: Path, by: str
) -> None:
    def slowly(asked: Any) -> tuple[int, str]:
        time.sleep(1.5 if by.endswith("slowly") else 0)
        return 200, THANKS

    site.answers["/apply"] = slowly
    outcome, person = await applying(form("", BY_ITSELF[by]))
    assert (outcome.reason, person.questions) == (Reason.SUBMITTED, []), outcome.message
    assert outcome.confirmation is not None
    assert outcome.confirmation.startswith("Thank you for applying!")
    assert len(site.posts) == 1
    again, _ = await applying(form("", BY_ITSELF[by]))
    assert again.reason is Reason.SUBMITTED
    assert len(site.posts) == 1, "the next attempt finds the record"


async def test_a_form_that_went_away_by_itself_without_a_word_is_unconfirmed(applying: Any, site: Any) -> None:
    site.answers["/apply"] = lambda asked: (200, "<!doctype html><h1>Ok</h1>")
    outcome, person = await applying(form("", BY_ITSELF["a form"]))
    assert (outcome.reason, person.questions) == (Reason.SUBMISSION_UNCONFIRMED, [])
    assert len(site.posts) == 1
    again, _ = await applying(form("", BY_ITSELF["a form"]))
    assert again.reason is Reason.SUBMISSION_UNCONFIRMED
    assert len(site.posts) == 1


async def test_a_page_that_draws_its_form_anew_by_a_post_is_filled_on(applying: Any, site: Any) -> None:
    fields = """<label for="c">How did you hear of us?</label>
<select id="c" name="c" required><option value="">Choose</option><option>Friend</option></select>"""
    script = (
        "c.addEventListener('change', () => { document.forms[0].action = '/jobs/1'; document.forms[0].submit(); });"
    )

    def page(asked: Any) -> tuple[int, str]:
        chosen = form(fields, script).replace("<option>Friend", "<option selected>Friend")
        return 200, chosen if asked.method == "POST" else form(fields, script)

    outcome, _ = await applying(page, "Friend")
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert [post.path for post in site.posts] == ["/jobs/1", "/apply"]


async def test_an_address_that_changes_with_every_visit_is_applied_at_once_alone(applying: Any, site: Any) -> None:
    visits = itertools.count(8173)

    def page(asked: Any) -> tuple[int, str]:
        path = f"/visit/{next(visits)}/form"
        site.answers[path] = form("")
        return 303, path

    first, _ = await applying(page)
    assert first.reason is Reason.SUBMITTED, first.message
    again, _ = await applying(page)
    assert again.message == "The application was sent in an earlier attempt."
    assert len(site.posts) == 1


async def test_a_beacon_and_words_of_progress_are_no_application_that_was_sent(applying: Any, site: Any) -> None:
    script = """email.addEventListener("change", () => {
      fetch("/autosave", {method: "POST", body: new FormData(document.forms[0])});
      fetch("http://stats.invalid/g/collect", {method: "POST", mode: "no-cors", body: "x"}).catch(() => 0);
      const said = document.createElement("p"); said.setAttribute("role", "status");
      said.textContent = "Your application is complete. Review it and press Submit."; document.body.append(said); })"""
    site.answers["/autosave"] = lambda _: (200, "{}")
    outcome, _ = await applying(form("", script))
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert "by itself" not in outcome.message
    assert [post.path for post in site.posts] == ["/autosave", "/apply"]


async def test_a_change_between_lease_and_press_is_reviewed_before_it_is_sent(
    applying: Any, site: Any, tabs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take, once = SubmissionLeases.take, iter([True])

    async def meddled(self: SubmissionLeases, url: str, asked: str = "") -> Any:
        press = await take(self, url, asked)
        if next(once, False):
            await tabs.page.fill("#first", "Mallory")
        return press

    monkeypatch.setattr(SubmissionLeases, "take", meddled)
    outcome, person = await applying(form(""))
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert "Changed since you confirmed: “First name”" in person.shown
    assert "Mallory" not in posted(site)
    states = {path.name.split(".")[1]: path.read_text() for path in (tmp_path / "state").rglob("*.?.json")}
    assert '"state": "refused"' in states["1"]
    assert "not pressed" in states["1"]
    assert '"state": "sent"' in states["2"]


async def test_a_page_that_asks_whether_to_send_is_told_yes_once_the_person_has_confirmed(
    applying: Any, site: Any
) -> None:
    early = "first.addEventListener('change', () => { if (confirm('Delete it all?')) first.value = ''; });"
    script = f"document.forms[0].addEventListener('submit', (e) => {{ if (!confirm('Submit?')) e.preventDefault(); }});{early}"
    outcome, _ = await applying(form("", script))
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert 'name="first"\r\n\r\nAsha' in posted(site)


@pytest.mark.parametrize("gone", ["document.body.innerHTML = 'Timed out'", "document.querySelector('button').remove()"])
async def test_a_form_that_went_away_while_it_was_reviewed_is_opened_and_filled_anew(
    applying: Any, site: Any, tabs: Any, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    once, review = iter([gone]), Asked.review

    async def slow(self: Asked, draft: Any, context: str) -> Any:
        await tabs.page.evaluate(next(once, "0"))
        return await review(self, draft, context)

    monkeypatch.setattr(Asked, "review", slow)
    outcome, person = await applying(form(""), "retry")
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert "cannot be pressed" in person.questions[0][0].text
    assert 'name="first"\r\n\r\nAsha' in posted(site)


async def test_a_form_that_sent_itself_while_it_was_reviewed_is_not_sent_a_second_time(
    applying: Any, site: Any, tabs: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(self: Asked, draft: Any, context: str) -> str:
        await tabs.page.evaluate("document.body.innerHTML = '<h1>Thank you for applying!</h1>'")
        return "confirm"

    monkeypatch.setattr(Asked, "review", slow)
    outcome, person = await applying(form(""), "retry")
    assert (outcome.reason, person.questions) == (Reason.SUBMISSION_UNCONFIRMED, [])
    assert "“Thank you for applying!”" in outcome.message
    assert site.posts == []


async def test_a_site_that_is_out_of_order_is_tried_three_times_and_asked_about(
    applying: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(navigation, "_RETRY_SECONDS", 0.01)
    answers = iter([503, 500, 503, 502, 503])

    def page(asked: Any) -> tuple[int, str]:
        status = next(answers, 200)
        return status, form("") if status == 200 else "<!doctype html><h1>Bad day</h1>"

    outcome, person = await applying(page, "retry")
    assert outcome.reason is Reason.SUBMITTED, outcome.message
    assert [question.text for asked in person.questions for question in asked] == ["The site is out of order."]
    assert len([asked for asked in site.asked if asked.path == "/jobs/1"]) == 6


ALREADY = "<!doctype html><h1>Acme</h1><p>You have already applied for this job.</p>"


async def test_a_site_that_has_an_application_already_is_pressed_once(applying: Any, site: Any, tmp_path: Path) -> None:
    site.answers["/apply"] = lambda _: (200, ALREADY)
    outcome, person = await applying(form(""))
    assert (outcome.reason, person.questions) == (Reason.DUPLICATE_APPLICATION, [])
    assert "You have already applied for this job." in outcome.message
    assert len(site.posts) == 1


async def test_after_a_second_press_an_application_that_is_there_may_be_our_own(applying: Any, site: Any) -> None:
    answers = iter([(500, "<h1>Internal server error</h1>"), (200, ALREADY)])
    site.answers["/apply"] = lambda _: next(answers)
    outcome, _ = await applying(form(""), "press again")
    assert outcome.reason is Reason.SUBMISSION_UNCONFIRMED
    assert "You have already applied" in outcome.message
    assert len(site.posts) == 2


async def test_nobody_is_told_to_do_in_the_browser_what_cannot_be_done_there(applying: Any, site: Any) -> None:
    wall = "<!doctype html><title>Just a moment</title><p>Verify you are human to continue.</p>"
    outcome, person = await applying(wall, "Apply myself")
    assert outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert "apply yourself, or answer done to try again" in person.questions[0][0].text


async def test_a_closed_postings_list_is_not_where_one_applies(
    applying: Any, site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "LATE_SECONDS", 0.5)
    site.answers["/jobs"] = '<!doctype html><h1>All jobs</h1><p>Designer</p><a href="/jobs/777/apply">Apply</a>'
    site.answers["/jobs/777/apply"] = form("")
    outcome, person = await applying(lambda _: (302, "/jobs"))
    assert outcome.reason is Reason.MANUAL_APPLICATION_REQUIRED
    assert "not clear which of its links is this job's" in person.questions[0][0].text
    assert (outcome.canonical_url, site.posts) == (None, [])
