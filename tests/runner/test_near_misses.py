"""Nothing of a profile goes where the words ask for another thing, however near; and where they ask for it, it goes."""

from __future__ import annotations

from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest
import yaml

from careers_site import wording
from jobhunter_contracts.profile import profile_from
from jobhunter_runner.facts import facts_from_profile
from jobhunter_runner.fill_plan import Entry, plan
from jobhunter_runner.form import Button, Field, FieldKind, FormBox, Option, PageView
from jobhunter_runner.recognise import recognise_form

PROFILE = yaml.safe_load((Path(__file__).parents[2] / "examples" / "profile.yaml").read_text("utf-8"))
YES_NO = ("Yes", "No")
_numbers = count()


def field(label: str, kind: FieldKind = FieldKind.TEXT, *options: str, **more: Any) -> Field:
    made = tuple(Option(o, f"v{n}") for n, o in enumerate(options))
    base = {
        "selector": f"#f{next(_numbers)}",
        "frame": "",
        "kind": kind,
        "label": label,
        "required": True,
        "visible": True,
    }
    value = "false" if kind is FieldKind.CHECKBOX else ""
    return Field(**{**base, "options": made, "form_index": 0, "value": value, **more})


def filled(box: Field, text: str = "", **application: Any) -> Entry:
    """What becomes of the field on an application form, with the example's profile."""
    basics = [field("First name"), field("Last name"), field("Email", FieldKind.EMAIL), field("Resume", FieldKind.FILE)]
    send = Button("#b", "", "Submit application", submits=True, form_index=0)
    forms = (FormBox(0, 0, "application form"),)
    url = "https://jobs.example/1"
    view = PageView(url, url, "", text, (*basics, box), (send,), forms=forms)
    profile = profile_from({**PROFILE, "application": PROFILE["application"] | application})
    facts = facts_from_profile(profile, date(2026, 11, 21))
    return plan(view, recognise_form(view), facts, {}).entries[-1]


OTHER_THINGS = (
    "Last working day", "When did you last work?", "Last position held", "Last employer", "First language",
    "First choice of location", "When did you last apply to us?", "Date of last promotion", "Reason for leaving last job",
    "If yes, please state", "Please state", "Please state your availability", "State any unspent convictions",
    "State your reason for leaving", "If other, please state", "Name of employee who referred you",
    "Employee name who referred you", "Who referred you? (name)", "Agency name", "Recruitment agency name", "Bank name",
    "Previous surname", "Previous name(s)", "Other names used", "Former name", "Partner name", "Certification name",
    "Client name", "Program name", "Hospital name", "Who should we thank for your referral? Name", "Name of the position",
    "Name of partner university", "Name of hiring contact", "Name of visa type", "Interviewer name",
    "City you want to work in", "Employer city", "Country you want to work in", "Which country office are you applying to?",
    "Work location", "Location you are applying for", "Best time for a phone call", "When is a good time for a phone screen?",
    "Phone interview availability", "When are you available for an interview?", "Preferred interview date",
    "Preferred date for interview", "Start date at current employer", "Current job start date", "Visa expiry date",
    "Start date of current employment", "Date available for interview", "How do you handle pressure?",
    "How do you handle conflict?", "Total exp in years", "Years of exp", "Python experience (in years)",
    "Total Java experience (years)", "Kubernetes years experience", "Experience in years with AWS",
    "Total management experience", "Years of Python experience", "React (years of experience)",
    "Years of experience in React", "Overall sales experience", "Years of experience (backend)", "Go - years of experience",
    "Degree classification", "Degree grade", "Degree subject", "Any other qualification", "Degree result", "Current CTC",
    "Expected CTC (in LPA)", "Expected salary (k€)", "School leaving age", "Which college are you applying from?",
    "University ranking", "Website where you saw this job", "What is our company's website?", "Source website",
    "Job title you are applying for", "Job role", "Position title", "Job title of your manager", "Title of the position",
    "Company you would like to work for", "Dream company", "Companies you have interviewed with", "Parent company",
    "Name of company where you interned", "Notice period served at last company", "Are you serving notice period?",
    "Can you shorten your notice period?", "Is your notice period negotiable?", "Buyout of notice period", "Country code",
    "Address of your university", "LinkedIn of your referrer", "GitHub repo you are most proud of",
    "Link to your best GitHub project", "Your favourite blog", "What is your favourite website?", "Email of your reference",
    "Email address of your current supervisor", "Phone number of your previous employer", "HR email",
    "HR phone number of current company", "Who is your favorite blog author", "Summary of your experience with Go",
    "Skills you want to learn", "Top 3 skills you lack", "Please describe your Python skills", "Work authorization status",
    "How would you address conflict?",
    "Mobile app experience", "Preferred start time", "Alternate email", "Work phone",
    "Are you available to start immediately?",
    "Do you live in this city?", "City of birth", "Name pronunciation",
    "Contact name", "Years of experience in this industry", "Current and expected salary",
    "LinkedIn followers", "Master's graduation year",
)  # fmt: skip


