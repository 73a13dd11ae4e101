"""Documents and applications: uploaded, listed, taken away, deleted."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, SignIn, browser, gateway, sign_in
from jobhunter_contracts.conditions import Reason
from jobhunter_contracts.events import EventType
from jobhunter_contracts.outcome import Outcome
from jobhunter_gateway import applications_table, documents, tasks_table
from played_task import applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]

LETTER = b"# Letter\n\nI have built parcel tracking for nine years, in Python and Go.\n"


async def test_a_document_is_uploaded_read_downloaded_and_deleted(
    gateway: Gateway, sign_in: SignIn, tmp_path: Path
) -> None:
    person = await sign_in()
    page = await person.open("/documents")
    await expect(page.get_by_text("No document yet")).to_be_visible()
    await page.get_by_role("button", name="Upload").click()
    await expect(page.locator("#upload-fault")).to_have_text("Choose a file first.")
    chosen = page.get_by_label("File: PDF")
    for name, data, words in (
        ("cv.exe", b"MZ", "neither PDF"),
        ("cv.pdf", b"", "is empty"),
        ("cv.pdf", b"%PDF" + b"0" * 5_300_000, "more than 5 MB"),
        ("cv.pdf", b"no PDF at all", "content is not what its name says"),
    ):
        await chosen.set_input_files({"name": name, "mimeType": "application/pdf", "buffer": data})
        await page.get_by_role("button", name="Upload").click()
        await expect(page.locator("#upload-fault")).to_contain_text(words)
    evil = "<img src=x onerror=window.hit=1>.md"
    await chosen.set_input_files({"name": evil, "mimeType": "text/markdown", "buffer": LETTER})
    await page.get_by_label("It is a").select_option("cover_letter")
    await page.get_by_role("button", name="Upload").click()
    row = page.locator("#rows tr")
    await expect(row).to_have_count(1)
    name = await row.locator("th").inner_text()
    await expect(row).to_contain_text("cover letter")
    await expect(row.locator(".badge")).to_have_text("Read")
    await expect(row).to_contain_text("1 passage")
    await expect(page.locator("#hint")).to_contain_text("is not sent with applications: forms take PDF and DOCX")
    async with page.expect_download() as waited:
        await page.get_by_role("button", name="Download").click()
    await (await waited.value).save_as(tmp_path / "letter")
    assert (tmp_path / "letter").read_bytes() == LETTER
    await chosen.set_input_files({"name": name, "mimeType": "text/markdown", "buffer": LETTER + b"More. " * 300})
    await page.get_by_role("button", name="Upload").click()
    await page.get_by_role("button", name="Replace it").click()
    await expect(page.locator("#notices")).to_contain_text("is here")
    await expect(row).to_contain_text("2 kB")
    await expect(row).to_have_count(1)
    await page.get_by_role("button", name="Delete").click()
    await page.get_by_role("button", name="Delete it").click()
    await expect(page.get_by_text("No document yet")).to_be_visible()
    assert await page.evaluate("window.hit") is None


async def test_a_document_that_cannot_be_read_says_why(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/documents")
    broken = {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    await page.get_by_label("File: PDF").set_input_files(broken)
    await page.get_by_role("button", name="Upload").click()
    badge = page.locator("#rows .badge.bad")
    await expect(badge).to_have_text("Cannot be read")
    await expect(page.locator("#rows .hint").first).not_to_be_empty()


async def test_what_applications_are_sent_with_is_said_of_each_document(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = await person.open("/documents")

    async def upload(name: str, kind: str = "resume") -> None:
        file = {"name": name, "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
        await page.get_by_label("File: PDF").set_input_files(file)
        await page.get_by_label("It is a").select_option(kind)
        await page.get_by_role("button", name="Upload").click()
        await expect(page.locator("#rows tr").filter(has_text=name)).to_have_count(1)

    used = page.locator("#rows tr").filter(has_text="used for applications")
    await upload("cv.pdf")
    await expect(used).to_contain_text("cv.pdf")
    await expect(page.locator("#hint")).to_be_empty()
    await upload("letter.pdf", "cover_letter")
    await expect(page.locator("#hint")).to_contain_text("No cover letter is sent")
    await upload("second.pdf")
    await expect(used).to_have_count(0)
    await expect(page.locator("#hint")).to_contain_text("You have 2 résumés, and applications go without")
    await page.locator("#hint").get_by_role("link", name="your profile").first.click()
    await page.get_by_label("Résumé").select_option("second.pdf")
    await page.get_by_label("Cover letter").select_option("letter.pdf")
    await page.get_by_role("button", name="Save").click()
    await expect(page.locator("#state")).to_have_text("Saved")
    await person.open("/documents")
    await expect(used).to_have_count(2)
    await expect(page.locator("#hint")).to_be_empty()


async def test_a_full_list_of_documents_is_no_question_of_replacing(
    gateway: Gateway, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(documents, "DOCUMENTS", 1)
    person = await sign_in()
    await gateway.parts.documents.add(person.user, "other", "a.md", b"# A")
    page = await person.open("/documents")
    await page.get_by_label("File: PDF").set_input_files(
        {"name": "b.md", "mimeType": "text/markdown", "buffer": b"# B"}
    )
    await page.get_by_role("button", name="Upload").click()
    await expect(page.locator("#upload-fault")).to_contain_text("there are 1 documents already")
    await expect(page.get_by_role("dialog")).to_have_count(0)


@pytest.mark.parametrize("size", [40, 5_000_000])
async def test_an_upload_under_a_dead_token_goes_on_after_a_new_one_with_all_that_was_chosen(
    gateway: Gateway, sign_in: SignIn, size: int
) -> None:
    person = await sign_in("asha")
    page = await person.open("/documents")
    letter = {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n" + b"0" * size}
    await page.get_by_label("File: PDF").set_input_files(letter)
    await page.get_by_label("It is a").select_option("cover_letter")
    dead = gateway.token("asha")[:-8] + "AAAAAAAA"
    await page.evaluate("token => sessionStorage.setItem('jobhunter-token', token)", dead)
    await page.get_by_role("button", name="Upload").click()
    dialog = page.get_by_role("dialog", name="Sign in again")
    await dialog.get_by_label("Token").fill(gateway.token("asha"))
    await dialog.get_by_role("button", name="Sign in").click()
    row = page.locator("#rows tr")
    await expect(row).to_contain_text("letter.pdf", timeout=20_000)
    await expect(row).to_contain_text("cover letter")
    await expect(page.locator("#upload-fault")).to_be_empty()
    assert page.url.endswith("/documents")


async def test_who_filters_many_applications_sees_each_once(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    now = datetime.now(UTC)
    async with gateway.parts.store.user(person.user) as connection:
        for number in range(120):
            task_id = str(uuid.uuid4())
            await tasks_table.ensure(connection, person.user, task_id, now)
            outcome = Outcome(
                task_uid=task_id, attempt=1, outcome="submitted", reason=Reason.SUBMITTED, title=f"Job {number}"
            )
            await applications_table.completed(connection, person.user, outcome, now - timedelta(hours=number))
    page = await person.open("/applications")
    await expect(page.locator("#count")).to_have_text("The newest 50 applications")
    await page.evaluate("""() => {
      const [find, outcome] = ["filter", "outcome"].map((id) => document.getElementById(id));
      outcome.value = "submitted";
      outcome.dispatchEvent(new Event("change"));
      find.value = "job";
      outcome.dispatchEvent(new Event("change"));
    }""")
    await expect(page.locator("#count")).to_have_text("120 of 120 applications")
    names = await page.locator("#rows th").all_inner_texts()
    assert sorted(names) == sorted(f"Job {number}" for number in range(120))


async def test_applications_are_found_and_exported(gateway: Gateway, sign_in: SignIn, tmp_path: Path) -> None:
    person = await sign_in()
    page = await person.open("/applications")
    await expect(page.get_by_text("No application has ended yet")).to_be_visible()
    sent = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await sent.tell(EventType.APPLIER_START, "Started", url="https://careers.example.com/jobs/1", task_id=sent.uid)
    await sent.end("Submitted", "Sent.", "Thank you!")
    closed = await applied(gateway, person.user, "https://careers.example.com/jobs/2")
    await closed.end("PostingClosed", "It is closed.")

    async def both() -> None:
        await page.reload()
        await expect(page.locator("#rows tr")).to_have_count(2, timeout=1500)

    for left in range(5, -1, -1):
        try:
            await both()
            break
        except AssertionError:
            if not left:
                raise
    await expect(page.locator("#count")).to_have_text("2 applications")
    await page.get_by_label("Outcome").select_option("submitted")
    await expect(page.locator("#rows tr")).to_have_count(1)
    await expect(page.locator("#rows tr")).to_contain_text("Backend engineer · Northlight Parcels")
    await expect(page.locator("#count")).to_have_text("1 of 2 applications")
    await page.get_by_label("Outcome").select_option("")
    await page.get_by_label("Find").fill("nobody has this")
    await expect(page.locator("#count")).to_have_text("0 of 2 applications")
    async with page.expect_download() as waited:
        await page.get_by_role("button", name="Export as CSV").click()
    file = await waited.value
    assert file.suggested_filename == "applications.csv"
    await file.save_as(tmp_path / "a.csv")
    assert len((tmp_path / "a.csv").read_text().splitlines()) == 3
    await page.get_by_label("Find").fill("northlight")
    await page.locator("#rows a").first.click()
    await page.wait_for_url("**/tasks/*")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Backend engineer · Northlight Parcels")
    await expect(page).to_have_title("Backend engineer · Northlight Parcels · JobHunter")
    await person.open("/")
    named = page.locator("#ended li").filter(has_text="Backend engineer · Northlight Parcels")
    await expect(named.first).to_contain_text("careers.example.com · jobs/")
