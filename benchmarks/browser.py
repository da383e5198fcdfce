"""Chromium for measurements, and the time from a click until the page is still."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, sync_playwright

from scripts.chromium import find_chromium
from tests.browser.conftest import CHROMIUM_ARGS

LIMIT_MS = 30_000
# The page keeps the time itself: of the last click, and of the last change after it, be it drawn or be it
# Streamlit's own word on whether a script runs.
WATCH = """
window.tandemClicked = 0;
window.tandemChanged = 0;
document.addEventListener('click', () => { window.tandemClicked = performance.now(); }, true);
new MutationObserver(() => { window.tandemChanged = performance.now(); }).observe(document, {
    subtree: true, childList: true, characterData: true,
    attributes: true, attributeFilter: ['data-test-script-state'],
});
"""
STILL = """() => {
    const app = document.querySelector('[data-testid=stApp]');
    return app && app.getAttribute('data-test-script-state') === 'notRunning'
        && window.tandemChanged > window.tandemClicked
        && performance.now() - window.tandemChanged > 400;
}"""


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    executable = find_chromium()
    if executable is None:
        raise FileNotFoundError("No Chromium: install chromium or Google Chrome, or set CHROMIUM_PATH.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=CHROMIUM_ARGS)
        try:
            yield browser
        finally:
            browser.close()


def watched_page(browser: Browser, base_url: str) -> Page:
    """A page that notes when it was clicked and when it last changed."""
    page = browser.new_page(viewport={"width": 1280, "height": 800}, base_url=base_url)
    page.set_default_timeout(LIMIT_MS)
    page.add_init_script(WATCH)
    return page


def click_to_still_s(page: Page, click: Callable[[Page], None]) -> float:
    """Seconds from the last click of `click` to the last change it brought."""
    click(page)
    until_still(page)
    return float(page.evaluate("window.tandemChanged - window.tandemClicked")) / 1000


def until_still(page: Page) -> None:
    """Return once no script runs and nothing has changed for a moment."""
    page.wait_for_function(STILL)
