"""What people write under a draft, and what becomes of it."""

import pytest

from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.draft_table import edit_targets
from jobhunter_runner.edit import EditTarget, amount_in, parse_edit
from jobhunter_runner.fill_plan import Entry
from jobhunter_runner.form import Field
from jobhunter_runner.form import FieldKind as K

TARGETS = [
    EditTarget("first", "First name *", K.TEXT, Token.GIVEN_NAME),
    EditTarget("last", "Last name *", K.TEXT, Token.FAMILY_NAME),
    EditTarget("email", "E-mail", K.EMAIL, Token.EMAIL),
    EditTarget("phone", "How can we call you?", K.TEL, Token.TEL),
    EditTarget("city", "City", K.TEXT, Token.ADDRESS_LEVEL2),
    EditTarget("pay", "Desired compensation (USD per year)", K.NUMBER, Token.SALARY_EXPECTATION),
    EditTarget("paytext", "Present pay", K.TEXT, None, numeric=True),
    EditTarget("move", "Are you willing to relocate to Berlin?", K.RADIO, Token.RELOCATE, ("Yes", "No", "Maybe later")),
    EditTarget("degree", "Highest degree", K.SELECT, None, ("Bachelor", "Bachelor of Arts", "Master's degree", "None")),
    EditTarget("start", "Start date", K.DATE, Token.START_DATE),
    EditTarget("news", "Send me the newsletter", K.CHECKBOX, Token.CONSENT_MARKETING),
    EditTarget("why", "Why us?", K.TEXTAREA),
    EditTarget("cv", "Résumé/CV", K.FILE, Token.RESUME, documents=("cv.pdf", "cv-short.pdf")),
    EditTarget("langs", "Languages", K.SELECT_MULTIPLE, None, ("English", "German", "Hindi")),
    EditTarget("link", "LinkedIn profile", K.URL, Token.LINKEDIN_URL),
]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("change salary to 150k", {"pay": "150000"}),
        ("Please change my salary to $150,000.", {"pay": "150000"}),
        ("set Desired compensation to 1.2m", {"pay": "1200000"}),
        ("salary: 95 000", {"pay": "95000"}),
        ("salary = 95000.50", {"pay": "95000.5"}),
        ("Present pay: 80k", {"paytext": "80000"}),
        ("change First name to Asha Maria", {"first": "Asha Maria"}),
        ('set first name to "Asha, and more"', {"first": "Asha, and more"}),
        ("the city should be New Delhi", {"city": "New Delhi"}),
        ("make the city Pune", {"city": "Pune"}),
        ("use Pune for the city", {"city": "Pune"}),
        (
            "City: Pune, Phone: +49 30 1234, email: a@b.example",
            {"city": "Pune", "phone": "+49 30 1234", "email": "a@b.example"},
        ),
        ("change city to Pune and set phone to 030 12", {"city": "Pune", "phone": "030 12"}),
        ("change city to Pune and then set phone to 030 12", {"city": "Pune", "phone": "030 12"}),
        (
            "change city to Pune; leave LinkedIn empty\nstart date: 1 December 2026",
            {"city": "Pune", "link": "", "start": "2026-12-01"},
        ),
        ("change city to Stratford, Ontario and the rest", {"city": "Stratford, Ontario and the rest"}),
        ("change are you willing to relocate to berlin to maybe", {"move": "Maybe later"}),
        ("relocate: no", {"move": "No"}),
        ("set degree to master's degree", {"degree": "Master's degree"}),
        ("degree: Bachelor", {"degree": "Bachelor"}),
        ("degree: none", {"degree": "None"}),
        ("start date = 2027-01-15", {"start": "2027-01-15"}),
        ("tick the newsletter", {"news": "true"}),
        ("untick send me the newsletter", {"news": "false"}),
        ("newsletter: no", {"news": "false"}),
        ("clear why us", {"why": ""}),
        ("why us: Because. You are good.", {"why": "Because. You are good."}),
        ("cv: cv-short.pdf", {"cv": "cv-short.pdf"}),
        ("languages: English and Hindi", {"langs": "English\nHindi"}),
        ("LinkedIn: https://www.linkedin.com/in/asha", {"link": "https://www.linkedin.com/in/asha"}),
        ("change e-mail to asha.rao@example.org.", {"email": "asha.rao@example.org"}),
        ("city: Pune\ncity: Delhi", {"city": "Delhi"}),
        ("change salary from 120k to 150k", {"pay": "150000"}),
        ("present pay is wrong, should be 80k", {"paytext": "80000"}),
        ("change city from New Delhi to Pune, and set phone to 030 12", {"city": "Pune", "phone": "030 12"}),
        ("change start date from 2026-12-01 to 2027-01-15", {"start": "2027-01-15"}),
    ],
)
def test_an_edit_in_words_finds_its_field_and_value(text: str, expected: dict[str, str]) -> None:
    edit = parse_edit(text, TARGETS)
    assert edit.faults == ()
    assert {change.target.key: change.value for change in edit.changes} == expected


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("change shoe size to 43", "No field is called “shoe size”"),
        ("change name to Asha", "could be “First name *”, “Last name *”"),
        ("name: Asha", "could be"),
        ("looks good to me", "is not understood"),
        ("salary: a lot", "takes a number"),
        ("email: nobody", "no e-mail address"),
        ("start date: 3/4/2027", "no date"),
        ("degree: PhD", "has no option “PhD”. Say one of “Bachelor”"),
        ("degree: bach", "has no option"),
        ("newsletter: perhaps", "Say yes or no"),
        ("cv: other.pdf", "The documents are “cv.pdf”, “cv-short.pdf”"),
        ("leave relocate empty", "cannot be emptied"),
        ("change", "is not understood"),
        ("the salary is too low", "is not understood"),
        ("first name is not Asha", "is not understood"),
        ("submit it, the city is fine", "is not understood"),
        ("do not write City: Pune", "is not understood"),
        ("don't set city to Pune", "is not understood"),
        ("the city should not be Pune", "is not understood"),
    ],
)
def test_what_cannot_be_understood_is_asked_back(text: str, words: str) -> None:
    edit = parse_edit(text, TARGETS)
    assert edit.changes == ()
    assert words in " ".join(edit.faults)


