"""One press, and the truth about what became of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import time

import pytest

from jobhunter_runner.browser import Tabs
from jobhunter_runner.form import Button, Field, FieldKind, FormBox, PageView
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.outcome_words import confirmation
from jobhunter_runner.submission_lease import seconds_here
from jobhunter_runner.submission_outcome import (
    ButtonNotPressed,
    FormChanged,
    PressResult,
    press_and_watch,
    ready_to_press,
)
from jobhunter_runner.submit_button import submit_button

pytestmark = pytest.mark.asyncio(loop_scope="session")

FIELDS = (
    "<label for=n>Name</label><input id=n name=n value='Ada Lovelace'>"
    "<label for=e>Email</label><input id=e name=e value=ada@example.com>"
    "<label for=p>Phone</label><input id=p name=p value=5550100199>"
)
FORM = f"<h1>Tester</h1><form method=post action=/apply>{FIELDS}<button>Submit application</button></form>"
THANKS = "<h1>Thank you for applying!</h1><p>We have received your application. You will hear from us.</p>"


async def press(shown, seconds: float = 4.0, guard=None):
    button = submit_button(shown.view)
    assert button is not None
    return await press_and_watch(shown.tabs.page, button, shown.view, guard=guard, watch_seconds=seconds)


async def test_a_confirmation_is_recognised_with_the_sites_own_words(show, site):
    site.answers["/apply"] = lambda _: (303, "/done")
    site.answers["/done"] = THANKS
    begun = time.monotonic()
    outcome = await press(await show(FORM), seconds=20)
    assert outcome.result is PressResult.CONFIRMED
    assert outcome.words.startswith("Thank you for applying!")
    assert (outcome.sent, outcome.status, outcome.url) == (True, 200, site.url("/done"))
    assert len(site.posts) == 1
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize(
    "words",
    [
        "<h1>Application submitted</h1><p>Thanks for your interest in Acme. We have sent you a confirmation by email.</p>",
        "<h1>Thanks for your application</h1><p>We have received your application for Tester.</p>",
        "<h1>We've got your application</h1><p>Thank you for applying to Acme.</p>",
        "<h1>Your application was submitted successfully</h1>",
        "<h1>Vielen Dank für Ihre Bewerbung</h1><p>Wir melden uns.</p>",
        "<h1>Merci pour votre candidature</h1>",
        "<h1>Gracias por tu solicitud</h1>",
        "<title>Thank you</title><h1>All done</h1><p>Thank you, we will be in touch.</p>",
    ],
)
async def test_sites_confirm_in_many_words(show, site, words):
    site.answers["/apply"] = words
    assert (await press(await show(FORM))).result is PressResult.CONFIRMED


async def test_a_form_that_comes_back_with_errors_is_refused_by_the_site(show, site):
    site.answers["/apply"] = (
        FORM.replace("<form", "<div role=alert>Please correct the errors below and submit again.</div><form")
        .replace("id=p name=p", "id=p name=p aria-invalid=true aria-describedby=pe")
        .replace("<button>", "<p id=pe class=error>Enter a phone number with digits only</p><button>")
    )
    outcome = await press(await show(FORM))
    assert outcome.result is PressResult.REFUSED
    assert outcome.sent
    assert "Please correct the errors below" in outcome.words
    assert [(e.label, e.message, e.selector) for e in outcome.field_errors] == [
        ("Phone", "Enter a phone number with digits only", "#p")
    ]


async def test_what_the_browser_itself_stops_was_never_sent(show, site):
    shown = await show(
        FORM.replace("value=ada@example.com", "type=email required").replace("value=5550100199", "required")
    )
    outcome = await press(shown)
    assert (outcome.result, outcome.sent, outcome.status) == (PressResult.REFUSED, False, None)
    assert [(e.label, e.selector) for e in outcome.field_errors] == [("Email", "#e"), ("Phone", "#p")]
    assert "Email: Please fill out this field." in outcome.words
    assert site.posts == []


async def test_what_the_page_itself_stops_was_never_sent(show, site):
    script = """<script>document.forms[0].addEventListener("submit", (e) => {
      e.preventDefault(); const p = document.createElement("p"); p.className = "error";
      p.id = "pe"; p.textContent = "Phone is required";
      document.querySelector("#p").after(p); p.setAttribute("role", "alert"); });</script>"""
    outcome = await press(await show(FORM + script))
    assert (outcome.result, outcome.sent) == (PressResult.REFUSED, False)
    assert "Phone is required" in outcome.words
    assert site.posts == []


@pytest.mark.parametrize("status", [500, 502, 503])
async def test_a_breakdown_of_the_site_is_told_from_a_refusal(show, site, status):
    site.answers["/apply"] = lambda _: (status, "<h1>Something went wrong</h1><p>Please try again later.</p>")
    outcome = await press(await show(FORM))
    assert (outcome.result, outcome.sent, outcome.status) == (PressResult.SERVER_ERROR, True, status)
    assert "Something went wrong" in outcome.words


async def test_a_breakdown_that_shows_the_form_again_is_still_one(show, site):
    site.answers["/apply"] = lambda _: (500, "<div role=alert>There was a problem with your application.</div>" + FORM)
    assert (await press(await show(FORM))).result is PressResult.SERVER_ERROR


async def test_a_connection_that_breaks_after_the_press_is_a_server_error_and_is_not_sent_again(show, site, guard):
    """Without the guard's rest Chromium itself posts twice: it tries again where a kept connection breaks."""
    site.answers["/apply"] = lambda _: (0, "")
    outcome = await press(await show(FORM), guard=guard)
    assert (outcome.result, outcome.sent) == (PressResult.SERVER_ERROR, True)
    assert len(site.posts) == 1


