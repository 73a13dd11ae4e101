"""A field is named by its autocomplete, its words, its neighbours; and by nothing where they do not say."""

from __future__ import annotations

import pytest

from jobhunter_contracts.vocabulary import VOCABULARY, Token
from jobhunter_runner.form import Button, Field, FieldKind, FormBox, Option, PageView
from jobhunter_runner.meaning import SURE
from jobhunter_runner.recognise import recognise, recognise_form


def field(label: str = "", kind: FieldKind = FieldKind.TEXT, **more: object) -> Field:
    attributes = {k: str(more.pop(k)) for k in ("name", "id", "autocomplete", "placeholder") if k in more}
    base = {"selector": f"#{label}", "frame": "", "kind": kind, "label": label, "required": False, "visible": True}
    return Field(**{**base, "attributes": attributes, **more})  # type: ignore[arg-type]  # keywords of Field


def view(*fields: Field, buttons: tuple[str, ...] = (), title: str = "", heading: str = "") -> PageView:
    made = tuple(Button(f"#b{n}", "", label, submits=True, form_index=0) for n, label in enumerate(buttons))
    return PageView(
        "https://x.example", "https://x.example", title, "", fields, made, forms=(FormBox(0, 0, heading=heading),)
    )


def test_every_token_is_described():
    assert set(VOCABULARY) == set(Token)
    for token in (Token.CC_NUMBER, Token.NEW_PASSWORD, Token.ONE_TIME_CODE, Token.USERNAME):
        assert not VOCABULARY[token].filled
    for token in (Token.EMAIL, Token.TEL, Token.BDAY, Token.GENDER, Token.VETERAN_STATUS, Token.NATIONAL_ID):
        assert VOCABULARY[token].sensitive


@pytest.mark.parametrize(
    ("label", "token"),
    [
        ("First Name", Token.GIVEN_NAME),
        ("Vorname", Token.GIVEN_NAME),
        ("Prénom", Token.GIVEN_NAME),
        ("Voornaam", Token.GIVEN_NAME),
        ("Имя", Token.GIVEN_NAME),
        ("Family name / Surname", Token.FAMILY_NAME),
        ("Apellidos", Token.FAMILY_NAME),
        ("Cognome", Token.FAMILY_NAME),
        ("姓", Token.FAMILY_NAME),
        ("Full legal name", Token.NAME),
        ("Vor- und Nachname", Token.NAME),
        ("E-Mail-Adresse", Token.EMAIL),
        ("Correo electrónico", Token.EMAIL),
        ("Contact number", Token.TEL),
        ("Handynummer", Token.TEL),
        ("Street address", Token.STREET_ADDRESS),
        ("Apt or Suite #", Token.ADDRESS_LINE2),
        ("Postleitzahl", Token.POSTAL_CODE),
        ("Billing ZIP Code", Token.POSTAL_CODE),
        ("Wohnort", Token.ADDRESS_LEVEL2),
        ("Which city do you live in?", Token.ADDRESS_LEVEL2),
        ("State / Province", Token.ADDRESS_LEVEL1),
        ("Country of residence", Token.COUNTRY),
        ("LinkedIn Profile", Token.LINKEDIN_URL),
        ("Link to your portfolio", Token.PORTFOLIO_URL),
        ("What are your salary expectations? (gross, annual)", Token.SALARY_EXPECTATION),
        ("Gehaltsvorstellung", Token.SALARY_EXPECTATION),
        ("Current salary", Token.SALARY_CURRENT),
        ("When can you start?", Token.START_DATE),
        ("Kündigungsfrist", Token.NOTICE_PERIOD),
        ("How many years of professional experience do you have?", Token.YEARS_OF_EXPERIENCE),
        ("How did you hear about this job?", Token.REFERRAL_SOURCE),
        ("Username", Token.USERNAME),
        ("Имя пользователя", Token.USERNAME),
        ("Card number", Token.CC_NUMBER),
        ("CVV", Token.CC_CSC),
        ("Verification code", Token.ONE_TIME_CODE),
    ],
)
def test_labels_are_recognised_in_several_languages(label: str, token: Token):
    meaning = recognise(field(label))
    assert meaning.token is token
    assert meaning.sure


@pytest.mark.parametrize(
    "label",
    [
        "Why do you want to work here?",
        "Describe a bug that taught you something.",
        "How many years of experience do you have with Python?",
        "What does a good code review look like to you?",
        "Coupon code",
        "Search",
        "Which shift would suit you best?",
    ],
)
def test_what_is_not_known_is_not_guessed(label: str):
    assert recognise(field(label)).token is None


@pytest.mark.parametrize(
    "label", ["Emergency contact name", "Reference's e-mail", "Manager phone number", "Parent's email"]
)
def test_another_persons_field_is_never_sure(label: str):
    assert not recognise(field(label)).sure


@pytest.mark.parametrize(
    ("question", "token", "polarity", "countries"),
    [
        ("Are you legally authorized to work in the U.S.?", Token.WORK_AUTHORIZATION, True, ("US",)),
        ("Do you have the right to work in Germany?", Token.WORK_AUTHORIZATION, True, ("DE",)),
        (
            "Will you now or in the future require sponsorship for employment visa status?",
            Token.VISA_SPONSORSHIP,
            True,
            (),
        ),
        ("Can you work in the USA without visa sponsorship?", Token.VISA_SPONSORSHIP, False, ("US",)),
        ("Can you take up this job in Germany without requiring sponsorship?", Token.VISA_SPONSORSHIP, False, ("DE",)),
        ("Are you willing to relocate?", Token.RELOCATE, True, ()),
    ],
)
def test_polarity_and_country_are_part_of_a_question(question, token, polarity, countries):
    meaning = recognise(field(question, FieldKind.RADIO))
    assert (meaning.token, meaning.polarity, meaning.countries) == (token, polarity, countries)


