"""The profile: JSON Resume with one block of ours, `application`.

Unknown keys of JSON Resume are kept; unknown keys inside `application` are refused by name.
"""

from __future__ import annotations

import io
import re
import zipfile
from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator

from jobhunter_contracts.errors import InvalidProfile

DOCUMENT_LIMIT = 5 * 1024 * 1024
"""Bytes of one document, at most, where no smaller limit (a Secret's 1 MiB) applies."""

_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")


class _Resume(BaseModel):
    """A part of JSON Resume (jsonresume.org/schema); its unknown keys are kept."""

    model_config = ConfigDict(extra="allow")


class Location(_Resume):
    address: str | None = None
    postalCode: str | None = None  # noqa: N815 - JSON Resume's name
    city: str | None = None
    countryCode: str | None = None  # noqa: N815
    region: str | None = None


class OnlineProfile(_Resume):
    network: str | None = None
    username: str | None = None
    url: str | None = None


class Basics(_Resume):
    name: str | None = None
    label: str | None = None
    email: str | None = None
    phone: str | None = None
    url: str | None = None
    summary: str | None = None
    location: Location = Field(default_factory=Location)
    profiles: list[OnlineProfile] = Field(default_factory=list)

    @field_validator("email")
    @classmethod
    def _email(cls, value: str | None) -> str | None:
        if value is not None and not _EMAIL.fullmatch(value):
            raise ValueError(f"{value!r} is not an e-mail address")
        return value


def _day(value: Any) -> Any:
    """A date or a year that YAML read from unquoted text, as the text that JSON Resume has."""
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and 1000 <= value <= 9999 else value


Day = Annotated[str, BeforeValidator(_day)]
"""2019, 2019-06 or 2019-06-30, quoted or not."""


class Work(_Resume):
    name: str | None = None
    position: str | None = None
    startDate: Day | None = None  # noqa: N815
    endDate: Day | None = None  # noqa: N815
    summary: str | None = None


class Education(_Resume):
    institution: str | None = None
    area: str | None = None
    studyType: str | None = None  # noqa: N815
    startDate: Day | None = None  # noqa: N815
    endDate: Day | None = None  # noqa: N815


class Skill(_Resume):
    name: str | None = None
    level: str | None = None
    keywords: list[str] = Field(default_factory=list)


class _Ours(BaseModel):
    """A part of the `application` block: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class Salary(_Ours):
    amount: float = Field(gt=0, allow_inf_nan=False)
    currency: str = Field(pattern="^[A-Z]{3}$")
    period: Literal["year", "month", "day", "hour"] = "year"


class Voluntary(_Ours):
    """Answers to voluntary questions; only what is here is ever given. "decline" chooses the option that declines."""

    gender: str | None = None
    ethnicity: str | None = None
    veteran: str | None = None
    disability: str | None = None


class Consents(_Ours):
    data_processing: bool | None = None
    marketing: bool | None = None


class Documents(_Ours):
    resume: str | None = None
    cover_letter: str | None = None


class AnswerScope(StrEnum):
    ALWAYS = "always"
    EMPLOYER = "employer"
    POSTING = "posting"
    NEVER = "never"


class Answer(_Ours):
    question: str = Field(min_length=1)
    answer: str
    scope: AnswerScope = AnswerScope.ALWAYS
    employer: str | None = None
    posting: str | None = None


class ApplicationBlock(_Ours):
    given_name: str | None = None
    family_name: str | None = None
    work_authorization: dict[str, str] = Field(default_factory=dict)
    notice_period: str | None = None
    start_date: date | None = None
    salary_expectation: Salary | None = None
    relocate: bool | None = None
    voluntary: Voluntary = Field(default_factory=Voluntary)
    consents: Consents = Field(default_factory=Consents)
    documents: Documents = Field(default_factory=Documents)
    answers: list[Answer] = Field(default_factory=list)

    @field_validator("work_authorization", mode="before")
    @classmethod
    def _iso_countries(cls, value: Any) -> Any:
        # YAML 1.1 reads the country code NO as false; say it instead of losing Norway.
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str) or not re.fullmatch("[A-Z]{2}", key):
                    raise ValueError(f"{key!r} is not an ISO country code of two capitals (quote it in YAML)")
        return value


class Profile(_Resume):
    """A person's profile."""

    basics: Basics = Field(default_factory=Basics)
    work: list[Work] = Field(default_factory=list)
    education: list[Education] = Field(default_factory=list)
    skills: list[Skill] = Field(default_factory=list)
    application: ApplicationBlock = Field(default_factory=ApplicationBlock)


