"""The chat page in a real browser, over a scripted upstream: streaming, Stop, reload, branches, the wire."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from services.storage.database import open_database
from services.storage.tables import TurnRow
from services.storage.turn_rows import read_turn
from tests.browser.conftest import RunningApp, running_app
from tests.browser.late_stop import LateStop, wait_until_kept
from tests.support.retrieval import until
from tests.support.upstream import Script, ScriptedUpstream, ToolCall, rate_limited

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

expect.set_options(timeout=20_000)
ANSWER = ("The ", "answer ", "is ", "forty-two.")
FINISHED = re.compile(r"11.*→ 7 tokens")


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(Script(text=ANSWER)) as server:
        server.only_streams = True
        yield server


@pytest.fixture(scope="module")
def talking(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("talking") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-browser") as app:
        yield app


@pytest.fixture
def chat(talking: RunningApp, new_context: Callable[..., BrowserContext]) -> Page:
    page = new_context(base_url=talking.url).new_page()
    page.set_default_timeout(20_000)
    page.goto("/chat")
    expect(box(page)).to_be_visible()
    return page


def box(page: Page) -> Locator:
    return page.get_by_test_id("stChatInputTextArea")


def say(page: Page, text: str) -> None:
    box(page).fill(text)
    box(page).press("Enter")


def answers(page: Page) -> Locator:
    return page.get_by_test_id("stChatMessage").filter(has=page.get_by_text("More"))


def beginning(page: Page) -> Locator:
    """The answer as far as it had come when the server paused."""
    return page.get_by_test_id("stChatMessage").last.get_by_text(re.compile("^The answer$"))


def finish(page: Page, count: int = 1) -> None:
    expect(page.get_by_text(FINISHED)).to_have_count(count)


def stop(page: Page) -> None:
    page.get_by_test_id("stChatInputStopButton").click()


def menu(page: Page, choice: str, which: int = -1) -> None:
    page.get_by_role("button", name="More").nth(which).click()
    page.get_by_role("option", name=choice).or_(page.get_by_role("menuitem", name=choice)).click()


def test_answer_streams_and_says_what_it_cost(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=ANSWER, hold_after=3))
    say(chat, "What is the answer?")
    expect(beginning(chat)).to_be_visible()
    expect(chat.get_by_text("forty-two.")).to_have_count(0)
    upstream.release()
    expect(chat.get_by_text("The answer is forty-two.")).to_be_visible()
    finish(chat)
    expect(chat.get_by_text("Today")).to_be_visible()
    assert "c=conv_" in chat.url


def test_stop_works_before_the_first_token(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.client_left.clear()
    upstream.play(Script(hang=True))
    say(chat, "Hello?")
    expect(chat.get_by_text("Waiting for")).to_be_visible()
    started = time.monotonic()
    stop(chat)
    assert upstream.client_left.wait(5)
    assert time.monotonic() - started < 1.5, "the model goes on although Stop was pressed"
    expect(chat.get_by_text("Stopped by you")).to_be_visible()


def test_partial_answer_survives_stop_and_reload(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=ANSWER, hold_after=3))
    say(chat, "What is the answer?")
    expect(beginning(chat)).to_be_visible()
    stop(chat)
    expect(chat.get_by_text("Stopped by you")).to_be_visible()
    chat.reload()
    expect(chat.get_by_text("Stopped by you")).to_be_visible()
    expect(beginning(chat)).to_be_visible()
    upstream.release()


def test_stop_too_late_leaves_the_page_whole(
    talking: RunningApp, new_context: Callable[..., BrowserContext], upstream: ScriptedUpstream
) -> None:
    page = new_context(base_url=talking.url).new_page()
    late = LateStop(page)
    page.goto("/chat")
    upstream.play(Script(text=ANSWER, hold_after=3))
    say(page, "What is the answer?")
    expect(beginning(page)).to_be_visible()
    late.armed = "ends"
    upstream.release()
    finish(page)
    expect(box(page)).to_be_enabled()
    assert late.armed is None


def test_stop_at_once_loses_neither_page_nor_message(
    talking: RunningApp, new_context: Callable[..., BrowserContext]
) -> None:
    page = new_context(base_url=talking.url).new_page()
    late = LateStop(page)
    page.goto("/chat")
    expect(box(page)).to_be_enabled()
    late.armed = "begins"
    say(page, "No, wait")
    wait_until_kept(page, "No, wait")
    assert late.armed is None
    expect(page.get_by_role("button", name="Options")).to_be_visible()
    expect(box(page)).to_be_enabled()


def test_reload_joins_the_answer_that_is_still_being_written(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=ANSWER, hold_after=3))
    say(chat, "What is the answer?")
    expect(beginning(chat)).to_be_visible()
    chat.reload()
    expect(beginning(chat)).to_be_visible()
    upstream.release()
    expect(chat.get_by_text("The answer is forty-two.")).to_be_visible()
    finish(chat)


def test_joined_answer_can_be_stopped_and_followed_up(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.client_left.clear()
    upstream.play(Script(text=ANSWER, hold_after=3))
    say(chat, "What is the answer?")
    expect(beginning(chat)).to_be_visible()
    chat.reload()
    expect(beginning(chat)).to_be_visible()
    chat.get_by_role("main").get_by_role("button", name="Stop").click()
    assert upstream.client_left.wait(5)
    expect(chat.get_by_text("Stopped by you")).to_be_visible()
    say(chat, "Go on")
    finish(chat)


def test_second_tab_and_a_click_elsewhere_lose_nothing(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.play(Script(text=ANSWER, hold_after=3))
    say(chat, "What is the answer?")
    expect(beginning(chat)).to_be_visible()
    chat.get_by_text("On the wire").first.click()
    second = chat.context.new_page()
    second.goto(chat.url)
    expect(beginning(second)).to_be_visible()
    upstream.release()
    for page in (chat, second):
        expect(page.get_by_text("The answer is forty-two.").first).to_be_visible()
        expect(page.get_by_text(FINISHED).first).to_be_visible()


def test_edit_makes_a_branch_and_both_are_reachable(chat: Page) -> None:
    say(chat, "First wording")
    finish(chat)
    menu(chat, "Edit message")
    editor = chat.get_by_label("Edit your message")
    editor.fill("Second wording")
    chat.get_by_role("button", name="Send", exact=True).click()
    expect(chat.get_by_text("2/2")).to_be_visible()
    expect(chat.get_by_text("Second wording")).to_be_visible()
    chat.get_by_role("button", name="‹").click()
    expect(chat.get_by_text("First wording")).to_be_visible()
    expect(chat.get_by_text("1/2")).to_be_visible()


def test_wire_shows_the_history_travelling_again(chat: Page, upstream: ScriptedUpstream) -> None:
    say(chat, "First question")
    finish(chat)
    say(chat, "Second question")
    finish(chat, 2)
    chat.get_by_text("On the wire").first.click()
    expect(chat.get_by_text("3 messages, 2 of them history")).to_be_visible()
    chat.get_by_role("tab", name="curl").click()
    expect(chat.get_by_text("Ready to run")).to_be_visible()
    assert "sk-test-of-the-browser" not in chat.content()
    assert [m["content"] for m in upstream.requests[-1].json["messages"]][:2] == [
        "First question",
        "".join(ANSWER),
    ]


def test_tool_waits_for_approval(chat: Page, upstream: ScriptedUpstream) -> None:
    chat.get_by_role("button", name="Options").click()
    chat.get_by_role("tab", name="Tools").click()
    chat.get_by_text("Calculator").click()
    chat.get_by_text("Ask me before a tool runs").click()
    chat.keyboard.press("Escape")
    upstream.play(Script(tool_calls=(ToolCall("calculator", '{"expression": "15% of 80"}'),)))
    say(chat, "What is 15% of 80?")
    expect(chat.get_by_text("Nothing runs before you allow it")).to_be_visible()
    chat.get_by_role("button", name="Run", exact=True).click()
    expect(chat.get_by_text("The answer is forty-two.")).to_be_visible()
    assert upstream.requests[-2].json["messages"][-1]["content"].endswith("12") or any(
        m["role"] == "tool" and m["content"].endswith("12") for m in upstream.requests[-1].json["messages"]
    )


def test_trouble_is_said_and_can_be_tried_again(chat: Page, upstream: ScriptedUpstream) -> None:
    upstream.play(rate_limited(3))
    say(chat, "Hello there")
    expect(chat.get_by_text("asks to slow down. Try again in 3 s")).to_be_visible()
    expect(chat.get_by_text("Hello there").first).to_be_visible()
    chat.get_by_role("button", name="Try again").click()
    expect(chat.get_by_text("The answer is forty-two.")).to_be_visible()


def test_attachment_that_is_too_large_leaves_the_message_in_the_input(chat: Page, tmp_path: Path) -> None:
    large = tmp_path / "large.txt"
    large.write_text("word " * 6_000_000)
    chat.get_by_test_id("stChatInput").locator("input[type=file]").first.set_input_files(large)
    expect(chat.get_by_text("large.txt")).to_be_visible()
    box(chat).fill("Please read this")
    chat.get_by_role("button", name="Send message").click()
    expect(chat.get_by_test_id("stAlert").get_by_text("at most 20 MB")).to_be_visible()
    expect(box(chat)).to_have_value("Please read this")


@contextmanager
def stored_in(home: Path) -> Iterator[Session]:
    """The database of an app with its data in `home`."""
    database = open_database(f"sqlite:///{home}/tandem.db")
    with database.session() as session:
        yield session
    database.close()


def kept(home: Path) -> str:
    """What is stored of the only turn there is."""
    with stored_in(home) as session:
        return read_turn(session.scalars(select(TurnRow)).one()).text


def as_if_time_had_passed(home: Path) -> None:
    """Put every turn's last sign of life back, instead of waiting until it is old."""
    with stored_in(home) as session:
        session.execute(update(TurnRow).values(saved_at=datetime.now(UTC) - timedelta(minutes=1)))


def test_kill_leaves_what_had_arrived(
    upstream: ScriptedUpstream,
    new_context: Callable[..., BrowserContext],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("killed") / "home"
    env = {"OPENAI_BASE_URL": upstream.base_url, "OPENAI_API_KEY": "sk-test"}
    page = new_context().new_page()
    page.set_default_timeout(20_000)
    with running_app(home, **env) as app:
        upstream.play(Script(text=ANSWER, hold_after=3))
        page.goto(f"{app.url}/chat")
        say(page, "What is the answer?")
        expect(beginning(page)).to_be_visible()
        until(lambda: "The answer" in kept(home))
        conversation = page.url.partition("?")[2]
        app.kill()
        upstream.release()
    as_if_time_had_passed(home)
    with running_app(home, **env) as app:
        page.goto(f"{app.url}/chat?{conversation}")
        expect(page.get_by_text("Cut: Tandem ended")).to_be_visible()
        expect(beginning(page)).to_be_visible()
