"""The assistant page driven as a person would: what tests, measurements and pictures of it share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from services.assistants.presets import PRESETS

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

SLOW_MS = 240_000
"""How long an answer of the local model may take on a machine that does something else meanwhile."""
SETTLED = (
    "document.querySelector('[data-testid=stApp]')?.getAttribute('data-test-script-state') === 'notRunning'"
)
FITS = "document.scrollingElement.scrollWidth <= window.innerWidth"


def box(page: Page) -> Locator:
    """Where a message is typed."""
    return page.get_by_test_id("stChatInputTextArea")


def settle(page: Page, timeout_ms: float = 30_000) -> None:
    """Wait until the page's script has ended."""
    page.wait_for_function(SETTLED, timeout=timeout_ms)


def open_page(page: Page, thread_id: str = "") -> None:
    """Go to the page, to a thread where one is named."""
    page.goto(f"/assistant?t={thread_id}" if thread_id else "/assistant")
    expect(page.get_by_role("button", name="Vector stores")).to_be_visible()
    settle(page)


def begin_as(page: Page, preset: str) -> None:
    """Make an assistant from the card of a preset, on the empty page."""
    place = [given.name for given in PRESETS].index(preset)
    page.get_by_role("main").get_by_role("button", name="Create").nth(place).click()
    expect(box(page)).to_have_attribute("placeholder", f"Message {preset}")
    settle(page)


def choose_assistant(page: Page, name: str) -> None:
    """Choose an assistant in the list at the head of the page."""
    page.get_by_role("main").get_by_test_id("stSelectbox").first.locator("input").click()
    page.get_by_role("option", name=name, exact=True).click()
    expect(box(page)).to_have_attribute("placeholder", f"Message {name.partition(' · ')[0]}")
    settle(page)


def attach(page: Page, *files: Path) -> None:
    """Put files into the message box, and wait until they are there."""
    page.get_by_test_id("stChatInput").locator("input[type=file]").first.set_input_files(list(files))
    for file in files:
        expect(page.get_by_test_id("stChatInput").get_by_text(file.name)).to_be_visible()


def send(page: Page, text: str, files: Sequence[Path] = ()) -> None:
    """Send a message."""
    settle(page)
    if files:
        attach(page, *files)
    box(page).fill(text)
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()  # not while a file is on its way
    box(page).press("Enter")


def answer(page: Page) -> Locator:
    """The last thing said in the thread."""
    return page.get_by_test_id("stChatMessage").last


def finish(page: Page, count: int = 1, timeout_ms: float = 30_000) -> None:
    """Wait until so many answers are whole, each with its figures below it."""
    expect(page.get_by_text("→").and_(page.get_by_text("tokens ·"))).to_have_count(count, timeout=timeout_ms)
    settle(page)


def menu(page: Page, button: str, choice: str, which: int = -1) -> None:
    """Choose from the menu behind a button."""
    page.get_by_role("button", name=button).nth(which).click()
    page.get_by_role("option", name=choice).or_(page.get_by_role("menuitem", name=choice)).first.click()


def tab(page: Page, name: str) -> None:
    """Open a tab."""
    page.get_by_role("tab", name=name).click()


def make_function(page: Page, name: str, description: str, canned: str = "") -> None:
    """Make a function in the dialog: one with a fixed answer, or one the person answers each time."""
    page.get_by_role("button", name="Functions").click()
    dialog = page.get_by_role("dialog")
    tab(page, "Make one")
    _type(dialog.get_by_label("Name", exact=True), name)
    _type(dialog.get_by_label("What it does"), description)
    if canned:
        dialog.get_by_text("Always the same answer").click()
        dialog.get_by_label("The answer").fill(canned)
        dialog.get_by_label("The answer").blur()
        settle(page)
    dialog.get_by_role("button", name="Make it").click()
    expect(dialog).to_have_count(0)
    settle(page)


def _type(field: Locator, text: str) -> None:
    field.fill(text)
    field.press("Enter")
