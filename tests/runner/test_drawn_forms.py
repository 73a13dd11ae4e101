"""Drawn forms of the careers sites, planned without a browser: all that a profile answers is filled, and no decoy."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
import yaml

from careers_site import form as careers
from careers_site.posting import Posting, posting
from jobhunter_contracts.profile import profile_from
from jobhunter_runner.facts import facts_from_profile
from jobhunter_runner.fill_plan import plan
from jobhunter_runner.form import Button, Field, FieldKind, FormBox, Option, PageView
from jobhunter_runner.recognise import recognise_form

SEED = int(os.environ["CAREERS_SEED"])
PROFILE = yaml.safe_load((Path(__file__).parents[2] / "examples" / "profile.yaml").read_text("utf-8"))


def as_read(drawn: careers.Field) -> Field:
    stated = {"name": drawn.name, "id": drawn.element_id, "autocomplete": drawn.autocomplete, "type": drawn.kind}
    return Field(
        selector=f"[name='{drawn.name}']",
        frame="",
        kind=FieldKind(drawn.kind),
        label=drawn.label,
        required=drawn.required,
        visible=True,
        hints=(drawn.placeholder,) if drawn.placeholder else (),
        options=tuple(Option(option.label, option.value) for option in drawn.options),
        attributes={key: value for key, value in stated.items() if value},
        value="false" if drawn.kind == "checkbox" else "",
        form_index=0,
    )


def page_of(job: Posting) -> PageView:
    assert job.form is not None
    fields = tuple(as_read(drawn) for drawn in job.form.fields)
    send = Button("#send", "", job.submit_button, submits=True, form_index=0)
    text = f"{job.title} · {job.location}"
    forms = (FormBox(0, 0, heading=job.form_heading),)
    return PageView("https://x.example", "https://x.example", job.title, text, fields, (send,), forms=forms)


@pytest.mark.parametrize("kind", ["greenhouse", "twelve", "greenhouse-questions", "bigform"])
def test_what_the_profile_answers_is_filled_and_near_misses_are_not(kind: str):
    facts = facts_from_profile(profile_from(PROFILE), date(2026, 11, 21))
    for number in range(40):
        job = posting(SEED, kind, str(number))
        page = page_of(job)
        assert job.form is not None
        for drawn, entry in zip(job.form.fields, plan(page, recognise_form(page), facts, {}).entries, strict=True):
            if drawn.token.startswith(("decoy-", "question-")):
                assert entry.value in ("", False), drawn.label
                assert entry.kind == ("ask" if drawn.required else entry.kind), drawn.label
            elif drawn.required:
                assert entry.kind == "set", drawn.label
