"""What a careers site says it received, and what its judge finds in that."""

from typing import Any

import pytest

from careers_site.judge import differences
from running_site import EXPECTED, RunningSite, answers, job_of, job_where, send


def test_the_record_flags_the_honeypot_and_unknown_names(site: RunningSite) -> None:
    job = job_of("greenhouse")
    assert job.form is not None
    data = answers(site, job) | {job.form.honeypot_name: "filled", "surprise": "here"}
    send(site, job, data)
    (post,) = site.posts(job)
    assert post["honeypot_filled"]
    assert post["unknown"] == {"surprise": ["here"]}
    assert {difference["why"] for difference in site.judged(job, EXPECTED)} == {"unknown", "honeypot filled"}


def test_the_judge_finds_a_decoy_that_was_filled(site: RunningSite) -> None:
    job = job_of("greenhouse")
    assert job.form is not None
    decoys = [question for question in job.form.fields if question.token.startswith("decoy-")]
    typed = {"email": "asha@example.org", "url": "https://asha.example.org", "date": "2026-12-01"}
    filled = {each.name: each.options[0].value if each.options else typed.get(each.kind, "1") for each in decoys}
    send(site, job, answers(site, job))
    assert site.judged(job, EXPECTED) == []
    send(site, job, answers(site, job) | filled)
    found = {difference["token"]: difference["why"] for difference in site.judged(job, EXPECTED)}
    assert found == {question.token: "unexpected" for question in decoys}


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
