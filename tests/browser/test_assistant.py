"""The assistant page in a real browser, over a scripted upstream: threads, functions, files in and out, two tabs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.browser.late_stop import LateStop
from tests.support.assistant_page import (
    FITS,
    answer,
    attach,
    box,
    choose_assistant,
    finish,
    make_function,
    menu,
    open_page,
    send,
    settle,
    tab,
)
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Locator, Page

expect.set_options(timeout=20_000)
MODEL = "gpt-6-luna"
ANSWER = ("The ", "answer ", "is ", "forty-two.")
WHOLE = "The answer is forty-two."
NewContext = Callable[..., "BrowserContext"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(Script(text=ANSWER)) as server:
        server.only_streams = True
        yield server


@pytest.fixture(autouse=True)
def fresh(upstream: ScriptedUpstream) -> Iterator[None]:
    yield
    upstream.forget()


@pytest.fixture(scope="module")
def assisting(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("assisting") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-page") as app:
        yield app


@pytest.fixture(scope="module")
def api(assisting: RunningApp) -> OpenAI:
    """Another program of the same owner."""
    return OpenAI(base_url=f"{assisting.url}/v1", api_key=assisting.api_key)


@pytest.fixture
def new_page(assisting: RunningApp, new_context: NewContext) -> Callable[..., Page]:
    """Opens the assistant page in a browser profile of its own."""

    def open_(thread_id: str = "", **options: Any) -> Page:
        page = new_context(base_url=assisting.url, **options).new_page()
        page.set_default_timeout(20_000)
        open_page(page, thread_id)
        return page

    return open_


def helper(api: OpenAI, name: str, *functions: str) -> str:
    """An assistant that may call these functions; its id."""
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    tools: Any = [{"type": "function", "function": {"name": f, "parameters": schema}} for f in functions]
    return api.beta.assistants.create(model=MODEL, name=name, tools=tools).id


def talked(api: OpenAI, *texts: str, title: str = "A talk") -> str:
    """A thread in which a person has said this; its id."""
    messages: Any = [{"role": "user", "content": text} for text in texts]
    return api.beta.threads.create(messages=messages, metadata={"title": title}).id


def thread_of(page: Page) -> str:
    return page.url.partition("t=")[2]


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog")


def beginning(page: Page) -> Locator:
    """The answer as far as it had come when the upstream paused."""
    return answer(page).get_by_text(re.compile("^The answer$"))


def test_empty_page_teaches_and_fits_a_phone_in_the_dark(new_page: Callable[..., Page], api: OpenAI) -> None:
    for assistant in api.beta.assistants.list(limit=100):
        api.beta.assistants.delete(assistant.id)
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    expect(page.get_by_role("button", name="Create")).to_have_count(4)
    expect(page.get_by_text("The server remembers").first).to_be_visible()
    assert page.evaluate(FITS)
    helper(api, "A")
    thread = talked(api, "A word of " + "more" * 60 + " letters than fit", "```\n" + "wide " * 60 + "\n```")
    page.goto(f"/assistant?t={thread}")
    expect(box(page)).to_be_in_viewport()
    for name in ("What it holds", "What was sent", "The run"):
        tab(page, name)
        assert page.evaluate(FITS)
    send(page, "Hello")
    finish(page)
    assert page.evaluate(FITS)
    expect(page.get_by_role("img", name="States of a run. The run has completed.")).to_be_attached()


def test_two_tabs_run_one_thread_and_lose_nothing(
    new_page: Callable[..., Page], api: OpenAI, upstream: ScriptedUpstream
) -> None:
    helper(api, "Twin")
    first = new_page()
    second = new_page(thread := talked(api, "Hi"))
    first.goto(f"/assistant?t={thread}")
    settle(first)
    upstream.play(Script(text=ANSWER, hold_after=3))
    send(first, "From the first tab")
    expect(beginning(first)).to_be_visible()
    send(second, "From the second tab")
    expect(second.get_by_role("alert").get_by_text("The thread still has a run")).to_be_visible()
    expect(box(second)).to_have_value("From the second tab")
    expect(beginning(second)).to_be_visible()
    upstream.release()
    for page in (first, second):
        finish(page)
        expect(answer(page).get_by_text(WHOLE)).to_be_visible()
    expect(box(second)).to_have_value("From the second tab")
    box(second).press("Enter")
    finish(second, 2)
    expect(second.get_by_test_id("stChatMessage").get_by_text("From the second tab")).to_be_visible()


def test_what_another_tab_deletes_is_said(new_page: Callable[..., Page], api: OpenAI) -> None:
    keeper, gone = helper(api, "Keeper"), helper(api, "Goes away")
    thread = talked(api, "Remember me")
    page = new_page(thread)
    choose_assistant(page, "Goes away")
    api.beta.assistants.delete(gone)
    send(page, "Are you there?")
    expect(page.get_by_role("alert").get_by_text("was deleted in another window")).to_be_visible()
    expect(box(page)).to_have_attribute("placeholder", "Message Keeper")
    expect(box(page)).to_have_value("Are you there?")
    api.beta.threads.delete(thread)
    send(page, "And now?")
    expect(page.get_by_role("alert").get_by_text("This thread is not there any more")).to_be_visible()
    expect(box(page)).to_have_value("And now?")
    assert keeper


def test_message_that_cannot_be_sent_stays_in_the_box(
    new_page: Callable[..., Page], api: OpenAI, tmp_path: Path
) -> None:
    helper(api, "No tools")
    page = new_page()
    picture = tmp_path / "notes.txt"
    picture.write_text("Something to read")
    attach(page, picture)
    box(page).fill("Read this for me")
    page.get_by_role("button", name="Send message").click()
    expect(page.get_by_role("alert").get_by_text("has no tool that reads notes.txt")).to_be_visible()
    expect(box(page)).to_have_value("Read this for me")


def test_function_is_refused_edited_and_answered_at_length(
    new_page: Callable[..., Page], api: OpenAI, upstream: ScriptedUpstream
) -> None:
    helper(api, "Weather desk", "weather")
    page = new_page()
    upstream.play(Script(tool_calls=(ToolCall("weather", '{"city": "Paris"}', "call_a"),)))
    send(page, "Weather in Paris?")
    expect(page.get_by_text("The run waits for you")).to_be_visible()
    expect(page.get_by_text("then it expires")).to_be_visible()
    page.get_by_role("button", name="Refuse").click()
    finish(page)
    expect(page.get_by_text("weather · not allowed")).to_be_visible()
    assert "not allow" in _told(upstream)
    upstream.play(Script(tool_calls=(ToolCall("weather", '{"city": "Rome"}', "call_b"),)))
    send(page, "And in Rome?")
    page.get_by_label("Arguments").fill('{"city": ')
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.get_by_text("The arguments are not JSON")).to_be_visible()
    page.get_by_label("Arguments").fill('{"city": "Oslo"}')
    page.get_by_label("Your answer to the model").fill("sun " * 50_000)
    page.get_by_role("button", name="Run", exact=True).click()
    finish(page, 2)
    assert "cut here" in _told(upstream)
    assert len(_told(upstream)) < 20_000


def _told(upstream: ScriptedUpstream) -> str:
    """What the model was told that its last call had given."""
    messages = [m for r in upstream.requests if r.raw for m in r.json.get("messages", ())]
    return str([m["content"] for m in messages if m["role"] == "tool"][-1])


def test_functions_that_are_none_are_refused_with_a_sentence(new_page: Callable[..., Page]) -> None:
    page = new_page()
    page.get_by_role("button", name="Functions").click()
    tab(page, "Make one")
    dialog(page).get_by_label("Name", exact=True).fill("broken")
    schema = dialog(page).get_by_label("Parameters as JSON Schema")
    for text, sentence in (
        ('{"type": ', "The schema is not JSON"),
        ('{"type": "nonsense"}', "no valid JSON"),
    ):
        schema.fill(text)
        schema.blur()
        settle(page)
        dialog(page).get_by_role("button", name="Make it").click()
        expect(dialog(page).get_by_role("alert").get_by_text(sentence)).to_be_visible()
        expect(schema).to_have_value(text)
    tab(page, "From an OpenAPI document")
    address = dialog(page).get_by_label("Address of the document")
    for url in ("http://127.0.0.1/openapi.json", "http://169.254.169.254/latest/meta-data"):
        address.fill(url)
        address.press("Enter")
        expect(dialog(page).get_by_role("alert").get_by_text(url.split("/")[2])).to_be_visible()


def test_functions_answer_by_themselves_or_ask_first(
    new_page: Callable[..., Page], api: OpenAI, upstream: ScriptedUpstream
) -> None:
    page = new_page()
    make_function(page, "get_weather", "The weather in a city.", '{"celsius": 21}')
    helper(api, "Canned", "get_weather")
    page.reload()
    settle(page)
    call = ToolCall("get_weather", '{"city": "Oslo"}')
    upstream.play(Script(tool_calls=(call,)))
    send(page, "Weather?")
    finish(page)
    assert "21" in _told(upstream)


def test_assistants_go_out_and_come_in_and_are_told_apart(
    new_page: Callable[..., Page], api: OpenAI, tmp_path: Path
) -> None:
    helper(api, "Traveller", "get_weather")
    page = new_page()
    menu(page, "More", "Export", which=0)
    with page.expect_download() as download:
        dialog(page).get_by_role("button", name="Download").click()
    ours = tmp_path / "ours.json"
    download.value.save_as(ours)
    assert json.loads(ours.read_text())["assistant"]["name"] == "Traveller"
    page.keyboard.press("Escape")
    theirs = tmp_path / "theirs.json"
    theirs.write_text(json.dumps({"object": "list", "data": [OPENAI_EXPORT]}))
    for file in (ours, theirs):
        menu(page, "More", "Import", which=0)
        dialog(page).locator("input[type=file]").set_input_files(file)
        if file is theirs:
            expect(dialog(page).get_by_text("gpt-4-turbo does not answer here")).to_be_visible()
            expect(dialog(page).get_by_text("Its files are still where it comes from")).to_be_visible()
        dialog(page).get_by_role("button", name="Import").click()
        expect(dialog(page)).to_have_count(0)
        settle(page)
    expect(box(page)).to_have_attribute("placeholder", "Message Math guide")
    page.get_by_role("main").get_by_test_id("stSelectbox").first.locator("input").click()
    same = page.get_by_role("option", name="Traveller")
    expect(same).to_have_count(2)
    assert len(set(same.all_inner_texts())) == 2


OPENAI_EXPORT = {
    "id": "asst_abc123",
    "object": "assistant",
    "created_at": 1699009709,
    "name": "Math guide",
    "description": None,
    "model": "gpt-4-turbo",
    "instructions": "You are a personal math tutor.",
    "tools": [{"type": "code_interpreter"}, {"type": "file_search"}],
    "tool_resources": {
        "code_interpreter": {"file_ids": ["file-abc"]},
        "file_search": {"vector_store_ids": []},
    },
    "metadata": {},
    "top_p": 1.0,
    "temperature": 1.0,
    "response_format": "auto",
}


def test_vector_store_is_made_searched_and_deleted(new_page: Callable[..., Page], tmp_path: Path) -> None:
    page = new_page()
    manual = tmp_path / "kettle.txt"
    manual.write_text("The warranty of the kettle lasts two years.")
    page.get_by_role("button", name="Vector stores").click()
    dialog(page).get_by_label("New store").fill("Kettles")
    dialog(page).get_by_role("button", name="Make").click()
    dialog(page).get_by_text("Kettles").first.click()
    dialog(page).locator("input[type=file]").first.set_input_files(manual)
    dialog(page).get_by_role("button", name="Upload", exact=True).click()
    expect(dialog(page).get_by_text("kettle.txt · ready")).to_be_visible(timeout=60_000)
    query = dialog(page).get_by_label("Search by hand")
    query.fill("how long is the warranty")
    query.press("Enter")
    expect(dialog(page).get_by_text("lasts two years")).to_be_visible()
    expect(dialog(page).get_by_text("score").first).to_be_visible()
    dialog(page).get_by_role("button", name="Delete for good").click()
    expect(dialog(page).get_by_text("Kettles")).to_have_count(0)


def test_threads_are_forked_renamed_found_and_deleted(new_page: Callable[..., Page], api: OpenAI) -> None:
    helper(api, "Forker")
    page = new_page(talked(api, "The word is Bramble", title="Brambles"))
    send(page, "Which word?")
    finish(page)
    original = thread_of(page)
    menu(page, "More", "Go on from here in a new thread")
    expect(page.get_by_role("heading", name="Brambles (fork)")).to_be_visible()
    assert thread_of(page) != original
    expect(page.get_by_test_id("stChatMessage").get_by_text("The word is Bramble")).to_be_visible()
    page.get_by_role("button", name="All threads").click()
    dialog(page).get_by_label("Search in everything said").fill("Bramble")
    expect(dialog(page).get_by_role("button", name="Brambles")).to_have_count(2)
    _of_row(page, "Rename")
    dialog(page).get_by_label("New name").fill("Berries")
    dialog(page).get_by_label("New name").press("Enter")
    expect(dialog(page).get_by_role("button", name="Berries")).to_be_visible()
    _of_row(page, "Delete")
    dialog(page).get_by_role("button", name="Delete for good").click()
    expect(dialog(page).get_by_role("button", name="Berries")).to_have_count(0)
    dialog(page).get_by_role("button", name="Close").click()
    expect(page.get_by_role("heading", name="Assistant")).to_be_visible()
    expect(page.get_by_test_id("stSidebar").get_by_role("button", name="Brambles")).to_be_visible()


def _of_row(page: Page, choice: str) -> None:
    """Choose from the menu of the list's first thread."""
    dialog(page).get_by_role("button", name="More").first.click()
    page.get_by_role("option", name=choice).or_(page.get_by_role("menuitem", name=choice)).first.click()


