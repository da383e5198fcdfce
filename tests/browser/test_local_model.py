"""The main job on real input: a chat in the browser that streams from the local model."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import psutil
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.browser.test_chat import box, say

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = pytest.mark.model
FIGURES = re.compile(r"\d+( \(\d+ cached\))? → \d+ tokens · free")
SLOW = 240_000


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("local") / "home"
    with running_app(home, OPENAI_BASE_URL="https://api.openai.com/v1") as app:
        yield app


@pytest.fixture
def chat(local: RunningApp, new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context(base_url=local.url).new_page()
    page.goto("/chat")
    expect(box(page)).to_be_visible(timeout=60_000)
    return page


def last_answer(page: Page) -> str:
    return page.get_by_test_id("stChatMessage").last.inner_text()


def test_answer_streams_is_metered_and_the_next_prompt_is_cached(chat: Page) -> None:
    say(chat, "List the days of the week, one a line.")
    seen: set[str] = set()
    deadline = time.monotonic() + 120
    while "Sunday" not in last_answer(chat) and time.monotonic() < deadline:
        seen.add(last_answer(chat))
        chat.wait_for_timeout(100)
    assert len(seen) > 5, "the answer did not grow"
    expect(chat.get_by_text(FIGURES)).to_have_count(1, timeout=SLOW)
    expect(chat.get_by_text("local, free")).to_be_visible()
    expect(chat.get_by_text("this turn on gpt-6-luna")).to_be_visible()
    say(chat, "And the first of them again?")
    expect(chat.get_by_text(re.compile(r"\(\d+ cached\) → \d+ tokens · free"))).to_have_count(1, timeout=SLOW)
    expect(chat.get_by_role("main").get_by_role("heading").first).not_to_have_text(
        "New conversation", timeout=60_000
    )


def test_stop_ends_the_work_of_the_model(chat: Page, local: RunningApp) -> None:
    say(chat, "Write the numbers from 1 to 500 in words, separated by commas.")
    words = re.compile(r"(\w+\W+){12}")  # it is well under way, and far from its end
    expect(chat.get_by_test_id("stChatMessage").last).to_contain_text(words, timeout=SLOW)
    chat.get_by_test_id("stChatInputStopButton").click()
    expect(chat.get_by_text("Stopped by you")).to_be_visible(timeout=20_000)
    below = psutil.Process(local.process.pid).children(recursive=True)
    (model,) = (process for process in below if any("llama_process" in part for part in process.cmdline()))
    model.cpu_percent()
    chat.wait_for_timeout(1500)
    assert model.cpu_percent() < 50, "the model goes on although Stop was pressed"


def test_calculator_is_used_and_shown(chat: Page) -> None:
    chat.get_by_role("button", name="Options").click()
    chat.get_by_role("tab", name="Tools").click()
    chat.get_by_text("Calculator").click()
    chat.keyboard.press("Escape")
    chat.wait_for_timeout(1000)
    say(chat, "What is 15% of 80?")
    step = chat.get_by_test_id("stChatMessage").last.get_by_text("calculator", exact=False).first
    expect(step).to_be_visible(timeout=SLOW)
    expect(chat.get_by_text(FIGURES)).to_have_count(1, timeout=SLOW)
    expect(chat.get_by_test_id("stChatMessage").last).to_contain_text("12")
