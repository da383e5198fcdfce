"""How quick the pages are over a conversation of 500 messages, in Chromium."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.report import Figure, at_most
from scripts.chromium import find_chromium
from services.settings import DEFAULT_OWNER
from services.storage.blobs import BlobStore
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.turns import Finished, Message, TextDelta, Turn, Usage, UsageReport
from tests.browser.conftest import CHROMIUM_ARGS, running_app
from tests.support.upstream import ScriptedUpstream

TURNS = 250
TIMES = 5
ANSWER = "Here is **some** text with `code` and a table.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```python\nprint(1)\n```"


def figures() -> list[Figure]:
    """Page switch and rerun, median and slowest."""
    measured = measure()
    rows = []
    for name, times in measured.items():
        rows.append(at_most(f"{name}, median of {len(times)}", round(statistics.median(times), 2), 1, "s"))
        rows.append(Figure(f"{name}, slowest", f"{max(times):.2f} s"))
    return rows


def measure() -> dict[str, list[float]]:
    """Seconds of each kind of action."""
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream() as upstream:
        home = Path(folder) / "home"
        conversation = _seed(home)
        with (
            running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="k") as app,
            sync_playwright() as p,
        ):
            browser = p.chromium.launch(executable_path=find_chromium(), args=CHROMIUM_ARGS)
            page = browser.new_page(viewport={"width": 1280, "height": 800}, base_url=app.url)
            page.goto(f"/chat?c={conversation}")
            _until_still(page)
            results = {
                "a click in a conversation of 500 messages": _times(page, _toggle),
                "page switch to Settings": _times(page, _to_settings, before=_to_chat(conversation)),
                "page switch to Chat": _times(page, _to_empty_chat, before=_to_settings),
            }
            browser.close()
            return results


def _seed(home: Path) -> str:
    home.mkdir()
    database = open_database(f"sqlite:///{home / 'tandem.db'}")
    store = Conversations(database, BlobStore(home / "blobs"), DEFAULT_OWNER)
    conversation = store.create(title="A long one").id
    parent = None
    for number in range(TURNS):
        turn = Turn(
            conversation, Message("user", f"Question {number}"), "gpt-6-luna", "OpenAI", parent_id=parent
        )
        for event in (
            TextDelta(ANSWER),
            UsageReport("gpt-6-luna", Usage(100, 20), 0.1, 0.5),
            Finished("stop"),
        ):
            turn.apply(event)
        store.save_turn(turn)
        parent = turn.id
    database.close()
    return conversation


def _times(
    page: Page, act: Callable[[Page], Any], before: Callable[[Page], Any] | None = None
) -> list[float]:
    times = []
    for _ in range(TIMES):
        if before is not None:
            before(page)
            _until_still(page)
        started = time.perf_counter()
        act(page)
        _until_still(page)
        times.append(time.perf_counter() - started)
    return times


def _toggle(page: Page) -> None:
    page.get_by_role("main").get_by_text("On the wire").first.click()


def _to_settings(page: Page) -> None:
    page.get_by_role("link", name="Settings").click()
    page.get_by_role("heading", name="Settings").wait_for()


def _to_empty_chat(page: Page) -> None:
    page.get_by_role("link", name="Chat", exact=True).click()
    page.get_by_test_id("stChatInputTextArea").wait_for()


def _to_chat(conversation: str) -> Callable[[Page], None]:
    def act(page: Page) -> None:
        page.goto(f"/chat?c={conversation}")
        page.get_by_test_id("stChatInputTextArea").wait_for()

    return act


def _until_still(page: Page) -> None:
    """Wait until Streamlit runs nothing any more; its app element says so."""
    page.wait_for_function(
        "() => { const app = document.querySelector('[data-testid=stApp]');"
        " return app && app.getAttribute('data-test-script-state') === 'notRunning'; }"
    )
