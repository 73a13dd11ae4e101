"""The profile: JSON Resume is kept as it is, our block is strict, and every fault is named."""

from __future__ import annotations

import io
import random
import zipfile
from pathlib import Path

import pytest

from jobhunter_contracts.errors import InvalidProfile
from jobhunter_contracts.profile import (
    DOCUMENT_LIMIT,
    MEDIA_TYPES,
    AnswerScope,
    document_media_type,
    parse_profile,
    profile_from,
)

EXAMPLES = Path(__file__).parents[2] / "examples"
WHOLE = """
basics:
  name: Asha Rao
  email: asha@example.com
  phone: "+49 170 1234567"
  image: kept.jpg
  location: {city: Berlin, countryCode: DE, postalCode: "10115"}
work:
  - {name: Acme, position: Engineer, startDate: 2019-06-01, endDate: 2023-02, highlights: [kept]}
education:
  - {institution: TU Berlin, studyType: MSc, startDate: 2013, endDate: 2015-09-30}
projects: [{name: kept}]
application:
  given_name: Asha
  family_name: Rao
  work_authorization: {US: citizen, DE: needs-sponsorship}
  notice_period: 4 weeks
  start_date: 2026-12-01
  salary_expectation: {amount: 120000, currency: USD, period: year}
  relocate: true
  voluntary: {gender: decline, ethnicity: decline, veteran: decline, disability: decline}
  consents: {data_processing: true, marketing: false}
  documents: {resume: cv.pdf, cover_letter: null}
  answers: [{question: Why us, answer: Because, scope: employer}]
"""


def faults(text: str | bytes) -> str:
    with pytest.raises(InvalidProfile) as caught:
        parse_profile(text)
    assert caught.value.code == "invalid-profile"
    assert caught.value.where == "profile.yaml"
    return str(caught.value)


def test_the_contract_s_example_reads() -> None:
    profile = parse_profile(WHOLE)
    ours = profile.application
    assert (ours.given_name, ours.family_name, str(ours.start_date)) == ("Asha", "Rao", "2026-12-01")
    assert ours.salary_expectation is not None
    assert (ours.salary_expectation.amount, ours.salary_expectation.currency) == (120000, "USD")
    assert ours.documents.resume == "cv.pdf"
    assert ours.documents.cover_letter is None
    assert ours.consents.data_processing is True
    assert ours.consents.marketing is False
    assert ours.answers[0].scope is AnswerScope.EMPLOYER


def test_unknown_keys_of_json_resume_are_kept_and_travel() -> None:
    dumped = parse_profile(WHOLE).model_dump(mode="json")
    assert dumped["basics"]["image"] == "kept.jpg"
    assert dumped["projects"] == [{"name": "kept"}]
    assert dumped["work"][0]["highlights"] == ["kept"]
    assert profile_from(dumped) == parse_profile(WHOLE)


def test_dates_may_be_written_without_quotes() -> None:
    profile = parse_profile(WHOLE)
    assert (profile.work[0].startDate, profile.work[0].endDate) == ("2019-06-01", "2023-02")
    assert (profile.education[0].startDate, profile.education[0].endDate) == ("2013", "2015-09-30")


@pytest.mark.parametrize(
    ("key", "place"),
    [
        ("application: {salary: 1}", "application.salary"),
        ("application: {voluntary: {race: x}}", "application.voluntary.race"),
        ("application: {consents: {cookies: true}}", "application.consents.cookies"),
        ("application: {documents: {photo: x.jpg}}", "application.documents.photo"),
        ("application: {answers: [{question: a, answer: b, why: c}]}", "application.answers.0.why"),
    ],
)
def test_unknown_keys_in_our_block_are_refused_by_name(key: str, place: str) -> None:
    assert f"{place}: unknown key" in faults(key)


def test_every_fault_is_named_at_once() -> None:
    words = faults(
        "basics: {email: nobody}\napplication: {a: 1, b: 2, salary_expectation: {amount: -1, currency: usd}}"
    )
    for part in (
        "basics.email",
        "'nobody' is not an e-mail address",
        "application.a",
        "application.b",
        "amount",
        "currency",
    ):
        assert part in words


@pytest.mark.parametrize(
    "email",
    ["", "a", "a@", "@b.co", "a@b", "a@b.", "a@.co", "a b@c.co", "a@b@c.co", "a@b..co", "Asha <a@b.co>", "a@b.co\\n"],
)
def test_a_bad_email_is_refused(email: str) -> None:
    assert "is not an e-mail address" in faults(f'basics: {{email: "{email}"}}')