_SCALAR_FAULTS = (KeyError, IndexError, AttributeError, OverflowError)
"""What PyYAML raises for a scalar that its tag does not fit, such as !!bool maybe, !!int "" or "\\UFFFFFFFF"."""


class _Loader(yaml.SafeLoader):
    """SafeLoader without aliases: a few lines of them can stand for gigabytes, and a profile needs none."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.events.AliasEvent):
            raise yaml.YAMLError("aliases (*name) are not read; write the value out")
        return super().compose_node(parent, index)


def parse_profile(data: bytes | str, *, where: str = "profile.yaml") -> Profile:
    """The profile in a YAML (or JSON) text. Raises InvalidProfile that names every fault."""
    try:
        raw = yaml.load(data, _Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError, *_SCALAR_FAULTS) as error:  # ValueError: such as 2026-13-45
        raise InvalidProfile(
            f"not YAML: {' '.join(str(error).split())}", where=where, remedy="Mend the file"
        ) from error
    return profile_from(raw, where=where)


def profile_from(raw: Any, *, where: str = "profile.yaml") -> Profile:
    """The profile in parsed YAML or JSON. Raises InvalidProfile that names every fault."""
    if not isinstance(raw, dict) or not raw:
        raise InvalidProfile(
            "empty, or not a mapping of keys", where=where, remedy="Write a JSON Resume, see the README"
        )
    try:
        return Profile.model_validate(raw)
    except ValidationError as error:
        words = "; ".join(f"{place}: {message}" for place, message in _faults(error))
        raise InvalidProfile(words, where=where, remedy="Mend these keys") from error


def profile_faults(error: InvalidProfile) -> list[tuple[str, str]]:
    """(place, what is wrong there) for each fault that `error` names; the place is "" for a fault of the whole."""
    cause = error.__cause__
    return _faults(cause) if isinstance(cause, ValidationError) else [("", error.what)]


def _faults(error: ValidationError) -> list[tuple[str, str]]:
    faults = []
    for fault in error.errors(include_url=False):
        place = ".".join(str(part) for part in fault["loc"])
        if fault["type"] == "extra_forbidden":
            faults.append((place, "unknown key"))
        elif fault["type"] == "string_type":
            faults.append((place, "not a text; write it in quotes"))
        else:
            faults.append((place, fault["msg"].removeprefix("Value error, ")))
    return faults


MEDIA_TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


def document_media_type(name: str, data: bytes, *, limit: int = DOCUMENT_LIMIT) -> str:
    """Media type of a résumé or cover letter by its content.

    Raises InvalidProfile where it is empty, larger than `limit` bytes, or neither PDF nor DOCX.
    """
    if not data:
        raise InvalidProfile("the document is empty", where=name, remedy="Export it again")
    if len(data) > limit:
        raise InvalidProfile(
            f"the document has {len(data)} bytes, more than {limit}", where=name, remedy="Export a smaller one"
        )
    if data[:1024].lstrip().startswith(b"%PDF-"):
        return MEDIA_TYPES["pdf"]
    if data.startswith(b"PK"):
        try:
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                if "word/document.xml" in archive.namelist():
                    return MEDIA_TYPES["docx"]
        except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError):
            pass  # whatever it is, it is no DOCX
    raise InvalidProfile("neither PDF nor DOCX by its content", where=name, remedy="Save it as PDF or DOCX")
