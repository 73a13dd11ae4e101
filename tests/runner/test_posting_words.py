"""What a posting's page calls the job, and who hires: by its structured data first."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobhunter_runner.posting_words import LIMIT, NO_WORDS, PostingWords, posting_words

pytestmark = pytest.mark.asyncio(loop_scope="session")

JOB = {"@type": "JobPosting", "title": "Platform Engineer", "hiringOrganization": {"name": "Example GmbH"}}
HEAD = (
    '<title>Jobs</title><meta property="og:title" content="Engineer | Careers">'
    '<meta property="og:site_name" content="Careers at Example">'
)


def page(data: Any, head: str = HEAD) -> str:
    text = data if isinstance(data, str) else json.dumps(data)
    return f'<!doctype html>{head}<script type="application/ld+json">{text}</script><h1>Job</h1>'


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (JOB, ("Platform Engineer", "Example GmbH")),
        (
            {"@context": "https://schema.org", "@graph": [{"@type": "WebPage"}, JOB]},
            ("Platform Engineer", "Example GmbH"),
        ),
        ([{"@type": "Organization", "name": "Other"}, JOB], ("Platform Engineer", "Example GmbH")),
        ({**JOB, "hiringOrganization": "Example GmbH"}, ("Platform Engineer", "Example GmbH")),
        ({**JOB, "title": "R&amp;D  Lead\n"}, ("R&D Lead", "Example GmbH")),
        ({**JOB, "title": 7, "hiringOrganization": [1]}, ("Engineer | Careers", "Careers at Example")),
        ("{not json", ("Engineer | Careers", "Careers at Example")),
    ],
)
async def test_structured_data_before_the_pages_head(show: Any, data: Any, words: tuple[str, str]) -> None:
    found = posting_words((await show(page(data))).view)
    assert (found.title, found.company) == words


async def test_a_page_with_a_title_alone(show: Any) -> None:
    found = posting_words((await show("<!doctype html><title>Engineer</title><p>Hi")).view)
    assert (found.title, found.company) == ("Engineer", "")


async def test_a_pages_words_are_data_and_bounded(show: Any) -> None:
    nasty = "\u202eEngineer\u0007\u001b[31m <script>" + "x" * 5000
    found = posting_words((await show(page({**JOB, "title": nasty}))).view)
    assert found.title.startswith("Engineer [31m <script>")
    assert len(found.title) <= LIMIT
    assert found.title.isprintable()


async def test_what_was_stated_as_data_is_not_lost_on_the_forms_own_page() -> None:
    stated = PostingWords("Platform Engineer", "Example GmbH", stated=True)
    head = PostingWords("Apply", "Careers")
    assert NO_WORDS.or_else(head) == head
    assert head.or_else(stated) == stated
    assert stated.or_else(head) == stated
    assert PostingWords("Engineer", "").or_else(head) == PostingWords("Engineer", "Careers")
