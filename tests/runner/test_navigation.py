"""A page is given three tries, and why none loaded is said in words."""

from __future__ import annotations

import time

import pytest

from jobhunter_contracts.errors import EgressRefused
from jobhunter_runner import navigation
from jobhunter_runner.navigation import HostUnknown, NeverLoads, goto

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch):
    monkeypatch.setattr(navigation, "_RETRY_SECONDS", 0.01)


async def test_a_page_is_loaded_with_its_status_and_where_it_led(tabs, site, guard):
    site.answers["/old"] = lambda _: (302, "/job")
    site.answers["/job"] = "<h1>Tester</h1>"
    assert await goto(tabs.page, site.url("/old?x=1"), guard) == navigation.Navigation(site.url("/job"), 200, 1)
    assert (await goto(tabs.page, site.url("/nowhere"), guard)).status == 404


async def test_what_a_page_draws_by_script_is_waited_for(tabs, site, guard):
    site.answers["/job"] = """<script>let n = 0; const t = setInterval(() => {
        document.body.append(n); if (++n === 6) { clearInterval(t); document.body.append("done"); } }, 80);</script>"""
    await goto(tabs.page, site.url("/job"), guard)
    assert "done" in await tabs.page.inner_text("body")


async def test_a_page_that_loads_at_the_third_try_is_loaded(tabs, site, guard):
    tries = []

    def flaky(asked):
        tries.append(asked)
        return (0, "") if len(tries) < 3 else (200, "<h1>There</h1>")

    site.answers["/flaky"] = flaky
    arrived = await goto(tabs.page, site.url("/flaky"), guard)
    assert arrived.status == 200
    assert arrived.attempts > 1


async def test_a_page_that_never_answers_is_given_up_after_three_tries(tabs, site, guard):
    seen = []

    def hang(asked):
        seen.append(asked)
        time.sleep(1.5)
        return 200, "late"

    site.answers["/slow"] = hang
    with pytest.raises(
        NeverLoads, match=r"localhost:\d+/slow: the page does not load: nothing came within 0 s"
    ) as caught:
        await goto(tabs.page, site.url("/slow?token=secret"), guard, timeout_seconds=0.3)
    assert len(seen) == 3
    assert "secret" not in str(caught.value)
    assert caught.value.code == "never-loads"


async def test_an_address_that_is_not_allowed_is_refused_at_once_with_the_guards_words(tabs, guard):
    for url in ("http://10.1.2.3/job", "https://10.1.2.3/job"):
        begun = time.monotonic()
        with pytest.raises(EgressRefused, match=r"is a private address and is not allowed.*egress\.allow"):
            await goto(tabs.page, url, guard)
        assert time.monotonic() - begun < 3


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_redirect_to_a_private_address_is_refused(tabs, site, guard, scheme):
    site.answers["/job"] = lambda _: (302, f"{scheme}://10.1.2.3/admin")
    with pytest.raises(EgressRefused, match=r"10\.1\.2\.3 port (80|443) is a private address"):
        await goto(tabs.page, site.url("/job"), guard)


async def test_a_page_that_sends_itself_on_to_loopback_is_refused(tabs, site, guard):
    site.answers["/job"] = '<script>location.href = "http://127.0.0.1:9222/json/version";</script>'
    with pytest.raises(EgressRefused, match="DevTools port and is never allowed"):
        await goto(tabs.page, site.url("/job"), guard)


async def test_a_page_cannot_reach_loopback_by_script(tabs, site, guard):
    site.answers["/job"] = "<h1>Job</h1>"
    await goto(tabs.page, site.url("/job"), guard)
    port = site.port
    reached = await tabs.page.evaluate(
        """async (port) => {
          const out = {};
          for (const host of ["127.0.0.1:" + port, "[::1]:" + port, "127.0.0.1:9222", "0.0.0.0:" + port])
            out[host] = await fetch("http://" + host + "/", { mode: "no-cors" }).then((r) => r.type, () => "blocked");
          out.ws = await new Promise((done) => {
            const s = new WebSocket("ws://127.0.0.1:9222/devtools/browser/x");
            s.onopen = () => done("open"); s.onerror = () => done("blocked");
          });
          return out;
        }""",
        port,
    )
    assert reached["ws"] == "blocked"
    # With no-cors a refusal of the guard looks like any answer; what counts is that the site was never asked.
    assert not [a for a in site.asked if not a.headers["Host"].startswith("localhost")]
    assert {(r.host, r.port) for r in guard.refusals} >= {("127.0.0.1", port), ("127.0.0.1", 9222)}


async def test_a_name_that_does_not_resolve_is_told_from_a_site_that_is_down(tabs, guard):
    for url in ("http://no-such-careers.invalid/job", "https://no-such-careers.invalid/job"):
        with pytest.raises(HostUnknown, match=r"The name no-such-careers\.invalid does not resolve"):
            await goto(tabs.page, url, guard)


async def test_a_download_is_not_tried_again(tabs, site, guard):
    site.answers["/cv.bin"] = "x"
    await tabs.page.route("**/cv.bin", lambda r: r.fulfill(body=b"x", headers={"Content-Disposition": "attachment"}))
    with pytest.raises(NeverLoads, match=r"a file to download|broke it off"):
        await goto(tabs.page, site.url("/cv.bin"), guard)


async def test_a_server_that_is_out_of_order_is_given_three_tries_too(tabs, site, guard):
    statuses = iter([503, 500, 200, 503, 503, 503])
    site.answers["/job"] = lambda _: (next(statuses), "<h1>Answer</h1>")
    assert await goto(tabs.page, site.url("/job"), guard) == navigation.Navigation(site.url("/job"), 200, 3)
    assert await goto(tabs.page, site.url("/job"), guard) == navigation.Navigation(site.url("/job"), 503, 3)
