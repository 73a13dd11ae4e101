"""Which of a page's Apply links is the posting's own."""

from __future__ import annotations

import pytest

from jobhunter_runner.apply_link import apply_links, link_of_posting
from jobhunter_runner.form import Button, PageView
from jobhunter_runner.page_kind import PageKind, page_kind

SITE = "https://careers.acme.example"
JOB = f"{SITE}/jobs/12345"


def link(label: str, href: str = "") -> Button:
    return Button(f"#{label}{href}", "", label, href=href)


def page(*buttons: Button, url: str = JOB, text: str = "An engineer's job") -> PageView:
    return PageView(url, url, "Engineer", text, (), buttons)


def chosen(*links: Button, url: str = JOB, asked: str = JOB) -> str | None:
    found = link_of_posting(apply_links(page(*links, url=url)), url, asked)
    return found.href or found.label if found else None


SIMILAR = (link("Apply", f"{SITE}/jobs/777/apply"), link("Apply now", f"{SITE}/jobs/778/apply"))


@pytest.mark.parametrize(
    "own",
    [
        link("Apply for this job", f"{JOB}/apply"),
        link("Apply for Senior Backend Engineer", f"{SITE}/apply?job=12345"),
        link("Apply for this position", f"{JOB}-senior-engineer/apply"),
        link("Apply for this position"),
        link("Apply for this position", f"{JOB}#form"),
    ],
)
def test_the_postings_own_link_is_taken_however_short_a_similar_jobs_is(own: Button) -> None:
    assert chosen(*SIMILAR, own) == (own.href or own.label)


def test_an_identifier_is_found_whole_and_without_its_title() -> None:
    asked = f"{SITE}/jobs/12345-senior-engineer"
    assert chosen(link("Apply", f"{SITE}/jobs/123456/apply"), link("Apply here", f"{JOB}/apply"), asked=asked) == (
        f"{JOB}/apply"
    )


def test_a_posting_without_an_identifier_is_told_by_its_path() -> None:
    asked = f"{SITE}/careers/backend-engineer"
    links = (link("Apply", f"{SITE}/careers/designer/apply"), link("Apply for this job", f"{asked}/apply"))
    assert chosen(*links, url=asked, asked=asked) == f"{asked}/apply"


def test_what_all_postings_of_a_site_share_is_no_identifier() -> None:
    asked = f"{SITE}/v2/2026/backend-engineer?utm_campaign=autumn-2026-engineers"
    links = (
        link("Apply", f"{SITE}/v2/2026/designer/apply?utm_campaign=autumn-2026-engineers"),
        link("Apply for this job", f"{SITE}/v2/2026/backend-engineer/apply?utm_campaign=autumn-2026-engineers"),
    )
    assert chosen(*links, url=asked, asked=asked) == links[1].href


def test_an_only_link_may_lead_anywhere() -> None:
    assert chosen(link("Apply", "https://ats.example/acme/98765"), link("Apply now", "https://ats.example/acme/98765"))
    assert chosen(link("Apply now"), link("Apply now"))


def test_of_several_links_of_unknown_postings_none_is_taken() -> None:
    assert chosen(*SIMILAR) is None
    assert chosen(link("Apply for this job"), link("Apply for the trainee's job")) is None


@pytest.mark.parametrize("url", [f"{SITE}/jobs", f"{SITE}/", f"{SITE}/en/careers", "https://acme.example/job-search"])
def test_on_a_list_that_a_closed_posting_leads_to_no_other_job_is_taken(url: str) -> None:
    assert chosen(SIMILAR[0], url=url) is None
    assert chosen(*SIMILAR, link("Apply", f"{JOB}/apply"), url=url) == f"{JOB}/apply"
    assert page_kind(page(SIMILAR[0], url=url), [], asked_url=JOB).kind is PageKind.APPLY_UNCLEAR


def test_a_posting_that_moved_on_its_site_is_still_one() -> None:
    assert chosen(link("Apply"), url=f"{SITE}/jobs/backend-engineer")
    assert chosen(link("Apply"), url=f"{SITE}/en/careers/engineer", asked=f"{SITE}/careers/engineer")


def test_a_persons_own_applications_are_no_way_to_a_form() -> None:
    assert apply_links(page(link("My applications", f"{SITE}/me"), link("Application status", f"{SITE}/status"))) == []


CLOSED = "This job is no longer accepting applications."


def test_what_says_closed_beside_the_jobs_own_apply_link_is_open() -> None:
    def kind(*links: Button) -> PageKind:
        return page_kind(page(*links, text=CLOSED), [], asked_url=JOB).kind

    assert kind(link("Apply", f"{JOB}/apply")) is PageKind.APPLY_LINK
    assert kind(*SIMILAR) is PageKind.APPLY_UNCLEAR
    assert kind(link("My applications", f"{SITE}/me")) is PageKind.POSTING_CLOSED
    assert kind() is PageKind.POSTING_CLOSED
