"""Two addresses of one posting are one; two postings never are, whatever a page says of itself."""

import pytest

from jobhunter_runner.posting_address import posting_address, system_of

JOB = "https://careers.example.com/jobs/12345"


@pytest.mark.parametrize(
    ("page", "canonical", "address"),
    [
        (f"{JOB}?utm_source=a#top", "", JOB),
        (f"{JOB}?ref=li", f"{JOB}?utm_campaign=x", JOB),
        (f"{JOB}/software-engineer", JOB, JOB),
        (f"{JOB}/apply", f"{JOB}/apply", JOB),
        (JOB, "https://careers.example.com/jobs", JOB),
        (JOB, "https://careers.example.com/", JOB),
        (JOB, "https://careers.example.com/jobs/99999", JOB),
        (JOB, "https://other.example.com/jobs/12345", JOB),
        (JOB, "javascript:void(0)", JOB),
        ("https://x.example/jobs?id=77", "https://x.example/jobs", "https://x.example/jobs?id=77"),
        (
            "https://x.example/careers/engineer",
            "https://x.example/careers/designer",
            "https://x.example/careers/engineer",
        ),
        ("https://x.example/careers/apply", "", "https://x.example/careers/apply"),
    ],
)
def test_the_canonical_address_is_believed_where_it_names_the_posting(page: str, canonical: str, address: str) -> None:
    assert posting_address(page, canonical) == address


def test_an_address_that_all_postings_share_is_no_postings() -> None:
    shared = "https://careers.example.com/apply"
    assert posting_address(shared, "", f"{JOB}?utm_source=a") == JOB
    assert posting_address(shared, shared, "https://careers.example.com/go") == shared


def test_a_list_that_a_postings_address_leads_to_is_no_postings() -> None:
    asked = "https://careers.example.com/careers/backend-engineer"
    assert posting_address("https://careers.example.com/careers", "", asked) == asked
    assert posting_address("https://careers.example.com/careers/designer", "", asked) != asked
    assert posting_address("https://example.com/", "https://example.com/", asked) == asked


def test_tracking_systems_are_known_by_their_host() -> None:
    assert system_of("https://boards.greenhouse.io/acme/jobs/1") == "greenhouse"
    assert system_of("https://notgreenhouse.io/jobs/1") is None
