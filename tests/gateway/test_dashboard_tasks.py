"""The list of tasks: live, what waits for the person first; new applications by address."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, SignIn, browser, gateway, sign_in
from jobhunter_contracts.names import API_VERSION, KIND
from played_task import PlayedTask, applied
from real_cluster import kubeconfig, kubectl, root_kubectl
from waiting import until

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


async def test_a_job_is_applied_for_with_a_draft_by_default(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    await expect(page.get_by_text("No application yet")).to_be_visible()
    await expect(page.get_by_role("heading", name="Three steps to your first application")).to_be_visible()
    await expect(page.get_by_label("Show me the draft")).to_be_checked()
    await page.get_by_label("Address of the job").fill("https://careers.example.com/jobs/1")
    await page.get_by_label("Address of the job").press("Enter")
    await page.wait_for_url("**/tasks/*")
    await expect(page.get_by_role("heading", name="careers.example.com · jobs/1")).to_be_visible()
    task = gateway.parts.tasks.of_user(person.user)[0]
    assert (task.spec.review, task.spec.url) == ("Required", "https://careers.example.com/jobs/1")


async def test_a_duplicate_and_what_is_no_address_are_refused_in_words(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    earlier = await applied(gateway, person.user, "https://careers.example.com/jobs/7")
    address = page.get_by_label("Address of the job")
    for wrong, words in {
        "": "Paste the address",
        "careers, please": "not a web address",
        "javascript:alert(1)": "not a web address",
        "https://asha:secret@careers.example.com/1": "user name",
    }.items():
        await address.fill(wrong)
        await page.get_by_role("button", name="Apply").click()
        await expect(page.locator("#apply-fault")).to_contain_text(words)
        await expect(address).to_have_attribute("aria-invalid", "true")
    await address.fill("https://careers.example.com/jobs/7?utm_source=mail")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator("#apply-fault")).to_contain_text("applied for this job already")
    await page.get_by_role("link", name="see that application").click()
    await page.wait_for_url(f"**{earlier.path}")


async def test_without_a_draft_it_is_said_that_nothing_is_shown(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await person.page.get_by_label("Show me the draft").uncheck()
    await expect(person.page.get_by_text("sent without your look")).to_be_visible()
    await person.page.get_by_label("Address of the job").fill("https://careers.example.com/jobs/2")
    await person.page.get_by_role("button", name="Apply").click()
    await person.page.wait_for_url("**/tasks/*")
    assert gateway.parts.tasks.of_user(person.user)[0].spec.review == "Skip"


async def test_the_list_is_live_and_what_waits_for_the_person_comes_first(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    first = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    second = await applied(gateway, person.user, "https://careers.example.com/jobs/2")
    row = page.locator(f"#active [data-task='{first.uid}']")
    await expect(row).to_contain_text("Working", timeout=6000)
    await first.waits(await first.ask("What is your notice period?"), "What is your notice period?")
    waiting = page.locator(f"#waiting [data-task='{first.uid}']")
    await expect(waiting).to_contain_text("Question for you", timeout=6000)
    await expect(waiting).to_contain_text("What is your notice period?")
    await expect(page).to_have_title("(1) Tasks · JobHunter")
    await second.end("Submitted", "Sent.")
    await expect(page.locator(f"#ended [data-task='{second.uid}']")).to_contain_text("Submitted", timeout=6000)
    assert await page.locator("section:has(> .tasks):not([hidden]) > h2").all_inner_texts() == [
        "Waits for you",
        "Ended",
    ]
    await page.get_by_role("link", name="careers.example.com · jobs/1").focus()
    await first.status("Running", pendingInputs=None)
    await expect(page.locator("#active")).to_contain_text("Working", timeout=6000)
    # The row was drawn anew elsewhere; the focus stays with it.
    assert await page.evaluate("document.activeElement.getAttribute('href')") == first.path


async def test_a_task_under_way_has_its_jobs_name_as_soon_as_it_is_told(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    row = page.locator(f"#active [data-task='{task.uid}']")
    await expect(row.get_by_role("link")).to_have_text("careers.example.com · jobs/1", timeout=8000)
    await task.review(title="Backend engineer at Northlight")
    await expect(row.get_by_role("link")).to_have_text("Backend engineer at Northlight", timeout=8000)
    await expect(row).to_contain_text("careers.example.com · jobs/1")
    await row.get_by_role("link").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Backend engineer at Northlight")


async def test_what_comes_to_call_is_told_though_it_is_asked_for_once(gateway: Gateway, sign_in: SignIn) -> None:
    """The list of what is under way rings; of what ended and calls the bell's own seldom look tells, at once."""
    person = await sign_in()
    page = person.page
    first = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    second = await applied(gateway, person.user, "https://careers.example.com/jobs/2")
    await expect(page.locator("#active li")).to_have_count(2, timeout=8000)
    await first.waits(await first.ask("Your notice period?"), "Your notice period?")
    await expect(page).to_have_title("(1) Tasks · JobHunter", timeout=6000)
    await expect(page.locator("#bell-words")).to_contain_text("A question waits for you")
    await second.end("SubmissionUnconfirmed", "The site's answer could not be seen.")
    await expect(page).to_have_title("(2) Tasks · JobHunter", timeout=6000)
    await first.status("Running", pendingInputs=None)
    await expect(page).to_have_title("(1) Tasks · JobHunter", timeout=6000)
    await expect(page.locator("#bell-words")).to_be_empty()