def test_run_is_stopped_and_joined_again_after_a_reload(
    new_page: Callable[..., Page], api: OpenAI, upstream: ScriptedUpstream
) -> None:
    helper(api, "Runner")
    page = new_page()
    upstream.play(Script(text=ANSWER, hold_after=3))
    send(page, "What is the answer?")
    expect(beginning(page)).to_be_visible()
    page.reload()
    expect(beginning(page)).to_be_visible()
    upstream.release()
    finish(page)
    expect(answer(page).get_by_text(WHOLE)).to_be_visible()
    upstream.client_left.clear()
    upstream.play(Script(text=ANSWER, hold_after=3))
    send(page, "And again?")
    expect(beginning(page)).to_be_visible()
    page.get_by_test_id("stChatInputStopButton").click()
    assert upstream.client_left.wait(10), "the model goes on although Stop was pressed"
    expect(page.get_by_text("Stopped by you")).to_be_visible()
    expect(page.get_by_text("The run was cancelled")).to_be_visible()
    expect(beginning(page)).to_be_visible()


def test_stop_too_late_leaves_the_page_whole(
    assisting: RunningApp, new_context: NewContext, api: OpenAI, upstream: ScriptedUpstream
) -> None:
    helper(api, "Late")
    page = new_context(base_url=assisting.url).new_page()
    late = LateStop(page)
    open_page(page, talked(api, "Hi"))
    expect(page.get_by_test_id("stSidebar").get_by_text("Turn Thread Today")).to_be_visible()
    upstream.play(Script(text=ANSWER, hold_after=3))
    send(page, "What is the answer?")
    expect(beginning(page)).to_be_visible()
    late.armed = "ends"
    upstream.release()
    finish(page)
    expect(answer(page).get_by_text(WHOLE)).to_be_visible()
    expect(box(page)).to_be_enabled()
    assert late.armed is None
