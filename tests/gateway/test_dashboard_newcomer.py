"""Who is new: led from the profile over the résumé to the first application."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, SignIn, browser, gateway, sign_in
from played_task import applied
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


async def test_who_is_new_is_led_from_the_profile_to_the_first_application(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    now = page.locator(".steps [aria-current=step]")
    await expect(now).to_contain_text("Write your profile")
    await now.get_by_role("link").click()
    await page.get_by_label("Full name").fill("Asha Rao")
    await page.get_by_role("button", name="Save").click()
    await expect(now).to_contain_text("Upload your résumé")  # a save leads on
    await now.get_by_role("link").click()
    await page.get_by_label("File: PDF").set_input_files(
        {"name": "cv.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
    )
    await page.get_by_role("button", name="Upload").click()
    await expect(now).to_contain_text("Apply for a job")
    await expect(page.locator(".steps .done")).to_have_text(["Done: Write your profile", "Done: Upload your résumé"])
    await now.get_by_role("link").click()
    await page.wait_for_url(f"{gateway.url}/")
    await expect(now).to_contain_text("Apply for a job")
    await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await page.reload()
    await expect(page.locator(".tasks li")).to_have_count(1)
    await expect(page.locator("#steps")).to_be_hidden()
