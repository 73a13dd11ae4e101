"""The normal form of a posting's URL: two addresses of one posting compare equal, two postings never do."""

from __future__ import annotations

import random

import pytest

from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import literal_address, normal_posting_url, site_of

ONE = "https://careers.example.com/jobs/12345"


@pytest.mark.parametrize(
    "other",
    [
        ONE,
        "HTTPS://Careers.Example.COM/jobs/12345",
        "https://careers.example.com:443/jobs/12345",
        "https://careers.example.com./jobs/12345",
        f"{ONE}/",
        f"{ONE}#apply",
        f"  {ONE}\n",
        f"{ONE}?utm_source=x&UTM_Medium=y&gclid=1&gh_src=abc",
        "https://careers.example.com/%6Aobs/12345",
        "https://careers.example.com/other/../jobs/./12345",
        "https://careers.example.com/jobs/%2e%2E/jobs/12345",
    ],
)
def test_one_posting_has_one_normal_form(other: str) -> None:
    assert normal_posting_url(other) == ONE


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (ONE, "http://careers.example.com/jobs/12345"),
        (ONE, "https://careers.example.com:8443/jobs/12345"),
        (ONE, "https://careers.example.com/Jobs/12345"),
        (ONE, f"{ONE}?gh_jid=1"),
        (f"{ONE}?gh_jid=1", f"{ONE}?gh_jid=2"),
        (f"{ONE}?id=1&id=2", f"{ONE}?id=2&id=1"),
        ("https://a.example/jobs/a%2Fb", "https://a.example/jobs/a/b"),
        ("https://a.example/j/%2541", "https://a.example/j/%41"),
        ("https://a.example/j?x=%FF", "https://a.example/j?x=%FE"),
        ("https://a.example/j?x=a%26b", "https://a.example/j?x=a&b"),
        ("https://a.example/#/job/1", "https://a.example/#/job/2"),
        ("https://a.example/#!job/1", "https://a.example/#!job/2"),
        ("https://a.example/j;v=1", "https://a.example/j;v=2"),
    ],
)
def test_two_postings_never_compare_equal(one: str, other: str) -> None:
    assert normal_posting_url(one) != normal_posting_url(other)


def test_the_order_of_parameters_does_not_matter() -> None:
    assert normal_posting_url(f"{ONE}?b=2&a=1") == normal_posting_url(f"{ONE}?a=1&utm_x=3&b=2") == f"{ONE}?a=1&b=2"


@pytest.mark.parametrize(
    ("url", "site"),
    [
        (
            "http://careers-site.careers.svc.cluster.local:8080/greenhouse/jobs/1001",
            "careers-site.careers.svc.cluster.local:8080",
        ),
        ("https://Bücher.example/jobs", "xn--bcher-kva.example"),
        ("http://[2001:DB8::0:1]:80/x", "[2001:db8::1]"),
        ("http://2130706433/x", "127.0.0.1"),
        ("http://0x7f.1/x", "127.0.0.1"),
        ("http://127.0.0.1.:8080/x", "127.0.0.1:8080"),
        ("http://１２７.0.0.1/x", "127.0.0.1"),
    ],
)
def test_the_site_is_the_host_a_browser_would_go_to(url: str, site: str) -> None:
    assert site_of(url) == site


def test_a_literal_address_is_seen_in_any_notation_and_a_name_is_none() -> None:
    assert str(literal_address("http://0300.0250.1/")) == "192.168.0.1"
    assert str(literal_address("http://[::1]/")) == "::1"
    assert literal_address("http://localhost/") is None


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "careers.example.com/jobs/1",
        "ftp://example.com/x",
        "javascript:alert(1)",
        "file:///etc/passwd",
        "http://",
        "https:///jobs",
        "http://example.com:99999/",
        "http://example.com:port/",
        "http://[::1/",
        "http://[::zz]/",
        "http://asha:secret@example.com/",
        "http://asha@example.com/",
        "http://a b.example/",
        "http://a%2eexample/",
        "http://evil.example\\@good.example/",
        "http://999.1.1.1/",
        "http://.../",
        f"http://{'a' * 64}.example/",
    ],
)
def test_what_is_no_job_address_is_refused_in_words(bad: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        normal_posting_url(bad)
    assert caught.value.code == "invalid-url"
    assert caught.value.where == "spec.url"
    assert caught.value.remedy


def test_a_password_in_an_address_is_not_repeated() -> None:
    with pytest.raises(InvalidUrl) as caught:
        normal_posting_url("https://asha:hunter2@example.com/")
    assert "hunter2" not in str(caught.value)


def test_the_normal_form_is_its_own_normal_form() -> None:
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    alphabet = "aZ09/.%2Fe4-_~?&=+#!;:@é😀 [](),'\"<>|\\^`{}"
    for _ in range(3000):
        url = "https://h.example/" + "".join(dice.choice(alphabet) for _ in range(dice.randrange(24)))
        try:
            once = normal_posting_url(url)
        except InvalidUrl:
            continue
        assert normal_posting_url(once) == once, f"seed {seed}: {url!r}"
        assert once.isascii(), f"seed {seed}: {url!r}"
