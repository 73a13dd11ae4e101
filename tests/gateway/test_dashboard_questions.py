"""Questions as a conversation: each kind with its way to answer; late and raced answers are told of."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Route, expect

from dashboard_server import Gateway, Person, SignIn, browser, gateway, sign_in
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlKind, Suggestion
from played_task import PlayedTask, applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


async def at_work(gateway: Gateway, sign_in: SignIn) -> tuple[Person, PlayedTask]:
    person = await sign_in()
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await person.open(task.path)
    return person, task


async def test_a_question_in_words_is_answered_from_a_document(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    suggestions = [Suggestion(text="I build parcel tracking.", source="cv.pdf, page 2")]
    hitl_id = await task.ask("Why do you want to work here?", suggestions=suggestions, context="A required field")
    card = page.get_by_role("group", name="Why do you want to work here?")
    await expect(card).to_contain_text("A required field")
    await expect(card.locator(".count")).to_contain_text("left")
    await expect(page).to_have_title("(!) careers.example.com · jobs/1 · JobHunter")
    await card.get_by_role("button", name="Answer").click()
    await expect(card.get_by_role("alert")).to_have_text("Write an answer first.")
    await card.get_by_role("button", name="I build parcel tracking. cv.pdf, page 2").click()
    box = card.get_by_role("textbox")
    await expect(box).to_be_focused()
    await box.press("End")
    await box.type(" For nine years.")
    await box.press("Control+Enter")
    assert await task.answer(hitl_id) == "I build parcel tracking. For nine years."
    await expect(card).to_have_count(0)
    await expect(page.locator(".bubble.mine")).to_have_text("I build parcel tracking. For nine years.")


async def test_suggestions_that_come_later_leave_what_is_typed(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    asked = {"id": "hitl_1", "kind": "text", "reason": "Question", "question": "Why us?", "required": True}

    async def listed_first(route: Route) -> None:
        answer = await route.fetch()
        await route.fulfill(response=answer, json={**await answer.json(), "pending_inputs": [asked]})

    await page.route(f"**/api/tasks/{task.uid}", listed_first)
    await person.open(task.path)
    box = page.get_by_role("textbox", name="Why us?")
    await box.fill("I build")
    suggestion = {"text": "I build parcel tracking.", "source": "cv.pdf, page 2"}
    await task.tell(EventType.HITL_REQUEST, "Why us?", hitl_id="hitl_1", kind="text", suggestions=[suggestion])
    await expect(page.get_by_role("button", name="I build parcel tracking.")).to_be_visible()
    await expect(box).to_have_value("I build")
    await expect(box).to_be_focused()


async def test_choices_are_buttons_and_many_of_them_a_list(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    few = await task.ask("Do you drive?", HitlKind.CHOICE, options=["Yes", "No", "<b>It depends</b>"], required=False)
    await expect(page.get_by_text("can be sent without it")).to_be_visible()
    await page.get_by_role("button", name="<b>It depends</b>").click()
    assert await task.answer(few) == "<b>It depends</b>"
    many = await task.ask("Which country?", HitlKind.CHOICE, options=[f"Country {n}" for n in range(250)])
    await page.get_by_role("combobox", name="Which country?").select_option("Country 200")
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(many) == "Country 200"


async def test_a_secret_is_masked_and_shown_nowhere(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    hitl_id = await task.ask("The code that the site sent", HitlKind.SECRET, reason=InputReason.TWO_FACTOR)
    box = page.get_by_label("The code that the site sent").and_(page.locator("input"))
    await expect(box).to_have_attribute("type", "password")
    await expect(box).to_have_attribute("autocomplete", "one-time-code")
    await box.fill("314159")
    await page.get_by_role("button", name="Show").click()
    await expect(box).to_have_attribute("type", "text")
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(hitl_id) == "314159"
    await expect(page.locator(".bubble.mine")).to_have_text("••••••")
    assert "314159" not in await page.content()


async def test_a_captcha_offers_only_what_a_person_can_do(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    hitl_id = await task.ask(
        "The site asks to prove that a person is there.", HitlKind.MANUAL, reason=InputReason.CAPTCHA
    )
    card = page.locator("#questions .question")
    await expect(card.get_by_text("The site wants a captcha solved")).to_be_visible()
    await expect(card.get_by_text("You cannot reach into the browser from here")).to_be_visible()
    job = card.get_by_role("link", name="Open the job and apply yourself")
    await expect(job).to_have_attribute("href", "https://careers.example.com/jobs/1")
    await card.get_by_role("button", name="Try again").click()
    assert await task.answer(hitl_id) == "done"
    again = await task.ask("And again.", HitlKind.MANUAL, reason=InputReason.CAPTCHA)
    await card.get_by_role("button", name="Stop").click()
    assert await task.answer(again) == "apply myself"
    await task.ask("What should go into “Portfolio”?", HitlKind.MANUAL)
    await card.get_by_role("button", name="Stop").click()
    await page.get_by_role("button", name="Cancel it").click()
    await expect(page.locator("#phase")).to_contain_text("Being cancelled")


async def test_a_login_is_tried_again_or_left_to_the_person(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    card = person.page.locator("#questions .question")
    for button, answer in (("Try again", "retry"), ("Stop", "apply myself")):
        options = ["retry", "apply myself"]
        hitl_id = await task.ask("The site wants a login.", HitlKind.CHOICE, reason=InputReason.LOGIN, options=options)
        await expect(card.get_by_role("link", name="Open the job and apply yourself")).to_be_visible()
        await card.get_by_role("button", name=button).click()
        assert await task.answer(hitl_id) == answer
        await expect(card).to_have_count(0)


async def test_of_two_windows_one_wins_and_the_other_is_told(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    other = await sign_in(person.user)
    await other.open(task.path)
    hitl_id = await task.ask("Your notice period?")
    for window, words in ((person, "four weeks"), (other, "three months")):
        await window.page.get_by_role("textbox", name="Your notice period?").fill(words)
    for window in (person, other):
        await window.page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(hitl_id) == "four weeks"
    await expect(other.page.locator("#chat")).to_contain_text("Already answered in another window")
    await expect(other.page.locator(".bubble.mine")).to_have_count(0)
    await expect(person.page.locator(".bubble.mine")).to_have_text("four weeks")
    await expect(person.page.locator("#chat")).to_contain_text("Answered")
    for window in (person, other):
        await expect(window.page.locator("#questions > *")).to_have_count(0)


async def test_a_question_whose_time_ran_out_says_so(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    await task.ask("Quick now?", seconds=2.5)
    await expect(page.locator("#questions .count.soon")).to_be_visible()
    await expect(page.locator("#chat")).to_contain_text("The time ran out", timeout=6000)
    await expect(page.locator("#questions > *")).to_have_count(0)


async def test_at_the_end_of_its_time_the_gateway_is_asked_and_what_was_typed_stays(
    gateway: Gateway, sign_in: SignIn
) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    await task.ask("Quick now?", seconds=4)
    box = page.get_by_role("textbox", name="Quick now?")
    await box.fill("I was about to say")
    await page.route(f"**/api/tasks/{task.uid}", lambda route: route.abort())
    await expect(page.locator("#questions .count")).to_have_text("Time is over", timeout=6000)
    await expect(page.get_by_role("button", name="Answer", exact=True)).to_be_disabled()
    await expect(box).to_have_value("I was about to say")  # the gateway has not said yet that it is over
    await page.unroute(f"**/api/tasks/{task.uid}")
    await expect(page.locator("#chat")).to_contain_text("The time ran out before an answer came.", timeout=8000)
    await expect(page.locator("#chat .unsent")).to_contain_text("I was about to say")
    await expect(page.locator("#questions > *")).to_have_count(0)


@pytest.mark.parametrize("minutes", [-20, 20])
async def test_on_a_computer_whose_clock_is_wrong_questions_are_answered_and_frames_are_fresh(
    gateway: Gateway, sign_in: SignIn, minutes: int
) -> None:
    person = await sign_in()
    page = person.page
    await page.context.add_init_script(f"const right = Date.now; Date.now = () => right() + {minutes} * 60_000;")
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    hitl_id = await task.ask("Your notice period?")
    await person.open(task.path)
    card = page.get_by_role("group", name="Your notice period?")
    await expect(card.locator(".count")).to_have_text(re.compile(r"^(2:0\d|1:[345]\d) left$"))
    for _ in range(8):
        await task.frame()
        await page.wait_for_timeout(200)
    assert re.fullmatch(r"\d\.\d frames/s( · \d{1,4} ms behind)?", await page.locator("#meter").inner_text())
    await expect(page.locator("#screen-words")).to_be_empty()
    await card.get_by_role("textbox").fill("four weeks")
    await card.get_by_role("button", name="Answer").click()
    assert await task.answer(hitl_id) == "four weeks"


async def test_a_question_that_was_open_before_the_page_is_there(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    past = await task.ask("Answered before?")
    await gateway.parts.answers.answer(task.uid, past, "yes, long ago")
    await task.answer(past)
    now = await task.ask("Open now?")
    await person.open(task.path)
    await expect(page.locator("#questions .ask")).to_have_text("Open now?")
    await expect(page.locator("#chat")).to_contain_text("Answered before?")
    assert "long ago" not in await page.content()
    await page.get_by_role("textbox", name="Open now?").fill("yes")
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(now) == "yes"


async def test_a_fault_of_the_answer_is_said_at_the_question(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    page = person.page
    hitl_id = await task.ask("Tell us all")
    box = page.get_by_role("textbox", name="Tell us all")
    await box.evaluate("(box) => { box.value = 'x'.repeat(70000); }")
    await page.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.locator("#questions").get_by_role("alert")).to_contain_text("characters")
    await box.fill("all")
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(hitl_id) == "all"