def test_the_pronoun_us_is_no_country():
    assert recognise(field("Have you the right to work with us?", FieldKind.RADIO)).countries == ()


@pytest.mark.parametrize(
    ("label", "token", "detail"),
    [
        ("I agree to the processing of my data for this application", Token.CONSENT, "data-processing"),
        ("I accept the terms and conditions", Token.CONSENT, "terms"),
        ("You may keep my data for up to two years", Token.CONSENT, "retention"),
        ("I agree to the privacy policy and to receive marketing emails", Token.CONSENT_MARKETING, ""),
        ("E-mail me about offers", Token.CONSENT_MARKETING, ""),
        ("Notify me of similar jobs", Token.CONSENT_MARKETING, ""),
        ("Share my application with partner companies", Token.CONSENT, "other"),
        ("You may contact my present employer", Token.CONSENT, "other"),
        ("I hereby authorize a background check", Token.CONSENT, "other"),
        ("Ich willige in die Weitergabe ein", Token.CONSENT, "other"),
        ("I certify that the above is true and complete", Token.CONSENT_TRUTH, ""),
    ],
)
def test_consents_are_told_apart(label, token, detail):
    meaning = recognise(field(label, FieldKind.CHECKBOX))
    assert (meaning.token, meaning.detail) == (token, detail)


@pytest.mark.parametrize("label", ["Same as postal address", "I am authorized to work", "I have a driving licence"])
def test_a_box_that_states_something_is_no_consent(label):
    assert recognise(field(label, FieldKind.CHECKBOX)).token not in (Token.CONSENT, Token.CONSENT_MARKETING)


@pytest.mark.parametrize(
    "label", ["Leave this field empty: Email", "If you are human, leave blank (phone)", "E-Mail: bitte nicht ausfüllen"]
)
def test_a_trap_that_says_so_is_nobodys_field(label):
    assert recognise(field(label)).token is None


def test_an_optional_line_is_no_trap():
    assert recognise(field("Address line 2 (leave blank if none)")).token is Token.ADDRESS_LINE2


def test_autocomplete_rules_unless_the_label_clearly_says_another_thing():
    assert recognise(field("Your thing", autocomplete="shipping given-name")).token is Token.GIVEN_NAME
    assert recognise(field("Last name", autocomplete="email")).token is Token.FAMILY_NAME
    assert recognise(field("City", autocomplete="new-password")).token is Token.ADDRESS_LEVEL2
    assert recognise(field("Address", autocomplete="off")).token is Token.STREET_ADDRESS


def test_a_name_narrows_a_general_label():
    assert recognise(field("Name", name="candidate[first_name]")).token is Token.GIVEN_NAME
    assert recognise(field("Address", name="address2")).token is Token.ADDRESS_LINE2


def test_a_label_that_only_stands_near_does_not_overrule_the_name():
    near = field("First name", name="nachname", attributes={"name": "nachname", "data-jobhunter-label": "near"})
    meaning = recognise(near)
    assert meaning.token is Token.FAMILY_NAME
    assert meaning.confidence < SURE


def test_files_are_named_by_the_words_around_a_button():
    assert recognise(field("Resume/CV", FieldKind.FILE)).token is Token.RESUME
    assert recognise(field("Attach", FieldKind.FILE, section="Cover letter")).token is Token.COVER_LETTER
    assert recognise(field("Attach", FieldKind.FILE)).token is None


def test_a_country_list_without_words_is_known_by_its_options():
    names = ["Austria", "Belgium", "Brazil", "Canada", "Chile", "France", "Germany", "India", "Japan"]
    assert recognise(field("", FieldKind.SELECT, options=tuple(Option(n, n) for n in names))).token is Token.COUNTRY


def test_a_password_is_new_where_one_signs_up_and_current_where_one_signs_in():
    email, password = field("Email", form_index=0), field("Password", FieldKind.PASSWORD, form_index=0)
    again = field("Repeat password", FieldKind.PASSWORD, form_index=0)
    old = field("Old password", FieldKind.PASSWORD, form_index=0)

    def tokens(page: PageView) -> list[Token | None]:
        return [m.token for m in recognise_form(page)]

    assert tokens(view(email, password, buttons=("Log in",))) == [Token.EMAIL, Token.CURRENT_PASSWORD]
    assert tokens(view(email, password, buttons=("Create account",))) == [Token.EMAIL, Token.NEW_PASSWORD]
    assert tokens(view(email, password, again, buttons=("Continue",)))[1:] == [Token.NEW_PASSWORD] * 2
    assert tokens(view(old, password, again)) == [Token.CURRENT_PASSWORD, Token.NEW_PASSWORD, Token.NEW_PASSWORD]


def test_the_unnamed_field_before_a_password_is_who_signs_in():
    page = view(
        field("Customer", form_index=0),
        field("PIN or password", FieldKind.PASSWORD, form_index=0),
        buttons=("Sign in",),
    )
    assert recognise_form(page)[0].token is Token.USERNAME


def test_nombre_is_the_given_name_beside_apellidos_and_name_the_family_name_beside_vorname():
    spanish = recognise_form(view(field("Nombre"), field("Apellidos")))
    german = recognise_form(view(field("Vorname"), field("Name")))
    assert [m.token for m in spanish] == [Token.GIVEN_NAME, Token.FAMILY_NAME]
    assert [m.token for m in german] == [Token.GIVEN_NAME, Token.FAMILY_NAME]
    assert recognise_form(view(field("Name")))[0].token is Token.NAME
