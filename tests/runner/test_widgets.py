"""Each widget is filled as a person would, and what the page then holds is what is believed."""

from __future__ import annotations

import time

import pytest

from jobhunter_runner.file_value import FileValue
from jobhunter_runner.form import Field, FieldKind, Option
from jobhunter_runner.page_state import field_key, posted_values
from jobhunter_runner.pauses import Pauses
from jobhunter_runner.widgets import FieldNotSet, read_back, reads_back, set_field
from jobhunter_runner.widgets.file import accepts

pytestmark = pytest.mark.asyncio(loop_scope="session")
NONE = Pauses(0)

LISTENING = """<script>
window.heard = {};
for (const e of document.querySelectorAll("input,select,textarea"))
  for (const kind of ["focus", "input", "change", "blur"])
    e.addEventListener(kind, () => { (window.heard[e.id] ||= []).push(kind); });
</script>"""


async def test_text_fields_take_their_value_and_hear_what_a_person_causes(show):
    shown = await show(
        "<form><label for=a>First name</label><input id=a><label for=b>Email</label><input id=b type=email value=old>"
        "<label for=c>Cover</label><textarea id=c></textarea><label for=d>Salary</label><input id=d type=number step=any>"
        f"<label for=e>Site</label><input id=e type=url></form>{LISTENING}"
    )
    page = shown.tabs.page
    values = {
        "First name": "Zoë  O'Brien",
        "Email": "zoe@example.com",
        "Cover": "Two lines,\nof text.",
        "Salary": "90000",
        "Site": "https://zoe.example/",
    }
    for label, value in values.items():
        actual = await set_field(page, shown.field(label), value, NONE)
        assert reads_back(shown.field(label), value, actual), (label, actual)
    heard = await page.evaluate("() => window.heard")
    for element in "abcde":
        assert {"focus", "input", "change", "blur"} <= set(heard[element]), (element, heard)


async def test_a_newline_never_sends_a_one_line_field(show, site):
    shown = await show("<form action=/sent><label for=a>City</label><input id=a><input id=b></form>")
    assert await set_field(shown.tabs.page, shown.field("City"), "New\nYork\t", Pauses(0.01)) == "New York"
    assert not [a for a in site.asked if a.path.startswith("/sent")]


async def test_typing_with_pauses_goes_key_by_key(show):
    shown = await show(f"<label for=a>Name</label><input id=a>{LISTENING}")
    begun = time.monotonic()
    await set_field(shown.tabs.page, shown.field("Name"), "Abcdef", Pauses(0.5))
    assert time.monotonic() - begun > 0.15
    assert (await shown.tabs.page.evaluate("() => window.heard.a")).count("input") >= 6


async def test_a_telephone_mask_may_group_digits_and_is_read_by_them(show):
    mask = """<script>a.addEventListener("input", () => {
      const d = a.value.replace(/\\D/g, "").slice(0, 10);
      a.value = d.length > 6 ? `(${d.slice(0, 3)}) ${d.slice(3, 6)}-${d.slice(6)}` : d; });</script>"""
    shown = await show(f"<label for=a>Phone</label><input id=a type=tel>{mask}")
    assert await set_field(shown.tabs.page, shown.field("Phone"), "555 010 0199", NONE) == "(555) 010-0199"
    with pytest.raises(FieldNotSet, match=r"Phone: the page keeps '\(155\) 010-0199' instead"):
        await set_field(shown.tabs.page, shown.field("Phone"), "+1 550 100 19987", NONE)


async def test_what_maxlength_cuts_is_reported(show):
    shown = await show("<label for=a>Why</label><textarea id=a maxlength=10></textarea>")
    with pytest.raises(FieldNotSet, match="takes 10 characters at most") as caught:
        await set_field(shown.tabs.page, shown.field("Why"), "Because it is longer than that", NONE)
    assert caught.value.where == "Why"


async def test_a_page_that_takes_the_value_back_is_caught_after_two_tries(show):
    shown = await show(
        "<label for=a>Name</label><input id=a><script>window.n = 0;"
        'a.addEventListener("change", () => { window.n++; setTimeout(() => { a.value = ""; }, 5); });</script>'
    )
    with pytest.raises(FieldNotSet, match="did not keep the value"):
        await set_field(shown.tabs.page, shown.field("Name"), "Ada", NONE)
    assert await shown.tabs.page.evaluate("() => window.n") >= 2