def test_one_fault_among_several_changes_is_said() -> None:
    edit = parse_edit("change city to Pune; change shoe size to 43", TARGETS)
    assert [change.target.key for change in edit.changes] == ["city"]
    assert len(edit.faults) == 1


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("150k", "150000"),
        ("$150K", "150000"),
        ("USD 120,000", "120000"),
        ("1.5 million", "1500000"),
        ("70'000 per year", "70000"),
        ("12,5", "12.5"),
        ("0", "0"),
        ("many", None),
        ("", None),
        ("between 100 and 120", None),
    ],
)
def test_amounts_as_people_write_them(text: str, amount: str | None) -> None:
    assert amount_in(text) == amount


def test_a_near_miss_is_not_meant_by_what_people_call_the_field_itself() -> None:
    own = Field("#a", "", K.EMAIL, "Your e-mail address", required=True, visible=True)
    near = Field("#b", "", K.EMAIL, "HR email", required=False, visible=True)
    entries = [
        Entry(own, Token.EMAIL, 0.98, "asha@example.org", "profile: basics.email", "set"),
        Entry(near, Token.EMAIL, 0.4, "", "", "empty"),
    ]
    for text, selector in (("change email to a@b.example", "#a"), ("change HR email to a@b.example", "#b")):
        edit = parse_edit(text, edit_targets(entries, {}))
        assert ([change.target.key.split()[0][:2] for change in edit.changes], edit.faults) == ([selector], ()), text


def test_of_two_fields_that_ask_for_the_like_the_one_that_has_the_word_is_meant():
    targets = [
        EditTarget("rate", "Desired daily rate", K.TEXT, Token.SALARY_EXPECTATION),
        EditTarget("salary", "What are your salary expectations?", K.TEXT, Token.SALARY_EXPECTATION),
    ]
    assert [change.target.key for change in parse_edit("change salary to 150k", targets).changes] == ["salary"]
    assert [change.target.key for change in parse_edit("change daily rate to 700", targets).changes] == ["rate"]
    assert "could be" in parse_edit("change pay to 150k", targets).faults[0]
