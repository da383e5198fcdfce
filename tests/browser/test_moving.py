"""Talks moved from one mode to another in a real browser, and threads brought in that were taken along from OpenAI."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from openai import OpenAI
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.support.assistant_page import settle
from tests.support.upstream import ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

expect.set_options(timeout=30_000)
SAID, ANSWERED = "My cat is called Miso.", "Nice to meet Miso."


@pytest.fixture(scope="module")
def talking(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("moving") / "home"
    with (
        ScriptedUpstream() as upstream,
        running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-browser") as app,
    ):
        yield app


@pytest.fixture
def client(talking: RunningApp) -> OpenAI:
    return OpenAI(base_url=f"{talking.url}/v1", api_key=talking.api_key)


@pytest.fixture
def page(talking: RunningApp, client: OpenAI, new_context: Callable[..., BrowserContext]) -> Page:
    """The list of threads, one of them with something in it."""
    assistant = client.beta.assistants.create(model="gpt-6-luna", name="Tutor", instructions="Be brief.")
    thread = client.beta.threads.create(metadata={"title": "Cats", "assistant_id": assistant.id})
    client.beta.threads.messages.create(thread.id, role="user", content=SAID)
    client.beta.threads.messages.create(thread.id, role="assistant", content=ANSWERED)
    page = new_context(base_url=talking.url).new_page()
    page.set_default_timeout(30_000)
    page.goto(f"/assistant?t={thread.id}")
    page.get_by_role("button", name="All threads").click()
    expect(dialog(page)).to_be_visible()
    return page


def dialog(page: Page) -> Locator:
    return page.get_by_test_id("stDialog")


def choose(page: Page, entry: str) -> None:
    dialog(page).get_by_role("button", name="More").first.click()
    page.get_by_text(entry, exact=True).click()


def test_a_thread_becomes_a_conversation_with_a_program(page: Page, client: OpenAI) -> None:
    choose(page, "Move to…")
    dialog(page).get_by_role("button", name="Responses").click()
    expect(dialog(page).get_by_text("The conversation is on the server")).to_be_visible()
    expect(dialog(page).get_by_role("button", name="responses.py")).to_be_visible()
    shown = dialog(page).get_by_test_id("stCode").first.inner_text().strip()
    items = client.conversations.items.list(shown, order="asc").data
    assert [item.content[0].text for item in items] == [SAID, ANSWERED]  # type: ignore[union-attr]


def test_a_thread_goes_to_the_chat_page_and_back(page: Page) -> None:
    choose(page, "Move to…")
    dialog(page).get_by_role("button", name="Chat Completions").click()
    page.wait_for_url("**/chat?c=*")
    expect(page.get_by_test_id("stChatMessage").get_by_text(ANSWERED)).to_be_visible()
    settle(page)
    page.get_by_role("button", name="All conversations").click()
    choose(page, "Move to Assistant")
    page.wait_for_url("**/assistant?t=*")
    expect(page.get_by_test_id("stChatMessage").get_by_text(ANSWERED)).to_be_visible()


def test_threads_from_openai_are_imported(page: Page, tmp_path: Path) -> None:
    messages = [
        {"role": "user", "content": "What is a prime?"},
        {"role": "assistant", "content": "A number."},
    ]
    file = tmp_path / "threads.json"
    file.write_text(json.dumps([{"id": "thread_old", "messages": messages}]))
    dialog(page).get_by_text("Import threads from OpenAI").click()
    dialog(page).locator("input[type=file]").set_input_files(file)
    dialog(page).get_by_role("button", name="Import 1 thread").click()
    expect(page.get_by_test_id("stChatMessage").get_by_text("A number.")).to_be_visible()
