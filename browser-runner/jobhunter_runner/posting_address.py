"""The posting's own address, and the tracking system it is served by. Pure.

rel=canonical is what the page says of itself, so it is believed only where it cannot make two postings one.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import normal_posting_url

_APPLY_ENDINGS = frozenset({"apply", "application", "apply-now", "applications"})
_OF_MANY = re.compile(
    r"/(jobs?|careers?|openings?|positions?|vacanc(y|ies)|opportunities|(job-?)?(search|list(ing)?s?|results)|karriere|stellen\w*"
    r"|home|index)(\.\w+)?$",
    re.IGNORECASE,
)
_SYSTEMS = {
    "greenhouse.io": "greenhouse",
    "lever.co": "lever",
    "ashbyhq.com": "ashby",
    "myworkdayjobs.com": "workday",
    "workable.com": "workable",
    "smartrecruiters.com": "smartrecruiters",
    "personio.de": "personio",
    "personio.com": "personio",
    "recruitee.com": "recruitee",
    "bamboohr.com": "bamboohr",
    "icims.com": "icims",
    "taleo.net": "taleo",
    "teamtailor.com": "teamtailor",
    "jobvite.com": "jobvite",
}


def posting_address(page_url: str, canonical_url: str, asked_url: str = "") -> str:
    """Normal form of the posting's address, on the page at `page_url` to which `asked_url` led.

    The canonical address stands where it is of the same host and still names the posting: it holds the longest number or
    identifier of the page's address. An ending that only says "apply" behind such a name is left off, so that the posting
    and its form are one. Raises InvalidUrl where the page's address is none.
    """
    page = normal_posting_url(page_url)
    identity = _identity(page)
    try:
        canonical = normal_posting_url(canonical_url) if canonical_url else page
    except InvalidUrl:
        canonical = page
    same_host = urlsplit(canonical).netloc == urlsplit(page).netloc
    if not same_host or (identity not in canonical if identity else urlsplit(canonical).path != urlsplit(page).path):
        canonical = page
    asked = normal_posting_url(asked_url) if asked_url else ""
    if asked and not _identity(canonical) and (_identity(asked) or is_a_list(canonical, asked)):
        canonical = asked  # an address that all postings share, such as /apply or /jobs
    return _without_apply(canonical)


def system_of(url: str) -> str | None:
    """The applicant tracking system by the page's host, None where it is not known."""
    host = urlsplit(url).hostname or ""
    return next((name for end, name in _SYSTEMS.items() if host == end or host.endswith(f".{end}")), None)


def names_posting(url: str, posting: str) -> bool:
    """Whether `url` holds what tells `posting` from others: its identifier, or where it has none its path's last part."""
    parts, identity = urlsplit(url), identifier_of(posting)
    if not identity:
        named = [part for part in urlsplit(posting).path.split("/") if part and part.lower() not in _APPLY_ENDINGS]
        return bool(named) and named[-1] in parts.path.split("/")
    numbers = re.findall(r"(?<![0-9A-Za-z])\d{4,}(?![0-9A-Za-z])", identity)  # the 12345 of 12345-engineer
    names = "|".join(re.escape(name) for name in dict.fromkeys((identity, *numbers)))
    place = f"{parts.path}?{parts.query}#{parts.fragment}"
    return bool(re.search(rf"(?<![0-9A-Za-z])({names})(?![0-9A-Za-z])", place))


def identifier_of(url: str) -> str:
    """What tells a posting from others of its site, "" where nothing does: a year or a v2 before the path's end does not."""
    identity, parts = _identity(url), urlsplit(url)
    shared = re.fullmatch(r"(19|20)\d\d|.{1,3}", identity)
    return "" if shared and identity not in f"{parts.path.rpartition('/')[2]}?{parts.query}" else identity


def is_a_list(page_url: str, asked_url: str) -> bool:
    """Whether the page is one of many postings, and not the one that was asked for."""
    if identifier_of(page_url) or names_posting(page_url, asked_url):
        return False
    page, asked = urlsplit(page_url), urlsplit(asked_url)
    path = page.path.rstrip("/")
    above = page.netloc == asked.netloc and asked.path.startswith(f"{path}/")
    return above or not path or bool(_OF_MANY.search(path))


def _identity(url: str) -> str:
    """The longest part of path and query that looks like an identifier: digits, or letters and digits joined."""
    parts = urlsplit(url)
    found = re.findall(r"[0-9A-Za-z_-]*\d[0-9A-Za-z_-]*", f"{parts.path}?{parts.query}")
    return max(found, key=len, default="")


def _without_apply(url: str) -> str:
    parts = urlsplit(url)
    before, _, last = parts.path.rpartition("/")
    if last.lower() in _APPLY_ENDINGS and re.search(r"\d", before):
        return urlunsplit(parts._replace(path=before))
    return url
