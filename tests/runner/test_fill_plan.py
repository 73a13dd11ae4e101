"""The plan accounts for every control: set with a source, left as the site has it, empty, or asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from jobhunter_contracts.profile import Profile, profile_from
from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.draft_table import edit_targets
from jobhunter_runner.edit import parse_edit
from jobhunter_runner.facts import FileRef, facts_from_profile
from jobhunter_runner.fill_plan import FillPlan, answer_key, plan
from jobhunter_runner.form import Button, Field, FieldKind, Option, PageView
from jobhunter_runner.recognise import recognise_form
from jobhunter_runner.submit_button import submit_button


def profile(**application: object) -> Profile:
    return profile_from(
        {
            "basics": {"name": "Asha Rao", "email": "asha@example.com", "phone": "+49 30 901820"},
            "application": {
                "given_name": "Asha",
                "family_name": "Rao",
                "work_authorization": {"US": "citizen", "DE": "needs-sponsorship"},
                "documents": {"resume": "cv.pdf"},
                **application,
            },
        }
    )


def field(label: str, kind: FieldKind = FieldKind.TEXT, *options: str, **more: object) -> Field:
    made = tuple(Option(o, o.lower(), f"#o{n}") for n, o in enumerate(options))
    base = {
        "selector": f"[name={label!r}]",
        "frame": "",
        "kind": kind,
        "label": label,
        "required": False,
        "visible": True,
    }
    return Field(**{**base, "options": made, "form_index": 0, **more})  # type: ignore[arg-type]  # keywords of Field


BASICS = (
    field("First name", required=True),
    field("Last name", required=True),
    field("Email", FieldKind.EMAIL, required=True),
    field("Resume", FieldKind.FILE, required=True),
)
SEND = Button("#send", "", "Submit application", submits=True, form_index=0)


def page(
    *fields: Field, text: str = "", others: tuple[Field, ...] = (), url: str = "https://jobs.example/1"
) -> PageView:
    return PageView(url, url, "", text, (*others, *BASICS, *fields), (SEND,))


def planned(
    view: PageView, who: Profile | None = None, answers: dict[str, str] | None = None, employer: str = ""
) -> FillPlan:
    facts = facts_from_profile(who or profile(), date(2026, 11, 21))
    return plan(view, recognise_form(view), facts, answers or {}, employer)


def entry(made: FillPlan, label: str):
    return next(e for e in made.entries if e.field.label == label)


def test_known_fields_are_set_each_with_its_source():
    made = planned(page())
    assert [(e.kind, e.source) for e in made.entries] == [
        ("set", "profile: application.given_name"),
        ("set", "profile: application.family_name"),
        ("set", "profile: basics.email"),
        ("set", "profile: application.documents.resume"),
    ]
    assert entry(made, "Resume").value == FileRef("cv.pdf", Token.RESUME)
    assert made.questions == ()
    assert submit_button(page()) == SEND


def test_what_is_required_and_unknown_is_asked_and_what_is_optional_never():
    made = planned(
        page(field("Why us?", FieldKind.TEXTAREA, required=True), field("Anything else?", FieldKind.TEXTAREA))
    )
    assert [q.text for q in made.questions] == ["Why us?"]
    assert entry(made, "Why us?").kind == "ask"
    assert entry(made, "Anything else?").kind == "empty"


def test_a_persons_answer_goes_in_with_its_source_and_one_that_fits_no_option_is_asked_again():
    shift = field("Which shift?", FieldKind.SELECT, "Early", "Late", required=True)
    made = planned(page(shift), answers={answer_key(shift): "late"})
    assert (entry(made, "Which shift?").value, entry(made, "Which shift?").source) == ("Late", "person")
    again = planned(page(shift), answers={answer_key(shift): "at noon"})
    assert [(q.kind, q.options) for q in again.questions] == [("choice", ("Early", "Late"))]


def test_an_answered_question_is_not_taken_for_the_field_its_words_are_near_to():
    question = field("Last working day at your last employer")
    made = planned(page(question), answers={answer_key(question): "Friday"})
    assert entry(made, question.label).value == "Friday"
    edit = parse_edit("change surname to Rao Patel", edit_targets(made.entries, {}))
    assert [(change.target.label, change.value) for change in edit.changes] == [("Last name", "Rao Patel")]


def test_honeypots_and_what_cannot_be_seen_stay_as_the_site_has_them():
    trap = field("Last name", visible=False, required=True, selector="#trap", value="x")
    made = planned(page(trap))
    assert (made.entries[-1].kind, made.entries[-1].value) == ("left-default", "x")
    assert made.questions == ()


@pytest.mark.parametrize(
    ("given", "kind"), [({"data_processing": True}, "set"), ({}, "ask"), ({"data_processing": False}, "ask")]
)
def test_a_required_consent_is_ticked_only_where_the_profile_gives_it(given, kind):
    box = field("I agree to the processing of my personal data", FieldKind.CHECKBOX, required=True, value="false")
    made = planned(page(box), profile(consents=given))
    assert made.entries[-1].kind == kind
    assert [q.options for q in made.questions] == ([] if kind == "set" else [("Yes", "No")])


def test_a_marketing_box_that_the_site_ticked_is_unticked():
    box = field("Send me the newsletter", FieldKind.CHECKBOX, value="true")
    made = planned(page(box))
    assert (made.entries[-1].kind, made.entries[-1].value) == ("set", False)
    assert planned(page(box), profile(consents={"marketing": True})).entries[-1].value is True


def test_every_consent_that_the_site_gave_is_taken_back_or_asked():
    box = field("Share my application with partner companies", FieldKind.CHECKBOX, value="true")
    made = planned(page(box), profile(consents={"data_processing": True, "marketing": True}))
    assert (made.entries[-1].value, made.entries[-1].source) == (False, "rule: consents are unticked unless given")
    asked = planned(page(replace(box, required=True)))
    assert asked.entries[-1].kind == "ask"
    assert [q.options for q in asked.questions] == [("Yes", "No")]
    assert planned(page(replace(box, required=True)), answers={answer_key(box): "Yes"}).entries[-1].source == "person"
    undone = planned(page(replace(box, value="false"))).entries[-1]  # as the next look at the page finds it
    assert (undone.value, undone.source, undone.present) == (False, "rule: consents are unticked unless given", True)
    listed = field("May we send you our newsletter?", FieldKind.RADIO, "Yes", "No", value="yes")
    listed = replace(listed, options=(replace(listed.options[0], selected=True), listed.options[1]))
    assert planned(page(listed)).entries[-1].value == "No"


def test_voluntary_questions_are_answered_only_from_what_was_given():
    gender = field("Gender", FieldKind.SELECT, "Female", "Male", "Prefer not to say")
    assert planned(page(gender)).entries[-1].kind == "empty"
    assert planned(page(gender), profile(voluntary={"gender": "decline"})).entries[-1].value == "Prefer not to say"
    required = planned(page(replace(gender, required=True)))
    assert [q.text for q in required.questions] == ["Gender"]


SPONSOR = field("Will you require visa sponsorship?", FieldKind.RADIO, "Yes", "No", required=True)


def test_the_right_to_work_is_asked_where_no_country_is_named_and_the_profile_has_several():
    assert planned(page(SPONSOR)).entries[-1].kind == "ask"


def test_the_country_comes_from_the_question_or_the_page_and_is_never_the_profiles_only_one():
    german = field("May you legally work in Germany?", FieldKind.RADIO, "Yes", "No", required=True)
    made = planned(page(german, SPONSOR))
    assert entry(made, SPONSOR.label).value == "Yes"
    assert planned(page(SPONSOR, text="Engineer · Austin, TX")).entries[-1].value == "No"
    only = profile(work_authorization={"US": "citizen"})
    assert planned(page(SPONSOR, text="Backend engineer in our Berlin office"), only).entries[-1].kind == "ask"
    here = field(
        "Are you authorized to work in the country where this job is?", FieldKind.RADIO, "Yes", "No", required=True
    )
    assert planned(page(here), only).entries[-1].kind == "ask"
    assert planned(page(here, text="Engineer · Austin, TX"), only).entries[-1].value == "Yes"


@pytest.mark.parametrize("place", ["Berlin, DE", "Bengaluru, IN", "Toronto, CA", "Tel Aviv, IL"])
def test_a_countrys_code_behind_a_city_is_no_state(place):
    assert planned(page(SPONSOR, text=f"Backend engineer · {place} · Full-time")).entries[-1].kind == "ask"


def test_a_country_that_only_an_unclear_question_names_is_not_the_jobs():
    denied = field("Have you ever been denied a US work permit?", FieldKind.RADIO, "Yes", "No", required=True)
    assert [e.kind for e in planned(page(denied, SPONSOR)).entries[-2:]] == ["ask", "ask"]


def test_a_tick_that_refuses_a_consent_is_never_given_nor_taken_back():
    for given in ({}, {"data_processing": True, "marketing": True}, {"data_processing": False, "marketing": False}):
        for label in ("I do not consent to the processing of my data", "Opt out of marketing emails"):
            for value in ("true", "false"):
                left = planned(page(field(label, FieldKind.CHECKBOX, value=value)), profile(consents=given)).entries[-1]
                assert left.kind in ("empty", "left-default")
            asked = planned(
                page(field(label, FieldKind.CHECKBOX, required=True, value="false")), profile(consents=given)
            )
            assert [q.text for q in asked.questions] == [label]


def test_boxes_of_another_question_do_not_take_an_answer_that_stood_under_their_selector():
    def boxes(question: str, *labels: str) -> list[Field]:
        group = {
            "data-jobhunter-group": "#box-1",
            "data-jobhunter-question": question,
            "data-jobhunter-group-required": "true",
        }
        return [
            field(label, FieldKind.CHECKBOX, selector=f"#box-{n}", value="false", attributes=group)
            for n, label in enumerate(labels, start=1)
        ]

    key = planned(page(*boxes("Which shifts?", "Monday", "Tuesday"))).questions[0].key
    other = planned(page(*boxes("Which days off?", "Monday", "Tuesday")), answers={key: "Tuesday"})
    assert [q.text for q in other.questions] == ["Which days off?"]


def test_earlier_answers_are_used_within_their_scope():
    box = field("Why us?", FieldKind.TEXTAREA, required=True)

    def with_scope(**scope: str) -> Profile:
        return profile(answers=[{"question": "why us", "answer": "Because.", **scope}])

    made = planned(page(box), with_scope(scope="always"))
    assert (made.entries[-1].value, made.entries[-1].source) == ("Because.", "profile: application.answers[0]")
    assert planned(page(box), with_scope(scope="never")).entries[-1].kind == "ask"
    assert planned(page(box), with_scope(scope="employer", employer="Acme"), employer="Acme").entries[-1].kind == "set"
    assert planned(page(box), with_scope(scope="employer", employer="Acme"), employer="Other").entries[-1].kind == "ask"
    here = with_scope(scope="posting", posting="https://jobs.example/1")
    assert planned(page(box), here).entries[-1].kind == "set"
    assert planned(page(box, url="https://jobs.example/2"), here).entries[-1].kind == "ask"


def test_a_value_that_is_there_already_is_marked_present():
    view = page()
    filled = replace(view, fields=(replace(view.fields[0], value="Asha"), *view.fields[1:]))
    assert [e.present for e in planned(filled).entries] == [True, False, False, False]


def test_the_sites_own_default_is_left_and_said():
    source = field("Source", FieldKind.SELECT, "Ad", "Friend")
    chosen = replace(
        source, options=(source.options[0], replace(source.options[1], selected=True)), value="friend", required=True
    )
    left = planned(page(chosen)).entries[-1]
    assert (left.kind, left.value, left.source) == ("left-default", "Friend", "site default")


def test_a_list_shows_the_option_that_it_posts_and_nothing_for_a_prompt():
    source = field("Source", FieldKind.SELECT, "Company site", "Friend", value="company site")
    first = replace(source, options=(replace(source.options[0], selected=True), source.options[1]))
    left = planned(page(first)).entries[-1]
    assert (left.kind, left.value, left.source) == ("left-default", "Company site", "site default")
    prompt = replace(first, value="", options=(Option("Please choose", "", "#o", selected=True), source.options[1]))
    assert planned(page(prompt)).entries[-1].kind == "empty"


@pytest.mark.parametrize("place", ["form:nth-of-type(1) > p:nth-of-type(5) > input:nth-of-type(1)", "#input-23"])
def test_an_answer_stays_with_its_question_where_its_selector_may_mean_another(place):
    colour = field("Favourite colour", required=True, selector=place)
    key = planned(page(colour)).questions[0].key
    assert planned(page(colour), answers={key: "Blue"}).entries[-1].value == "Blue"
    moved = planned(page(field("Favourite dish", required=True, selector=place)), answers={key: "Blue"})
    assert (moved.entries[-1].kind, moved.entries[-1].value) == ("ask", "")


def test_a_required_select_whose_first_option_merely_stands_there_is_asked():
    sponsor = replace(SPONSOR, kind=FieldKind.SELECT)
    standing = replace(sponsor, options=(replace(sponsor.options[0], selected=True), sponsor.options[1]), value="yes")
    assert planned(page(standing)).entries[-1].kind == "ask"


def test_passwords_are_asked_as_secrets_and_never_shown_in_reprs():
    box = field("Choose a password", FieldKind.PASSWORD, required=True)
    made = planned(page(box), answers={})
    assert [q.kind for q in made.questions] == ["secret"]
    answered = planned(page(box), answers={answer_key(box): "hunter2"})
    assert answered.entries[-1].value == "hunter2"
    assert "hunter2" not in repr(answered)


def test_newsletter_and_search_are_never_the_application():
    news = field("Email", FieldKind.EMAIL, form_index=1, selector="#news")
    query = field("Search", form_index=2, selector="#q")
    assert all(e.field.form_index == 0 for e in planned(page(others=(news, query))).entries)
    alone = PageView("https://x.example", "https://x.example", "", "", (news, query), ())
    assert planned(alone).form is None


def test_rows_of_a_history_are_not_filled_with_the_present_employer():
    worker = profile_from({**profile().model_dump(exclude_none=True), "work": [{"name": "Acme", "startDate": "2020"}]})
    one = planned(page(field("Current employer")), worker)
    two = planned(page(field("Employer"), field("Employer", selector="#second")), worker)
    assert one.entries[-1].value == "Acme"
    assert [e.kind for e in two.entries[-2:]] == ["empty", "empty"]


def test_two_start_dates_are_rows_of_a_history_and_a_near_miss_is_none():
    ready = profile(start_date="2027-02-01")
    two = planned(page(field("Start date"), field("Start date", selector="#second")), ready)
    assert [e.kind for e in two.entries[-2:]] == ["empty", "empty"]
    beside = planned(page(field("Start date"), field("Employer"), field("Employer", selector="#second")), ready)
    assert entry(beside, "Start date").value == "2027-02-01"
    one = planned(page(field("Start date"), field("Start date at current employer")), ready)
    assert [e.kind for e in one.entries[-2:]] == ["set", "empty"]


def test_boxes_of_one_required_question_are_asked_once_and_ticked_by_their_words():
    group = {
        "data-jobhunter-group": "#red",
        "data-jobhunter-question": "Colours?",
        "data-jobhunter-group-required": "true",
    }
    boxes = [
        field(label, FieldKind.CHECKBOX, selector=f"#{label.lower()}", value="false", attributes=group)
        for label in ("Red", "Blue")
    ]
    made = planned(page(*boxes))
    assert [(q.text, q.options, q.key) for q in made.questions] == [("Colours?", ("Red", "Blue"), "#red “colours”")]
    answered = planned(page(*boxes), answers={"#red “colours”": "Blue"})
    assert [e.value for e in answered.entries[-2:]] == [False, True]
    assert answered.questions == ()