async def test_a_page_that_says_neither_is_unseen(show, site):
    site.answers["/apply"] = "<h1>Acme Careers</h1><p>Have a look at our other openings.</p>"
    outcome = await press(await show(FORM), seconds=2)
    assert (outcome.result, outcome.sent, outcome.status) == (PressResult.UNSEEN, True, 200)


async def test_the_form_back_without_a_word_is_unseen(show, site):
    site.answers["/apply"] = FORM
    assert (await press(await show(FORM), seconds=2)).result is PressResult.UNSEEN


async def test_words_of_thanks_that_stood_there_before_confirm_nothing(show, site):
    before = "<p>Thank you for applying at Acme. Once your application has been received we write to you.</p>" + FORM
    site.answers["/apply"] = before
    assert (await press(await show(before), seconds=2)).result is PressResult.UNSEEN


async def test_a_refusal_that_speaks_of_submitting_is_no_confirmation(show, site):
    site.answers["/apply"] = "<div role=alert>Your application could not be submitted. Check the fields.</div>" + FORM
    assert (await press(await show(FORM))).result is PressResult.REFUSED


async def test_a_slow_answer_is_waited_for(show, site):
    def slow(_):
        time.sleep(2)
        return 200, THANKS

    site.answers["/apply"] = slow
    outcome = await press(await show(FORM), seconds=6)
    assert outcome.result is PressResult.CONFIRMED


async def test_an_answer_that_never_comes_is_unseen_and_sent(show, site):
    def hang(_):
        time.sleep(3)
        return 200, THANKS

    site.answers["/apply"] = hang
    outcome = await press(await show(FORM), seconds=1.5)
    assert (outcome.result, outcome.sent, outcome.status) == (PressResult.UNSEEN, True, None)
    assert "not answered yet" in outcome.words


