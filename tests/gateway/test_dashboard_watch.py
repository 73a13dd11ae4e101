"""Watching: the browser's picture, what was done, and a line that breaks and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import expect

from dashboard_server import Gateway, Line, SignIn, browser, gateway, sign_in
from jobhunter_contracts.events import EventType
from played_task import PlayedTask, applied, picture
from real_cluster import kubeconfig, kubectl, root_kubectl

__all__ = ["browser", "gateway", "kubeconfig", "kubectl", "root_kubectl", "sign_in"]
pytestmark = [pytest.mark.journey, pytest.mark.asyncio(loop_scope="session")]


@asynccontextmanager
async def frames(task: PlayedTask, pause: float = 0.2) -> AsyncIterator[None]:
    """Five a second, as from a runner that is watched."""

    async def send() -> None:
        while True:
            await task.frame()
            await asyncio.sleep(pause)

    sending = asyncio.create_task(send())
    try:
        yield
    finally:
        sending.cancel()


async def test_the_browser_is_watched_with_its_rate_and_delay(
    gateway: Gateway, sign_in: SignIn, tmp_path: Path
) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await person.open(task.path)
    await expect(page.locator("#screen-words")).to_contain_text("Waits for the first picture")
    await expect(page.get_by_role("button", name="Download this frame")).to_be_disabled()
    async with frames(task):
        await expect(page.locator("#frame")).to_be_visible()
        await page.wait_for_timeout(4500)
        words = await page.locator("#meter").inner_text()
        rate, delay = float(words.split(" ")[0]), int(words.split(" · ")[1].split(" ")[0])
        assert 2.0 <= rate <= 5.5, words
        assert 0 <= delay < 1500, words  # what the machine makes of it; `make bench` measures
        assert await page.locator("#frame").evaluate("(image) => image.naturalWidth") == 1280
        async with page.expect_download() as waited:
            await page.get_by_role("button", name="Download this frame").click()
        file = await waited.value
        assert file.suggested_filename.startswith(task.uid)
        assert file.suggested_filename.endswith(".jpg")
        await file.save_as(tmp_path / "frame.jpg")
        assert (tmp_path / "frame.jpg").read_bytes().startswith(b"\xff\xd8\xff")
        await page.get_by_role("button", name="Pause").click()
        shown = await page.locator("#frame").get_attribute("src")
        await page.wait_for_timeout(700)
        await expect(page.locator("#screen-words")).to_contain_text("Paused")
        assert await page.locator("#frame").get_attribute("src") == shown
        await page.get_by_role("button", name="Go on").click()
        await expect(page.locator("#frame")).not_to_have_attribute("src", str(shown))
    await expect(page.locator("#screen-words")).to_contain_text("Quiet", timeout=6000)
    await task.end("PostingClosed", "The posting is closed.")
    await expect(page.locator("#screen-words")).to_contain_text("last picture")
    dot = "(row) => getComputedStyle(row, '::before').backgroundColor"
    green = "() => { document.body.style.color = 'var(--good)'; return getComputedStyle(document.body).color; }"
    end = page.locator("#timeline > li.end")
    assert await end.evaluate(dot) != await page.evaluate(green)  # it is not the dot of something that went well
    await expect(page.locator("#outcome")).to_contain_text("The posting is closed.")


async def test_a_picture_that_is_none_leaves_the_one_before(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.frame()
    await person.open(task.path)
    await expect(page.locator("#frame")).to_be_visible()
    before = await page.locator("#frame").get_attribute("src")
    await task.frame(b"no picture", title="Broken")
    await page.wait_for_timeout(1500)
    assert await page.locator("#frame").get_attribute("src") == before
    assert await page.locator("#frame").evaluate("(image) => image.complete && image.naturalWidth") == 1280
    await task.frame(title="Whole again")
    await expect(page.locator("#page-title")).to_contain_text("Whole again")
    assert await page.locator("#frame").get_attribute("src") != before


async def test_who_joins_late_gets_the_last_picture_and_all_that_was_done(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await task.tell(EventType.APPLIER_START, "Started", url="https://careers.example.com/jobs/1", task_id=task.uid)
    await task.tell(EventType.CHAT_MESSAGE, "Starting browser…")
    await task.tell(EventType.APPLIER_NAVIGATE, "", url="https://careers.example.com/jobs/1")
    for label in ("First name", "Last name", "Email"):
        await task.tell(EventType.APPLIER_TYPE, "", label=label, token="name", source="profile: basics")
    await task.tell(EventType.APPLIER_UPLOAD, "", label="Resume", filename="cv.pdf", size=24_000)
    await task.tell(EventType.APPLIER_CLICK, "", label="Next", selector="#next")
    await task.frame(title="Backend engineer")
    await person.open(task.path)
    await expect(page.locator("#frame")).to_be_visible()
    await expect(page.locator("#page-title")).to_contain_text("Backend engineer")
    await expect(page.locator("#chat")).to_contain_text("Starting browser…")
    timeline = page.locator("#timeline > li")
    await expect(timeline).to_have_count(5)
    await page.get_by_text("Filled 3 fields").click()
    await expect(page.get_by_text("Last name")).to_be_visible()
    await expect(timeline.nth(3)).to_contain_text("Uploaded cv.pdf (24 kB) for “Resume”")
    await page.reload()
    await expect(page.locator("#timeline > li")).to_have_count(5)


async def test_a_broken_line_is_said_and_nothing_is_missed_or_doubled(gateway: Gateway, sign_in: SignIn) -> None:
    line = Line(gateway.port)
    await line.mend()
    person = await sign_in(url=line.url)
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    await task.tell(EventType.APPLIER_CLICK, "", label="before", selector="a")
    await page.goto(f"{line.url}{task.path}")
    await expect(page.locator("#timeline")).to_contain_text("before")
    await task.frame()
    await expect(page.locator("#frame")).to_be_visible()
    await line.cut()
    await expect(page.locator("#line")).to_contain_text("Trying again")
    await expect(page.locator("#screen-words")).to_contain_text("line is lost")
    for number in range(3):
        await task.tell(EventType.APPLIER_CLICK, "", label=f"while away {number}", selector="a")
    hitl_id = await task.ask("Asked while away?")
    await line.mend()
    await expect(page.get_by_text("Asked while away?").first).to_be_visible(timeout=20_000)
    await expect(page.locator("#line")).to_be_hidden()
    await task.tell(EventType.APPLIER_CLICK, "", label="afterwards", selector="a")
    await expect(page.locator("#timeline")).to_contain_text("afterwards")
    pressed = [
        words for words in await page.locator("#timeline .what").all_inner_texts() if words.startswith("Pressed")
    ]
    assert pressed == [f"Pressed “{name}”" for name in ("before", *(f"while away {n}" for n in range(3)), "afterwards")]
    resumed = [url.partition("&after=")[2] for url in sockets]
    assert resumed[-1] == f"{task.uid}.1.000001", resumed
    await page.get_by_role("textbox").last.fill("yes")
    await page.get_by_role("button", name="Answer", exact=True).click()
    assert await task.answer(hitl_id) == "yes"
    await line.cut()


async def test_a_gateway_that_goes_away_and_a_token_that_ends(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/1")
    await person.open(task.path)
    await task.frame()
    await expect(page.locator("#frame")).to_be_visible()
    dead = gateway.token(person.user)[:-8] + "AAAAAAAA"
    await page.evaluate("token => sessionStorage.setItem('jobhunter-token', token)", dead)
    for watched in gateway.parts.hub._watched.values():
        for viewer in watched.viewers:
            viewer.stop(4003, "the token has expired")
    await page.wait_for_url("**/login?*")
    await expect(page.get_by_role("alert")).to_contain_text("no longer taken")


async def test_what_a_page_says_stays_text(gateway: Gateway, sign_in: SignIn) -> None:
    person = await sign_in()
    page = person.page
    evil = '<img src=x onerror="window.hit=1"><script>window.hit=1</script>'
    task = await applied(gateway, person.user, "https://careers.example.com/jobs/%3Cscript%3E")
    await task.tell(EventType.APPLIER_NAVIGATE, evil, url="javascript:window.hit=1")
    await task.tell(EventType.CHAT_MESSAGE, evil)
    await task.tell(EventType.APPLIER_CLICK, evil, label=evil, selector=evil)
    await task.tell(EventType.APPLIER_TYPE, evil, label=evil, token=evil, source=evil)
    await task.tell(EventType.APPLIER_UPLOAD, evil, label=evil, filename=evil, size=3)
    await task.frame(picture("x"), title="%3Cscript%3Ewindow.hit%3D1%3C/script%3E", url="javascript:window.hit=1")
    await task.ask(evil, context=evil)
    await person.open(task.path)
    await expect(page.locator("#chat")).to_contain_text(evil)
    await expect(page.locator("#timeline")).to_contain_text(evil)
    await expect(page.locator("#questions")).to_contain_text(evil)
    await expect(page.locator("#page-title")).to_contain_text("<script>window.hit=1</script>")
    await page.get_by_text("Filled 1 field").click()
    assert await page.locator("a[href^=javascript]").count() == 0
    assert await page.locator("main script, main img[src=x]").count() == 0
    assert await page.evaluate("window.hit") is None
    assert await person.violations() == []