@pytest.mark.parametrize("label", OTHER_THINGS)
def test_a_label_that_says_more_than_a_field_of_the_profile_is_asked(label: str):
    assert filled(field(label)).kind == "ask"


@pytest.mark.parametrize("label", OTHER_THINGS)
def test_autocomplete_name_and_type_do_not_outvote_the_label(label: str):
    named = {"autocomplete": "name", "name": "full_name", "id": "name"}
    assert filled(field(label, attributes=named)).kind == "ask"
    assert filled(field(label, FieldKind.EMAIL, attributes={"type": "email", "name": "email"})).kind == "ask"


@pytest.mark.parametrize(
    ("kind", "label"),
    [
        *[(FieldKind.TEXTAREA, label) for label in ("Summary of your experience with Go", "Skills you want to learn")],
        *[(FieldKind.TEXTAREA, label) for label in ("Please describe your Python skills", "Top 3 skills you lack")],
        *[(FieldKind.SELECT, label) for label in ("Where would you like to work? City", "Office city", "Home country")],
        *[(FieldKind.SELECT, label) for label in ("City of the office you prefer", "Country of the role")],
        *[(FieldKind.SELECT, label) for label in ("Which country are you applying in?", "Country of tax residence")],
        *[(FieldKind.SELECT, label) for label in ("Country where you hold a bank account", "Country of university")],
        *[(FieldKind.SELECT, label) for label in ("State of the vacancy", "Region applying for", "Preferred country")],
        *[(FieldKind.SELECT, label) for label in ("Minimum qualification required", "Country of origin")],
        *[(FieldKind.SELECT, label) for label in ("Country of nationality", "Country of issue")],
        (FieldKind.SELECT, "Highest level of education completed by your parents"),
    ],
)
def test_other_widgets_take_no_near_miss_either(kind: FieldKind, label: str):
    options = ("Berlin", "Germany", "India", "MSc", "BSc") if kind is FieldKind.SELECT else ()
    assert filled(field(label, kind, *options)).kind == "ask"


NOT_THE_RIGHT_TO_WORK = (
    "Do you have any restrictions on your right to work in the US?", "Have you ever been denied a US work permit?",
    "Do you currently hold a US work visa?", "Are you currently in the United States on a work visa?",
    "Is your right to work in the US time limited?", "Did a US employer ever sponsor you?", "Do you hold a US work visa?",
    "Is your US work authorization due to expire within the next 12 months?",
    "Does your right to work in the United States depend on a spouse's visa?", "Are you able to work onsite in the US?",
    "Do you not require sponsorship to work in the US?", "Would you need US sponsorship, or can you work without a visa?",
    "Are you unable to work in the US without sponsorship?", "Have you ever been sponsored by us in the US before?",
    "Are you currently unable to work in the United States without a visa?", "Are you not authorized to work in the US?",
    "Do you have a US work permit or do you require sponsorship?", "Are you a US citizen, or do you require visa sponsorship?",
    "Do you have a US visa sponsored by your current employer?", "Are you authorized to work in the EU?",
    "Are you authorized to work in the country where you live?", "Do you need to give notice to your US sponsor?",
    "Are you able to work full time?", "Are you able to work from our US location?", "Is visa sponsorship available in the US?",
    "Is your US work authorization subject to any restriction?", "Are you authorized to work in London?",
)  # fmt: skip
NOT_WILLING_TO_MOVE = (
    "Would you need to relocate for this role?", "Are you unwilling to relocate?", "Do you need us to relocate you?",
    "Did you relocate in the last 12 months?", "Are you able to commute, or would you relocate?",
    "Would you relocate only for a higher salary?", "Are you unable to relocate?", "Have you ever relocated for a job?",
    "Will you be moving or relocate before the start date?", "Do you need to relocate?", "Will you require relocation?",
    "Are you open to moving to night shifts?", "Would you relocate to Berlin at your own expense?",
    "Will you have to relocate for this position?", "Do you live within commuting distance or are you willing to relocate?",
    "Would you be able to relocate without assistance?", "Do you already live in Berlin (no relocation required)?",
)  # fmt: skip


