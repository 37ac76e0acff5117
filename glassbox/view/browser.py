"""Pictures of dashboards: the stand-in's page in a headless Chromium, several tabs of one browser at a time."""

import asyncio
import os
import shutil
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlencode

from playwright.async_api import Browser, Page, async_playwright
from playwright.async_api import Error as BrowserError

from glassbox.errors import GlassboxError

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDTH_PIXELS = 1600
FIRST_HEIGHT_PIXELS = 1080
# Chromium cannot draw a higher surface.
MAX_HEIGHT_PIXELS = 16_000
READY_TIMEOUT_SECONDS = 60.0
TABS = 3
UNTIL = """(ready) => new Promise((done) => {
  const check = () => document.documentElement.dataset.ready === ready && done();
  new MutationObserver(check).observe(document.documentElement, { attributes: true });
  check();
})"""
"""Resolves as soon as the page's `data-ready` is "true" or "false": Playwright's own waiting polls twice per second."""
_TWO_FRAMES = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Also where a part of the page scrolls, and not the page.
_HEIGHT = """() => Math.ceil(Math.max(...[...document.querySelectorAll('*')].map((element) =>
  element.getBoundingClientRect().top + window.scrollY + (element.matches('section *') ? 0 : element.scrollHeight))))"""
_PANELS = """() => [...document.querySelectorAll('section[data-panel-id]')].map((panel) => {
  const box = panel.getBoundingClientRect();
  return { panel_id: parseInt(panel.dataset.panelId, 10), title: panel.dataset.panelTitle, state: panel.dataset.state,
           x: box.x + window.scrollX, y: box.y + window.scrollY, width: box.width, height: box.height };
})"""


@dataclass(frozen=True)
class Shot:
    """What to draw: a dashboard of a server, or one panel of it; times in milliseconds since 1970."""

    server_url: str
    uid: str
    from_ms: int
    to_ms: int
    theme: str
    panel_id: int | None = None

    @property
    def address(self) -> str:
        view = {"viewPanel": self.panel_id} if self.panel_id is not None else {}
        choices = {"width": WIDTH_PIXELS, "from": self.from_ms, "to": self.to_ms, "theme": self.theme} | view
        return f"{self.server_url}/d/{self.uid}?kiosk&{urlencode(choices)}"


@dataclass(frozen=True)
class Box:
    """Where a panel is in a picture, in pixels, and what it shows: done, nodata, error or unsupported."""

    panel_id: int
    title: str
    state: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Picture:
    """A drawn page as PNG, the panels in it, and its width and height in pixels."""

    png: bytes
    panels: tuple[Box, ...]
    size: tuple[int, int]


def find_chromium() -> str:
    """The browser's program; raises GlassboxError where none is installed."""
    for name in PROGRAMS:
        if found := shutil.which(name):
            return found
    raise GlassboxError("Pictures need Chromium, which is not on PATH: `apt-get install chromium`, or Google Chrome.")


def chromium_arguments() -> list[str]:
    """Its sandbox refuses to run as root; pages come from this machine only."""
    return ["--no-sandbox"] if os.geteuid() == 0 else []


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """A headless browser of its own, without any profile."""
    async with async_playwright() as driver:
        try:
            started = await driver.chromium.launch(executable_path=find_chromium(), args=chromium_arguments())
        except BrowserError as error:
            reason = str(error).strip().splitlines()[0]
            raise GlassboxError(f"Chromium does not start ({reason}): try `chromium --headless`.") from None
        try:
            yield started
        finally:
            await started.close()


def draw(shots: Sequence[Shot]) -> list[Picture]:
    """The pictures in the order of the shots; raises GlassboxError for a page that is not ready in time."""
    return asyncio.run(_draw_all(shots))


def seconds_until_drawn(addresses: Sequence[str], *, again_after: Callable[[], None] | None = None) -> list[float]:
    """How long each page takes from the first request until all of it is drawn, one page after the other.

    With `again_after` the time runs instead from that call until the open page is drawn again.
    """
    return asyncio.run(_timed(addresses, again_after))


async def _timed(addresses: Sequence[str], again_after: Callable[[], None] | None) -> list[float]:
    seconds = []
    async with browser() as started:
        for address in addresses:
            page = await started.new_page(viewport={"width": WIDTH_PIXELS, "height": FIRST_HEIGHT_PIXELS})
            begun = time.perf_counter()
            await page.goto(address)
            await _ready(page)
            if again_after:
                begun = time.perf_counter()
                again_after()
                await _until(page, "false")
                await _ready(page)
            seconds.append(time.perf_counter() - begun)
            await page.close()
    return seconds


async def _draw_all(shots: Sequence[Shot]) -> list[Picture]:
    tabs = asyncio.Semaphore(TABS)
    async with browser() as started:

        async def one(shot: Shot) -> Picture:
            async with tabs:
                return await _draw(started, shot)

        return await asyncio.gather(*(one(shot) for shot in shots))


async def _draw(started: Browser, shot: Shot) -> Picture:
    viewport = {"width": WIDTH_PIXELS, "height": FIRST_HEIGHT_PIXELS}
    page = await started.new_page(viewport=viewport, reduced_motion="reduce", timezone_id="UTC")  # type: ignore[arg-type]  # a TypedDict
    try:
        await page.goto(shot.address)
        await _ready(page)
        # A picture of the full page would resize it to nothing in between; a window as high as the page does not.
        height = min(await page.evaluate(_HEIGHT), MAX_HEIGHT_PIXELS)
        await page.set_viewport_size({"width": WIDTH_PIXELS, "height": height})
        await _ready(page)
        boxes = [Box(**box) for box in await page.evaluate(_PANELS)]
        return Picture(await page.screenshot(animations="disabled"), tuple(boxes), (WIDTH_PIXELS, height))
    except BrowserError as error:
        reason = str(error).strip().splitlines()[0]
        raise GlassboxError(f"Dashboard {shot.uid} was not drawn ({reason}): open {shot.address}.") from None
    finally:
        await page.close()


async def _ready(page: Page) -> None:
    await _until(page, "true")
    # What a resize has changed is drawn in the next frame.
    await page.evaluate(_TWO_FRAMES)
    await _until(page, "true")


async def _until(page: Page, ready: str) -> None:
    try:
        async with asyncio.timeout(READY_TIMEOUT_SECONDS):
            await page.evaluate(UNTIL, ready)
    except TimeoutError:
        raise BrowserError(f"not ready within {READY_TIMEOUT_SECONDS:g} s") from None
