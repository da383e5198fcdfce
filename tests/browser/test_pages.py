"""Every page as a person meets it: cold, dark, small, and without a word to the outside."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from components import navigation
from tests.browser.conftest import SCREENSHOTS, RunningApp, StartApp

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

expect.set_options(timeout=20_000)
PATHS = [
    "/" if spec.name == navigation.HOME else f"/{spec.name}"
    for specs in navigation.GROUPS.values()
    for spec in specs
]
THEMES = {"light": "rgb(255, 255, 255)", "dark": None}
PROBES = ("/_stcore/health", "/_stcore/host-config")  # Streamlit looks for its base path on deep links
NO_MODEL = {"OPENAI_BASE_URL": "https://api.openai.com/v1", "TANDEM_MODELS_DIR": "/nonexistent/models"}


def settled(page: Page) -> None:
    expect(page.get_by_text("Meter")).to_be_attached()
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').getAttribute('data-test-script-state') === 'notRunning'"
    )


@pytest.mark.parametrize("path", PATHS)
def test_deep_link_works_on_a_cold_server(
    path: str, start_app: StartApp, new_context: Callable[..., BrowserContext]
) -> None:
    with start_app(**NO_MODEL) as app:
        page = new_context().new_page()
        page.goto(app.url + path)
        settled(page)
        expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()


@pytest.mark.parametrize("path", PATHS)
def test_page_is_quiet_and_talks_to_nobody_else(
    path: str, app: RunningApp, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context().new_page()
    hosts: set[str] = set()
    errors: list[str] = []
    page.on("request", lambda r: hosts.add(r.url.split("/")[2]) if r.url.startswith(("http", "ws")) else None)
    page.on(
        "response", lambda r: errors.append(r.url) if r.status >= 400 and not r.url.endswith(PROBES) else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(app.url + path)
    settled(page)
    assert hosts == {app.url.removeprefix("http://")}
    assert errors == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("theme", THEMES)
def test_page_fits_a_phone_in_both_themes(
    path: str, theme: str, app: RunningApp, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(viewport={"width": 390, "height": 844}, color_scheme=theme).new_page()
    page.goto(app.url + path)
    page.get_by_role("main").get_by_role("heading").first.wait_for()
    assert page.evaluate("document.scrollingElement.scrollWidth <= window.innerWidth")
    background = page.evaluate(
        "getComputedStyle(document.querySelector('[data-testid=stApp]')).backgroundColor"
    )
    assert (background == THEMES["light"]) is (theme == "light")
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"phone-{theme}-{path.strip('/') or 'home'}.png")


def test_every_picture_has_words(app: RunningApp, new_context: Callable[..., BrowserContext]) -> None:
    page = new_context().new_page()
    for path in PATHS:
        page.goto(app.url + path)
        settled(page)
        assert page.evaluate("[...document.images].every(image => image.alt)")