@pytest.mark.parametrize("question", [*NOT_THE_RIGHT_TO_WORK, *NOT_WILLING_TO_MOVE])
def test_a_question_about_another_thing_than_the_profiles_yes_or_no_is_asked(question: str):
    american = "Engineer · Austin, TX"
    assert filled(field(question, FieldKind.RADIO, *YES_NO), american).kind == "ask"
    assert filled(field(question, FieldKind.TEXT), american).kind == "ask"


@pytest.mark.parametrize(
    "question",
    [
        "Are you married to a veteran?", "Are you a spouse of a veteran?", "Have you worked with disabled people?",
        "Do you have experience supporting veterans?", "Are you currently serving in the armed forces?",
    ],
)  # fmt: skip
def test_what_one_does_with_people_of_a_trait_is_no_trait(question: str):
    given = {"veteran": "no", "disability": "no"}
    assert filled(field(question, FieldKind.RADIO, *YES_NO), voluntary=given).kind == "ask"


@pytest.mark.parametrize(
    "label",
    [
        "I am not authorized to work in the US", "I am legally permitted to work in the US only with a visa",
        "I am not willing to relocate", "I would need to relocate", "I cannot relocate",
    ],
)  # fmt: skip
def test_a_box_that_denies_is_never_ticked_unasked(label: str):
    assert filled(field(label, FieldKind.CHECKBOX)).kind == "ask"


@pytest.mark.parametrize(
    ("question", "options", "answer"),
    [
        ("Are you authorized to work in the US?", ("Yes, with sponsorship", "No"), None),
        ("Are you authorized to work in the US?", ("Yes, I have a work visa that expires", "No"), None),
        (
            "Are you authorized to work in the US?",
            ("Yes, I am authorized to work in the US", "No, I am not"),
            "Yes, I am",
        ),
        ("Are you authorized to work in the US?", ("I am authorized with restrictions", "I am not authorized"), None),
        ("Do you require sponsorship in the US?", ("No - I am a citizen of another country", "Yes - I need it"), None),
        ("Do you require sponsorship in the US?", ("Yes, I require sponsorship", "No, I do not require it"), None),
        ("Do you require sponsorship in the US?", ("Yes", "No, I do not require sponsorship"), "No, I do not"),
        ("Are you willing to relocate?", ("Yes, if you pay for it", "No"), None),
    ],
)
def test_an_option_that_adds_to_yes_or_no_is_chosen_only_where_it_repeats_the_question(question, options, answer):
    entry = filled(field(question, FieldKind.RADIO, *options))
    assert entry.kind == ("set" if answer else "ask")
    assert str(entry.value).startswith(answer or "")


OTHER_PAY = (
    "Expected salary (SGD)", "Expected salary in euros", "Gross annual salary expectation in EUR", "Expected salary in pounds",
    "Expected salary (C$)", "Expected salary (A$)", "Expected salary (in thousands)", "Expected CTC in LPA", "Expected CTC",
    "Expected annual salary in lakhs", "Salary expectation p.m.", "Expected salary PLN", "Expected salary (kr)",
    "Desired salary in k", "Expected pay (¥)", "Expected salary (CAD $)", "Desired salary (R$)", "Desired rate",
    "Minimum acceptable daily rate", "Expected rate per hour", "Expected hourly rate", "Hourly pay expectation",
    "Weekly pay expectation", "Monthly net salary expectation", "Salary expectation (net)", "Expected salary in Swiss francs",
    "Expected salary (zł)", "Expected salary in Singapore dollars",
)  # fmt: skip


@pytest.mark.parametrize("kind", [FieldKind.NUMBER, FieldKind.TEXT])
@pytest.mark.parametrize("label", OTHER_PAY)
def test_a_salary_goes_into_no_other_currency_period_or_scale(label: str, kind: FieldKind):
    assert filled(field(label, kind)).kind == "ask"


@pytest.mark.parametrize(
    "label",
    [
        "Expected salary p.a. (€)", "Salary expectation annually (EUR)", "Gross yearly salary expectation",
        "Salary expectation", "Salary expectation /year", "Annual salary expectation", "Gehaltswunsch pro Jahr",
        "Jahresgehalt brutto",
        "Gehaltsvorstellung (Jahresbrutto)", "Prétentions salariales annuelles", "Salary expectation per yr",
    ],
)  # fmt: skip
def test_a_months_pay_is_not_a_years(label: str):
    monthly = {"amount": 5000, "currency": "EUR", "period": "month"}
    assert filled(field(label, FieldKind.NUMBER), salary_expectation=monthly).kind == "ask"


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("Expected salary p.a. (USD)", "120000"), ("Desired annual salary (US$)", "120000"),
        ("Gehaltsvorstellung (brutto/Jahr)", "120000"), ("Salary expectation ($ per year)", "120000"),
        ("What are your salary expectations in US dollars?", "120000"), ("Jahresgehalt (brutto)", "120000"),
    ],
)  # fmt: skip
def test_a_salary_goes_where_its_own_unit_is_asked(label: str, value: str):
    assert filled(field(label, FieldKind.NUMBER)).value == value


