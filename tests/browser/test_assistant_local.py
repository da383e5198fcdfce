"""The main jobs of the assistant page on real input, with the local model."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from openai import OpenAI
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.services.documents.files import pdf
from tests.support.assistant_page import (
    SLOW_MS,
    answer,
    begin_as,
    finish,
    make_function,
    open_page,
    send,
)

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
MODEL = "qwen2.5-coder-1.5b-instruct"
LOCAL = {"OPENAI_BASE_URL": "https://api.openai.com/v1"}
WORDS = re.compile(r"(\w+\W+){12}")  # well under way, and far from its end
MANUAL = (
    "Pump P-40\nThis handbook is for everyone who runs the pump.",
    "Maintenance\nThe bearings are changed every 2000 hours.",
    "Warranty\nThe warranty lasts three years from the day of delivery.",
)
SALES = "city,sales\nOslo,120\nLima,90\nKyoto,170\nOslo,150\n"
OpenPage = Callable[..., "Page"]


@pytest.fixture(autouse=True)
def patience() -> Iterator[None]:
    """Whatever is waited for may take long while a model uses every core."""
    expect.set_options(timeout=60_000)
    yield
    expect.set_options(timeout=20_000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("assistants") / "home"


@pytest.fixture(scope="module")
def local(home: Path) -> Iterator[RunningApp]:
    with running_app(home, **LOCAL) as app:
        yield app


@pytest.fixture
def open_new(new_context: Callable[..., BrowserContext]) -> OpenPage:
    """Opens the assistant page of an app in a browser profile of its own."""

    def open_(app: RunningApp, thread_id: str = "") -> Page:
        page = new_context(base_url=app.url).new_page()
        page.set_default_timeout(60_000)
        open_page(page, thread_id)
        return page

    return open_


def helper(app: RunningApp, name: str, instructions: str, **more: Any) -> None:
    """An assistant made by another program, the newest and so the one the page talks to."""
    api = OpenAI(base_url=f"{app.url}/v1", api_key=app.api_key)
    api.beta.assistants.create(model=MODEL, name=name, instructions=instructions, temperature=0, **more)


def from_preset(app: RunningApp, name: str) -> None:
    """An assistant as its preset makes it."""
    from services.assistants.presets import preset

    given = preset(name)
    assert given is not None
    OpenAI(base_url=f"{app.url}/v1", api_key=app.api_key).beta.assistants.create(
        **given.body(MODEL) | {"temperature": 0}
    )


def test_tutor_remembers_after_a_restart_in_another_browser(
    open_new: OpenPage, tmp_path_factory: pytest.TempPathFactory
) -> None:
    own = tmp_path_factory.mktemp("tutor") / "home"
    with running_app(own, **LOCAL) as app:
        page = open_new(app)
        begin_as(page, "Tutor with memory")
        send(page, "My name is Ada. Answer only with: Hello.")
        finish(page, timeout_ms=SLOW_MS)
        thread = page.url.partition("t=")[2]
        page.context.close()
    with running_app(own, **LOCAL) as app:
        page = open_new(app, thread)
        send(page, "What is my name? Answer in one short sentence.")
        finish(page, 2, timeout_ms=SLOW_MS)
        expect(answer(page)).to_contain_text("Ada")


def test_document_is_cited_and_the_passage_marked_on_its_page(
    local: RunningApp, open_new: OpenPage, tmp_path: Path
) -> None:
    from_preset(local, "Document analyst")
    manual = tmp_path / "pump.pdf"
    manual.write_bytes(pdf(MANUAL))
    page = open_new(local)
    send(page, "After how many hours are the bearings changed?", [manual])
    finish(page, timeout_ms=SLOW_MS)
    expect(answer(page)).to_contain_text(re.compile("2,?000"))
    answer(page).get_by_text(re.compile(r"pump\.pdf · page 2")).last.click()
    seen = page.get_by_role("img", name="Page 2 of 3 of pump.pdf, with the quoted passage marked")
    expect(seen).to_be_visible(timeout=60_000)


def test_chart_of_a_table_is_drawn(local: RunningApp, open_new: OpenPage, tmp_path: Path) -> None:
    from_preset(local, "Data analyst")
    sales = tmp_path / "sales.csv"
    sales.write_text(SALES)
    page = open_new(local)
    send(page, "Draw a bar chart of the total sales by city.", [sales])
    finish(page, timeout_ms=SLOW_MS)
    picture = answer(page).get_by_role("img", name="A picture made during the answer").first
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.naturalWidth") > 100


def test_function_runs_with_the_arguments_a_person_gave(local: RunningApp, open_new: OpenPage) -> None:
    page = open_new(local)
    make_function(page, "get_weather", "The weather in a city, now.")
    schema = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
    described = {"name": "get_weather", "description": "The weather in a city, now.", "parameters": schema}
    tools: Any = [{"type": "function", "function": described}]
    helper(local, "Weather desk", "Call get_weather for the weather. Answer in one sentence.", tools=tools)
    page.reload()
    send(page, "What is the weather in Oslo?")
    arguments = page.get_by_label("Arguments")
    expect(arguments).to_have_value(re.compile("Oslo"), timeout=SLOW_MS)
    arguments.fill('{"city": "Bergen"}')
    page.get_by_label("Your answer to the model").fill("It is 17 degrees and raining in Bergen.")
    page.get_by_role("button", name="Run", exact=True).click()
    finish(page, timeout_ms=SLOW_MS)
    expect(answer(page)).to_contain_text("17")


def test_reload_in_the_middle_loses_nothing(local: RunningApp, open_new: OpenPage) -> None:
    helper(local, "Teller", "You do exactly what you are asked.")
    page = open_new(local)
    send(page, "Count from 1 to 80 in words, separated by commas.")
    expect(answer(page)).to_contain_text(re.compile(r"four.*five", re.I | re.S), timeout=SLOW_MS)
    page.reload()
    finish(page, timeout_ms=SLOW_MS)
    expect(answer(page)).to_contain_text(re.compile(r"one.*five.*ten", re.I | re.S))


def test_stop_cancels_the_run_and_what_had_come_stays(local: RunningApp, open_new: OpenPage) -> None:
    helper(local, "Counter", "You do exactly what you are asked.")
    page = open_new(local)
    send(page, "Write the numbers from 1 to 500 in words, separated by commas.")
    expect(answer(page)).to_contain_text(re.compile(r"four.*five", re.I | re.S), timeout=SLOW_MS)
    page.get_by_test_id("stChatInputStopButton").click()
    expect(page.get_by_text("Stopped by you")).to_be_visible()
    expect(page.get_by_text("The run was cancelled")).to_be_visible()
    expect(answer(page)).to_contain_text(re.compile(r"four.*five", re.I | re.S))
