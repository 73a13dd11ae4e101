"""The one vocabulary of form fields: what a field asks for, whoever's words it uses.

The first part are the WHATWG autofill field names (HTML Standard, 4.10.18.7 "Autofill"); the second are what job forms
add, named in the same style. A field that none of these names has no token, and is never guessed.
"""

from __future__ import annotations

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Token(StrEnum):
    """What a field asks for."""

    # WHATWG autofill field names
    NAME = "name"
    HONORIFIC_PREFIX = "honorific-prefix"
    GIVEN_NAME = "given-name"
    ADDITIONAL_NAME = "additional-name"
    FAMILY_NAME = "family-name"
    HONORIFIC_SUFFIX = "honorific-suffix"
    NICKNAME = "nickname"
    USERNAME = "username"
    NEW_PASSWORD = "new-password"  # noqa: S105 - an autofill field name
    CURRENT_PASSWORD = "current-password"  # noqa: S105 - an autofill field name
    ONE_TIME_CODE = "one-time-code"
    ORGANIZATION_TITLE = "organization-title"
    ORGANIZATION = "organization"
    STREET_ADDRESS = "street-address"
    ADDRESS_LINE1 = "address-line1"
    ADDRESS_LINE2 = "address-line2"
    ADDRESS_LINE3 = "address-line3"
    ADDRESS_LEVEL4 = "address-level4"
    ADDRESS_LEVEL3 = "address-level3"
    ADDRESS_LEVEL2 = "address-level2"
    ADDRESS_LEVEL1 = "address-level1"
    COUNTRY = "country"
    COUNTRY_NAME = "country-name"
    POSTAL_CODE = "postal-code"
    CC_NAME = "cc-name"
    CC_GIVEN_NAME = "cc-given-name"
    CC_ADDITIONAL_NAME = "cc-additional-name"
    CC_FAMILY_NAME = "cc-family-name"
    CC_NUMBER = "cc-number"
    CC_EXP = "cc-exp"
    CC_EXP_MONTH = "cc-exp-month"
    CC_EXP_YEAR = "cc-exp-year"
    CC_CSC = "cc-csc"
    CC_TYPE = "cc-type"
    TRANSACTION_CURRENCY = "transaction-currency"
    TRANSACTION_AMOUNT = "transaction-amount"
    LANGUAGE = "language"
    BDAY = "bday"
    BDAY_DAY = "bday-day"
    BDAY_MONTH = "bday-month"
    BDAY_YEAR = "bday-year"
    SEX = "sex"
    URL = "url"
    PHOTO = "photo"
    TEL = "tel"
    TEL_COUNTRY_CODE = "tel-country-code"
    TEL_NATIONAL = "tel-national"
    TEL_AREA_CODE = "tel-area-code"
    TEL_LOCAL = "tel-local"
    TEL_LOCAL_PREFIX = "tel-local-prefix"
    TEL_LOCAL_SUFFIX = "tel-local-suffix"
    TEL_EXTENSION = "tel-extension"
    EMAIL = "email"
    IMPP = "impp"

    # what job forms add
    RESUME = "resume"
    COVER_LETTER = "cover-letter"
    OTHER_DOCUMENT = "other-document"
    LOCATION = "location"
    LINKEDIN_URL = "linkedin-url"
    GITHUB_URL = "github-url"
    PORTFOLIO_URL = "portfolio-url"
    TWITTER_URL = "twitter-url"
    WORK_AUTHORIZATION = "work-authorization"
    VISA_SPONSORSHIP = "visa-sponsorship"
    NOTICE_PERIOD = "notice-period"
    START_DATE = "start-date"
    SALARY_EXPECTATION = "salary-expectation"
    SALARY_CURRENCY = "salary-currency"
    SALARY_PERIOD = "salary-period"
    SALARY_CURRENT = "salary-current"
    YEARS_OF_EXPERIENCE = "years-of-experience"
    RELOCATE = "relocate"
    HIGHEST_DEGREE = "highest-degree"
    SCHOOL = "school"
    FIELD_OF_STUDY = "field-of-study"
    GRADUATION_DATE = "graduation-date"
    SKILLS = "skills"
    SUMMARY = "summary"
    REFERRAL_SOURCE = "referral-source"
    GENDER = "gender"
    PRONOUNS = "pronouns"
    SEXUAL_ORIENTATION = "sexual-orientation"
    ETHNICITY = "ethnicity"
    VETERAN_STATUS = "veteran-status"
    DISABILITY_STATUS = "disability-status"
    NATIONALITY = "nationality"
    NATIONAL_ID = "national-id"
    AGE = "age"
    CONSENT = "consent"
    CONSENT_MARKETING = "consent-marketing"
    CONSENT_TRUTH = "consent-truth"


