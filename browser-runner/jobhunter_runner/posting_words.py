"""What a posting's page calls the job and who hires: data for the record, never an instruction. Pure."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from jobhunter_runner.form import PageView

LIMIT = 300  # characters, as contracts.outcome has it
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")


@dataclass(frozen=True)
class PostingWords:
    """title: of the job. company: who hires. stated: by the posting's structured data, not only by the page's head."""

    title: str = ""
    company: str = ""
    stated: bool = False

    def or_else(self, other: PostingWords) -> PostingWords:
        """These words, those of `other` where something is missing here, or where `other` alone was stated as data."""
        first, second = (other, self) if other.stated and not self.stated else (self, other)
        return PostingWords(first.title or second.title, first.company or second.company, first.stated)


NO_WORDS = PostingWords()


def posting_words(view: PageView) -> PostingWords:
    """From the page's JobPosting (schema.org), else from og:title and og:site_name, else its title."""
    title = _plain(view.job_title) or _plain(view.shared_title) or _plain(view.title)
    company = _plain(view.job_company) or _plain(view.site_name)
    return PostingWords(title, company, stated=bool(view.job_title))


def _plain(text: str) -> str:
    """One line of at most LIMIT characters, entities resolved, without what could steer a terminal or turn the text round."""
    line = " ".join(_CONTROL.sub(" ", html.unescape(text)).split())
    return line if len(line) <= LIMIT else f"{line[: LIMIT - 1]}…"
