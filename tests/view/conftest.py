"""A real headless Chromium for the tests, and pages in it that report what went wrong in them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from glassbox.errors import GlassboxError
from glassbox.view.browser import UNTIL, chromium_arguments, find_chromium

# All of a board at once, so that every panel is drawn.
VIEWPORT = {"width": 1600, "height": 3600}
TIMEOUT_MS = 60_000


@dataclass
class Watched:
    """An open page, and what it should never do."""

    page: Page
    errors: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, url: str) -> Page:
        """Go there and wait until everything is drawn."""
        self.page.goto(url)
        self.ready()
        return self.page

    def ready(self) -> None:
        """Wait until everything is drawn."""
        self.page.evaluate(UNTIL, "true")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    try:
        program = find_chromium()
    except GlassboxError as error:
        pytest.skip(str(error))
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=chromium_arguments())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def watched(chromium: Browser) -> Iterator[Callable[[], Watched]]:
    """Opens pages that share what is kept of the page's files.

    All close with the module, as the browser does: its event loop would bar the tests of others from theirs.
    """
    with chromium.new_context(viewport=VIEWPORT, timezone_id="UTC", reduced_motion="reduce") as window:

        def opened() -> Watched:
            page = window.new_page()
            page.set_default_timeout(TIMEOUT_MS)
            found = Watched(page)
            page.on("console", lambda said: found.errors.append(said.text) if said.type == "error" else None)
            page.on("pageerror", lambda error: found.errors.append(str(error)))
            page.on("request", lambda request: found.hosts.add(urlsplit(request.url).hostname or ""))
            return found

        yield opened
