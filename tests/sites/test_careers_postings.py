"""Postings are drawn from a seed: the same from the same, and nothing of them can be known before."""

from careers_site import wording
from careers_site.kinds import FORM_KINDS, KINDS
from careers_site.posting import posting
from running_site import EXPECTED, SEED


def test_nothing_can_be_hard_coded() -> None:
    drawn = [posting(seed, "greenhouse", "1") for seed in range(60)]
    for token in ("given-name", "email", "resume", "work-authorization"):
        questions = [job.form.named(token) for job in drawn if job.form]
        assert len({question.name for question in questions if question}) > 30
        assert len({question.element_id for question in questions if question}) > 30
        assert len({question.label for question in questions if question}) >= 4
    orders = {tuple(question.token for question in job.form.fields) for job in drawn if job.form}
    assert len(orders) > 30
    assert {job.submit_button for job in drawn} == set(wording.SUBMIT_BUTTONS)
    assert {job.confirmation_path == "" for job in drawn} == {True, False}


def test_the_same_seed_and_job_give_the_same_posting() -> None:
    for kind in KINDS:
        assert posting(SEED, kind, "4711") == posting(SEED, kind, "4711")
        assert posting(SEED, kind, "4711").company == posting(SEED, "greenhouse", "4711").company
    assert posting(SEED, "greenhouse", "4711") != posting(SEED + 1, "greenhouse", "4711")


def test_the_forms_of_each_kind_ask_what_they_promise() -> None:
    for number in range(40):
        forms = {kind: posting(SEED, kind, str(number)).form for kind in FORM_KINDS}
        counts = {kind: len(form.fields) for kind, form in forms.items() if form}
        assert counts["twelve"] == 12
        assert counts["bigform"] == 60
        assert counts["greenhouse-questions"] == counts["greenhouse-question"] + 1 == counts["greenhouse"] + 2
        for form in forms.values():
            assert form is not None
            assert len({question.name for question in form.fields}) == len(form.fields)
            assert len({question.element_id for question in form.fields}) == len(form.fields)
            decoys = [question for question in form.fields if question.token.startswith("decoy-")]
            assert len(decoys) == (0 if form is forms["twelve"] else 3)
            assert not any(question.required or question.token in EXPECTED for question in decoys)
        twelve = forms["twelve"]
        assert twelve is not None
        assert all(question.required and question.token in EXPECTED for question in twelve.fields)
