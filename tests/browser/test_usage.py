"""The usage page in a real browser: a message that was paid for arrives in it, every tab draws, small and dark too."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.browser.test_pages import FITS, PHONE, settled
from tests.support.upstream import RATE_LIMIT_HEADERS, Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext

expect.set_options(timeout=20_000)
TABS = ("Spending", "Budgets", "Rate limits", "Prices", "Shutdown dates")
OpenContext = Callable[..., "BrowserContext"]


@pytest.fixture(scope="module")
def paying(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose upstream states limits, asked once."""
    home = tmp_path_factory.mktemp("usage") / "home"
    answer = Script(text=("Noted.",), model="gpt-4.1", headers=RATE_LIMIT_HEADERS)
    with (
        ScriptedUpstream(answer, models=("gpt-4.1",)) as upstream,
        running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-page") as app,
    ):
        yield app


def test_a_message_that_was_paid_for_arrives_in_figures_chart_and_file(
    paying: RunningApp, new_context: OpenContext
) -> None:
    page = new_context(base_url=paying.url).new_page()
    page.goto("/chat")
    page.get_by_test_id("stChatInputTextArea").fill("What does this cost?")
    page.get_by_test_id("stChatInputTextArea").press("Enter")
    expect(page.get_by_text("Noted.")).to_be_visible()
    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Usage").click()
    settled(page)
    expect(page.get_by_test_id("stMetric").filter(has_text="Tokens sent")).to_be_visible()
    page.get_by_role("radio", name="Tokens", exact=True).click()
    drawn = re.compile(r"Show data: Tokens over 30 days, by mode: Chat Completions \d")
    expect(page.get_by_role("button", name=drawn)).to_be_attached()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Every call, as CSV").click()
    with Path(download.value.path()).open(encoding="utf-8-sig", newline="") as file:
        calls = list(csv.DictReader(file))  # the answer, and the conversation's name
    assert {call["model"] for call in calls} == {"gpt-4.1"}
    assert (calls[-1]["prompt_tokens"], calls[-1]["completion_tokens"]) == ("11", "7")
    page.get_by_role("tab", name="Rate limits").click()
    expect(page.get_by_role("combobox", name="Limits")).to_have_value(re.compile("gpt-4.1, as .* said"))
    page.get_by_role("tab", name="Shutdown dates").click()
    expect(page.get_by_text("takes its place")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_tab_draws_without_a_complaint_and_fits_a_phone(
    theme: str, paying: RunningApp, new_context: OpenContext
) -> None:
    page = new_context(base_url=paying.url, viewport=PHONE, color_scheme=theme).new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto("/usage")
    for tab in TABS:
        page.get_by_role("tab", name=tab).click()
        settled(page)
        expect(page.get_by_role("tab", name=tab)).to_have_attribute("aria-selected", "true")
        assert page.evaluate(FITS), tab
    assert complaints == []
