"""The comparison page in a real browser, over a scripted upstream: lanes side by side, one failing, Stop in all, reload."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.support.assistant_page import FITS, SLOW_MS, box, menu, settle
from tests.support.assistants import until
from tests.support.upstream import Script, ScriptedUpstream, wrong_key

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

ANSWER = ("The ", "answer ", "is ", "forty-two.")
WHOLE = "The answer is forty-two."
NewContext = Callable[..., "BrowserContext"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(Script(text=ANSWER)) as server:
        yield server


@pytest.fixture(autouse=True)
def fresh(upstream: ScriptedUpstream) -> Iterator[None]:
    expect.set_options(timeout=20_000)
    yield
    upstream.forget()


@pytest.fixture(scope="module")
def comparing(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("comparing") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-page") as app:
        yield app


@pytest.fixture
def new_page(comparing: RunningApp, new_context: NewContext) -> Callable[..., Page]:
    """Opens the page with a lane for each mode in a browser profile of its own."""

    def open_(**options: Any) -> Page:
        page = new_context(base_url=comparing.url, **options).new_page()
        page.set_default_timeout(20_000)
        page.goto("/compare")
        expect(page.get_by_role("button", name="Play").first).to_be_visible()
        page.get_by_role("button", name="New comparison").click()
        settle(page)
        expect(box(page)).to_have_attribute("placeholder", "One message to 3 lanes")
        return page

    return open_


def answers(page: Page, text: str | re.Pattern[str] = WHOLE) -> Locator:
    return page.get_by_role("main").get_by_text(text, exact=isinstance(text, str))


def send(page: Page, text: str) -> None:
    settle(page)
    box(page).fill(text)
    expect(page.get_by_role("button", name="Send message")).to_be_enabled()
    box(page).press("Enter")


def finish(page: Page, figures: int, timeout_ms: float = 20_000) -> None:
    """Wait until so many answers have their line of figures."""
    expect(page.get_by_text("server added")).to_have_count(figures, timeout=timeout_ms)
    settle(page, timeout_ms)


def placed(page: Page, rule: str) -> bool:
    """Whether the first two answers lie so, both measured in one moment, as the page may still move."""
    return bool(
        answers(page).evaluate_all(
            "found => { const [one, two] = found.map(each => each.getBoundingClientRect()); "
            f"return Boolean(one && two) && {rule} }}"
        )
    )


def remove_last_lane(page: Page) -> None:
    menu(page, "Set up", "Remove")
    settle(page)


def test_two_lanes_answer_side_by_side_and_are_found_again(new_page: Callable[..., Page]) -> None:
    page = new_page()
    remove_last_lane(page)
    expect(box(page)).to_have_attribute("placeholder", "One message to 2 lanes")
    send(page, "What is the answer?")
    finish(page, 2)
    expect(answers(page)).to_have_count(2)
    until(lambda: placed(page, "one.top === two.top && one.right <= two.left"))
    send(page, "And why?")
    finish(page, 4)
    page.get_by_text("What was sent", exact=True).click()
    expect(page.get_by_text("/v1/chat/completions").first).to_be_visible()
    page.reload()
    finish(page, 4)
    expect(page.get_by_role("heading", name="What is the answer?")).to_be_visible()
    page.get_by_role("button", name="Answer again").last.click()
    finish(page, 4)
    page.set_viewport_size({"width": 390, "height": 844})
    settle(page)
    assert page.evaluate(FITS)
    until(lambda: placed(page, "one.left === two.left && one.bottom <= two.top"))


def test_four_lanes_stream_are_joined_after_a_reload_and_stop_together(
    new_page: Callable[..., Page], upstream: ScriptedUpstream
) -> None:
    page = new_page()
    page.get_by_role("button", name="Add a lane").click()
    expect(box(page)).to_have_attribute("placeholder", "One message to 4 lanes")
    upstream.play()
    upstream.by_request = lambda _: Script(text=ANSWER, hold_after=3)
    send(page, "What is the answer?")
    beginning = answers(page, re.compile("^The answer$"))
    expect(beginning).to_have_count(4)
    page.reload()
    expect(beginning).to_have_count(4)
    page.get_by_role("button", name="Stop all").click()
    expect(page.get_by_text("Stopped by you")).to_have_count(4)
    expect(beginning).to_have_count(4)
    upstream.forget()
    upstream.play()
    upstream.by_request = lambda _: Script(text=ANSWER, hold_after=3)
    send(page, "Once more?")
    expect(beginning).to_have_count(8)
    page.get_by_test_id("stChatInputStopButton").click()
    expect(page.get_by_text("Stopped by you")).to_have_count(8)
    upstream.forget()
    send(page, "And now?")
    expect(answers(page)).to_have_count(4)


def test_one_lane_fails_and_says_why_while_the_others_answer(
    new_page: Callable[..., Page], upstream: ScriptedUpstream
) -> None:
    page = new_page()
    menu(page, "Set up", "Mode, model, tools", 0)
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Instructions").fill("Use the wrong key.")
    dialog.get_by_label("Instructions").blur()
    settle(page)
    dialog.get_by_role("button", name="Save").click()
    expect(dialog).to_have_count(0)
    upstream.by_request = lambda body: wrong_key() if "wrong key" in str(body["messages"][0]) else None
    send(page, "What is the answer?")
    expect(answers(page)).to_have_count(2)
    expect(page.get_by_role("alert").get_by_text("does not accept this key")).to_be_visible()
    settle(page)
    upstream.forget()
    page.get_by_role("button", name="Answer again").first.click()
    expect(answers(page)).to_have_count(3)


@pytest.mark.model
@pytest.mark.timeout(600)
def test_two_lanes_on_the_local_model(
    new_context: NewContext, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("compared") / "home"
    with running_app(home, OPENAI_BASE_URL="https://api.openai.com/v1") as app:
        page = new_context(base_url=app.url).new_page()
        page.set_default_timeout(60_000)
        page.goto("/compare")
        expect(page.get_by_role("button", name="Play").first).to_be_visible(timeout=60_000)
        remove_last_lane(page)
        send(page, "My name is Ada. Answer with one word: hello.")
        finish(page, 2, SLOW_MS)
        send(page, "What is my name? Answer in one short sentence.")
        finish(page, 4, SLOW_MS)
        expect(page.get_by_role("main").get_by_text(re.compile(r"\bAda\b.*\."))).not_to_have_count(0)
        expect(page.get_by_text("tokens · free")).to_have_count(4)
