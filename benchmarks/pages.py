"""How quick the pages are over a conversation of 500 messages, in Chromium."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from benchmarks.browser import chromium, click_to_still_s, until_still, watched_page
from benchmarks.report import Figure, median_and_slowest
from benchmarks.storage import add_turns, open_store
from tests.browser.conftest import running_app
from tests.support.upstream import ScriptedUpstream

TURNS = 250
TIMES = 7


def figures(quick: bool = False) -> list[Figure]:
    """Page switches and reruns, median and slowest."""
    measured = measure(TURNS, 2 if quick else TIMES)
    return [figure for name, times_s in measured.items() for figure in median_and_slowest(name, times_s, 1)]


def measure(turns: int = TURNS, times: int = TIMES) -> dict[str, list[float]]:
    """Seconds of each kind of click over a conversation of so many turns."""
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream() as upstream:
        home = Path(folder) / "home"
        conversation = _seed(home, turns)
        env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "k"}
        with running_app(home, **env) as app, chromium() as browser:
            page = watched_page(browser, app.url)
            to_long = _goes_to(f"/chat?c={conversation}", _composer)
            return {
                "page switch, home to Chat": _times(page, _to_chat, _goes_to("/", _navigation), times),
                "page switch, long conversation to Settings": _times(page, _to_settings, to_long, times),
                "page switch, Settings back to Chat": _times(page, _to_chat, _to_settings, times),
                "a click in the long conversation": _times(page, _toggle_wire, None, times, to_long),
            }


def _seed(home: Path, turns: int) -> str:
    home.mkdir()
    database, store = open_store(home)
    conversation_id = store.create(title="A long one").id
    add_turns(store, conversation_id, turns)
    database.close()
    return conversation_id


def _times(
    page: Page,
    click: Callable[[Page], None],
    before_each: Callable[[Page], None] | None,
    times: int,
    before_all: Callable[[Page], None] = until_still,
) -> list[float]:
    measured_s = []
    if before_each is None:
        before_all(page)
    for _ in range(times):
        if before_each is not None:
            before_each(page)
            until_still(page)
        measured_s.append(click_to_still_s(page, click))
    return measured_s


def _goes_to(path: str, sign: Callable[[Page], None]) -> Callable[[Page], None]:
    def go(page: Page) -> None:
        page.goto(path)
        sign(page)
        until_still(page)

    return go


def _composer(page: Page) -> None:
    page.get_by_test_id("stChatInputTextArea").wait_for()


def _navigation(page: Page) -> None:
    page.get_by_role("link", name="Settings").first.wait_for()


def _to_chat(page: Page) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Chat", exact=True).click()
    _composer(page)


def _to_settings(page: Page) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Settings").click()
    page.get_by_role("heading", name="Settings").wait_for()


def _toggle_wire(page: Page) -> None:
    page.get_by_role("main").get_by_text("On the wire").first.click()
