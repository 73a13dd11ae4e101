"""The profile by form and by YAML: what the form does not know stays, faults stand at their fields."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import httpx
import pytest
import yaml
from playwright.async_api import Route, expect

from dashboard_server import Gateway, Person, SignIn, browser, gateway, sign_in
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

PROFILE: dict[str, Any] = {
    "$schema": "https://example.org/resume.json",
    "meta": {"version": "v1.0.0", "theme": "plain"},
    "basics": {
        "name": "Asha Rao",
        "email": "asha@example.org",
        "x-pronouns": "she",
        "location": {"city": "Berlin", "x-borough": "Kreuzberg"},
        "profiles": [{"network": "LinkedIn", "url": "https://example.org/asha", "x-since": 2014}],
    },
    "work": [
        {"name": "Nordlicht", "position": "Engineer", "startDate": "2021-03", "highlights": ["Cut costs by 38 %"]},
        {"name": "Kaveri", "position": "Engineer", "location": "Bengaluru"},
    ],
    "skills": [{"name": "Python", "keywords": ["asyncio", "pytest"], "x-years": 9}],
    "languages": [{"language": "German", "fluency": "B2"}],
    "application": {
        "given_name": "Asha",
        "work_authorization": {"US": "citizen", "DE": "needs-sponsorship"},
        "salary_expectation": {"amount": 120000.0, "currency": "USD", "period": "year"},
        "relocate": True,
        "documents": {"resume": "cv.pdf", "cover_letter": None},
        "answers": [{"question": "Why us?", "answer": "Parcels.", "scope": "always"}],
    },
}


async def api(gateway: Gateway, person: Person, method: str, body: Any = None) -> Any:
    headers = {"Authorization": f"Bearer {gateway.token(person.user)}"}
    async with httpx.AsyncClient(base_url=gateway.url, headers=headers) as client:
        answer = await client.request(method, "/api/profile", json=None if body is None else {"profile": body})
        assert answer.status_code == 200, answer.text
        return answer.json()["profile"]


async def test_a_first_profile_is_written_in_the_form(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/profile")
    await expect(page.get_by_text("You have no profile yet")).to_be_visible()
    await page.get_by_label("Full name").fill("Asha Rao")
    await page.get_by_label("E-mail").fill("asha@example.org")
    await page.get_by_role("button", name="Add position").click()
    await page.get_by_label("Employer").first.fill("Nordlicht")
    await page.get_by_label("From").first.fill("2021-03")
    await page.get_by_role("button", name="Add country").click()
    await page.get_by_role("group", name="Work authorization, 1").get_by_label("Country", exact=True).fill("us")
    await page.get_by_label("You are").fill("citizen")
    await page.get_by_label("Would you move?").select_option("yes")
    await page.get_by_label("Salary").fill("120000")
    await page.get_by_label("Currency").fill("USD")
    await page.get_by_label("Gender").fill("decline")
    await page.get_by_label("Process my data").select_option("no")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#state")).to_have_text("Saved")
    assert await api(gateway, person, "GET") == {
        "basics": {"name": "Asha Rao", "email": "asha@example.org"},
        "work": [{"name": "Nordlicht", "startDate": "2021-03"}],
        "application": {
            "work_authorization": {"US": "citizen"},
            "relocate": True,
            "salary_expectation": {"amount": 120000.0, "currency": "USD"},
            "voluntary": {"gender": "decline"},
            "consents": {"data_processing": False},
        },
    }


async def test_what_the_form_does_not_know_and_what_was_not_touched_stays(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await api(gateway, person, "PUT", PROFILE)
    page = await person.open("/profile")
    await expect(page.get_by_label("Full name")).to_have_value("Asha Rao")
    await expect(page.get_by_label("Keywords")).to_have_value("asyncio, pytest")
    await expect(page.get_by_label("Résumé")).to_have_value("cv.pdf")
    await page.get_by_label("City", exact=True).fill("Hamburg")
    await page.get_by_role("group", name="Work, 2").get_by_label("Employer").fill("Kaveri Payments")
    await page.get_by_label("Headline").fill("Engineer")
    await page.get_by_label("Headline").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#state")).to_have_text("Saved")
    expected = copy.deepcopy(PROFILE)
    expected["basics"]["location"]["city"] = "Hamburg"
    expected["work"][1]["name"] = "Kaveri Payments"
    assert await api(gateway, person, "GET") == expected
    await page.get_by_role("button", name="Remove position 1").click()
    countries = page.get_by_role("group", name="Work authorization").get_by_label("Country", exact=True)
    at = [await country.input_value() for country in await countries.all()].index("DE")
    await page.get_by_role("button", name=f"Remove country {at + 1}").click()
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#state")).to_have_text("Saved")
    del expected["work"][0]
    del expected["application"]["work_authorization"]["DE"]
    assert await api(gateway, person, "GET") == expected


async def test_the_yaml_goes_there_and_back_without_a_loss(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await api(gateway, person, "PUT", PROFILE)
    page = await person.open("/profile")
    await page.get_by_role("tab", name="Form").focus()
    await page.keyboard.press("ArrowRight")
    text = page.get_by_label("The whole profile")
    await expect(text).to_have_value(
        yaml.safe_dump(await api(gateway, person, "GET"), sort_keys=False, allow_unicode=True)
    )
    await text.fill((await text.input_value()).replace("Asha Rao", "Asha Rao-Lind"))
    await page.get_by_role("tab", name="Form").click()
    await page.get_by_role("button", name="Go back").click()  # what is not saved is not left by chance
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#state")).to_have_text("Saved")
    expected = copy.deepcopy(PROFILE)
    expected["basics"]["name"] = "Asha Rao-Lind"
    assert await api(gateway, person, "GET") == expected
    await text.fill("basics: {email: nonsense}\napplication: {given: Asha}")
    await page.get_by_role("button", name="Save").click()
    faults = page.locator("#faults")
    await expect(faults).to_contain_text("is not an e-mail address")
    await expect(faults).to_contain_text("application.given: unknown key")
    assert await api(gateway, person, "GET") == expected


async def test_faults_stand_at_their_fields(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/profile")
    await page.get_by_label("E-mail").fill("asha@nowhere")  # a browser takes it, the gateway does not
    await page.get_by_label("Salary").fill("5")
    await page.get_by_role("button", name="Save").click()
    email = page.get_by_label("E-mail")
    await expect(email).to_have_attribute("aria-invalid", "true")
    await expect(email).to_be_focused()
    described = (await email.get_attribute("aria-describedby") or "").split()[-1]
    await expect(page.locator(f"#{described}")).to_contain_text("is not an e-mail address")
    await expect(page.get_by_label("Currency")).to_have_attribute("aria-invalid", "true")
    await page.locator("#faults").get_by_role("link").last.click()
    await expect(page.get_by_label("Currency")).to_be_focused()
    await page.get_by_label("Currency").fill("dollars")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#faults")).to_contain_text("Three capitals")


async def test_a_profile_saved_elsewhere_is_not_overwritten_unseen(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await api(gateway, person, "PUT", PROFILE)
    page = await person.open("/profile")
    await page.get_by_label("Full name").fill("Mine")
    elsewhere = copy.deepcopy(PROFILE) | {"basics": {"name": "Theirs"}}
    await api(gateway, person, "PUT", elsewhere)
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#faults")).to_contain_text("Saved elsewhere in the meantime")
    assert (await api(gateway, person, "GET"))["basics"] == {"name": "Theirs"}
    await page.get_by_role("button", name="Overwrite it with mine").click()
    await page.get_by_role("button", name="Overwrite it", exact=True).click()
    await expect(page.locator("#state")).to_have_text("Saved")
    assert (await api(gateway, person, "GET"))["basics"]["name"] == "Mine"


async def test_of_two_first_profiles_the_second_overwrites_nothing_unseen(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/profile")
    await expect(page.get_by_text("You have no profile yet")).to_be_visible()
    await page.get_by_label("Full name").fill("Mine")
    await api(gateway, person, "PUT", {"basics": {"name": "Theirs"}})
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#faults")).to_contain_text("Saved elsewhere in the meantime")
    assert (await api(gateway, person, "GET"))["basics"] == {"name": "Theirs"}


async def test_what_was_typed_and_taken_back_leaves_nothing_behind(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await api(
        gateway,
        person,
        "PUT",
        {"basics": {"name": "Asha"}, "application": {"salary_expectation": {"amount": 5, "currency": "EUR"}}},
    )
    page = await person.open("/profile")
    await expect(page.get_by_label("Full name")).to_have_value("Asha")
    await page.get_by_label("City", exact=True).fill("Berlin")
    await page.get_by_label("City", exact=True).fill("")
    await page.get_by_label("Salary").fill("")
    await page.get_by_label("Currency").fill("")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#state")).to_have_text("Saved")
    assert await api(gateway, person, "GET") == {"basics": {"name": "Asha"}}


async def test_a_save_leaves_focus_and_later_words_and_a_second_is_no_conflict(
    gateway: Gateway, sign_in: SignIn
) -> None:
    person = await sign_in()
    page = await person.open("/profile")
    go_on = asyncio.Event()

    async def slowly(route: Route) -> None:
        if route.request.method == "PUT":
            await go_on.wait()
        await route.continue_()

    await page.route("**/api/profile", slowly)
    name = page.get_by_label("Full name")
    await name.fill("Asha")
    await page.keyboard.press("Control+s")
    await page.keyboard.press("Control+s")
    await name.press_sequentially(" Rao")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#state")).to_have_text("Not saved yet")
    go_on.set()
    await expect(page.locator("#state")).to_have_text("Saved")
    await expect(name).to_be_focused()
    await expect(name).to_have_value("Asha Rao")
    assert await api(gateway, person, "GET") == {"basics": {"name": "Asha Rao"}}
    await name.press_sequentially("-Lind")
    await page.keyboard.press("Control+s")
    await expect(page.locator("#state")).to_have_text("Saved")
    await expect(page.locator("#faults")).to_be_empty()
    assert await api(gateway, person, "GET") == {"basics": {"name": "Asha Rao-Lind"}}


async def test_changes_are_discarded_only_when_meant(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    await api(gateway, person, "PUT", {"basics": {"name": "Asha"}})
    page = await person.open("/profile")
    name = page.get_by_label("Full name")
    await expect(name).to_have_value("Asha")
    await name.fill("Ben")
    await page.get_by_role("button", name="Discard changes").click()
    await page.get_by_role("button", name="Go back").click()
    await expect(name).to_have_value("Ben")
    await page.get_by_role("button", name="Discard changes").click()
    await page.get_by_role("button", name="Discard", exact=True).click()
    await expect(name).to_have_value("Asha")


async def test_that_comments_of_the_yaml_are_not_kept_is_said_and_seen(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/profile")
    await expect(page.get_by_label("Full name")).to_be_visible()
    await page.get_by_role("tab", name="YAML").click()
    text = page.get_by_label("The whole profile")
    await expect(text).to_have_accessible_description("What it says is kept, comments and layout are not.")
    await text.fill("# mine\nbasics: {name: Asha}\n")
    await page.get_by_role("button", name="Save").click()
    await expect(text).to_have_value("basics:\n  name: Asha\n")
    await expect(page.locator("#state")).to_have_text("Saved")


async def test_only_documents_that_forms_take_can_be_chosen(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    for name, data in (("cv.pdf", b"%PDF-1.4\n%%EOF\n"), ("cv.md", b"# Asha")):
        await gateway.parts.documents.add(person.user, "resume", name, data)
    page = await person.open("/profile")
    resume = page.get_by_label("Résumé")
    await expect(resume.locator("option")).to_have_text(["not chosen", "cv.pdf"])
    await api(gateway, person, "PUT", {"application": {"documents": {"resume": "cv.md"}}})
    await page.reload()
    await expect(resume.locator("option:checked")).to_have_text("cv.md (forms do not take it)")
