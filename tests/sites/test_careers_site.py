"""The careers sites themselves: driven by Chromium and by plain HTTP, from a seed that is printed."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import (
    Frame,
    Page,
    Playwright,
    expect,
)

from careers_site import wording
from careers_site.kinds import FORM_KINDS
from running_site import (
    EXPECTED,
    RESUME,
    SEED,
    RunningSite,
    address,
    answers,
    decline_overlay,
    fill,
    job_of,
    send,
    start,
    stop,
)


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
