"""Signing in and out, and what every page carries."""

from __future__ import annotations

import re

import httpx
import pytest
from playwright.async_api import Browser, expect

from dashboard_server import Gateway, SignIn, browser, gateway, sign_in
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]
PAGES = ("/", "/login", "/tasks/x", "/profile", "/documents", "/applications")


async def test_a_token_in_the_fragment_signs_in_and_is_out_of_the_address_at_once(
    gateway: Gateway, browser: Browser
) -> None:
    page = await browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    token = gateway.token("asha")
    await page.goto(f"{gateway.url}/login#token={token}")
    await page.wait_for_url(f"{gateway.url}/")
    await expect(page.locator("#user")).to_have_text("asha")
    assert not any(token in url for url in asked if not url.startswith("ws"))
    assert await page.evaluate("localStorage.length") == 0
    await page.go_back()
    assert token not in page.url  # the history has it neither


async def test_a_pasted_token_may_stay_on_this_computer(gateway: Gateway, browser: Browser) -> None:
    context = await browser.new_context()
    page = await context.new_page()
    await page.goto(f"{gateway.url}/profile")
    await page.wait_for_url("**/login?*")
    await page.get_by_label("Token").fill(gateway.token("asha"))
    await page.get_by_label("Stay signed in").check()
    await page.get_by_role("button", name="Sign in").click()
    await page.wait_for_url("**/profile")
    other = await context.new_page()
    await other.goto(f"{gateway.url}/")
    await expect(other.locator("#user")).to_have_text("asha")


@pytest.mark.parametrize("sort", ["not a token", "expired", "foreign"])
async def test_a_token_that_is_not_taken_is_said_to_be_so(gateway: Gateway, browser: Browser, sort: str) -> None:
    good = gateway.token("asha")
    token = {"expired": gateway.token("asha", hours=-1), "foreign": good[:-8] + "AAAAAAAA"}.get(sort, "what")
    page = await browser.new_page()
    await page.goto(f"{gateway.url}/login")
    await page.get_by_label("Token").fill(token)
    await page.get_by_role("button", name="Sign in").click()
    words = {"expired": "has expired", "foreign": "does not take this token"}.get(sort, "not a token")
    await expect(page.get_by_role("alert")).to_contain_text(words)
    assert "/login" in page.url


async def test_signing_out_forgets_the_token_and_a_dead_one_leads_to_sign_in(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in("asha")
    await person.page.get_by_role("button", name="Sign out").click()
    await expect(person.page.get_by_text("You are signed out")).to_be_visible()
    assert await person.page.evaluate("sessionStorage.length + localStorage.length") == 0
    dead = gateway.token("asha")[:-8] + "AAAAAAAA"
    await person.page.evaluate("token => sessionStorage.setItem('jobhunter-token', token)", dead)
    await person.open("/applications")
    await expect(person.page.get_by_role("alert")).to_contain_text("no longer taken")


async def test_pages_and_files_carry_a_strict_policy_and_are_cached_by_their_hash(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url) as client:
        for path in PAGES:
            page = await client.get(path)
            assert page.status_code == 200, path
            policy = page.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self'")
            assert "require-trusted-types-for 'script'" in policy
            assert page.headers["cache-control"] == "no-cache"
            assert (await client.get(path, headers={"If-None-Match": page.headers["etag"]})).status_code == 304
            assert not re.search(
                r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=|https?://(?!careers\.example)", page.text
            )
            for address in re.findall(r'(?:src|href)="(/static/[^"]+)"', page.text):
                file = await client.get(address)
                assert file.headers["cache-control"] == "public, max-age=31536000, immutable"
        stale = await client.get("/static/0000000000000000/rest.js")
        assert stale.headers["cache-control"] == "no-store"
        assert (await client.get("/static/x/nothing.js")).status_code == 404
        assert (await client.get("/static/x/..%2Fdashboard.py")).status_code == 404


async def test_a_page_weighs_at_most_150_kilobytes(gateway: Gateway, browser: Browser) -> None:
    page = await browser.new_page()
    loaded: set[str] = set()
    page.on("response", lambda response: loaded.add(response.url))
    await page.goto(f"{gateway.url}/login#token={gateway.token('asha')}")
    await page.wait_for_url(f"{gateway.url}/")
    async with httpx.AsyncClient(headers={"Accept-Encoding": "identity"}) as client:
        for path in ("/", "/tasks/x", "/profile", "/documents", "/applications"):
            loaded.clear()
            await page.goto(f"{gateway.url}{path}")
            await page.wait_for_timeout(300)
            sizes = {url: len((await client.get(url)).content) for url in loaded if "/api/" not in url}
            assert all(url.startswith(gateway.url) for url in sizes)
            assert 10_000 < sum(sizes.values()) <= 150_000, sizes