BY_SCRIPT = """<script>document.forms[0].addEventListener("submit", async (e) => {
  e.preventDefault();
  fetch("http://stats.invalid/collect", { method: "POST", body: "x", mode: "no-cors" }).catch(() => 0);
  const form = e.target;
  try {
    const answer = await fetch("/api", { method: "POST", body: new FormData(form) });
    const said = await answer.json();
    if (answer.ok) form.outerHTML = `<div role=status>${said.message}</div>`;
    else complain(said.message);
  } catch { complain("Network error"); }
  function complain(words) {
    const a = document.createElement("div"); a.setAttribute("role", "alert"); a.textContent = words; form.prepend(a);
  }
});</script>"""


@pytest.mark.parametrize(
    ("status", "message", "result"),
    [
        (200, "Thanks, your application has been received.", PressResult.CONFIRMED),
        (422, "Please enter a valid phone number", PressResult.REFUSED),
        (500, "Something went wrong, please try again later", PressResult.SERVER_ERROR),
        (0, "", PressResult.SERVER_ERROR),
    ],
)
async def test_forms_sent_by_script_are_judged_alike(show, site, guard, status, message, result):
    site.answers["/api"] = lambda _: (status, json.dumps({"message": message}))
    outcome = await press(await show(FORM + BY_SCRIPT), guard=guard)
    assert (outcome.result, outcome.sent) == (result, True)
    assert len(site.posts) == 1


async def test_a_press_that_sends_only_statistics_sent_nothing(show, site):
    script = """<script>document.forms[0].addEventListener("submit", (e) => { e.preventDefault();
      fetch("http://stats.invalid/", { method: "POST", body: "clicked", mode: "no-cors" }).catch(() => 0); });</script>"""
    outcome = await press(await show(FORM + script), seconds=2)
    assert (outcome.result, outcome.sent) == (PressResult.UNSEEN, False)


async def test_a_form_in_a_frame_is_watched_too(show, site):
    site.answers["/form"] = FORM
    site.answers["/apply"] = THANKS
    outcome = await press(await show("<h1>Job</h1><iframe src=/form width=800 height=500></iframe>"))
    assert outcome.result is PressResult.CONFIRMED
    assert len(site.posts) == 1


async def test_a_confirmation_in_a_new_tab_is_seen(show, site):
    site.answers["/apply"] = THANKS
    outcome = await press(await show(FORM.replace("<form", "<form target=_blank")))
    assert outcome.result is PressResult.CONFIRMED


async def test_a_button_that_cannot_be_pressed_was_not(show, site):
    shown = await show(FORM.replace("<button>", "<button disabled>"))
    with pytest.raises(ButtonNotPressed, match="Submit application: the page has it switched off"):
        await ready_to_press(shown.tabs.page, submit_button(shown.view))
    covered = await show(FORM + "<div style='position:fixed;inset:0;background:#0008'>Loading</div>", path="/covered")
    with pytest.raises(ButtonNotPressed, match="something on the page lies over it"):
        await press(covered)
    assert site.posts == []


async def test_a_banner_over_the_button_is_declined_first(show, site):
    site.answers["/apply"] = THANKS
    banner = (
        "<div id=cookies style='position:fixed;inset:0;background:#eee'>We use cookies <button type=button>Accept</button>"
        "<button type=button onclick='cookies.remove()'>Reject all</button></div>"
    )
    assert (await press(await show(FORM + banner))).result is PressResult.CONFIRMED
    assert len(site.posts) == 1


def _view(*buttons: Button, more: tuple[Field, ...] = ()) -> PageView:
    fields = tuple(Field(f"#f{n}", "", FieldKind.TEXT, str(n), False, True, form_index=1) for n in range(3))
    search = Field("#q", "", FieldKind.TEXT, "Search", False, True, form_index=0)
    forms = (FormBox(0, 0, search=True), FormBox(0, 1))
    return PageView("http://a/", "http://a/", "", "", (search, *fields, *more), tuple(buttons), forms=forms)


def _button(label: str, form: int = 1, submits: bool = True, **more: object) -> Button:
    return Button(f"#{label}", "", label, submits=submits, form_index=form, **more)


