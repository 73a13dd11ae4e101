"""What the profile says, by token, each value with where it stands. Pure.

Only what is there and a few stated rules (their sources begin with "rule:"). A whole name is never cut into parts, and no
value is made up: a token that is missing here is asked, or left empty.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from jobhunter_contracts.profile import Answer, Education, OnlineProfile, Profile, Salary
from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.countries import country_name


@dataclass(frozen=True)
class FileRef:
    """A document by the name that the profile gives it; its bytes are fetched when it is uploaded."""

    name: str
    token: Token


FactValue = str | bool | date | Salary | FileRef | Mapping[str, str]


@dataclass(frozen=True)
class Fact:
    """A value and its source, such as "profile: basics.email". The value is kept out of reprs and so out of logs."""

    value: FactValue = field(repr=False)
    source: str


@dataclass(frozen=True)
class Facts:
    """values: by token. home: ISO code of basics.location, "" where unknown. answers: earlier ones, in their order."""

    values: Mapping[Token, Fact]
    home: str = ""
    answers: tuple[Answer, ...] = ()

    def get(self, token: Token) -> Fact | None:
        return self.values.get(token)


NO_FACTS = Facts({})
_NETWORKS = {
    "linkedin": (Token.LINKEDIN_URL, "https://www.linkedin.com/in/"),
    "github": (Token.GITHUB_URL, "https://github.com/"),
    "twitter": (Token.TWITTER_URL, "https://x.com/"),
    "x": (Token.TWITTER_URL, "https://x.com/"),
    "portfolio": (Token.PORTFOLIO_URL, ""),
}
_DEGREE_RANKS = (
    (4, re.compile(r"\b(ph\.?d|doctor\w*|dr|dphil|md|promotion)\b", re.I)),
    (3, re.compile(r"\b(master\w*|m\.?sc?|m\.?a|mba|m\.?eng|m\.?tech|diplom)\b", re.I)),
    (2, re.compile(r"\b(bachelor\w*|b\.?sc?|b\.?a|b\.?eng|b\.?tech|licence|grado)\b", re.I)),
    (1, re.compile(r"\b(associate\w*|a\.?a|a\.?s)\b", re.I)),
    (0, re.compile(r"\b(high school|abitur|secondary|ged|baccalaur[eé]at)\b", re.I)),
)


def facts_from_profile(profile: Profile, today: date | None = None) -> Facts:
    """`today` bounds the spans of work that have no end; the day of the call by default."""
    found: dict[Token, Fact] = {}
    _basics(profile, found)
    _application(profile, found)
    _work(profile, found, today or date.today())  # noqa: DTZ011 - years of work are counted in the person's calendar
    _education(profile, found)
    home = (profile.basics.location.countryCode or "").upper()
    return Facts(found, home, tuple(profile.application.answers))


def _put(found: dict[Token, Fact], token: Token, value: FactValue | None, source: str) -> None:
    if isinstance(value, str):
        value = value.strip()
    if value not in (None, "", {}):
        found.setdefault(token, Fact(value, source if source.startswith("rule:") else f"profile: {source}"))


def _basics(profile: Profile, found: dict[Token, Fact]) -> None:
    basics, ours, place = profile.basics, profile.application, profile.basics.location
    _put(found, Token.NAME, basics.name, "basics.name")
    if ours.given_name and ours.family_name:
        whole = f"{ours.given_name} {ours.family_name}"
        _put(found, Token.NAME, whole, "application.given_name and application.family_name")
    _put(found, Token.EMAIL, basics.email, "basics.email")
    _put(found, Token.TEL, basics.phone, "basics.phone")
    _put(found, Token.URL, basics.url, "basics.url")
    _put(found, Token.SUMMARY, basics.summary, "basics.summary")
    lines = [line.strip() for line in (place.address or "").splitlines() if line.strip()]
    _put(found, Token.STREET_ADDRESS, "\n".join(lines), "basics.location.address")
    for token, line in zip((Token.ADDRESS_LINE1, Token.ADDRESS_LINE2, Token.ADDRESS_LINE3), lines, strict=False):
        _put(found, token, line, "basics.location.address")
    _put(found, Token.ADDRESS_LEVEL2, place.city, "basics.location.city")
    _put(found, Token.ADDRESS_LEVEL1, place.region, "basics.location.region")
    _put(found, Token.POSTAL_CODE, place.postalCode, "basics.location.postalCode")
    _put(found, Token.COUNTRY, place.countryCode, "basics.location.countryCode")
    _put(found, Token.COUNTRY_NAME, place.countryCode, "basics.location.countryCode")
    if place.city:
        parts = [place.city, place.region, country_name(place.countryCode) if place.countryCode else None]
        _put(found, Token.LOCATION, ", ".join(p for p in parts if p), "basics.location")
    for number, online in enumerate(basics.profiles):
        _online(found, online, number)
    _put(found, Token.PORTFOLIO_URL, basics.url, "basics.url")
    _put(found, Token.SKILLS, ", ".join(s.name for s in profile.skills[:10] if s.name), "skills")


def _online(found: dict[Token, Fact], online: OnlineProfile, number: int) -> None:
    known = _NETWORKS.get((online.network or "").strip().lower())
    if known is None:
        return
    token, address = known
    _put(found, token, online.url, f"basics.profiles[{number}].url")
    if online.username and address:
        _put(
            found,
            token,
            address + online.username,
            f"rule: {online.network} address of basics.profiles[{number}].username",
        )


def _application(profile: Profile, found: dict[Token, Fact]) -> None:
    ours, at = profile.application, "application"
    _put(found, Token.GIVEN_NAME, ours.given_name, f"{at}.given_name")
    _put(found, Token.FAMILY_NAME, ours.family_name, f"{at}.family_name")
    _put(found, Token.WORK_AUTHORIZATION, ours.work_authorization, f"{at}.work_authorization")
    _put(found, Token.VISA_SPONSORSHIP, ours.work_authorization, f"{at}.work_authorization")
    _put(found, Token.NOTICE_PERIOD, ours.notice_period, f"{at}.notice_period")
    _put(found, Token.START_DATE, ours.start_date, f"{at}.start_date")
    for token in (Token.SALARY_EXPECTATION, Token.SALARY_CURRENCY, Token.SALARY_PERIOD):
        _put(found, token, ours.salary_expectation, f"{at}.salary_expectation")
    _put(found, Token.RELOCATE, ours.relocate, f"{at}.relocate")
    _put(found, Token.GENDER, ours.voluntary.gender, f"{at}.voluntary.gender")
    _put(found, Token.ETHNICITY, ours.voluntary.ethnicity, f"{at}.voluntary.ethnicity")
    _put(found, Token.VETERAN_STATUS, ours.voluntary.veteran, f"{at}.voluntary.veteran")
    _put(found, Token.DISABILITY_STATUS, ours.voluntary.disability, f"{at}.voluntary.disability")
    _put(found, Token.CONSENT, ours.consents.data_processing, f"{at}.consents.data_processing")
    _put(found, Token.CONSENT_MARKETING, ours.consents.marketing, f"{at}.consents.marketing")
    for token, name, key in (
        (Token.RESUME, ours.documents.resume, "resume"),
        (Token.COVER_LETTER, ours.documents.cover_letter, "cover_letter"),
    ):
        if name:
            _put(found, token, FileRef(name, token), f"{at}.documents.{key}")


def _work(profile: Profile, found: dict[Token, Fact], today: date) -> None:
    present = [(n, w) for n, w in enumerate(profile.work) if not w.endDate and w.startDate]
    if present:
        number, job = max(present, key=lambda each: each[1].startDate or "")
        _put(found, Token.ORGANIZATION, job.name, f"work[{number}].name")
        _put(found, Token.ORGANIZATION_TITLE, job.position, f"work[{number}].position")
    years = years_of_work([(w.startDate, w.endDate) for w in profile.work], today)
    if years is not None:
        _put(found, Token.YEARS_OF_EXPERIENCE, str(years), "rule: years between work dates")


def years_of_work(spans: list[tuple[str | None, str | None]], today: date) -> int | None:
    """Whole years covered by the spans, overlaps once; None where there is none or a date cannot be read."""
    read: list[tuple[date, date]] = []
    for start, end in spans:
        first, last = _day(start), _day(end) if end else today
        if first is None or last is None:
            return None
        read.append((first, min(last, today)))
    if not read:
        return None
    days, reached = 0, date.min
    for first, last in sorted(read):
        days += max(0, (last - max(first, reached)).days)
        reached = max(reached, last)
    return int((days + 1) / 365.2425)


def _day(text: str | None) -> date | None:
    """A date of JSON Resume: YYYY, YYYY-MM or YYYY-MM-DD; missing parts are the first."""
    match = re.fullmatch(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", (text or "").strip())
    if not match:
        return None
    try:
        return date(int(match[1]), int(match[2] or 1), int(match[3] or 1))
    except ValueError:
        return None


def _education(profile: Profile, found: dict[Token, Fact]) -> None:
    if not profile.education:
        return
    latest = _latest(profile.education)
    if latest is not None:
        entry = profile.education[latest]
        _put(found, Token.SCHOOL, entry.institution, f"education[{latest}].institution")
        _put(found, Token.FIELD_OF_STUDY, entry.area, f"education[{latest}].area")
        ended = _day(entry.endDate) if entry.endDate and len(entry.endDate) > 7 else None
        _put(found, Token.GRADUATION_DATE, ended or entry.endDate, f"education[{latest}].endDate")
    ranks = [_degree_rank(entry.studyType or "") for entry in profile.education]
    if len(ranks) == 1 or None not in ranks:
        best = max(range(len(ranks)), key=lambda n: ranks[n] or 0)
        _put(found, Token.HIGHEST_DEGREE, profile.education[best].studyType, f"education[{best}].studyType")


def _latest(education: list[Education]) -> int | None:
    if len(education) == 1:
        return 0
    if any(not e.endDate for e in education):
        return None
    return max(range(len(education)), key=lambda n: education[n].endDate or "")


def _degree_rank(degree: str) -> int | None:
    return next((rank for rank, pattern in _DEGREE_RANKS if pattern.search(degree)), None)


def degree_rank(degree: str) -> int | None:
    """4 doctorate, 3 master, 2 bachelor, 1 associate, 0 secondary school; None where the words say none of them."""
    return _degree_rank(degree)