async def test_a_field_that_only_hears_keys_is_filled_on_the_second_try(show):
    shown = await show(
        '<label for=a>Name</label><input id=a><script>let kept = ""; let keys = 0;'
        'a.addEventListener("keydown", () => keys++);'
        'a.addEventListener("change", () => { if (keys < 3) a.value = ""; });</script>'
    )
    assert await set_field(shown.tabs.page, shown.field("Name"), "Ada Lovelace", NONE) == "Ada Lovelace"


TINY = "position:absolute;opacity:0;width:1px;height:1px"


async def test_selects_take_a_label_or_a_value_also_when_hidden(show):
    options = "<option value=''>Select…</option><option value=7>United  States</option><option value=9>Germany</option>"
    shown = await show(
        f"<label for=a>Country</label><select id=a>{options}</select>"
        f'<label for=b>Region</label><select id=b style="{TINY}">{options}</select>{LISTENING}'
    )
    page = shown.tabs.page
    assert await set_field(page, shown.field("Country"), "united states", NONE) == "7"
    assert await set_field(page, shown.field("Country"), "9", NONE) == "9"
    assert await set_field(page, shown.field("Region"), "Germany", NONE) == "9"
    assert "change" in (await page.evaluate("() => window.heard"))["b"]
    with pytest.raises(FieldNotSet, match="there is no option 'Atlantis'"):
        await set_field(page, shown.field("Country"), "Atlantis", NONE)


async def test_a_list_that_the_page_fills_later_is_read_anew(show):
    shown = await show(
        '<label for=a>State</label><select id=a><option value="">Choose</option></select><script>'
        'setTimeout(() => a.add(new Option("Texas", "TX")), 0);</script>'
    )
    await shown.tabs.page.wait_for_timeout(50)
    assert await set_field(shown.tabs.page, shown.field("State"), "Texas", NONE) == "TX"


async def test_a_select_of_several_takes_several(show):
    shown = await show("<label for=a>Skills</label><select id=a multiple><option>Go<option>Python<option>Rust</select>")
    field = shown.field("Skills")
    actual = await set_field(shown.tabs.page, field, ("Rust", "python"), NONE)
    assert actual == "Python, Rust"


HIDDEN = "position:absolute;opacity:0;width:0;height:0;pointer-events:none"


async def test_radios_hidden_behind_labels_are_pressed_by_label(show):
    shown = await show(
        f'<fieldset><legend>Sponsorship?</legend><input type=radio name=s id=y value=1 style="{HIDDEN}">'
        "<label for=y>Yes</label>"
        f'<input type=radio name=s id=n value=0 style="{HIDDEN}"><label for=n>No</label></fieldset>{LISTENING}'
    )
    page, field = shown.tabs.page, shown.field("Sponsorship?")
    assert await read_back(page, field) == ""
    assert await set_field(page, field, "No", NONE) == "0"
    assert await set_field(page, field, "yes", NONE) == "1"
    assert "change" in (await page.evaluate("() => window.heard"))["y"]


async def test_boxes_are_ticked_and_unticked_without_opening_the_policy_in_their_label(show, site):
    site.answers["/policy"] = "<h1>Policy</h1>"
    shown = await show(
        f'<label><input type=checkbox id=a style="{HIDDEN}">'
        "<span>I agree to the <a href=/policy target=_blank>policy</a></span></label>"
        "<label><input type=checkbox id=b checked> News please</label>"
    )
    page = shown.tabs.page
    agree, news = (f for f in shown.view.fields if f.kind is FieldKind.CHECKBOX)
    assert await set_field(page, agree, True, NONE) == "true"
    assert await set_field(page, news, False, NONE) == "false"
    assert await set_field(page, news, False, NONE) == "false"
    await page.wait_for_timeout(100)
    assert not [a for a in site.asked if a.path == "/policy"]
    assert shown.tabs.page is page