@pytest.mark.parametrize(
    ("buttons", "chosen"),
    [
        ([_button("Search", 0), _button("Submit application")], "Submit application"),
        ([_button("Save draft"), _button("Apply")], "Apply"),
        ([_button("Submit"), _button("Save as draft")], "Submit"),
        ([_button("Apply with LinkedIn", submits=False), _button("Apply now")], "Apply now"),
        ([_button("Upload", submits=False), _button("Go!")], "Go!"),
        ([_button("Next")], None),
        ([_button("Save and continue")], None),
        ([_button("Weiter")], None),
        ([_button("Bewerbung absenden")], "Bewerbung absenden"),
        ([_button("Send", -1, submits=False)], "Send"),
        ([_button("Subscribe", 0), _button("Cancel", submits=False)], None),
        ([_button("Review and submit")], "Review and submit"),
        ([_button("Submit", visible=False)], None),
        ([_button("応募する")], "応募する"),
        ([_button("Send me a code", submits=False), _button("Envoyer ma candidature")], "Envoyer ma candidature"),
    ],
)
async def test_the_button_that_sends_the_application_is_found(buttons, chosen):
    found = submit_button(_view(*buttons))
    assert (found.label if found else None) == chosen


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Thank you for applying! We will write.", True),
        ("Your application has been submitted.", True),
        ("Your application has not been submitted.", False),
        ("Your application was not received", False),
        ("We could not confirm that your application has been received.", False),
        ("Once your application is received, we read it.", False),
        ("Applications received by 1 May are read first.", False),
        ("Please submit your application", False),
        ("Ihre Bewerbung ist bei uns eingegangen.", True),
    ],
)
async def test_words_of_confirmation_are_told_from_words_about_applications(text, said):
    assert bool(confirmation(text, "")) is said
    assert confirmation(text, text) == ""
    if said:
        assert confirmation(f"Acme Careers Search {text}", "") == text


async def test_pages_are_read_before_and_after(show):
    shown = await show(FORM)
    assert [b.label for b in (await read_page(shown.tabs.page)).buttons] == ["Submit application"]