async def test_a_task_that_needs_a_profile_leads_to_it(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    admitted = {"type": "Admitted", "status": "False", "reason": "ProfileMissing", "message": "There is no profile."}
    condition = admitted | {"lastTransitionTime": "2026-11-21T10:00:00Z"}
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/3")
    await task.status("Queued", "ProfileMissing", conditions=[condition])
    await expect(person.page.locator("#waiting")).to_contain_text("Needs your profile", timeout=6000)
    await expect(person.page.locator("#waiting")).to_contain_text("There is no profile.")
    await person.open(task.path)
    why = person.page.locator("#why")
    await expect(why).to_contain_text("There is no profile.")
    await expect(why.get_by_role("link", name="your documents")).to_have_attribute("href", "/documents")
    await why.get_by_role("link", name="Open your profile").click()
    await person.page.wait_for_url("**/profile")


async def test_a_profile_that_lies_in_a_secret_is_not_looked_for_here(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    name = f"by-hand-{person.user}"
    spec = {"userId": person.user, "url": "https://careers.example.com/jobs/8", "profileRef": {"name": "asha"}}
    manifest = {"apiVersion": API_VERSION, "kind": KIND, "metadata": {"name": name}, "spec": spec}
    applied_by_hand = await asyncio.to_thread(gateway.kubectl.apply, manifest)
    assert applied_by_hand.returncode == 0, applied_by_hand.stderr
    await until(lambda: gateway.parts.tasks.of_user(person.user))
    task = PlayedTask(gateway, gateway.parts.tasks.of_user(person.user)[0].uid)
    words = "There is no Secret asha in here yet. The task goes on when it is there."
    admitted = {"type": "Admitted", "status": "False", "reason": "ProfileMissing", "message": words}
    condition = admitted | {"lastTransitionTime": "2026-11-21T10:00:00Z"}
    await task.status("Queued", "ProfileMissing", conditions=[condition])
    await person.open(task.path)
    await expect(person.page.locator("#why")).to_have_text(words)
    await expect(person.page.locator("#why a")).to_have_count(0)


async def test_a_duplicate_leads_to_the_earlier_application(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    earlier = await applied(gateway, person.user, "https://careers.example.com/jobs/9")
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/9?again")
    said = f"press 1 of task '{earlier.name}' at 2026-11-21 10:00 UTC is recorded sent"
    await task.end("DuplicateApplication", said)
    await person.open(task.path)
    await person.page.get_by_role("link", name="See the earlier application").click()
    await person.page.wait_for_url(f"**{earlier.path}")


async def test_somebody_elses_task_is_not_there(gateway: Gateway, sign_in: SignIn) -> None:
    task = await applied(gateway, "ben", "https://careers.example.com/jobs/4")
    person = await sign_in()
    for path in (task.path, "/tasks/nothing"):
        await person.open(path)
        await expect(person.page.get_by_role("heading", name="There is no such application")).to_be_visible()
        await asyncio.sleep(1.2)  # what looks again and again would fail by now, for want of a place
        assert await person.violations() == []


async def test_a_task_is_cancelled_and_its_record_deleted(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/5")
    await person.open(task.path)
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Go back").click()
    assert gateway.parts.tasks.get(task.uid).spec.cancel is False  # type: ignore[union-attr]  # it is there
    await page.get_by_role("button", name="Cancel").click()
    await page.get_by_role("button", name="Cancel it").click()
    await expect(page.locator("#phase")).to_contain_text("Being cancelled")
    await task.end("Cancelled", "You cancelled it.")
    await expect(page.locator("#outcome")).to_contain_text("You cancelled it.")
    await page.get_by_role("button", name="Delete the task").click()
    await page.get_by_role("button", name="Delete it").click()
    await page.wait_for_url(f"{gateway.url}/")
    assert gateway.parts.tasks.get(task.uid) is None
    await person.open(task.path)
    await expect(page.locator("#outcome")).to_contain_text("You cancelled it.")
    await expect(page.get_by_role("button", name="Delete the task")).to_be_hidden()


async def test_an_unconfirmed_submission_is_settled_by_the_person(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/6")
    await task.end("SubmissionUnconfirmed", "The site's answer could not be seen.")
    await expect(page.locator("#waiting")).to_contain_text("Sent? Not certain", timeout=15_000)
    await person.open(task.path)
    await expect(page.get_by_text("It is never sent twice by guess")).to_be_visible()
    await expect(page.get_by_role("button", name="Delete the task")).to_be_hidden()
    await page.get_by_role("button", name="It was not sent").click()
    await page.get_by_role("button", name="No, it was not sent").click()
    await expect(page.get_by_text("It is written down", exact=False).first).to_be_visible()
    assert gateway.parts.tasks.get(task.uid).spec.settle == "notSent"  # type: ignore[union-attr]  # it is there
    await expect(page.locator("#not-sent")).to_have_count(0)


async def test_the_list_lives_within_the_rates_and_says_when_the_gateway_is_away(
    gateway: Gateway, sign_in: SignIn
) -> None:
    person = await sign_in()
    page = person.page
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    await asyncio.sleep(10)
    assert 3 <= sum("state=active" in url for url in asked) <= 6
    assert len(asked) <= 8, "what is under way and what rings is asked for once"
    await page.context.set_offline(True)
    await expect(page.locator("#line")).to_contain_text("does not answer", timeout=6000)
    await page.context.set_offline(False)
    await expect(page.locator("#line")).to_be_hidden(timeout=8000)