class TokenInfo(BaseModel):
    """What is known of a token.

    sensitive: its value is never shown to a model or put into a trace.
    filled: False for what is recognised and never filled (credentials, cards).
    voluntary: an equal-opportunity question, answered only from the profile's `voluntary` block.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    description: str
    sensitive: bool = False
    filled: bool = True
    voluntary: bool = False


def _plain(description: str) -> TokenInfo:
    return TokenInfo(description=description)


def _contact(description: str) -> TokenInfo:
    return TokenInfo(description=description, sensitive=True)


def _never(description: str) -> TokenInfo:
    return TokenInfo(description=description, sensitive=True, filled=False)


def _voluntary(description: str) -> TokenInfo:
    return TokenInfo(description=description, sensitive=True, voluntary=True)


VOCABULARY: dict[Token, TokenInfo] = {
    Token.NAME: _contact("full name"),
    Token.HONORIFIC_PREFIX: _plain("title before the name, such as Dr"),
    Token.GIVEN_NAME: _contact("given (first) name"),
    Token.ADDITIONAL_NAME: _contact("middle name"),
    Token.FAMILY_NAME: _contact("family (last) name"),
    Token.HONORIFIC_SUFFIX: _plain("suffix after the name, such as Jr"),
    Token.NICKNAME: _contact("preferred name"),
    Token.USERNAME: _never("name of an account"),
    Token.NEW_PASSWORD: _never("password being chosen"),
    Token.CURRENT_PASSWORD: _never("password of an account"),
    Token.ONE_TIME_CODE: _never("code sent or shown once"),
    Token.ORGANIZATION_TITLE: _plain("job title"),
    Token.ORGANIZATION: _plain("current or latest employer"),
    Token.STREET_ADDRESS: _contact("street address, all of its lines"),
    Token.ADDRESS_LINE1: _contact("street address, first line"),
    Token.ADDRESS_LINE2: _contact("street address, second line"),
    Token.ADDRESS_LINE3: _contact("street address, third line"),
    Token.ADDRESS_LEVEL4: _contact("the smallest district of an address"),
    Token.ADDRESS_LEVEL3: _contact("district of an address"),
    Token.ADDRESS_LEVEL2: _contact("city or town"),
    Token.ADDRESS_LEVEL1: _contact("state, province or region"),
    Token.COUNTRY: _contact("country, as its code"),
    Token.COUNTRY_NAME: _contact("country, as its name"),
    Token.POSTAL_CODE: _contact("postal code"),
    Token.CC_NAME: _never("name on a payment card"),
    Token.CC_GIVEN_NAME: _never("given name on a payment card"),
    Token.CC_ADDITIONAL_NAME: _never("middle name on a payment card"),
    Token.CC_FAMILY_NAME: _never("family name on a payment card"),
    Token.CC_NUMBER: _never("number of a payment card"),
    Token.CC_EXP: _never("expiry of a payment card"),
    Token.CC_EXP_MONTH: _never("month of a payment card's expiry"),
    Token.CC_EXP_YEAR: _never("year of a payment card's expiry"),
    Token.CC_CSC: _never("security code of a payment card"),
    Token.CC_TYPE: _never("kind of a payment card"),
    Token.TRANSACTION_CURRENCY: _never("currency of a payment"),
    Token.TRANSACTION_AMOUNT: _never("amount of a payment"),
    Token.LANGUAGE: _plain("preferred language"),
    Token.BDAY: _contact("date of birth"),
    Token.BDAY_DAY: _contact("day of birth"),
    Token.BDAY_MONTH: _contact("month of birth"),
    Token.BDAY_YEAR: _contact("year of birth"),
    Token.SEX: _voluntary("sex"),
    Token.URL: _plain("personal web page"),
    Token.PHOTO: _contact("photograph"),
    Token.TEL: _contact("telephone number with its country code"),
    Token.TEL_COUNTRY_CODE: _contact("country code of a telephone number"),
    Token.TEL_NATIONAL: _contact("telephone number without its country code"),
    Token.TEL_AREA_CODE: _contact("area code of a telephone number"),
    Token.TEL_LOCAL: _contact("telephone number without country and area code"),
    Token.TEL_LOCAL_PREFIX: _contact("first part of a local telephone number"),
    Token.TEL_LOCAL_SUFFIX: _contact("second part of a local telephone number"),
    Token.TEL_EXTENSION: _contact("extension of a telephone number"),
    Token.EMAIL: _contact("e-mail address"),
    Token.IMPP: _contact("instant messaging address"),
    Token.RESUME: _contact("résumé or CV"),
    Token.COVER_LETTER: _plain("cover letter, as a file or as text"),
    Token.OTHER_DOCUMENT: _plain("a further document, such as a transcript or a certificate"),
    Token.LOCATION: _contact("where the person lives, in one field"),
    Token.LINKEDIN_URL: _contact("LinkedIn profile"),
    Token.GITHUB_URL: _contact("GitHub profile"),
    Token.PORTFOLIO_URL: _contact("portfolio"),
    Token.TWITTER_URL: _contact("Twitter or X profile"),
    Token.WORK_AUTHORIZATION: _plain("may the person work in a country"),
    Token.VISA_SPONSORSHIP: _plain("does the person need an employer's sponsorship to work in a country"),
    Token.NOTICE_PERIOD: _plain("notice period at the present employer"),
    Token.START_DATE: _plain("earliest day of starting"),
    Token.SALARY_EXPECTATION: _plain("salary wished for"),
    Token.SALARY_CURRENCY: _plain("currency of the salary wished for"),
    Token.SALARY_PERIOD: _plain("period of the salary wished for, such as a year"),
    Token.SALARY_CURRENT: _contact("present salary"),
    Token.YEARS_OF_EXPERIENCE: _plain("years of work experience in all"),
    Token.RELOCATE: _plain("would the person move for the job"),
    Token.HIGHEST_DEGREE: _plain("highest degree of education"),
    Token.SCHOOL: _plain("school or university of the latest education"),
    Token.FIELD_OF_STUDY: _plain("subject of the latest education"),
    Token.GRADUATION_DATE: _plain("end of the latest education"),
    Token.SKILLS: _plain("skills"),
    Token.SUMMARY: _plain("the person's summary of themselves"),
    Token.REFERRAL_SOURCE: _plain("how the person heard of the job"),
    Token.GENDER: _voluntary("gender"),
    Token.PRONOUNS: _voluntary("pronouns"),
    Token.SEXUAL_ORIENTATION: _voluntary("sexual orientation"),
    Token.ETHNICITY: _voluntary("ethnicity or race"),
    Token.VETERAN_STATUS: _voluntary("veteran status"),
    Token.DISABILITY_STATUS: _voluntary("disability status"),
    Token.NATIONALITY: _contact("nationality or citizenship"),
    Token.NATIONAL_ID: _contact("number of an identity document, a tax or a social security number"),
    Token.AGE: _contact("age, or whether the person is of age"),
    Token.CONSENT: _plain("consent to the processing of the application's data"),
    Token.CONSENT_MARKETING: _plain("consent to marketing, newsletters or job alerts"),
    Token.CONSENT_TRUTH: _plain("certification that the application is true"),
}
