"""The line to the gateway: answers that break off or never come, tokens that end while somebody types."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Route, expect

from dashboard_server import Gateway, SignIn, browser, gateway, sign_in
from played_task import applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]
BREAKS_OFF = """
const whole = window.fetch;
window.fetch = async (path, options) => {
  const answer = await whole(path, options);
  if (!window.__cut?.test(path)) return answer;
  window.__cut = null;
  const [start, pull] = [(to) => to.enqueue(new Uint8Array([123])), (to) => to.error(new TypeError("network error"))];
  const body = new ReadableStream({ start, pull });
  return new Response(body, { status: 200, headers: answer.headers });
};
"""


async def test_a_body_that_breaks_off_does_not_end_the_looking(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await person.page.context.add_init_script(BREAKS_OFF)
    page = await person.open("/")
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    row = page.locator(f"#active [data-task='{task.uid}']")
    await expect(row).to_contain_text("Working", timeout=8000)
    await page.evaluate("window.__cut = /state=active/")
    await expect(page.locator("#line")).to_contain_text("tries again by itself", timeout=8000)
    await task.status("Suspended")
    await expect(row).to_contain_text("On hold", timeout=10_000)
    await expect(page.locator("#line")).to_be_hidden()


async def test_a_look_that_failed_is_forgotten_with_the_next_one(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await person.open(task.path)
    await expect(page.locator("#phase")).to_contain_text("Working")
    await page.route(f"**/api/tasks/{task.uid}", lambda route: route.abort())
    await expect(page.locator("#line")).to_contain_text("tries again by itself", timeout=12_000)
    await page.unroute(f"**/api/tasks/{task.uid}")
    await expect(page.locator("#line")).to_be_hidden(timeout=12_000)


async def test_a_task_page_waits_for_a_gateway_that_is_away(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await page.route("**/api/**", lambda route: route.abort())
    await person.open(task.path)
    await page.evaluate("window.__same = true")
    await expect(page.locator("#line")).to_contain_text("tries again by itself")
    await asyncio.sleep(6)
    await page.unroute("**/api/**")
    await expect(page.locator("#phase")).to_contain_text("Working")
    assert await page.evaluate("window.__same")  # it was not loaded anew, which would have lost the page
    await expect(page.locator("#line")).to_be_hidden()


async def test_what_is_not_tried_again_is_not_said_to_be(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    await page.route("**/api/jobs/apply", lambda route: route.abort())
    await page.get_by_label("Address of the job").fill("https://careers.example.com/jobs/1")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#apply-fault")).to_contain_text("Whether this arrived is not known")
    await expect(page.locator("#apply-fault")).not_to_contain_text("tries again")


async def test_a_token_that_ends_takes_nothing_that_was_typed(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    hitl_id = await task.ask("Why us?")
    await person.open(task.path)
    box = page.get_by_role("textbox", name="Why us?")
    await box.fill("I build parcel tracking.")
    dead = gateway.token(person.user)[:-8] + "AAAAAAAA"
    await page.evaluate("token => sessionStorage.setItem('jobhunter-token', token)", dead)
    for watched in gateway.parts.hub._watched.values():
        for viewer in watched.viewers:
            viewer.stop(4003, "the token has expired")
    dialog = page.get_by_role("dialog", name="Sign in again")
    await expect(dialog).to_be_visible(timeout=12_000)
    assert await person.faults() == []
    for token, words in (
        ("what", "not a token"),
        (dead, "does not take this token"),
        (gateway.token("ben"), "another"),
    ):
        await dialog.get_by_label("Token").fill(token)
        await dialog.get_by_role("button", name="Sign in").click()
        await expect(dialog.get_by_role("alert")).to_contain_text(words)
    await dialog.get_by_label("Token").fill(gateway.token(person.user))
    await dialog.get_by_role("button", name="Sign in").click()
    await expect(dialog).to_have_count(0)
    await expect(box).to_have_value("I build parcel tracking.")
    await expect(page.locator("#line")).to_be_hidden(timeout=12_000)
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(hitl_id) == "I build parcel tracking."
    await expect(page.locator("#chat")).to_contain_text("Answered")


async def test_of_an_answer_that_got_no_reply_nobody_else_is_blamed(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.ask("Your notice period?")
    await person.open(task.path)

    async def lost(route: Route) -> None:
        await route.fetch()
        await route.abort()

    await page.route("**/api/hitl/resolve", lost, times=1)
    await page.get_by_role("textbox", name="Your notice period?").fill("four weeks")
    await page.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.locator("#questions").get_by_role("alert")).to_contain_text("an answer counts once")
    await page.get_by_role("button", name="Answer", exact=True).click()
    await expect(page.locator("#chat")).to_contain_text("most likely by your own try")
    await expect(page.locator("#chat")).not_to_contain_text("another window")


async def test_an_answer_pressed_twice_is_sent_once(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    hitl_id = await task.ask("Your notice period?")
    await person.open(task.path)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if "resolve" in request.url else None)
    box = page.get_by_role("textbox", name="Your notice period?")
    await box.fill("four weeks")
    await box.evaluate(
        "(box) => { for (let i = 0; i < 2; i += 1)"
        " box.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true })); }"
    )
    assert await task.answer(hitl_id) == "four weeks"
    await expect(page.locator(".bubble.mine")).to_have_text("four weeks")
    await expect(page.locator("#chat")).not_to_contain_text("another window")
    assert len(sent) == 1
