"""How quick the assistant page is over many threads, and how soon a first token is on it, in Chromium."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from openai import OpenAI
from playwright.sync_api import Page

from benchmarks.browser import chromium, click_to_still_s, until_still, watched_page
from benchmarks.report import Figure, at_most, median_and_slowest
from tests.browser.conftest import RunningApp, running_app
from tests.support.assistant_page import finish, open_page, send
from tests.support.upstream import Script, ScriptedUpstream

THREADS = 200
TIMES = 7
LIMIT_S = 20
WORD = "Zanzibar"
# The page notes when it first shows the word, by the clock of the machine it shares with the upstream.
WATCH = f"""
window.tandemShown = 0;
new MutationObserver(() => {{
    if (!window.tandemShown && document.body.innerText.includes('{WORD}')) window.tandemShown = Date.now();
}}).observe(document, {{subtree: true, childList: true, characterData: true}});
"""


def figures(quick: bool = False) -> list[Figure]:
    """The page and a thread opened among many, and the way of a first token, medians and slowest."""
    times = 2 if quick else TIMES
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream() as upstream:
        upstream.only_streams = True
        env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "k"}
        with running_app(Path(folder) / "home", **env) as app, chromium() as browser:
            _seed(app, 10 if quick else THREADS)
            page = watched_page(browser, app.url)
            opened_s = [_open_s(page) for _ in range(times)]
            thread_s = [_open_thread_s(page, number % 5) for number in range(times)]
            page.close()
            page = watched_page(browser, app.url)
            page.add_init_script(WATCH)
            tokens_ms = [_first_token_ms(page, upstream) for _ in range(times)]
    return [
        *median_and_slowest("page switch, home to Assistant", opened_s, 1),
        *median_and_slowest("a thread opened from the list", thread_s, 1),
        at_most(
            f"first token on the page after the model's server sent it, median of {times}",
            sorted(tokens_ms)[times // 2],
            150,
            "ms",
        ),
        Figure("first token on the page, slowest", f"{max(tokens_ms)} ms"),
    ]


def _seed(app: RunningApp, count: int) -> None:
    """Threads of four messages each, and an assistant."""
    api = OpenAI(base_url=f"{app.url}/v1", api_key=app.api_key)
    api.beta.assistants.create(model="gpt-6-luna", name="Helper")
    for number in range(count):
        said = [{"role": role, "content": f"Word {number}"} for role in ("user", "assistant") * 2]
        api.beta.threads.create(messages=said, metadata={"title": f"Thread {number}"})  # type: ignore[arg-type]


def _open_s(page: Page) -> float:
    page.goto("/")
    until_still(page)
    return click_to_still_s(page, _to_assistant)


def _to_assistant(page: Page) -> None:
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Assistant", exact=True).click()
    page.get_by_test_id("stChatInputTextArea").wait_for()


def _open_thread_s(page: Page, place: int) -> float:
    def click(page: Page) -> None:
        page.get_by_test_id("stSidebar").get_by_role("button", name="Thread ").nth(place).click()

    return click_to_still_s(page, click)


def _first_token_ms(page: Page, upstream: ScriptedUpstream) -> int:
    open_page(page)
    upstream.holding.clear()
    upstream.play(Script(text=(WORD, " is an island."), hold_after=1))
    send(page, "Name an island.")
    if not upstream.holding.wait(LIMIT_S):
        raise TimeoutError("the question never reached the upstream")
    page.wait_for_timeout(500)  # the page has drawn that it waits
    sent_ms = time.time() * 1000
    upstream.release()
    page.wait_for_function("window.tandemShown > 0")
    shown_ms = float(page.evaluate("window.tandemShown"))
    finish(page)
    return round(shown_ms - sent_ms)
