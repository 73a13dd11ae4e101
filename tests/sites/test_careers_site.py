"""The careers sites themselves: driven by Chromium and by plain HTTP, from a seed that is printed."""

import hashlib
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import (
    APIRequestContext,
    APIResponse,
    Browser,
    FilePayload,
    Frame,
    Page,
    Playwright,
    expect,
    sync_playwright,
)
from playwright.sync_api import Error as PlaywrightError

from careers_site import wording
from careers_site.form import Field
from careers_site.judge import differences
from careers_site.kinds import FORM_KINDS, KINDS
from careers_site.posting import Posting, posting

SEED: Final = int(os.environ.get("CAREERS_SITE_SEED", secrets.randbelow(1_000_000)))
PACKAGE_PARENT: Final = Path(__file__).parent
CHROMIUM: Final = "/usr/bin/chromium"
PDF: Final = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
RESUME: Final[FilePayload] = {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": PDF}
EXPECTED: Final[dict[str, Any]] = {
    "given-name": "Asha",
    "family-name": "Rao",
    "email": "asha@example.org",
    "tel": "+1 415 555 0123",
    "country": "US",
    "address-level2": "Oakland",
    "linkedin-url": "https://www.linkedin.com/in/asharao",
    "portfolio-url": "https://asha.example.org",
    "resume": {"sha256": hashlib.sha256(PDF).hexdigest(), "filename": "cv.pdf", "size": len(PDF)},
    "work-authorization": {"US": "yes", "DE": "no"},
    "visa-sponsorship": {"US": "no", "DE": "yes"},
    "salary-expectation": "120000",
    "start-date": "2026-12-01",
    "notice-period": "4 weeks",
    "gender": "decline",
    "veteran-status": "decline",
    "disability-status": "decline",
    "consent": True,
    "marketing-consent": False,
    "question-1": "Late (14:00 to 22:00)",
    "question-2": "Late (14:00 to 22:00)",
}


@dataclass(frozen=True)
class RunningSite:
    url: str
    api: APIRequestContext

    def json(self, path: str) -> Any:
        return self.api.get(self.url + path).json()

    def posts(self, job: Posting) -> list[dict[str, Any]]:
        posts: list[dict[str, Any]] = self.json(f"/_record?kind={job.kind}&job_id={job.job_id}")
        return posts

    def judged(self, job: Posting, expected: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.api.post(f"{self.url}/_judge?kind={job.kind}&job_id={job.job_id}", data=expected)
        found: list[dict[str, Any]] = answer.json()
        return found


def start(*arguments: str) -> tuple[subprocess.Popen[str], str]:
    """Starts the site on a free port as a process of its own; answers it and its line of greeting."""
    process = subprocess.Popen(
        [sys.executable, "-m", "careers_site", "--host", "127.0.0.1", "--port", "0", *arguments],
        env={**os.environ, "PYTHONPATH": str(PACKAGE_PARENT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    return process, process.stdout.readline()


def stop(process: subprocess.Popen[str]) -> None:
    process.terminate()
    process.communicate(timeout=10)


def address(greeting: str) -> str:
    found = re.search(r"http://[^/]+", greeting)
    assert found, f"no address in {greeting!r}"
    return found[0]


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=CHROMIUM)
    yield running
    running.close()


@pytest.fixture(scope="module")
def site(playwright: Playwright) -> Iterator[RunningSite]:
    process, greeting = start("--seed", str(SEED))
    print(f"\nCAREERS_SITE_SEED={SEED}")
    api = playwright.request.new_context()
    yield RunningSite(address(greeting), api)
    api.dispose()
    stop(process)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()


def job_of(kind: str) -> Posting:
    """A posting that no other test uses."""
    return posting(SEED, kind, secrets.token_hex(6))


def job_where(kind: str, token: str, **drawn: Any) -> tuple[Posting, Field]:
    """A posting whose question for the token was drawn as given, such as inverted=True."""
    while True:
        job = job_of(kind)
        question = job.form.named(token) if job.form else None
        if question and all(getattr(question, key) == value for key, value in drawn.items()):
            return job, question


def intended(question: Field) -> str:
    """What a person of the expected profile would choose or type, as it reads on the page."""
    wanted = EXPECTED.get(question.token)
    if isinstance(wanted, dict):
        wanted = wanted[question.country]
    if isinstance(wanted, bool):
        return "1" if wanted else ""
    if question.inverted:
        wanted = {"yes": "no", "no": "yes"}[str(wanted)]
    if question.options and wanted:
        return next(option.value for option in question.options if option.meaning == wanted)
    return wanted or ""


def answers(site: RunningSite, job: Posting, path: str = "") -> dict[str, Any]:
    """A post as a browser would make it from the page as it stands: hidden inputs from the page, values as intended."""
    assert job.form is not None
    markup = site.api.get(f"{site.url}{path or job.path}").text()
    token = re.search(rf'name="{re.escape(job.form.csrf_name)}" value="([^"]+)"', markup)
    assert token, "the page has no CSRF token"
    sent: dict[str, Any] = {job.form.csrf_name: token[1], job.form.honeypot_name: ""}
    for question in job.form.fields:
        if question.token == "resume":
            sent[question.name] = RESUME
        elif question.kind != "file" and intended(question):
            sent[question.name] = intended(question)
    return sent


def send(site: RunningSite, job: Posting, data: dict[str, Any]) -> APIResponse:
    path = f"{job.path}/{job.post_path}" if job.post_path else job.path
    return site.api.post(site.url + path, multipart=data, max_redirects=0)


def fill(where: Page | Frame, job: Posting) -> None:
    assert job.form is not None
    for question in job.form.fields:
        control = where.locator(f'[name="{question.name}"]')
        value = intended(question) if question.kind != "file" else ""
        if question.token == "resume":
            control.set_input_files(RESUME)
        elif not value:
            continue
        elif question.kind == "select":
            control.select_option(value=value)
        elif question.kind == "radio":
            where.locator(f'[name="{question.name}"][value="{value}"]').check()
        elif question.kind == "checkbox":
            control.check()
        else:
            control.fill(value)


def decline_overlay(page: Page, job: Posting) -> None:
    if job.overlay:
        page.get_by_role("button", name=job.overlay.decline, exact=True).click()


@pytest.mark.parametrize("kind", sorted(set(FORM_KINDS) - {"flaky", "strict", "strict-phone", "hidden-confirmation"}))
def test_a_form_filled_in_a_browser_is_accepted_and_judged_equal(site: RunningSite, page: Page, kind: str) -> None:
    job = job_of(kind)
    page.goto(site.url + job.path)
    decline_overlay(page, job)
    if kind == "apply-button":
        page.get_by_role("link", name=job.apply_link, exact=True).click()
    frame = page.frame(url=re.compile("/frame$")) if kind == "embedded" else None
    where: Page | Frame = frame or page
    fill(where, job)
    where.get_by_role("button", name=job.submit_button, exact=True).click()
    expect(where.get_by_role("heading", name=job.confirmation[0])).to_be_visible()
    (post,) = site.posts(job)
    assert (post["outcome"], post["csrf_ok"], post["honeypot_filled"]) == ("accepted", True, False)
    assert not post["unknown"]
    assert site.judged(job, EXPECTED) == []
    overlays = {"cookies": "", "talent": ""} | ({job.overlay.what: "declined"} if job.overlay else {})
    assert post["overlays"] == overlays


@pytest.mark.parametrize("kind", ["greenhouse", "bigform"])
def test_every_control_is_named_by_its_label_and_the_honeypot_is_out_of_sight(
    site: RunningSite, page: Page, kind: str
) -> None:
    job = job_of(kind)
    assert job.form is not None
    page.goto(site.url + job.path)
    for question in job.form.fields:
        if question.kind == "radio":
            control = page.locator(
                f'fieldset:has([name="{question.name}"]), [role=radiogroup]:has([name="{question.name}"])'
            )
        elif question.labelling == "attach":
            control = page.locator(f'[role=group]:has(> [name="{question.name}"])')
        else:
            control = page.locator(f'[name="{question.name}"]')
        expect(control.first).to_have_accessible_name(re.compile(re.escape(question.label)))
    expect(page.locator(f'[name="{job.form.honeypot_name}"]')).not_to_be_in_viewport()
    box = page.locator(f'[name="{job.form.honeypot_name}"]').bounding_box()
    assert box is not None
    assert box["x"] < -1000


def test_a_flaky_site_answers_500_once_for_each_job(site: RunningSite) -> None:
    job = job_of("flaky")
    data = answers(site, job)
    assert send(site, job, data).status == 500
    assert send(site, job, data).status in (200, 303)
    assert [(post["answered"] == 500, post["outcome"]) for post in site.posts(job)] == [
        (True, "error"),
        (False, "accepted"),
    ]
    assert send(site, job_of("flaky"), data).status == 403


def test_a_strict_site_comes_back_with_the_values_kept_and_takes_the_second_press(
    site: RunningSite, page: Page
) -> None:
    job = job_of("strict")
    assert job.form is not None
    phone, resume = job.form.named("tel"), job.form.named("resume")
    assert phone is not None
    assert resume is not None
    page.goto(site.url + job.path)
    decline_overlay(page, job)
    fill(page, job)
    page.get_by_role("button", name=job.submit_button, exact=True).click()
    expect(page.get_by_role("alert")).to_have_text(job.refusal)
    expect(page.locator(f'[data-error-for="{phone.name}"]')).to_contain_text("phone number")
    expect(page.locator(f'[name="{phone.name}"]')).to_have_value(EXPECTED["tel"])
    assert page.locator(f'[name="{resume.name}"]').input_value() == ""
    page.locator(f'[name="{resume.name}"]').set_input_files(RESUME)
    page.get_by_role("button", name=job.submit_button, exact=True).click()
    expect(page.get_by_role("heading", name=job.confirmation[0])).to_be_visible()
    assert [post["outcome"] for post in site.posts(job)] == ["refused", "accepted"]
    assert site.judged(job, EXPECTED) == []


def test_a_strict_phone_site_refuses_until_the_number_is_digits_only(site: RunningSite) -> None:
    job = job_of("strict-phone")
    assert job.form is not None
    phone = job.form.named("tel")
    assert phone is not None
    data = answers(site, job)
    for _ in range(2):
        answer = send(site, job, data)
        assert answer.status == job.refusal_status
        assert "digits only" in answer.text()
    assert send(site, job, data | {phone.name: "14155550123"}).status in (200, 303)
    assert site.judged(job, EXPECTED) == []


def test_a_fetch_that_is_refused_shows_its_errors_in_the_page(site: RunningSite, page: Page) -> None:
    job = job_of("js-submit")
    assert job.form is not None
    email = job.form.named("email")
    assert email is not None
    page.goto(site.url + job.path)
    decline_overlay(page, job)
    fill(page, job)
    page.locator(f'[name="{email.name}"]').fill("asha@nowhere")
    page.locator("form.application").evaluate("form => { form.noValidate = true; }")
    page.get_by_role("button", name=job.submit_button, exact=True).click()
    expect(page.locator(f'[data-error-for="{email.name}"]')).to_be_visible()
    page.locator(f'[name="{email.name}"]').fill(EXPECTED["email"])
    page.get_by_role("button", name=job.submit_button, exact=True).click()
    expect(page.get_by_role("heading", name=job.confirmation[0])).to_be_visible()
    assert [post["outcome"] for post in site.posts(job)] == ["refused", "accepted"]


def test_a_hidden_confirmation_shows_neither_success_nor_errors(site: RunningSite) -> None:
    job = job_of("hidden-confirmation")
    answer = send(site, job, answers(site, job))
    assert answer.status == 200
    assert site.posts(job)[0]["outcome"] == "accepted"
    shown = answer.text()
    assert not any(heading in shown for heading, _ in wording.CONFIRMATIONS)
    assert not any(refusal in shown for refusal in wording.REFUSALS)
    assert '<form class="application"' not in shown


def test_pages_without_an_application_form_say_what_they_are(site: RunningSite) -> None:
    closed, gone, login, noform = (job_of(kind) for kind in ("closed", "gone", "login", "noform"))
    answer = site.api.get(site.url + closed.path)
    assert answer.status == 200
    assert closed.closed[0] in answer.text().replace("&#39;", "'")
    assert site.api.get(site.url + gone.path).status == 404
    assert 'type="password"' in site.api.get(site.url + login.path).text()
    refused = site.api.post(f"{site.url}{login.path}/session", form={"session[password]": "a secret"})
    assert refused.status == 401
    assert "a secret" not in str(site.json("/_decoys"))
    assert 'type="file"' not in site.api.get(site.url + noform.path).text()
    assert site.api.get(f"{site.url}/nokind/jobs/1").status == 404
    assert site.api.get(f"{site.url}/greenhouse/jobs/not%20an%20id").status == 404


def test_a_redirect_leads_to_the_canonical_posting_of_the_same_company(site: RunningSite) -> None:
    job = job_of("redirect")
    answer = site.api.get(site.url + job.path)
    assert answer.url == f"{site.url}/greenhouse/jobs/{job.job_id}"
    assert f'<link rel="canonical" href="{answer.url}">' in answer.text()
    assert job.company in answer.text().replace("&amp;", "&")


def test_the_canonical_address_drops_the_query_and_follows_the_host(site: RunningSite) -> None:
    job = job_of("greenhouse")
    answer = site.api.get(f"{site.url}{job.path}?gh_src=abc", headers={"host": 'jobs.example"<b>:99'})
    assert f"http://jobs.example&#34;&lt;b&gt;:99{job.path}" in answer.text()


def test_a_slow_site_accepts_the_connection_and_does_not_answer(site: RunningSite) -> None:
    with pytest.raises(PlaywrightError, match="imeout"):
        site.api.get(site.url + job_of("slow").path, timeout=1500)
    assert site.api.get(f"{site.url}/healthz").ok


def test_a_post_without_the_forms_own_token_is_refused(site: RunningSite) -> None:
    job, other = job_of("greenhouse"), job_of("greenhouse")
    assert job.form is not None
    data = answers(site, job)
    assert send(site, job, {name: value for name, value in data.items() if name != job.form.csrf_name}).status == 403
    foreign = answers(site, other)[other.form.csrf_name] if other.form else ""
    assert send(site, job, data | {job.form.csrf_name: foreign}).status == 403
    assert [(post["csrf_ok"], post["outcome"]) for post in site.posts(job)] == [(False, "refused")] * 2


def test_a_post_in_the_wrong_encoding_is_an_error(site: RunningSite) -> None:
    job = job_of("greenhouse")
    path = f"{job.path}/{job.post_path}" if job.post_path else job.path
    assert site.api.post(site.url + path, form={"a": "b"}).status == 415
    assert [post["outcome"] for post in site.posts(job)] == ["error"]


@pytest.mark.parametrize(
    ("token", "value", "says"),
    [
        ("given-name", "", "required"),
        ("email", "asha at example.org", "valid email"),
        ("consent", "", "required"),
        ("work-authorization", "perhaps", "choose one"),
        ("start-date", "soon", "date"),
        ("resume", {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b""}, "empty"),
        ("resume", {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"plain words"}, "PDF or Word"),
        ("resume", "", "attach"),
    ],
)
def test_a_bad_value_is_refused_near_its_field(site: RunningSite, token: str, value: Any, says: str) -> None:
    job = job_of("greenhouse")
    question = job.form.named(token) if job.form else None
    assert question is not None
    answer = send(site, job, answers(site, job) | {question.name: value})
    assert answer.status == job.refusal_status
    (post,) = site.posts(job)
    assert list(post["errors"]) == [token]
    assert says in post["errors"][token]
    assert post["errors"][token] in answer.text()


def test_the_record_flags_the_honeypot_and_unknown_names(site: RunningSite) -> None:
    job = job_of("greenhouse")
    assert job.form is not None
    data = answers(site, job) | {job.form.honeypot_name: "filled", "surprise": "here"}
    send(site, job, data)
    (post,) = site.posts(job)
    assert post["honeypot_filled"]
    assert post["unknown"] == {"surprise": ["here"]}
    assert {difference["why"] for difference in site.judged(job, EXPECTED)} == {"unknown", "honeypot filled"}


def test_every_post_counts_also_a_doubled_one(site: RunningSite) -> None:
    job = job_of("twelve")
    data = answers(site, job)
    send(site, job, data)
    send(site, job, data)
    assert site.json(f"/_count?kind=twelve&job_id={job.job_id}") == {"posts": 2, "accepted": 2}
    assert site.json(f"/_count?kind=greenhouse&job_id={job.job_id}") == {"posts": 0, "accepted": 0}
    assert [visit["path"] for visit in site.json(f"/_visits?job_id={job.job_id}")] == [job.path]
    site.api.delete(f"{site.url}/_record?job_id={job.job_id}")
    assert site.json(f"/_count?job_id={job.job_id}") == {"posts": 0, "accepted": 0}


@pytest.mark.parametrize("inverted", [True, False])
def test_the_judge_knows_which_way_round_sponsorship_was_asked(site: RunningSite, inverted: bool) -> None:
    job, question = job_where("twelve", "visa-sponsorship", inverted=inverted, country="US")
    yes = next(option.value for option in question.options if option.meaning == "yes")
    send(site, job, answers(site, job) | {question.name: yes})
    found = [difference["token"] for difference in site.judged(job, EXPECTED)]
    assert found == ([] if inverted else ["visa-sponsorship"])


def test_the_judge_names_what_is_missing_different_and_unexpected(site: RunningSite) -> None:
    job = job_of("greenhouse")
    assert job.form is not None
    changes = {"given-name": "Ash", "marketing-consent": "1", "years-of-experience": "30"}
    data = answers(site, job)
    for token, value in changes.items():
        question = job.form.named(token)
        assert question is not None
        data[question.name] = value
    portfolio = job.form.named("portfolio-url")
    assert portfolio is not None
    del data[portfolio.name]
    send(site, job, data)
    found = {difference["token"]: difference["why"] for difference in site.judged(job, EXPECTED)}
    assert found == {
        "given-name": "different",
        "marketing-consent": "unexpected",
        "years-of-experience": "unexpected",
        "portfolio-url": "missing",
    }
    assert "error" in site.api.post(f"{site.url}/_judge?job_id=never-posted", data={}).json()


@pytest.mark.parametrize(
    ("token", "sent", "same"),
    [
        ("tel", "+14155550123", True),
        ("tel", "415-555-0123", True),
        ("tel", "415-555-0124", False),
        ("salary-expectation", "120,000 USD per year", True),
        ("salary-expectation", "120k", True),
        ("salary-expectation", "12000", False),
        ("linkedin-url", "http://linkedin.com/in/AshaRao/", True),
        ("linkedin-url", "https://linkedin.com/in/asha", False),
        ("family-name", "rao ", True),
        ("family-name", "Rao-Smith", False),
    ],
)
def test_the_judge_compares_meanings_not_spellings(token: str, sent: str, same: bool) -> None:
    form = job_of("twelve").form
    assert form is not None
    empty: dict[str, Any] = {"files": {}, "repeated": [], "unknown": {}, "honeypot_filled": False}
    found = differences(form, empty | {"fields": {token: sent}, "meanings": {token: sent}}, {token: EXPECTED[token]})
    assert (found == []) is same


def test_nothing_can_be_hard_coded() -> None:
    drawn = [posting(seed, "greenhouse", "1") for seed in range(60)]
    for token in ("given-name", "email", "resume", "work-authorization"):
        questions = [job.form.named(token) for job in drawn if job.form]
        assert len({question.name for question in questions if question}) > 30
        assert len({question.element_id for question in questions if question}) > 30
        assert len({question.label for question in questions if question}) >= 4
    orders = {tuple(question.token for question in job.form.fields) for job in drawn if job.form}
    assert len(orders) > 30
    assert {job.submit_button for job in drawn} == set(wording.SUBMIT_BUTTONS)
    assert {job.confirmation_path == "" for job in drawn} == {True, False}


def test_the_same_seed_and_job_give_the_same_posting() -> None:
    for kind in KINDS:
        assert posting(SEED, kind, "4711") == posting(SEED, kind, "4711")
        assert posting(SEED, kind, "4711").company == posting(SEED, "greenhouse", "4711").company
    assert posting(SEED, "greenhouse", "4711") != posting(SEED + 1, "greenhouse", "4711")


def test_the_forms_of_each_kind_ask_what_they_promise() -> None:
    for number in range(40):
        forms = {kind: posting(SEED, kind, str(number)).form for kind in FORM_KINDS}
        counts = {kind: len(form.fields) for kind, form in forms.items() if form}
        assert counts["twelve"] == 12
        assert counts["bigform"] == 60
        assert counts["greenhouse-questions"] == counts["greenhouse-question"] + 1 == counts["greenhouse"] + 2
        for form in forms.values():
            assert form is not None
            assert len({question.name for question in form.fields}) == len(form.fields)
            assert len({question.element_id for question in form.fields}) == len(form.fields)
        twelve = forms["twelve"]
        assert twelve is not None
        assert all(question.required and question.token in EXPECTED for question in twelve.fields)


def test_the_spec_tells_what_the_form_asks(site: RunningSite) -> None:
    job = job_of("greenhouse-question")
    assert job.form is not None
    spec = site.json(f"/_spec/{job.kind}/{job.job_id}")
    assert [(each["token"], each["label"], each["name"]) for each in spec] == [
        (question.token, question.label, question.name) for question in job.form.fields
    ]
    assert [each["required"] for each in spec if each["token"] == "question-1"] == [True]
    assert site.json(f"/_spec/noform/{job.job_id}") == []


def test_decoys_are_remembered_apart_and_what_is_shown_is_escaped(site: RunningSite) -> None:
    answer = site.api.get(f"{site.url}/search", params={"q": "<script>alert(1)</script>"})
    assert "<script>alert" not in answer.text()
    site.api.post(f"{site.url}/newsletter", form={"newsletter_email": "asha@example.org"})
    decoys = [(each["what"], each["detail"]) for each in site.json("/_decoys")]
    assert ("newsletter", "asha@example.org") in decoys
    assert ("search", "<script>alert(1)</script>") in decoys
    assert "How sites behave" in site.api.get(f"{site.url}/").text()


def test_values_that_come_back_are_escaped(site: RunningSite) -> None:
    job = job_of("strict")
    question = job.form.named("given-name") if job.form else None
    assert question is not None
    answer = send(site, job, answers(site, job) | {question.name: '"><script>alert(1)</script>'})
    assert answer.status == job.refusal_status
    assert "<script>alert" not in answer.text()
    assert "&#34;&gt;&lt;script&gt;alert(1)" in answer.text()


def test_seed_and_record_survive_a_restart_in_a_state_folder(playwright: Playwright, tmp_path: Path) -> None:
    api = playwright.request.new_context()
    process, greeting = start("--seed", str(SEED), "--state-dir", str(tmp_path))
    job = job_of("flaky")
    first = RunningSite(address(greeting), api)
    send(first, job, answers(first, job))
    stop(process)
    process, greeting = start("--state-dir", str(tmp_path))
    try:
        assert f"seed {SEED}," in greeting
        second = RunningSite(address(greeting), api)
        assert [post["answered"] for post in second.posts(job)] == [500]
        assert send(second, job, answers(second, job)).status in (200, 303)
    finally:
        stop(process)
        api.dispose()
