"""Every page as a person meets it: cold, dark, small, by keyboard, and without a word to the outside."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from components import navigation
from tests.browser.conftest import ROOT, SCREENSHOTS, RunningApp, StartApp

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

expect.set_options(timeout=20_000)
OpenContext = Callable[..., "BrowserContext"]
PATHS = [
    "/" if spec.name == navigation.HOME else f"/{spec.name}"
    for specs in navigation.GROUPS.values()
    for spec in specs
]
TABS = ("Connections", "New conversations", "Budgets", "API", "Data")
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
HEADINGS = "[...document.querySelectorAll('main h1, main h2, main h3, main h4')].map(h => +h.tagName[1])"
PROBES = ("/_stcore/health", "/_stcore/host-config")  # Streamlit looks for its base path on deep links
NO_MODEL = {"OPENAI_BASE_URL": "https://api.openai.com/v1", "TANDEM_MODELS_DIR": "/nonexistent/models"}
BACKGROUND = "element => getComputedStyle(element).backgroundColor"
FITS = "document.scrollingElement.scrollWidth <= window.innerWidth"


def settled(page: Page) -> None:
    """Wait until the page is drawn and its script has ended."""
    expect(page.get_by_text("Meter", exact=True)).to_be_attached()
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').getAttribute('data-test-script-state') === 'notRunning'"
    )


def configured(theme: str, *section: str) -> str:
    """The background colour .streamlit/config.toml gives a theme, as a browser writes it."""
    config: Any = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][theme]
    for name in section:
        config = config[name]
    red, green, blue = bytes.fromhex(config["backgroundColor"].removeprefix("#"))
    return f"rgb({red}, {green}, {blue})"


@dataclass(frozen=True, slots=True)
class Visit:
    """What one visit of a page on the desk has shown."""

    hosts: frozenset[str]
    errors: tuple[str, ...]
    levels: tuple[int, ...]
    pictures_without_words: tuple[str, ...]
    tree: str


@pytest.fixture(scope="module")
def visited(app: RunningApp, browser: Browser) -> Callable[[str], Visit]:
    """Visits a page, each once for all tests."""

    @cache
    def visit(path: str) -> Visit:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, locale="en-US")
        try:
            return _visit(context.new_page(), app.url, path)
        finally:
            context.close()

    return visit


def _visit(page: Page, url: str, path: str) -> Visit:
    hosts: set[str] = set()
    errors: list[str] = []
    page.on("request", lambda r: hosts.add(r.url.split("/")[2]) if r.url.startswith(("http", "ws")) else None)
    page.on("websocket", lambda socket: hosts.add(socket.url.split("/")[2]))
    page.on(
        "response", lambda r: errors.append(r.url) if r.status >= 400 and not r.url.endswith(PROBES) else None
    )
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on(
        "console",
        lambda m: errors.append(m.text) if m.type == "error" and "status of 404" not in m.text else None,
    )
    page.goto(url + path)
    settled(page)
    return Visit(
        frozenset(hosts),
        tuple(errors),
        tuple(page.evaluate(HEADINGS)),
        tuple(page.evaluate("[...document.images].filter(image => !image.alt).map(i => i.outerHTML)")),
        page.locator("body").aria_snapshot(),
    )


@pytest.mark.parametrize("path", PATHS[::4])
def test_deep_link_works_on_a_cold_server(path: str, start_app: StartApp, new_context: OpenContext) -> None:
    with start_app(**NO_MODEL) as app:
        page = new_context().new_page()
        page.goto(app.url + path)
        settled(page)
        expect(page.get_by_role("main").get_by_role("heading").first).to_be_visible()


@pytest.mark.parametrize("path", PATHS)
def test_page_is_quiet_and_talks_to_nobody_else(
    path: str, app: RunningApp, visited: Callable[[str], Visit]
) -> None:
    seen = visited(path)
    assert seen.hosts == {app.url.removeprefix("http://")}
    assert seen.errors == ()


@pytest.mark.parametrize("path", PATHS)
def test_headings_are_in_order_and_every_picture_has_words(
    path: str, visited: Callable[[str], Visit]
) -> None:
    levels = visited(path).levels
    assert levels[0] <= 2 and all(after - before <= 1 for before, after in pairwise(levels))
    assert visited(path).pictures_without_words == ()


@pytest.mark.parametrize("path", PATHS)
def test_every_control_has_a_name(path: str, visited: Callable[[str], Visit]) -> None:
    nameless = re.findall(
        r"^\s*- (?:button|link|textbox|switch|checkbox|combobox|tab)(?: \[.*\])?:?$", visited(path).tree, re.M
    )
    assert nameless == []


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_page_has_the_colours_of_its_theme_and_fits(
    path: str, theme: str, app: RunningApp, new_context: OpenContext
) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    page = new_context(viewport=DESK, color_scheme=theme).new_page()
    page.goto(app.url + path)
    settled(page)
    assert page.get_by_test_id("stApp").evaluate(BACKGROUND) == configured(theme)
    assert page.get_by_test_id("stSidebar").evaluate(BACKGROUND) == configured(theme, "sidebar")
    for viewport in (DESK, PHONE):
        page.set_viewport_size(viewport)
        page.wait_for_function(FITS)
        name = f"{viewport['width']}-{theme}-{path.strip('/') or 'home'}.png"
        page.screenshot(path=SCREENSHOTS / name)


@pytest.mark.parametrize("tab", TABS)
def test_settings_fit_a_phone(tab: str, app: RunningApp, new_context: OpenContext) -> None:
    page = new_context(viewport=PHONE).new_page()
    page.goto(f"{app.url}/settings?settings-tabs={tab.replace(' ', '+')}")
    settled(page)
    expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
    assert page.evaluate(FITS)


def test_sidebar_makes_room_on_a_phone(app: RunningApp, new_context: OpenContext) -> None:
    page = new_context(viewport=PHONE).new_page()
    page.goto(f"{app.url}/chat")
    settled(page)
    expect(page.get_by_test_id("stChatInputTextArea")).to_be_in_viewport()
    expect(page.get_by_test_id("stSidebar")).to_have_attribute("data-collapsed", "true")
    page.get_by_test_id("stExpandSidebarButton").click()
    page.get_by_role("button", name="New conversation").scroll_into_view_if_needed()
    expect(page.get_by_role("button", name="New conversation")).to_be_in_viewport()
    page.get_by_role("link", name="Settings").click()
    expect(page.get_by_role("heading", name="Settings")).to_be_attached()


def test_unknown_address_leads_back(app: RunningApp, new_context: OpenContext) -> None:
    page = new_context().new_page()
    page.goto(f"{app.url}/nowhere")
    expect(page.get_by_text("Page not found").first).to_be_visible()


def test_library_renames_and_deletes(app: RunningApp, new_context: OpenContext) -> None:
    page = new_context().new_page()
    page.goto(f"{app.url}/chat")
    settled(page)
    page.get_by_test_id("stChatInputTextArea").fill("A message to nobody")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    expect(page.get_by_role("alert").first).to_be_visible()
    page.get_by_role("button", name="All conversations").click()
    dialog = page.get_by_role("dialog")
    more(page, "Rename")
    dialog.get_by_label("New name").fill("Letters to nobody")
    dialog.get_by_label("New name").press("Enter")
    expect(dialog.get_by_role("button", name="Letters to nobody")).to_be_visible()
    dialog.get_by_role("button", name="Close").click()
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Letters to nobody")).to_be_visible()
    page.get_by_role("button", name="All conversations").click()
    more(page, "Delete")
    dialog.get_by_role("button", name="Keep").click()
    expect(dialog.get_by_role("button", name="Delete for good")).to_have_count(0)
    more(page, "Delete")
    dialog.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_role("button", name="Letters to nobody")).to_have_count(0)
    expect(page.get_by_role("heading", name="New conversation")).to_be_visible()


def more(page: Page, choice: str) -> None:
    """Choose from the menu of the library's first row."""
    page.get_by_role("dialog").get_by_role("button", name="More").first.click()
    page.get_by_role("option", name=choice).or_(page.get_by_role("menuitem", name=choice)).first.click()