async def test_over_tls_too_a_site_that_breaks_down_gets_the_application_once(chromium, guard, tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subject = ["-subj", "/CN=localhost", "-days", "2", "-keyout", str(key), "-out", str(certificate)]
    made = await asyncio.create_subprocess_exec(
        "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *subject, stderr=asyncio.subprocess.DEVNULL
    )
    assert await made.wait() == 0
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    posts: list[bytes] = []
    page = f"<!doctype html>{FORM}".encode()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                if head.startswith(b"POST"):
                    posts.append(head)
                    writer.transport.abort()
                    return
                writer.write(
                    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: %d\r\n\r\n" % len(page) + page
                )

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(guard, "_by_hand", guard._by_hand | {("localhost", port)})
    tabs = Tabs(await chromium.new_context(ignore_https_errors=True))
    await tabs.context.new_page()
    await tabs.page.goto(f"https://localhost:{port}/")
    view = await read_page(tabs.page)
    outcome = await press_and_watch(tabs.page, submit_button(view), view, guard=guard, watch_seconds=4)
    assert (outcome.result, outcome.sent) == (PressResult.SERVER_ERROR, True)
    assert len(posts) == 1
    await tabs.close()
    server.close()


async def test_thanks_beside_errors_are_no_refusal(show, site):
    """A page that starts its form anew after it was taken complains at once of the empty fields."""
    site.answers["/apply"] = lambda _: (200, "{}")
    script = """<script>document.forms[0].addEventListener("submit", async (e) => {
      e.preventDefault(); await fetch("/apply", {method: "POST", body: new FormData(e.target)});
      document.forms[0].insertAdjacentHTML("afterbegin",
        "<p id=pe class=error>Phone is required</p><p>We have received your application.</p>");
      p.setAttribute("aria-describedby", "pe"); p.setAttribute("aria-invalid", "true"); });</script>"""
    outcome = await press(await show(FORM + script), 3)
    assert (outcome.result, outcome.sent) == (PressResult.UNSEEN, True)
    assert len(site.posts) == 1


async def test_a_form_that_its_page_emptied_after_the_answer_is_not_refused(show, site):
    site.answers["/apply"] = lambda _: (200, "{}")
    script = """<script>document.forms[0].addEventListener("submit", async (e) => {
      e.preventDefault(); await fetch("/apply", {method: "POST", body: new FormData(e.target)});
      for (const input of document.querySelectorAll("input")) input.value = "";
      document.forms[0].insertAdjacentHTML("afterbegin", "<p class=error role=alert>Phone is required</p>"); });</script>"""
    outcome = await press(await show(FORM + script), 3)
    assert (outcome.result, outcome.sent) == (PressResult.UNSEEN, True)


ANSWERED = """<script>document.forms[0].addEventListener("submit", async (e) => {
  e.preventDefault(); await fetch("/apply", {method: "POST", body: new FormData(e.target)});
  document.forms[0].insertAdjacentHTML("afterbegin", "<p role=alert>WORDS</p>"); });</script>"""


@pytest.mark.parametrize(
    "words", ["Success! Please check your inbox for a confirmation e-mail.", "Danke! Bitte prüfen Sie Ihr Postfach."]
)
async def test_thanks_in_an_alert_are_no_refusal_though_the_form_stands(show, site, words):
    site.answers["/apply"] = lambda _: (200, "{}")
    outcome = await press(await show(FORM + ANSWERED.replace("WORDS", words)), 3)
    assert (outcome.result, outcome.sent) == (PressResult.UNSEEN, True)


@pytest.mark.parametrize("by", ["the form with an alert", "a page"])
async def test_a_site_that_has_an_application_already_says_so(show, site, by):
    words = "You have already applied for this job."
    site.answers["/apply"] = (
        f"<div role=alert>{words}</div>{FORM}" if by == "the form with an alert" else f"<p>{words}</p>"
    )
    outcome = await press(await show(FORM))
    assert (outcome.result, outcome.words) == (PressResult.DUPLICATE, words)


async def test_a_frame_that_loads_is_neither_the_form_sent_nor_its_answer(show, site):
    """A CAPTCHA's frame, say: its 200 does not hide what the form's own request was answered."""
    site.answers["/captcha"] = "<p>I am not a robot</p>"
    frame = """<script>document.forms[0].addEventListener("submit", (e) => { e.preventDefault();
      document.body.insertAdjacentHTML("beforeend", "<iframe src=/captcha width=300 height=80></iframe>");
      SENT });</script>"""
    outcome = await press(await show(FORM + frame.replace("SENT", "")), seconds=2)
    assert (outcome.result, outcome.sent) == (PressResult.UNSEEN, False)
    site.answers["/apply"] = lambda _: (500, "{}")
    send = "fetch('/apply', {method: 'POST', body: new FormData(e.target)})"
    outcome = await press(await show(FORM + frame.replace("SENT", send), path="/sends"))
    assert (outcome.result, outcome.status) == (PressResult.SERVER_ERROR, 500)


async def test_what_changes_between_lease_and_press_is_not_pressed(show, site):
    shown = await show(FORM)
    button = submit_button(shown.view)

    async def changed() -> None:
        raise FormChanged(("Name",))

    with pytest.raises(FormChanged, match="Name"):
        await press_and_watch(shown.tabs.page, button, shown.view, last_look=changed)
    assert site.posts == []


async def test_after_a_long_stop_nothing_is_pressed(show, site):
    shown = await show(FORM)
    button = submit_button(shown.view)
    with pytest.raises(ButtonNotPressed, match="too much time"):
        await press_and_watch(shown.tabs.page, button, shown.view, press_by=seconds_here() - 1)
    assert site.posts == []
