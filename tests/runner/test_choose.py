"""A value goes into a widget only where it fits for certain."""

from __future__ import annotations

from datetime import date

import pytest

from jobhunter_contracts.profile import Salary
from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.choose import choose, from_words
from jobhunter_runner.countries import countries_named, country_code, job_country
from jobhunter_runner.facts import Fact, FileRef
from jobhunter_runner.form import Field, FieldKind, Option
from jobhunter_runner.meaning import Meaning
from jobhunter_runner.quantities import Span, read_span


def field(kind: FieldKind, label: str = "", options: tuple[str, ...] = (), **attributes: str) -> Field:
    made = tuple(Option(o, str(n)) for n, o in enumerate(options, start=7))
    return Field("#x", "", kind, label, True, True, options=made, attributes=attributes)


def chosen(box: Field, token: Token, value: object, country: str | None = None, **meaning: object):
    result = choose(box, Meaning(token, 1.0, **meaning), Fact(value, "profile: x"), country)  # type: ignore[arg-type]
    return None if result is None else result.value


YES_NO = ("Yes", "No")
RIGHTS = {"US": "citizen", "DE": "needs-sponsorship"}


@pytest.mark.parametrize(
    ("token", "polarity", "country", "answer"),
    [
        (Token.WORK_AUTHORIZATION, True, "US", "Yes"),
        (Token.WORK_AUTHORIZATION, True, "DE", "No"),
        (Token.VISA_SPONSORSHIP, True, "US", "No"),
        (Token.VISA_SPONSORSHIP, True, "DE", "Yes"),
        (Token.VISA_SPONSORSHIP, False, "US", "Yes"),
        (Token.VISA_SPONSORSHIP, False, "DE", "No"),
        (Token.WORK_AUTHORIZATION, True, "FR", None),
        (Token.WORK_AUTHORIZATION, True, None, None),
    ],
)
def test_the_right_to_work_is_answered_for_the_country_asked_and_the_way_it_is_asked(token, polarity, country, answer):
    assert chosen(field(FieldKind.RADIO, options=YES_NO), token, RIGHTS, country, polarity=polarity) == answer


def test_a_word_for_the_right_to_work_that_is_not_known_answers_nothing():
    assert (
        chosen(field(FieldKind.RADIO, options=YES_NO), Token.WORK_AUTHORIZATION, {"US": "it is complicated"}, "US")
        is None
    )


def test_two_ways_of_saying_yes_are_no_certain_yes():
    options = ("Yes, a citizen", "Yes, by a visa", "No")
    assert chosen(field(FieldKind.SELECT, options=options), Token.WORK_AUTHORIZATION, RIGHTS, "US") is None


@pytest.mark.parametrize("spelling", ["United States", "United States of America", "USA", "Vereinigte Staaten", "US"])
def test_a_country_is_found_by_any_of_its_names(spelling):
    box = field(FieldKind.SELECT, options=("Select…", "Germany", spelling, "United Arab Emirates"))
    assert chosen(box, Token.COUNTRY, "US") == spelling


def test_countries_in_sentences_and_codes():
    assert countries_named("authorized to work in the U.S. or the United Kingdom") == ["GB", "US"]
    assert countries_named("come and work with us") == []
    assert country_code("GBR") == "GB"
    assert country_code("nowhere") is None
    assert job_country("Germany", "") == "DE"
    assert job_country("", "Engineer · Austin, TX · Full time") == "US"
    assert job_country("", "Engineer in Berlin") is None


@pytest.mark.parametrize(
    "words",
    [
        "Decline to self-identify",
        "I don't wish to answer",
        "Prefer not to say",
        "I do not want to answer",
        "Keine Angabe",
    ],
)
def test_decline_finds_the_option_that_declines(words):
    box = field(FieldKind.SELECT, options=("Female", "Male", words))
    assert chosen(box, Token.GENDER, "decline") == words


def test_voluntary_answers_are_found_among_sentences():
    veteran = (
        "I am not a protected veteran",
        "I identify as one or more of the classifications",
        "I don't wish to answer",
    )
    assert chosen(field(FieldKind.RADIO, options=veteran), Token.VETERAN_STATUS, "no") == veteran[0]
    assert chosen(field(FieldKind.RADIO, options=veteran), Token.VETERAN_STATUS, "yes") == veteran[1]
    disabled = ("Yes, I have a disability", "No, I do not have a disability", "I do not want to answer")
    assert chosen(field(FieldKind.SELECT, options=disabled), Token.DISABILITY_STATUS, "no") == disabled[1]
    assert chosen(field(FieldKind.SELECT, options=("Man", "Woman")), Token.GENDER, "female") == "Woman"
    assert chosen(field(FieldKind.SELECT, options=("Man", "Woman")), Token.GENDER, "decline") is None


SALARY = Salary(amount=120000, currency="USD", period="year")


