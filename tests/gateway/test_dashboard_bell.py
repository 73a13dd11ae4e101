"""A question is not missed: told on every page, in the title, to screen readers, and by a notification to who wants one."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Route, expect

from dashboard_server import Gateway, SignIn, browser, gateway, sign_in
from jobhunter_contracts.wire import rfc3339
from played_task import PlayedTask, applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]
PHONE = {"width": 390, "height": 740}
HIDE = """
Object.defineProperty(document, "hidden", { get: () => window.__hidden ?? false });
document.hasFocus = () => !document.hidden;
"""
NOTIFICATIONS = """
window.__asked = 0; window.__shown = [];
window.Notification = class extends EventTarget {
  static permission = "default";
  static async requestPermission() { window.__asked += 1; return (Notification.permission = "granted"); }
  constructor(title, { body }) { super(); window.__shown.push(`${title}: ${body}`); }
  close() {}
};
"""


async def asking(gateway: Gateway, user: str, seconds: float = 120) -> tuple[PlayedTask, str]:
    """A task that asks, as its operator and its runner tell it; and the question's id."""
    task = await applied(gateway, user, "https://careers.example.com/jobs/1")
    hitl_id = await task.ask("Your notice period?", seconds=seconds)
    deadline = rfc3339(datetime.now(UTC) + timedelta(seconds=seconds))
    await task.waits(hitl_id, "Your notice period?", deadline=deadline)
    return task, hitl_id


async def test_a_question_is_told_on_every_page_and_once_to_who_hears_it(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/profile")
    title = await page.title()
    task, hitl_id = await asking(gateway, person.user)
    said = page.locator("#bell").get_by_role("status")
    await expect(said).to_contain_text(re.compile(r"A question waits for you, 1:\d\d left"), timeout=8000)
    await expect(page.get_by_role("link", name="Tasks 1 waiting")).to_be_visible()
    assert await page.title() == f"(1) {title}"
    await page.evaluate(
        "window.__changes = 0; new MutationObserver(() => { window.__changes += 1; })"
        ".observe(document.querySelector('#bell-words'), { subtree: true, childList: true, characterData: true })"
    )
    before = await page.locator("#bell .count").inner_text()
    await page.wait_for_timeout(2500)
    assert await page.locator("#bell .count").inner_text() != before
    assert await page.evaluate("window.__changes") == 0
    assert await person.faults() == []
    await said.get_by_role("link").click()
    await page.wait_for_url(f"**{task.path}#questions")
    await page.get_by_role("textbox", name="Your notice period?").fill("four weeks")
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(hitl_id) == "four weeks"
    await expect(said).to_be_empty()


async def test_a_hidden_page_hears_of_it_too(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await person.page.context.add_init_script(HIDE)
    page = await person.open("/")
    await page.evaluate("window.__hidden = true; document.dispatchEvent(new Event('visibilitychange'))")
    await asking(gateway, person.user)
    await expect(page).to_have_title("(1) Tasks · JobHunter", timeout=14_000)
    await expect(page.locator("#waiting .count")).to_contain_text(re.compile(r"1:\d\d left"))


async def test_a_notification_is_shown_to_who_asked_for_it(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await person.page.context.add_init_script(NOTIFICATIONS + HIDE)
    page = await person.open("/documents")
    button = page.get_by_role("button", name="Notify me")
    await expect(button).to_have_attribute("aria-pressed", "false")
    assert await page.evaluate("window.__asked") == 0
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "true")
    assert await page.evaluate("window.__asked") == 1
    await page.evaluate("window.__hidden = true")
    await asking(gateway, person.user)
    for _ in range(70):
        if shown := await page.evaluate("window.__shown"):
            break
        await asyncio.sleep(0.2)
    assert len(shown) == 1
    assert re.fullmatch(r"A question waits for you: careers\.example\.com · jobs/1, 1:\d\d left", shown[0])
    await page.evaluate("window.__hidden = false")
    assert await person.faults() == []
    await button.click()
    await expect(button).to_have_attribute("aria-pressed", "false")


async def test_on_a_phone_the_way_to_the_question_stays_in_sight(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in(viewport=PHONE)
    page = person.page
    task, _ = await asking(gateway, person.user)
    await task.frame()
    await person.open(task.path)
    await expect(page.locator("#frame")).to_be_visible()
    await page.evaluate("scrollTo(0, document.body.scrollHeight)")
    link = page.locator("#bell").get_by_role("link")
    await expect(link).to_be_in_viewport()
    await link.click()
    box = page.get_by_role("textbox", name="Your notice period?")
    await expect(box).to_be_in_viewport()
    under = await page.locator("#bell").bounding_box()
    card = await page.locator("#questions .question").bounding_box()
    assert under is not None
    assert card is not None
    assert card["y"] >= under["y"] + under["height"]  # the line covers no part of it


async def test_who_asks_is_in_the_list_however_many_came_later(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task, hitl_id = await asking(gateway, person.user)
    await asyncio.sleep(1)  # the API server writes whole seconds: within one, neither task is the later
    later = await applied(gateway, person.user, "https://careers.example.com/jobs/2")

    async def first_alone(route: Route) -> None:  # as if there were a hundred later ones
        await route.continue_(url=route.request.url.replace("limit=100", "limit=1"))

    await page.route("**/api/tasks?state=active*", first_alone)
    await page.reload()
    await expect(page.locator(f"#active [data-task='{later.uid}']")).to_be_visible(timeout=8000)
    row = page.locator(f"#waiting [data-task='{task.uid}']")
    await expect(row).to_contain_text("Your notice period?", timeout=8000)
    await gateway.parts.answers.answer(task.uid, hitl_id, "four weeks")
    await task.status("Running", pendingInputs=None)
    await expect(row).to_have_count(0, timeout=8000)
