"""A scenario played to its end in a real browser, over a scripted upstream, and the report of it downloaded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from services.compare.scenarios import scenarios
from tests.browser.conftest import RunningApp, running_app
from tests.support.assistant_page import FITS, settle
from tests.support.upstream import Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

CHATBOT = scenarios()[0]
PATIENCE_MS = 60_000
NewContext = Callable[..., "BrowserContext"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream() as server:
        server.only_streams = True
        yield server


@pytest.fixture(scope="module")
def comparing(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("comparing") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-page") as app:
        yield app


@pytest.fixture
def page(comparing: RunningApp, new_context: NewContext) -> Page:
    page = new_context(base_url=comparing.url, accept_downloads=True).new_page()
    page.set_default_timeout(30_000)
    return page


def remembers(body: dict[str, Any]) -> Script:
    """A model that says whether it was told the name."""
    knows = "Ada" in json.dumps(body["messages"][:-1]) or "Ada" in str(body["messages"][-1])
    return Script(text=("You are Ada, " if knows else "I do not know you, ", "<b>and</b> you grow tulips."))


def test_a_scenario_plays_to_its_verdict_and_the_report_says_what_was_measured(
    page: Page, upstream: ScriptedUpstream, tmp_path: Path
) -> None:
    upstream.by_request = remembers
    page.goto("/compare")
    page.get_by_role("button", name="Play").first.click()
    expect(page.get_by_text("The verdict")).to_be_visible(timeout=PATIENCE_MS)
    settle(page)
    for step in CHATBOT.steps:
        expect(page.get_by_text(step.say).first).to_be_visible()
    expect(page.get_by_text("Lines of code for the same talk")).to_be_visible()

    page.get_by_role("radio", name="Cost and tokens").click()
    settle(page)
    # The sentence below a chart says where its dashed lines end.
    expect(page.get_by_text("turn 100").first).to_be_visible()
    page.get_by_role("radio", name="Report").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="HTML report").click()
    download.value.save_as(tmp_path / "report.html")
    report = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert CHATBOT.steps[2].say in report
    assert "&lt;b&gt;and&lt;/b&gt;" in report
    assert "<script" not in report
    assert report.count("<svg") == 4
    assert "sk-test" not in report

    page.set_viewport_size({"width": 390, "height": 800})
    settle(page)
    assert page.evaluate(FITS)