async def test_a_box_that_will_not_stay_ticked_is_reported(show):
    shown = await show(
        '<label><input type=checkbox id=a onchange="setTimeout(() => { this.checked = false }, 0)"> Agree</label>'
    )
    with pytest.raises(FieldNotSet):
        await set_field(shown.tabs.page, shown.field("Agree"), True, NONE)


async def test_dates_are_iso_and_within_bounds(show):
    shown = await show("<label for=a>Start</label><input id=a type=date min=2027-01-01 max=2027-12-31>")
    page, field = shown.tabs.page, shown.field("Start")
    assert await set_field(page, field, "2027-03-01", NONE) == "2027-03-01"
    with pytest.raises(FieldNotSet, match="no date before 2027-01-01"):
        await set_field(page, field, "2026-03-01", NONE)
    with pytest.raises(FieldNotSet, match="is not a date"):
        await set_field(page, field, "soon", NONE)


async def test_a_file_goes_in_from_memory_behind_its_button_and_its_bytes_arrive(show):
    shown = await show(
        '<form><label for=cv>Resume</label><button type=button onclick="cv.click()">Attach</button>'
        '<input id=cv type=file accept=".pdf,.docx" style="display:none"></form>'
    )
    page, field = shown.tabs.page, next(f for f in shown.view.fields if f.kind is FieldKind.FILE)
    cv = FileValue("cv.pdf", b"%PDF-1.7 " + bytes(range(256)) * 2000, "application/pdf")
    assert await set_field(page, field, cv, NONE) == "cv.pdf"
    posted = await posted_values(page, shown.view)
    (file,) = posted.files[field_key(field)]
    assert (file.filename, file.size, file.sha256) == ("cv.pdf", cv.size, cv.sha256)
    with pytest.raises(FieldNotSet, match=r"takes only \.pdf,\.docx here, not cv\.png"):
        await set_field(page, field, FileValue("cv.png", b"x", "image/png"), NONE)


async def test_a_file_that_a_script_uploads_and_removes_reads_back_by_the_name_shown(show):
    shown = await show(
        "<div><label for=cv>Resume</label><input id=cv type=file><p id=said></p></div><script>cv.onchange = () => {"
        "said.textContent = 'Uploaded ' + cv.files[0].name; cv.value = ''; };</script>"
    )
    cv = FileValue("ada-cv.pdf", b"%PDF", "application/pdf")
    assert await set_field(shown.tabs.page, shown.field("Resume"), cv, NONE) == "ada-cv.pdf"


async def test_fields_in_frames_and_shadow_roots_are_reached(show, site):
    site.answers["/inner"] = "<!doctype html><label for=a>Inner name</label><input id=a>"
    shown = await show(
        "<iframe src=/inner width=400 height=200></iframe><div id=host></div><script>"
        'host.attachShadow({mode: "open"}).innerHTML = "<label for=s>Shadow name</label><input id=s>";</script>'
    )
    for label in ("Inner name", "Shadow name"):
        assert await set_field(shown.tabs.page, shown.field(label), "Ada", NONE) == "Ada"


async def test_what_cannot_be_changed_says_so(show):
    shown = await show(
        "<label for=a>Job</label><input id=a readonly value=Tester><label for=r>How far</label><input id=r type=range>"
    )
    with pytest.raises(FieldNotSet, match="does not let it be changed"):
        await set_field(shown.tabs.page, shown.field("Job"), "Other", NONE)
    with pytest.raises(FieldNotSet, match="cannot be filled yet"):
        await set_field(shown.tabs.page, shown.field("How far"), "5", NONE)


