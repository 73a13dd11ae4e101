"""Facts are what the profile says, or a stated rule; nothing else."""

from __future__ import annotations

from datetime import date

from jobhunter_contracts.profile import profile_from
from jobhunter_contracts.vocabulary import Token
from jobhunter_runner.facts import FileRef, facts_from_profile, years_of_work

TODAY = date(2026, 11, 21)


def facts(**parts):
    return facts_from_profile(profile_from(parts), TODAY)


def test_a_whole_name_is_never_cut_into_parts():
    found = facts(basics={"name": "Asha Rao"})
    assert found.values[Token.NAME].value == "Asha Rao"
    assert found.get(Token.GIVEN_NAME) is None
    assert found.get(Token.FAMILY_NAME) is None


def test_values_say_where_they_stand():
    found = facts(
        basics={"email": "a@b.example", "profiles": [{"network": "LinkedIn", "url": "https://www.linkedin.com/in/a"}]},
        application={"given_name": "Asha", "documents": {"resume": "cv.pdf"}},
    )
    assert found.values[Token.EMAIL].source == "profile: basics.email"
    assert found.values[Token.LINKEDIN_URL].source == "profile: basics.profiles[0].url"
    assert found.values[Token.GIVEN_NAME].source == "profile: application.given_name"
    assert found.values[Token.RESUME].value == FileRef("cv.pdf", Token.RESUME)


def test_values_are_kept_out_of_reprs():
    assert "a@b.example" not in repr(facts(basics={"email": "a@b.example"}))


def test_years_of_work_count_overlaps_once_and_say_the_rule():
    found = facts(
        work=[{"name": "A", "startDate": "2015-01", "endDate": "2018-01"}, {"name": "B", "startDate": "2017-01-01"}]
    )
    assert found.values[Token.YEARS_OF_EXPERIENCE].value == "11"
    assert found.values[Token.YEARS_OF_EXPERIENCE].source.startswith("rule:")
    assert years_of_work([("2010", "2012"), ("2014", "2015")], TODAY) == 3
    assert years_of_work([], TODAY) is None
    assert years_of_work([("long ago", None)], TODAY) is None


def test_the_employer_is_the_one_without_an_end():
    found = facts(
        work=[
            {"name": "Old", "startDate": "2010", "endDate": "2012"},
            {"name": "New", "position": "SRE", "startDate": "2020"},
        ]
    )
    assert found.values[Token.ORGANIZATION].value == "New"
    assert found.values[Token.ORGANIZATION_TITLE].value == "SRE"
    assert facts(work=[{"name": "Old", "startDate": "2010", "endDate": "2012"}]).get(Token.ORGANIZATION) is None


def test_the_highest_degree_is_known_only_where_all_are_understood():
    degrees = [{"studyType": "BTech", "endDate": "2014"}, {"studyType": "MSc", "endDate": "2017", "institution": "TU"}]
    found = facts(education=degrees)
    assert found.values[Token.HIGHEST_DEGREE].value == "MSc"
    assert found.values[Token.SCHOOL].value == "TU"
    assert facts(education=[{"studyType": "MSc"}, {"studyType": "Gesellenbrief"}]).get(Token.HIGHEST_DEGREE) is None


def test_an_empty_profile_gives_no_facts():
    assert facts(basics={"name": " "}).values == {}