@pytest.mark.parametrize("email", ["a@b.co", "asha.rao+jobs@mail.example.com", "ü@bücher.example"])
def test_a_good_email_is_taken(email: str) -> None:
    assert parse_profile(f"basics: {{email: {email}}}").basics.email == email


def test_numbers_where_text_belongs_are_refused_with_the_remedy_and_not_mangled() -> None:
    words = faults("basics: {phone: +491701234567, location: {postalCode: 01067}}")
    assert "basics.phone: not a text; write it in quotes" in words
    assert "basics.location.postalCode: not a text; write it in quotes" in words


def test_norway_is_not_lost_to_yaml() -> None:
    assert "quote it in YAML" in faults("application: {work_authorization: {NO: citizen}}")
    assert parse_profile('application: {work_authorization: {"NO": citizen}}').application.work_authorization == {
        "NO": "citizen"
    }


@pytest.mark.parametrize("code", ["us", "USA", "U1", "''"])
def test_countries_are_iso_codes(code: str) -> None:
    assert "ISO country code" in faults(f"application: {{work_authorization: {{{code}: citizen}}}}")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "null",
        "[]",
        "just words",
        "42",
        "a: [",
        "\t- x",
        "a: &x 1\nb: *x",
        "application: {start_date: 2026-13-45}",
        "when: 2026-13-45",
        "? [a]\n: b",
        "[" * 5000,
        "!!python/object/apply:os.system [true]",
        b"\xff\xfe\x00",
        b"\x80abc",
        "application: 5",
        "basics: []",
        "application: {salary_expectation: {amount: .inf, currency: USD}}",
    ],
)
def test_what_is_no_profile_is_refused_in_words_and_never_crashes(text: str | bytes) -> None:
    assert len(faults(text)) < 2000


def test_a_few_lines_cannot_stand_for_gigabytes() -> None:
    bomb = "a0: &a0 [x, x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    assert "aliases" in faults(bomb)


def test_bytes_at_random_are_a_profile_or_refused() -> None:
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    for _ in range(500):
        data = bytes(dice.choice(b"abc: -[]{},'\"\n#&*!|>%@0129\x00\xc3\xff") for _ in range(dice.randrange(60)))
        try:
            parse_profile(data)
        except InvalidProfile:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {data!r} raised {error!r}") from error


def docx(*names: str) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
    return file.getvalue()


def test_a_document_s_type_is_read_from_its_content() -> None:
    assert document_media_type("cv.pdf", b"%PDF-1.7\n...") == MEDIA_TYPES["pdf"]
    assert document_media_type("cv.docx", docx("[Content_Types].xml", "word/document.xml")) == MEDIA_TYPES["docx"]
    assert document_media_type("cv.txt", b"\n%PDF-1.4") == MEDIA_TYPES["pdf"]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"%PDF-" + b"0" * DOCUMENT_LIMIT, f"more than {DOCUMENT_LIMIT}"),
        (b"hello", "neither PDF nor DOCX"),
        (b"PK\x03\x04broken", "neither PDF nor DOCX"),
        (docx("xl/workbook.xml"), "neither PDF nor DOCX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "neither PDF nor DOCX"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused_by_name(data: bytes, words: str) -> None:
    with pytest.raises(InvalidProfile, match=words) as caught:
        document_media_type("cv.pdf", data)
    assert caught.value.where == "cv.pdf"
    assert caught.value.remedy


def test_a_broken_docx_is_refused_however_it_is_broken() -> None:
    seed = random.randrange(1 << 32)
    dice = random.Random(seed)
    whole = docx("word/document.xml", "é.xml")
    for _ in range(400):
        data = bytearray(whole)
        for _ in range(dice.randrange(1, 6)):
            data[dice.randrange(4, len(data))] = dice.randrange(256)
        try:
            document_media_type("cv.docx", bytes(data))
        except InvalidProfile:
            continue
        except Exception as error:
            raise AssertionError(f"seed {seed}: {bytes(data)!r} raised {error!r}") from error


def test_the_example_profile_and_its_document_can_be_used() -> None:
    profile = parse_profile((EXAMPLES / "profile.yaml").read_bytes())
    assert profile.application.documents.resume == "cv.pdf"
    data = (EXAMPLES / "cv.pdf").read_bytes()
    assert document_media_type("cv.pdf", data) == MEDIA_TYPES["pdf"]
    assert len(data) < 30_000
