"""The Apply link or button of a page without a form: this posting's own, not that of a similar job beside it. Pure."""

from __future__ import annotations

import re
from urllib.parse import urldefrag

from jobhunter_contracts.errors import InvalidUrl
from jobhunter_contracts.posting_url import normal_posting_url
from jobhunter_runner.application_form import APPLY
from jobhunter_runner.field_words import normal_words
from jobhunter_runner.form import Button, PageView
from jobhunter_runner.posting_address import identifier_of, is_a_list, names_posting

_OTHER = re.compile(
    r"linkedin|indeed|filter|coupon|how to|xing|seek|settings|cookies|preferences|changes|search|saved|facebook|google"
    r"|\b(my|your|all) applications?\b|application (status|tips|process|faqs?|help|tracker)|track|withdraw"
)
_STARTS = re.compile(r"(im|i am) interested( in this \w+)?|get started|start application")
_INVITES = re.compile(
    r"^(quick |easy )?apply|^start (your |my |an )?application|^((jetzt|hier|online|direkt) )*bewerben|^postuler|^candidater"
    r"|^je postule|^(solicitar|aplicar|inscribirme|candidat(ar|i)|solliciteer)|応募|откликнуться"
)


def apply_links(view: PageView) -> list[Button]:
    """Everything on the page that offers to apply, the clearest kind alone."""
    seen = [b for b in view.buttons if b.visible and not b.disabled and len(b.label) < 60]
    clear = [b for b in seen if APPLY.search(words := normal_words(b.label)) and not _OTHER.search(words)]
    return clear or [b for b in seen if _STARTS.fullmatch(normal_words(b.label))]


def invites(button: Button) -> bool:
    """Whether its words ask to apply, as those on a page of a closed posting do not."""
    return bool(_INVITES.search(normal_words(button.label)))


def link_of_posting(links: list[Button], page_url: str, asked_url: str = "") -> Button | None:
    """The one of `links` that leads to the posting's form, None where that cannot be told.

    asked_url: the address that the person gave, where the page is what it led to. A link that holds the posting's identifier
    is its own, or its path where it has none; else the page's own button, or its only link. On a list, to which the address
    of a closed posting may lead, nothing but the posting's own link is taken.
    """
    asked, page = _normal(asked_url), _normal(page_url)
    listed = bool(asked) and is_a_list(page, asked)
    postings = [url for url in (asked, "" if listed else page) if url]
    by_id = [url for url in postings if identifier_of(url)]
    own = [link for link in links if any(names_posting(_destination(link, page_url), url) for url in by_id or postings)]
    if own and by_id:
        return _shortest(own)
    if own:
        return _only_one(own, page_url)
    if listed:
        return None
    return _only_one([link for link in links if not _destination(link, page_url)] or links, page_url)


def _only_one(links: list[Button], page_url: str) -> Button | None:
    """The shortest of links that all lead to the same, None where they do not."""
    places = {_destination(link, page_url) or normal_words(link.label) for link in links}
    return _shortest(links) if len(places) == 1 else None


def _shortest(links: list[Button]) -> Button:
    return min(links, key=lambda link: len(link.label))


def _destination(link: Button, page_url: str) -> str:
    """Where the link leads, "" where it stays on the page or a script decides."""
    url = urldefrag(link.href).url
    return url if url.startswith(("http://", "https://")) and url != urldefrag(page_url).url else ""


def _normal(url: str) -> str:
    """Without what only counts visitors, "" for what is no posting's address."""
    try:
        return normal_posting_url(url)
    except InvalidUrl:
        return ""
