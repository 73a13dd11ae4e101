"""Questions as a conversation: each kind with its way to answer; late and raced answers are told of."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, Person, SignIn, browser, gateway, sign_in
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.hitl import HitlKind, Suggestion
from played_task import PlayedTask, applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = pytest.mark.journey


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


async def test_what_is_done_by_hand_is_said_to_be_done(gateway: Gateway, sign_in: SignIn) -> None:
    person, task = await at_work(gateway, sign_in)
    hitl_id = await task.ask("Solve the captcha", HitlKind.MANUAL, reason=InputReason.CAPTCHA)
    await expect(person.page.get_by_text("Please solve the captcha")).to_be_visible()
    await person.page.get_by_role("button", name="Done").click()
    assert await task.answer(hitl_id) == "done"


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