async def test_a_later_change_is_seen_and_changes_the_digest(show):
    shown = await show(
        "<form class=search role=search><input name=q aria-label=Search></form>"
        "<form><label for=a>Name</label><input id=a><label><input type=checkbox id=b> Agree</label>"
        "<input type=hidden id=h value=1>"
        "<label for=f>Resume</label><input type=file id=f><button>Submit application</button></form>"
    )
    page = shown.tabs.page
    await set_field(page, shown.field("Name"), "Ada", NONE)
    first = await posted_values(page, shown.view)
    assert await posted_values(page, shown.view) == first
    assert set(first.values) == {"#a", "#b", "#f"}
    await page.evaluate("() => { h.value = 2; document.querySelector('[name=q]').value = 'x'; }")
    assert (await posted_values(page, shown.view)).digest() == first.digest()
    await page.evaluate("() => { b.checked = true; }")
    second = await posted_values(page, shown.view)
    assert second.changed_since(first) == ["#b"]
    assert second.digest() != first.digest()
    for content in (b"one", b"two"):
        await page.locator("#f").set_input_files({"name": "cv.pdf", "mimeType": "application/pdf", "buffer": content})
        third = await posted_values(page, shown.view)
        assert third.changed_since(second) == ["#f"]
        second = third
    await page.evaluate(
        "() => document.forms[1].append(Object.assign(document.createElement('input'), { id: 'late' }))"
    )
    assert (await posted_values(page, shown.view)).changed_since(second) == ["#late"]


def _field(kind: FieldKind, options: tuple[Option, ...] = (), **attributes: str) -> Field:
    return Field("#x", "", kind, "X", False, True, options=options, attributes=attributes)


YES_NO = (Option("Yes", "1"), Option("No", "0"))


@pytest.mark.parametrize(
    ("field", "intended", "actual", "same"),
    [
        (_field(FieldKind.TEXT), "Ada  Lovelace", "Ada Lovelace", True),
        (_field(FieldKind.TEXT), "sw1a 1aa", "SW1A 1AA", True),
        (_field(FieldKind.TEXT), "Ada Lovelace", "Ada Lovelac", False),
        (_field(FieldKind.TEXT), "150000", "$150,000", True),
        (_field(FieldKind.TEXT), "150000", "15,000", False),
        (_field(FieldKind.TEXT), "1.5", "15", False),
        (_field(FieldKind.TEXT), "", "", True),
        (_field(FieldKind.TEXT), "x", "", False),
        (_field(FieldKind.TEL), "+49 30 901820", "+49 30 901820", True),
        (_field(FieldKind.TEL), "+1 (555) 010-0199", "555-010-0199", True),
        (_field(FieldKind.TEL), "030 901820", "+49 30901820", True),
        (_field(FieldKind.TEL), "+1 555 010 0199", "+1 555 010 019", False),
        (_field(FieldKind.TEL), "+1 555 010 0199", "+1 555 010 0198", False),
        (_field(FieldKind.TEXT, inputmode="tel"), "555 010 0199", "5550100199", True),
        (_field(FieldKind.NUMBER), "90000.0", "90000", True),
        (_field(FieldKind.NUMBER), "90000", "9000", False),
        (_field(FieldKind.URL), "https://www.linkedin.com/in/ada/", "linkedin.com/in/ada", True),
        (_field(FieldKind.URL), "https://a.example/ada", "https://a.example/bob", False),
        (_field(FieldKind.TEXTAREA), "a\r\nb", "a\nb", True),
        (_field(FieldKind.TEXTAREA), "Dear team", "dear team", False),
        (_field(FieldKind.RADIO, YES_NO), "Yes", "1", True),
        (_field(FieldKind.RADIO, YES_NO), "Yes", "0", False),
        (_field(FieldKind.SELECT, YES_NO), "0", "0", True),
        (_field(FieldKind.SELECT, YES_NO), "no", "1", False),
        (_field(FieldKind.CHECKBOX), True, "true", True),
        (_field(FieldKind.CHECKBOX), False, "true", False),
        (_field(FieldKind.CHECKBOX), "true", "true", False),
        (_field(FieldKind.FILE), FileValue("a.pdf", b""), "a.pdf", True),
        (_field(FieldKind.FILE), FileValue("a.pdf", b""), "", False),
        (_field(FieldKind.DATE), "2027-01-31", "2027-01-30", False),
    ],
)
async def test_reading_back_forgives_a_manner_of_writing_and_no_loss(field, intended, actual, same):
    assert reads_back(field, intended, actual) is same


async def test_accept_lets_through_by_extension_and_media_type():
    pdf = FileValue("CV.PDF", b"", "application/pdf")
    assert accepts("", pdf)
    assert accepts(".doc, .pdf", pdf)
    assert accepts("application/*", pdf)
    assert not accepts("image/*,.docx", pdf)
