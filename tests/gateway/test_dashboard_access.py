"""Everybody can use every page: axe finds nothing in either scheme, a phone shows it all, nothing moves for who minds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, Person, SignIn, browser, gateway, sign_in
from jobhunter_contracts.conditions import InputReason
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import HitlKind, Suggestion
from jobhunter_gateway import dashboard
from played_task import PlayedTask, applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

PHONE = {"width": 360, "height": 740}
LONG = "Pneumonoultramicroscopicsilicovolcanoconiosis" * 3


async def tasks_of_all_sorts(gateway: Gateway, person: Person) -> dict[str, PlayedTask]:
    """A task with questions of each kind, one with a draft, one submitted, one unconfirmed."""
    names = ("asked", "drafted", "sent", "unconfirmed")
    tasks = {n: await applied(gateway, person.user, f"https://careers.example.com/{LONG}/{n}") for n in names}
    asked = tasks["asked"]
    await asked.tell(EventType.CHAT_MESSAGE, "Starting browser…")
    await asked.tell(EventType.APPLIER_NAVIGATE, "", url=f"https://careers.example.com/{LONG}")
    await asked.tell(EventType.APPLIER_TYPE, "", label=LONG, token="name", source="profile: basics.name")
    await asked.frame()
    await asked.ask(f"Why us? {LONG}", suggestions=[Suggestion(text=LONG, source="cv.pdf, page 2")])
    await asked.ask("Do you drive?", HitlKind.CHOICE, options=["Yes", "No", LONG])
    await asked.ask("Country", HitlKind.CHOICE, options=[f"Country {n}" for n in range(20)])
    await asked.ask("The code", HitlKind.SECRET, reason=InputReason.TWO_FACTOR)
    await asked.ask("Solve the captcha", HitlKind.MANUAL, reason=InputReason.CAPTCHA)
    await asked.waits(await asked.ask("And more?"), "And more?")
    await tasks["drafted"].review()
    await tasks["sent"].end("Submitted", "Sent.", "Thank you for applying!")
    await tasks["unconfirmed"].end("SubmissionUnconfirmed", "The site's answer could not be seen.")
    return tasks


@pytest.mark.parametrize(("scheme", "phone"), [("light", False), ("dark", True)])
async def test_every_page_is_clean_to_axe_and_fits_its_window(
    gateway: Gateway, sign_in: SignIn, scheme: Literal["light", "dark"], phone: bool
) -> None:
    size = PHONE if phone else {"width": 1280, "height": 900}
    person = await sign_in(color_scheme=scheme, viewport=size)
    page = person.page
    tasks = await tasks_of_all_sorts(gateway, person)

    async def look(what: str) -> None:
        assert await person.faults() == [], f"{what}, {scheme}"
        too_wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert too_wide <= 0, f"{what} is {too_wide} pixels too wide"
        assert await person.violations() == []

    await expect(page.locator("#waiting li").first).to_be_visible(timeout=6000)
    await look("tasks")
    await page.get_by_label("Address of the job").fill("nothing")
    await page.get_by_role("button", name="Apply").click()
    await look("tasks with a fault")
    await person.open(tasks["asked"].path)
    await expect(page.locator("#questions .question")).to_have_count(6)
    await expect(page.locator("#frame")).to_be_visible()
    await look("questions")
    await page.get_by_role("button", name="Cancel").click()
    await look("a dialog")
    await person.open(tasks["drafted"].path)
    await expect(page.locator("#review .picture img")).to_be_visible()
    await look("the review")
    for name in ("sent", "unconfirmed"):
        await person.open(tasks[name].path)
        await expect(page.locator("#outcome section")).to_be_visible()
        await look(name)
    await person.open("/profile")
    for button in ("Add position", "Add country", "Add answer"):
        await page.get_by_role("button", name=button).click()
    await page.get_by_label("E-mail").fill("nonsense")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#faults .note")).to_be_visible()
    await look("the profile")
    await page.get_by_role("tab", name="YAML").click()
    await page.get_by_role("button", name="Discard", exact=True).click()
    await expect(page.get_by_label("The whole profile")).to_be_visible()
    await look("the profile as YAML")
    await person.open("/documents")
    letter = {"name": f"{LONG}.md", "mimeType": "text/markdown", "buffer": b"# Letter"}
    await page.get_by_label("File: PDF").set_input_files(letter)
    await page.get_by_role("button", name="Upload").click()
    await expect(page.locator("#rows tr")).to_have_count(1)
    await look("documents")
    await person.open("/applications")
    await expect(page.locator("#rows tr")).not_to_have_count(0)
    await look("applications")
    await page.get_by_role("button", name="Sign out").click()
    await expect(page.get_by_label("Token")).to_be_visible()
    await look("sign-in")


async def test_nothing_moves_for_who_minds_and_targets_are_large_enough(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in(reduced_motion="reduce", viewport=PHONE)
    await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    sign = person.page.locator(".icon.turning").first
    await expect(sign).to_be_visible(timeout=6000)
    assert await sign.evaluate("(icon) => getComputedStyle(icon).animationName") == "none"
    for button in await person.page.get_by_role("button").all():
        box = await button.bounding_box()
        assert box is None or min(box["width"], box["height"]) >= 24  # WCAG 2.2, 2.5.8


async def test_people_read_no_names_of_our_parts() -> None:
    static = Path(dashboard.__file__).parent / "static"
    for module in static.glob("*.js"):
        said = re.sub(r"/\*.*?\*/|//.*?$", "", module.read_text(), flags=re.DOTALL | re.MULTILINE)
        assert not re.search(r"\b(gateway|cluster)\b", said, re.IGNORECASE), module.name