@pytest.mark.parametrize(
    ("options", "answer"),
    [
        (("Select...", "€60,000 - €80,000", "€80,000 - €100,000", "€110,000 - €130,000"), None),
        (("Please select", "₹1,00,000 - ₹2,00,000", "₹2,00,000 - ₹5,00,000"), None),
        (("Up to 3000 per month", "More than 3000 per month"), None),
        (("Up to 3000", "More than 3000"), None),
        (("Under $50/hour", "Over $50/hour"), None),
        (("£50k-£100k", "£100k+"), None),
        (("Up to 5 lakhs", "5 lakhs+"), None),
        (("80-100k", "100-110k", "110-130k"), "110-130k"),
        (("<100k", "100k+"), "100k+"),
        (("$80,000 - $100,000", "$100,000 - $130,000"), "$100,000 - $130,000"),
    ],
)
def test_a_range_of_pay_is_chosen_only_in_the_profiles_unit(options, answer):
    entry = filled(field("Salary expectation", FieldKind.SELECT, *options))
    assert (entry.kind, entry.value) == (("set", answer) if answer else ("ask", ""))


@pytest.mark.parametrize(
    "label",
    [
        "I do not consent to the processing of my personal data", "Opt out of the processing of my data",
        "Do not sell or share my personal data", "I agree that my personal data may be shared with partner companies",
        "I consent to my personal data being shared with third parties and affiliates",
        "I consent to automated decision-making using my personal data",
        "I consent to a background check and the processing of my data",
        "I consent to the transfer of my personal data outside the EU",
        "I agree that my personal data may be kept for 24 months", "I consent to my personal data going to group companies",
        "I consent to the processing of my special category (health) data",
        "I consent to the use of my data to train AI models", "I agree to the processing of my data and credit check",
        "I consent to the collection of my biometric data", "I withdraw my consent to data processing",
        "I object to the processing of my personal data", "I would rather you delete my personal data after 30 days",
        "I do NOT wish to receive marketing emails", "Please tick if you do not want to receive job alerts",
        "Unsubscribe from newsletters", "Opt out of marketing",
    ],
)  # fmt: skip
def test_a_consent_to_another_thing_or_a_refusal_is_the_persons(label: str):
    given = {"data_processing": True, "marketing": True}
    assert filled(field(label, FieldKind.CHECKBOX), consents=given).kind == "ask"
    assert filled(field(label, FieldKind.CHECKBOX, required=False), consents=given).value is False


@pytest.mark.parametrize("company", wording.COMPANIES)
@pytest.mark.parametrize("label", wording.LABELS["consent"])
def test_a_companys_name_makes_no_other_consent_of_it(label: str, company: str):
    box = field(label.format(company=company), FieldKind.CHECKBOX)
    assert filled(box, consents={"data_processing": True}).value is True


@pytest.mark.parametrize(
    "section",
    [
        "Emergency contact", "Person to contact in an emergency", "In case of emergency please contact",
        "Professional reference details (first referee)", "Details of your current line manager",
        "Contact details of your employer", "Academic referee one: contact details",
        "Parent or guardian details if under 18", "Your HR contact",
    ],
)  # fmt: skip
def test_nothing_of_the_applicants_goes_under_another_persons_heading(section: str):
    for label, kind in (("Name", "text"), ("Email", "email"), ("Phone", "tel"), ("Address", "text"), ("City", "text")):
        assert filled(field(label, FieldKind(kind), section=section)).kind == "ask"


def test_a_job_that_sounds_like_another_person_is_a_heading_as_any():
    box = field("Phone", FieldKind.TEL, section="Engineering Manager")
    page = PageView(
        "https://x.example", "https://x.example", "", "", (box,), (), job_title="Engineering Manager, Payments"
    )
    assert recognise_form(page)[0].sure


