"""Pictures of the dashboard as people see it, over a form of the careers site; `make screenshots` keeps them."""

from __future__ import annotations

import asyncio
import io
import os
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.async_api import Browser, Page, expect

from dashboard_server import Gateway, Person, SignIn, browser, gateway, sign_in
from jobhunter_contracts.draft import DraftField
from jobhunter_contracts.events import EventType
from jobhunter_contracts.hitl import Suggestion
from jobhunter_gateway import profiles
from played_task import PlayedTask, applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]
LIMIT = 150_000
"""Bytes of a picture, at most: they lie in the repository."""
PROFILE = {
    "basics": {"name": "Asha Rao", "email": "asha.rao@example.com", "location": {"city": "Berlin", "countryCode": "DE"}}
}
BOARD = "https://boards.example.com"
KNOWN = {
    "given-name": ("Asha", "profile: application.given_name"),
    "family-name": ("Rao", "profile: application.family_name"),
    "name": ("Asha Rao", "profile: basics.name"),
    "email": ("asha.rao@example.com", "profile: basics.email"),
    "tel": ("+49 30 23125042", "profile: basics.phone"),
    "country": ("Germany", "profile: basics.location.countryCode"),
    "portfolio-url": ("https://asha-rao.example", "profile: basics.url"),
    "linkedin-url": ("https://www.linkedin.com/in/asha-rao-example", "profile: basics.profiles"),
    "notice-period": ("4 weeks", "profile: application.notice_period"),
    "start-date": ("2027-02-01", "profile: application.start_date"),
    "visa-sponsorship": ("No", "profile: application.work_authorization"),
    "work-authorization": ("Yes", "profile: application.work_authorization"),
    "salary-expectation": ("120000", "profile: application.salary_expectation"),
    "years-of-experience": ("9", "cv.pdf, page 1"),
    "gender": ("Prefer not to say", "profile: application.voluntary.gender"),
}


async def keep(page: Page, name: str, *, whole: bool = False) -> None:
    """Takes the picture; keeps it where JOBHUNTER_PICTURES says, as WebP."""
    image = Image.open(io.BytesIO(await page.screenshot(full_page=whole)))
    data = io.BytesIO()
    image.save(data, "WEBP", quality=82, method=6)
    assert 5_000 < len(data.getvalue()) <= LIMIT, f"{name}: {len(data.getvalue())} bytes"
    assert image.convert("L").getextrema() != (255, 255), f"{name} is blank"
    if folder := os.environ.get("JOBHUNTER_PICTURES"):
        path = Path(folder) / f"dashboard-{name}.webp"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.getvalue())


async def asha(gateway: Gateway, sign_in: SignIn, user: str = "asha", **options: Any) -> Person:
    """Asha, who has a profile and a résumé, and of the tasks of earlier pictures none."""
    for task in gateway.parts.tasks.of_user(user):
        await gateway.parts.cluster.delete(task.name, task.uid)
        gateway.parts.tasks.drop(task.uid)
    async with gateway.parts.store.user(user) as connection:
        await profiles.put(connection, user, PROFILE)
    await gateway.parts.documents.add(user, "resume", "cv.pdf", b"%PDF-1.4\n%%EOF\n")
    return await sign_in(user, **options)


async def filled_form(browser: Browser, careers: Any) -> tuple[bytes, bytes, list[DraftField]]:
    """A careers site's form with Asha's answers in it: as the browser shows it, as a whole, and as a draft's rows."""
    page = await browser.new_page(viewport={"width": 1280, "height": 800})
    await page.goto(f"http://127.0.0.1:{careers.port}/greenhouse/jobs/5001")
    await page.wait_for_timeout(500)
    await page.evaluate("document.querySelectorAll('.overlay').forEach((overlay) => overlay.remove())")
    rows = []
    for spec in await asyncio.to_thread(careers.call, "/_spec/greenhouse/5001"):
        value, source = KNOWN.get(spec["token"], ("", ""))
        control = page.locator(f'[name="{spec["name"]}"]').first
        if value and spec["kind"] == "select" and value in spec["options"]:
            await control.select_option(value)
        elif value and spec["kind"] in ("text", "tel", "email", "url", "number", "date", "textarea"):
            await control.fill(value)
        elif spec["kind"] == "file" and spec["token"] == "resume":
            await control.set_input_files({"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n"})
            value, source = "cv.pdf", "profile: application.documents.resume"
        elif spec["token"] == "consent":
            await control.check()
            value, source = "yes", "profile: application.consents.data_processing"
        elif spec["kind"] == "select":
            preset = "" if any(row.value and row.default for row in rows) else spec["options"][-1]
            value, source = preset, "site default" if preset else "left empty"
            if preset:
                await control.select_option(preset)
        rows.append(
            DraftField(
                label=spec["label"],
                token=spec["token"],
                value=value,
                source=source,
                confidence=0.78 if source.startswith("cv") else 0.98,
                default=source in ("left empty", "site default"),
                required=spec["required"],
            )
        )
    await page.locator("form.application, form").last.scroll_into_view_if_needed()
    seen = await page.screenshot(type="jpeg", quality=60)
    whole = await page.screenshot(type="jpeg", quality=80, full_page=True)
    await page.close()
    return seen, whole, rows


