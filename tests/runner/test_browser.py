"""One browser, ours or the sidecar's; one context an application; dialogs, popups and downloads do no harm."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import sys
import time

import pytest
from PIL import Image

from jobhunter_contracts.runner_env import BROWSER_ARGS, DEFAULT_CHROMIUM
from jobhunter_runner.browser import BrowserUnavailable, attached_browser, local_browser, new_page
from jobhunter_runner.form_reader import read_page
from jobhunter_runner.picture import MOST_HEIGHT, page_picture

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_popups_and_new_tabs_are_followed_and_left(tabs, site):
    site.answers["/"] = "<a href=/form target=_blank>Apply</a>"
    site.answers["/form"] = "<h1>Form</h1>"
    await tabs.page.goto(site.url("/"))
    first = tabs.page
    async with tabs.context.expect_page():
        await first.click("a")
    await tabs.page.wait_for_load_state()
    assert tabs.page is not first
    assert tabs.page.url == site.url("/form")
    await tabs.page.close()
    assert tabs.page is first


async def test_dialogs_are_dismissed_and_told_and_a_page_is_always_left(chromium, site):
    told, went = [], []
    site.answers["/"] = """<script>
      window.answer = confirm("Leave your data?"); alert("Hello");
      addEventListener("beforeunload", (e) => e.preventDefault());</script><button>x</button>"""
    site.answers["/next"] = "<h1>Next</h1>"
    tabs = await new_page(chromium, went.append, told.append)
    await tabs.page.goto(site.url("/"))
    assert await tabs.page.evaluate("() => window.answer") is False
    await tabs.page.click("button")
    await tabs.page.goto(site.url("/next"))
    assert tabs.dialogs == told == ["Leave your data?", "Hello"]
    assert went == [site.url("/"), site.url("/next")]
    await tabs.close()
    with pytest.raises(BrowserUnavailable, match="every page was closed"):
        _ = tabs.page


async def test_a_page_cannot_flood_with_dialogs(chromium, site):
    told = []
    site.answers["/"] = "<script>for (let n = 0; n < 25; n++) alert('x'.repeat(5000))</script><h1>Job</h1>"
    tabs = await new_page(chromium, None, told.append)
    await tabs.page.goto(site.url("/"))
    assert await tabs.page.inner_text("h1") == "Job"
    assert told == tabs.dialogs == ["x" * 500] * 10
    await tabs.close()


async def test_one_application_sees_nothing_of_another(chromium, site):
    site.answers["/"] = "<script>document.cookie = 'a=1'; localStorage.a = 1;</script>"
    first, second = await new_page(chromium), await new_page(chromium)
    await first.page.goto(site.url("/"))
    site.answers["/"] = "<p>"
    await second.page.goto(site.url("/"))
    assert await second.page.evaluate("() => document.cookie + (localStorage.a || '')") == ""
    await first.close()
    await second.close()


async def test_pictures_are_whole_and_bounded(tabs, site):
    site.answers["/"] = "<!doctype html><body style='margin:0'><div style='height:3000px;background:teal'>Long</div>"
    await tabs.page.goto(site.url("/"))
    assert _size(await page_picture(tabs.page)) == (1280, 3000)
    await tabs.page.evaluate("() => { document.querySelector('div').style.height = '40000px'; }")
    assert _size(await page_picture(tabs.page)) == (1280, MOST_HEIGHT)
    page = tabs.page
    await page.close()
    with pytest.raises(BrowserUnavailable, match="no picture"):
        await page_picture(page)


def _size(jpeg: bytes) -> tuple[int, int]:
    import io

    image = Image.open(io.BytesIO(jpeg))
    assert image.format == "JPEG"
    return image.size


async def test_a_missing_chromium_is_said_with_its_remedy(monkeypatch):
    monkeypatch.setenv("JOBHUNTER_CHROMIUM", "/nowhere/chromium")
    with pytest.raises(BrowserUnavailable, match=r"/nowhere/chromium is not there\. Install it"):
        async with local_browser(1):
            pass
    monkeypatch.setenv("JOBHUNTER_CHROMIUM", "/bin/false")
    with pytest.raises(BrowserUnavailable, match="it did not start"):
        async with local_browser(1):
            pass


async def test_a_browser_that_never_answers_is_given_up():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    begun = time.monotonic()
    with pytest.raises(BrowserUnavailable, match="no browser answered within 0 s"):
        async with attached_browser(f"http://127.0.0.1:{port}", patience_seconds=0.3):
            pass
    assert time.monotonic() - begun < 5


async def test_a_sidecar_that_comes_late_is_waited_for_and_filled_over_devtools(tmp_path, site, guard):
    """As in the pod: Chromium with the contract's arguments, reached over DevTools, its sandbox on where that can be."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    given = [a.replace("9222", str(port)).replace("3128", str(guard.port)) for a in BROWSER_ARGS]
    as_user = ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"] if os.geteuid() == 0 else []
    profile = tmp_path / "profile"
    profile.mkdir(mode=0o777)
    profile.chmod(0o777)
    for parent in list(profile.parents)[:4]:
        if parent.stat().st_uid == os.getuid() and str(parent).startswith("/tmp/"):
            parent.chmod(0o755)
    command = [*as_user, shutil.which("chromium") or DEFAULT_CHROMIUM, f"--user-data-dir={profile}", *given]
    site.answers["/"] = (
        "<form><label for=a>Name</label><input id=a><label for=f>CV</label><input id=f type=file></form>"
    )

    async def start() -> asyncio.subprocess.Process:
        await asyncio.sleep(0.5)
        environment = {"HOME": str(profile), "PATH": os.environ["PATH"]}
        return await asyncio.create_subprocess_exec(*command, env=environment, stderr=asyncio.subprocess.DEVNULL)

    starting = asyncio.create_task(start())
    try:
        async with attached_browser(f"http://127.0.0.1:{port}") as browser:
            tabs = await new_page(browser)
            await tabs.page.goto(site.url("/"))
            assert tabs.page.viewport_size == {"width": 1280, "height": 900}
            await tabs.page.locator("#f").set_input_files(
                {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"%PDF"}
            )
            view = await read_page(tabs.page)
            assert [f.value for f in view.fields] == ["", "a.pdf"]
            await tabs.close()
        listing = await asyncio.create_subprocess_exec("ps", "-e", "-ww", "-o", "args", stdout=asyncio.subprocess.PIPE)
        lines = (await listing.communicate())[0].decode().splitlines()
        assert [line for line in lines if str(profile) in line] != []
        assert [line for line in lines if str(profile) in line and "--no-sandbox" in line] == []
    finally:
        process = await starting
        process.terminate()
        await process.wait()


async def test_root_is_told_that_the_sandbox_is_off():
    if os.geteuid() != 0:
        pytest.skip("only root runs without the sandbox")
    code = """
import asyncio
from jobhunter_runner.browser import local_browser

async def main():
    async with local_browser(1):
        pass

asyncio.run(main())
"""
    run = await asyncio.create_subprocess_exec(sys.executable, "-c", code, stderr=asyncio.subprocess.PIPE)
    _, said = await run.communicate()
    assert run.returncode == 0
    assert b"cannot use its sandbox as root" in said