TRUE_WORDINGS = (
    ("First name (as it appears on your passport)", "Asha"), ("Please enter your first name", "Asha"),
    ("Vorname (Pflichtfeld)", "Asha"), ("Votre prénom", "Asha"), ("Legal Last Name (required)", "Rao"),
    ("Full name (first and last)", "Asha Rao"), ("What is your full legal name?", "Asha Rao"), ("Your name", "Asha Rao"),
    ("Confirm your email address", "asha.rao@example.com"), ("Best email to reach you", "asha.rao@example.com"),
    ("Ihre E-Mail-Adresse", "asha.rao@example.com"), ("Candidate email", "asha.rao@example.com"),
    ("Phone number (including country code)", "+49 30 23125042"), ("What is the best phone number to reach you?", "+49 30"),
    ("Mobile / Cell phone", "+49 30 23125042"), ("Which city do you currently live in?", "Berlin"), ("City / Town", "Berlin"),
    ("Current location (city, country)", "Berlin, Berlin, Germany"), ("Where are you currently based?", "Berlin, Berlin"),
    ("Country / Region", "Germany"), ("In which country do you reside?", "Germany"), ("Land", "Germany"),
    ("State / Province / Region", "Berlin"), ("ZIP / Postal code", "10969"), ("Home address", "Lindenstrasse 12"),
    ("LinkedIn profile URL (if available)", "https://www.linkedin.com/in/asha-rao-example"),
    ("Please share a link to your GitHub profile", "https://github.com/asha-rao-example"),
    ("Website / Portfolio", "https://asha-rao.example"), ("Personal website or blog", "https://asha-rao.example"),
    ("When could you start working with us?", "2027-02-01"), ("Earliest possible start date", "2027-02-01"),
    ("How soon can you join?", "2027-02-01"), ("What is your current notice period (in weeks)?", "4 weeks"),
    ("How many years of experience do you have?", "9"), ("Total years of professional experience", "9"),
    ("Current company", "Nordlicht Logistics"), ("Current or most recent employer", "Nordlicht Logistics"),
    ("Current job title", "Senior backend engineer"), ("What is your highest level of education?", "MSc"),
    ("University / College", "Technische Universität Berlin"), ("Field of study", "Computer Science"),
    ("Are you legally authorized to work in the United States for any employer?", "Yes"),
    ("Are you currently authorized to work lawfully in the US?", "Yes"), ("May you legally work in Germany?", "No"),
    ("Do you now or will you in the future require sponsorship (e.g. H-1B visa) to work in the United States?", "No"),
    ("Will you now, or in the future, require sponsorship for employment visa status (e.g., H-1B visa status, etc.) to work"
     " legally for our Company in the United States?", "No"),
    ("Are you legally authorized to work in the United States without the need for employer sponsorship now or in the future?",
     "Yes"),
    ("Would you be willing to relocate for this position?", "Yes"), ("Are you open to relocating to Berlin?", "Yes"),
)  # fmt: skip


@pytest.mark.parametrize(("label", "value"), TRUE_WORDINGS)
def test_what_asks_for_a_field_of_the_profile_is_filled(label: str, value: str):
    entry = filled(field(label))
    assert entry.kind == "set"
    assert str(entry.value).startswith(value)


FILLED_WORDINGS = [
    (token, label)
    for token, labels in wording.LABELS.items()
    for label in labels
    if token in ("given-name", "family-name", "email", "tel", "country", "address-level2", "linkedin-url", "portfolio-url",
                 "salary-expectation", "start-date", "notice-period", "years-of-experience", "github-url", "street-address",
                 "postal-code", "address-level1")
]  # fmt: skip


@pytest.mark.parametrize(("token", "label"), FILLED_WORDINGS)
def test_every_wording_of_the_careers_sites_is_filled(token: str, label: str):
    assert filled(field(label)).kind == "set"


@pytest.mark.parametrize("country", ["the United States", "the U.S.", "the USA", "Germany"])
@pytest.mark.parametrize("token", ["work-authorization", "visa-sponsorship/needs", "visa-sponsorship/without"])
def test_every_wording_about_the_right_to_work_is_answered(token: str, country: str):
    for label in wording.LABELS[token]:
        entry = filled(field(label.format(country=country), FieldKind.RADIO, *YES_NO), "Engineer · Austin, TX")
        american = country != "Germany" or "{country}" not in label
        asks_for_yes = american is (token != "visa-sponsorship/needs")
        assert entry.value == ("Yes" if asks_for_yes else "No"), label


@pytest.mark.parametrize(
    ("label", "kind", "choices"), [*wording.DECOYS, *((q, k, ()) for q, k in wording.UNANSWERABLE)]
)
def test_no_decoy_of_the_careers_sites_is_filled(label: str, kind: str, choices: tuple[str, ...]):
    named = label.format(country="the United States", company="Northwind")
    assert filled(field(named, FieldKind(kind), *choices), "Engineer · Austin, TX").kind == "ask"
