"""The careers site and a browser, for the tests of the site itself."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from running_site import CHROMIUM, SEED, RunningSite, address, start, stop


@pytest.fixture(scope="module")
def playwright() -> Iterator[Playwright]:
    with sync_playwright() as running:
        yield running


@pytest.fixture(scope="module")
def browser(playwright: Playwright) -> Iterator[Browser]:
    running = playwright.chromium.launch(executable_path=CHROMIUM)
    yield running
    running.close()


@pytest.fixture(scope="module")
def site(playwright: Playwright) -> Iterator[RunningSite]:
    process, greeting = start("--seed", str(SEED))
    api = playwright.request.new_context()
    yield RunningSite(address(greeting), api)
    api.dispose()
    stop(process)


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context()
    context.set_default_timeout(20_000)
    yield context.new_page()
    context.close()