async def worked_on(task: PlayedTask, rows: list[DraftField]) -> None:
    """What a runner says until the form is filled."""
    await task.tell(EventType.CHAT_MESSAGE, "Starting browser…")
    await task.tell(EventType.APPLIER_START, "Started", url=f"{BOARD}/tidepool/jobs/5001", task_id=task.uid)
    await task.tell(EventType.APPLIER_NAVIGATE, "", url=f"{BOARD}/tidepool/jobs/5001")
    for row in rows:
        if row.value and not row.default:
            await task.tell(EventType.APPLIER_TYPE, "", label=row.label, token=row.token, source=row.source)
    await task.tell(EventType.APPLIER_UPLOAD, "", label="Resume/CV", filename="cv.pdf", size=48_000)


async def test_the_list_of_tasks(gateway: Gateway, sign_in: SignIn) -> None:
    person = await asha(gateway, sign_in)
    for company, title, reason, words in (
        ("Northlight", "Backend Engineer", "Submitted", "The site confirmed it."),
        ("Kaveri Payments", "Platform Engineer", "PostingClosed", "The posting is closed."),
    ):
        ended = await applied(gateway, person.user, f"{BOARD}/{company.split()[0].lower()}/jobs/4000")
        await ended.end(reason, words, title=title, company=company)
    await applied(gateway, person.user, f"{BOARD}/fernweh/jobs/77")
    asked = await applied(gateway, person.user, f"{BOARD}/tidepool/jobs/5001")
    await asked.waits("hitl_1", "Which of our values speaks to you most, and why?")
    draft = await applied(gateway, person.user, f"{BOARD}/harbour/jobs/12")
    await draft.waits("draft_1", "Please look over the draft", kind="review", reason="DraftReview")
    await person.open("/")
    await expect(person.page.locator(".tasks li")).to_have_count(5, timeout=15_000)
    await expect(person.page.locator("#ended")).to_contain_text("Backend Engineer · Northlight", timeout=15_000)
    await expect(person.page.locator("#loading")).to_be_hidden()
    await keep(person.page, "tasks")


async def _at_work(gateway: Gateway, person: Person, rows: list[DraftField]) -> PlayedTask:
    task = await applied(gateway, person.user, f"{BOARD}/tidepool/jobs/5001")
    await worked_on(task, rows)
    return task


async def test_the_live_view_with_a_question(gateway: Gateway, browser: Browser, sign_in: SignIn, careers: Any) -> None:
    seen, _, rows = await filled_form(browser, careers)
    person = await asha(gateway, sign_in)
    task = await _at_work(gateway, person, rows)
    suggestions = [
        Suggestion(
            text="Nine years of building payment and logistics platforms in Python and Go.", source="cv.pdf, page 1"
        ),
        Suggestion(text="I moved parcel tracking from queues to a log and cut its cost by 38 %.", source="letter.docx"),
    ]
    await task.ask("Why do you want to work at Tidepool Software?", suggestions=suggestions, context="A required field")
    await person.open(task.path)
    await expect(person.page.locator("#questions .question")).to_be_visible()
    for _ in range(25):
        await task.frame(seen, title="Product Designer at Tidepool Software", url=f"{BOARD}/tidepool/jobs/5001")
        await asyncio.sleep(0.2)
    await expect(person.page.locator("#meter")).to_contain_text("frames/s")
    await keep(person.page, "live")


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("review", {"viewport": {"width": 1280, "height": 960}}),
        (
            "review-phone",
            {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark", "device_scale_factor": 1.5},
        ),
    ],
)
async def test_the_review_of_a_draft(
    gateway: Gateway, browser: Browser, sign_in: SignIn, careers: Any, name: str, options: dict[str, Any]
) -> None:
    _, whole, rows = await filled_form(browser, careers)
    person = await asha(gateway, sign_in, **options)
    task = await _at_work(gateway, person, rows)
    await task.review(rows, whole, title="Product Designer at Tidepool Software")
    await person.open(task.path)
    await expect(person.page.locator("#review .picture img")).to_be_visible()
    await keep(person.page, name)


async def test_the_profile(gateway: Gateway, sign_in: SignIn) -> None:
    person = await asha(gateway, sign_in, "asha-rao", color_scheme="dark")
    await person.open("/profile")
    await person.page.get_by_label("Phone", exact=True).fill("+49 30 23125042")
    await person.page.get_by_role("button", name="Save").click()
    await expect(person.page.locator("#state")).to_have_text("Saved")
    await expect(person.page.locator(".steps [aria-current]")).to_contain_text("Apply for a job")
    await keep(person.page, "profile")