def test_a_salary_is_a_number_or_words_and_never_of_another_period_or_currency():
    assert chosen(field(FieldKind.NUMBER), Token.SALARY_EXPECTATION, SALARY) == "120000"
    assert chosen(field(FieldKind.TEXT), Token.SALARY_EXPECTATION, SALARY) == "120000 USD per year"
    assert chosen(field(FieldKind.TEXT, placeholder="e.g. 90000"), Token.SALARY_EXPECTATION, SALARY) == "120000"
    assert chosen(field(FieldKind.NUMBER, "Monthly salary expectation"), Token.SALARY_EXPECTATION, SALARY) is None
    assert chosen(field(FieldKind.NUMBER, "Salary expectation (EUR)"), Token.SALARY_EXPECTATION, SALARY) is None
    assert chosen(field(FieldKind.NUMBER, max="1000"), Token.SALARY_EXPECTATION, SALARY) is None
    ranges = ("80k to 100k", "100k to 130k", "More than 130k")
    assert chosen(field(FieldKind.SELECT, options=ranges), Token.SALARY_EXPECTATION, SALARY) == ranges[1]
    assert chosen(field(FieldKind.SELECT, options=("EUR", "USD")), Token.SALARY_CURRENCY, SALARY) == "USD"


def test_a_date_is_written_as_the_field_wants_it():
    day = date(2027, 2, 1)
    assert chosen(field(FieldKind.DATE), Token.START_DATE, day) == "2027-02-01"
    assert chosen(field(FieldKind.TEXT, placeholder="MM/DD/YYYY"), Token.START_DATE, day) == "02/01/2027"
    assert chosen(field(FieldKind.TEXT, placeholder="TT.MM.JJJJ"), Token.START_DATE, day) == "01.02.2027"
    assert chosen(field(FieldKind.TEXT), Token.START_DATE, day) == "2027-02-01"
    assert chosen(field(FieldKind.DATE, max="2026-12-31"), Token.START_DATE, day) is None


def test_a_year_of_graduation_is_a_year():
    assert chosen(field(FieldKind.TEXT, "Graduation year"), Token.GRADUATION_DATE, "2017-06") == "2017"
    assert chosen(field(FieldKind.NUMBER, "Year of graduation"), Token.GRADUATION_DATE, date(2017, 6, 30)) == "2017"
    assert chosen(field(FieldKind.TEXT, "Graduation month and year"), Token.GRADUATION_DATE, "2017-06") == "2017-06"


def test_spans_of_time_match_their_range_and_nothing_near_it():
    assert (
        chosen(field(FieldKind.SELECT, options=("2 weeks", "4 weeks", "1 month")), Token.NOTICE_PERIOD, "4 weeks")
        == "4 weeks"
    )
    assert chosen(field(FieldKind.SELECT, options=("1 month", "2 months")), Token.NOTICE_PERIOD, "4 weeks") is None
    assert chosen(field(FieldKind.NUMBER, "Notice period (weeks)"), Token.NOTICE_PERIOD, "4 weeks") == "4"
    assert chosen(field(FieldKind.NUMBER, "Notice period (days)"), Token.NOTICE_PERIOD, "4 weeks") is None
    years = ("0-2 years", "3-5 years", "6+ years")
    assert chosen(field(FieldKind.SELECT, options=years), Token.YEARS_OF_EXPERIENCE, "9") == "6+ years"
    assert chosen(field(FieldKind.SELECT, options=("3-5", "5-7")), Token.YEARS_OF_EXPERIENCE, "5") is None
    assert read_span("Immediately") == Span(0, 0)
    assert read_span("no number here") is None


def test_a_telephone_number_loses_its_signs_only_where_the_site_says_so():
    plain = field(FieldKind.TEL)
    told = Field("#x", "", FieldKind.TEL, "Phone", True, True, error="Phone number must contain digits only")
    assert chosen(plain, Token.TEL, "+49 30 901820") == "+49 30 901820"
    assert chosen(told, Token.TEL, "+49 30 901820") == "4930901820"


def test_a_file_goes_only_where_its_kind_is_taken():
    cv = FileRef("cv.pdf", Token.RESUME)
    assert chosen(field(FieldKind.FILE, accept=".pdf,.docx"), Token.RESUME, cv) == cv
    assert chosen(field(FieldKind.FILE, accept=".docx"), Token.RESUME, cv) is None
    assert chosen(field(FieldKind.TEXTAREA), Token.RESUME, cv) is None


def test_the_profiles_consent_is_to_this_applications_processing_alone():
    box = field(FieldKind.CHECKBOX)
    assert chosen(box, Token.CONSENT, True, detail="data-processing") is True
    assert chosen(box, Token.CONSENT, True, detail="terms") is None
    assert chosen(box, Token.CONSENT, True, detail="retention") is None


def test_a_value_that_is_too_long_is_not_cut():
    assert chosen(field(FieldKind.TEXT, maxlength="5"), Token.GIVEN_NAME, "Alexandra") is None


def test_a_persons_words_fit_the_widget_or_are_asked_again():
    box = field(FieldKind.SELECT, options=("Early (06:00)", "Late (14:00)"))
    assert from_words(box, "late 14 00").value == "Late (14:00)"  # type: ignore[union-attr]
    assert from_words(box, "midnight") is None
    assert from_words(field(FieldKind.CHECKBOX), "Yes").value is True  # type: ignore[union-attr]
    assert from_words(field(FieldKind.DATE), "tomorrow") is None
    assert from_words(field(FieldKind.TEXT), "  ") is None
