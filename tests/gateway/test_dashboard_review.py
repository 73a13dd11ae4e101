"""The draft: the picture beside the table of every field; Confirm, Edit, Reject, and all of it by keyboard."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, Person, SignIn, browser, gateway, sign_in
from jobhunter_contracts.draft import DraftField
from jobhunter_gateway.dashboard import static_version
from played_task import FIELDS, PlayedTask, applied, picture
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


async def at_review(gateway: Gateway, sign_in: SignIn) -> tuple[Person, PlayedTask, str]:
    person = await sign_in()
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await person.open(task.path)
    hitl_id = await task.review()
    await expect(person.page.get_by_role("heading", name="Look it over")).to_be_visible()
    return person, task, hitl_id


async def test_a_draft_shows_every_field_beside_the_picture_and_is_confirmed(gateway: Gateway, sign_in: SignIn) -> None:
    person, task, hitl_id = await at_review(gateway, sign_in)
    page = person.page
    rows = page.locator("#review tbody tr")
    await expect(rows).to_have_count(len(FIELDS))
    await expect(page.locator("#review")).to_contain_text("Backend engineer at Northlight")
    await expect(page.locator("#review .badge")).to_have_text("2 to check")
    await expect(rows.nth(0)).to_contain_text("To check: Why us?")  # what is doubtful stands first
    await expect(rows.nth(0)).to_contain_text("fairly sure · 75 %")
    await expect(rows.nth(1)).to_contain_text("To check: How did you hear of us?")
    await expect(rows.nth(1)).to_contain_text("left as the site had it")
    await expect(rows.nth(2)).to_contain_text("First name (required)")
    await expect(rows.nth(2)).to_contain_text("Profile: Given name")
    await expect(rows.nth(2).get_by_title("profile: application.given_name")).to_have_count(1)
    await expect(rows.nth(2)).to_contain_text("sure · 100 %")
    await expect(rows.nth(6)).to_contain_text("left empty")
    await expect(page.get_by_text("7 fields. 1 left as the site had it.")).to_be_visible()
    image = page.locator("#review .picture img")
    await expect(image).to_be_visible()
    assert await image.evaluate("(image) => image.decode().then(() => image.naturalHeight)") == 1600
    await image.click()
    large = page.get_by_role("dialog", name="The form as it is filled in now")
    await expect(large.get_by_role("img")).to_be_visible()
    assert await large.get_by_role("img").evaluate("(image) => image.width") > 1000
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Confirm and send").click()
    assert await task.answer(hitl_id) == "confirm"
    await expect(page.get_by_text("Confirmed. The form is being sent…")).to_be_visible()
    await task.confirmation(picture("Thank you for applying"))
    await task.end("Submitted", "The site confirmed it.", "Thank you for applying!")
    await expect(page.get_by_role("heading", name="Your application was submitted")).to_be_visible()
    await expect(page.locator("blockquote")).to_have_text("Thank you for applying!")
    await expect(page.locator("#outcome img")).to_be_visible()
    await page.get_by_text("What was sent: 7 fields").click()
    await expect(page.locator("#outcome tbody tr")).to_have_count(7)


async def test_a_draft_is_changed_by_a_row_and_reviewed_again(gateway: Gateway, sign_in: SignIn) -> None:
    person, task, first = await at_review(gateway, sign_in)
    page = person.page
    await page.get_by_role("button", name="Change it").click()
    await expect(page.locator("#edit-fault")).to_contain_text("Say what to change")
    await page.get_by_role("button", name="Change Phone").click()
    words = page.get_by_label("Change something, in words")
    await expect(words).to_be_focused()
    await expect(words).to_have_value("change Phone to ")
    await words.type("+49 30 1234567")
    await words.press("Enter")
    assert await task.answer(first) == "change Phone to +49 30 1234567"
    await expect(page.get_by_text("The change is being made")).to_be_visible()
    changed = [
        f.model_copy(update={"value": "+49 30 1234567", "source": "person"}) if f.token == "tel" else f for f in FIELDS
    ]
    second = await task.review(changed)
    await expect(page.get_by_role("row").filter(has_text="Phone")).to_contain_text("+49 30 1234567")
    await expect(page.locator("#timeline")).to_contain_text("A change was asked for: change Phone to +49 30 1234567")
    await page.get_by_role("row").filter(has_text="Email").click()
    await expect(page.get_by_label("Change something, in words")).to_have_value("change Email to ")
    await page.get_by_role("button", name="Confirm and send").click()
    assert await task.answer(second) == "confirm"


async def test_a_draft_is_rejected_only_when_meant(gateway: Gateway, sign_in: SignIn) -> None:
    person, task, hitl_id = await at_review(gateway, sign_in)
    page = person.page
    await page.get_by_role("button", name="Reject", exact=True).click()
    await expect(page.get_by_role("button", name="Go back")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.get_by_role("button", name="Reject", exact=True).click()
    await page.get_by_role("button", name="Reject the draft").click()
    assert await task.answer(hitl_id) == "reject"
    await expect(page.get_by_text("Rejected. Nothing is sent.")).to_be_visible()
    await task.end("Rejected", "You rejected the draft.")
    await expect(page.locator("#outcome")).to_contain_text("You said no")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
async def test_the_ways_to_decide_stay_in_sight_and_the_table_is_whole(
    gateway: Gateway, sign_in: SignIn, size: tuple[int, int]
) -> None:
    width, height = size
    person = await sign_in(viewport={"width": width, "height": height})
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.review(
        [DraftField(label=f"Field {n}", value="x", source="person", confidence=n / 20) for n in range(20)]
    )
    await person.open(task.path)
    await expect(page.locator("#review .picture img")).to_be_visible()
    rows = page.locator("#review tbody tr")
    for row in (rows.first, rows.last):
        await row.evaluate("(row) => row.scrollIntoView({ block: 'center' })")
        for part in ("#confirm", "#edit", "#reject", "#review .count"):
            await expect(page.locator(part)).to_be_in_viewport(ratio=1)
        bar = await page.locator("#review .decide").bounding_box()
        assert bar is not None
        assert bar["height"] < height / 5
    for row in await rows.all():  # every cell stands under its head
        assert await row.evaluate("(row) => getComputedStyle(row).display") in ("table-row", "block")
    scrolls = "(region) => region.scrollHeight - region.clientHeight"
    assert await page.locator("#review .scroll").evaluate(scrolls) <= 0
    await expect(page.locator("#review .badge")).to_have_text("18 to check")


async def test_a_field_without_a_label_is_changed_by_what_it_asks_for(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    fields = [
        DraftField(label="", token="given-name", value="Asha", source="profile: application.given_name"),
        DraftField(label="", value="x", source="person"),
    ]
    await task.review(fields)
    await person.open(task.path)
    await page.get_by_role("button", name="Change given name").click()
    await expect(page.get_by_label("Change something, in words")).to_have_value("change given name to ")
    nameless = page.get_by_role("row").filter(has_text="A field without a label")
    await nameless.click()
    await expect(nameless.get_by_role("button")).to_have_count(0)
    await expect(page.get_by_label("Change something, in words")).to_have_value("change given name to ")


async def test_one_field_is_one_field(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.review([FIELDS[0]])
    await person.open(task.path)
    await expect(person.page.locator("#review")).to_contain_text("1 field.")
    await expect(person.page.locator("#timeline")).to_contain_text("Showed the draft (1 field)")


async def test_no_picture_stays_in_memory_behind_its_address(gateway: Gateway, sign_in: SignIn) -> None:
    person, task, _ = await at_review(gateway, sign_in)
    page = person.page
    await page.evaluate("""() => {
      window.held = new Set();
      const [make, give] = [URL.createObjectURL, URL.revokeObjectURL];
      URL.createObjectURL = (blob) => { const made = make.call(URL, blob); window.held.add(made); return made; };
      URL.revokeObjectURL = (made) => { window.held.delete(made); give.call(URL, made); };
    }""")
    await task.review()
    await expect(page.locator("#review .picture img")).to_be_visible()
    await page.get_by_role("button", name="Show it large").click()
    await expect(page.get_by_role("dialog").get_by_role("img")).to_be_visible()
    await page.keyboard.press("Escape")
    await task.confirmation(picture("Thank you for applying"))
    await task.end("Submitted", "Sent.")
    await expect(page.locator("#outcome img")).to_be_visible()
    assert await page.evaluate("[...window.held]") == []


async def test_a_source_is_said_in_the_words_of_the_profiles_form(sign_in: SignIn) -> None:
    person = await sign_in()
    said = {
        "profile: application.given_name and application.family_name": "Profile: Given name and Family name",
        "profile: application.salary_expectation": "Profile: Salary",
        "profile: application.work_authorization": "Profile: Work authorization",
        "profile: application.answers[2]": "Profile: Your answers 3",
        "profile: basics.location": "Profile: Address",
        "profile: work[0].name": "Profile: Work 1, Employer",
        "profile: skills": "Profile: Skills",
        "rule: LinkedIn address of basics.profiles[0].username": "Rule: LinkedIn address of Profiles on the web 1, User name",
        "rule: years between work dates": "Rule: years between work dates",
        "cv.pdf, page 1": "cv.pdf, page 1",
        "person": "you",
        "profile: application.unheard_of": "Profile: application.unheard_of",
    }
    words = await person.page.evaluate(
        "async ([module, sources]) => sources.map((await import(module)).sourceWords)",
        [f"/static/{static_version()}/source_words.js", list(said)],
    )
    assert dict(zip(said, words, strict=True)) == said


async def test_of_two_windows_one_confirms_and_the_other_is_told(gateway: Gateway, sign_in: SignIn) -> None:
    person, task, hitl_id = await at_review(gateway, sign_in)
    other = await sign_in(person.user)
    await other.open(task.path)
    await expect(other.page.locator("#review tbody tr")).to_have_count(len(FIELDS))
    await other.page.get_by_label("Change something, in words").fill("change Phone to 1")
    await person.page.get_by_role("button", name="Confirm and send").click()
    await expect(person.page.get_by_text("Confirmed.")).to_be_visible()
    await other.page.get_by_role("button", name="Change it").click()
    await expect(other.page.locator("#review")).to_contain_text("Already answered in another window")
    assert await task.answer(hitl_id) == "confirm"


async def test_who_comes_late_finds_the_draft_and_its_time_may_run_out(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.review(seconds=6)
    await person.open(task.path)
    await expect(person.page.locator("#review tbody tr")).to_have_count(len(FIELDS))
    await expect(person.page.locator("#review")).to_contain_text("nothing was sent", timeout=15_000)
    await expect(person.page.get_by_role("button", name="Confirm and send")).to_have_count(0)


async def test_confirm_is_reached_and_pressed_by_keyboard_alone(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    hitl_id = await task.review()
    await task.waits(hitl_id, "Please look over the draft", kind="review", reason="DraftReview")
    await expect(page.locator("#waiting .badge")).to_contain_text("Draft to review", timeout=6000)
    reached = "document.activeElement"

    async def tab_to(selector: str) -> None:
        for _ in range(80):
            await page.keyboard.press("Tab")
            if await page.evaluate(f"{reached}.matches({selector!r})"):
                outline = await page.evaluate(
                    f"[getComputedStyle({reached}), getComputedStyle({reached}, '::after')].map((s) => s.outlineStyle)"
                )
                assert "solid" in outline, f"the focus on {selector} cannot be seen"
                return
        raise AssertionError(f"{selector} is not reached by Tab")

    await tab_to("#waiting a")
    await page.keyboard.press("Enter")
    await page.wait_for_url(f"**{task.path}")
    await expect(page.locator("#confirm")).to_be_visible()
    await tab_to("#confirm")
    await page.keyboard.press("Enter")
    assert await task.answer(hitl_id) == "confirm"
    await expect(page.locator("#review-title")).to_be_focused()  # where the decision stood


async def test_markup_in_a_draft_stays_text(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    evil = "<img src=x onerror=window.hit=1><script>window.hit=1</script>"
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.review([DraftField(label=evil, token="name", value=evil, source=evil)])
    await person.open(task.path)
    await expect(page.locator("#review tbody td").first).to_have_text(evil)
    await page.get_by_role("button", name=f"Change {evil}").click()
    await expect(page.get_by_label("Change something, in words")).to_have_value(f"change {evil} to ")
    assert await page.evaluate("window.hit") is None
    assert await person.violations() == []
