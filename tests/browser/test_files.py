"""The Files page in a real browser, over a scripted upstream: collections, answers with their sources, and doubts."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.support.files_page import CONTRACT, MANUAL, TABLES, ask, make_collection
from tests.support.upstream import Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

expect.set_options(timeout=20_000)
QUOTE = "An E code that occurs three times within 24 hours locks the unit"
NewContext = Callable[..., "BrowserContext"]


def answered(*statements: tuple[str, str]) -> Script:
    """What a model writes about the first passage: quotes and statements."""
    told = [
        {"passage": 1, "quote": quote, "answers": True, "statement": words} for quote, words in statements
    ]
    return Script(text=(json.dumps({"statements": told}),))


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(answered((QUOTE, "The unit locks after three errors in a day."))) as server:
        server.only_streams = True
        yield server


@pytest.fixture(autouse=True)
def fresh(upstream: ScriptedUpstream) -> Iterator[None]:
    yield
    upstream.forget()


@pytest.fixture(scope="module")
def asking(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    home = tmp_path_factory.mktemp("files") / "home"
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-page") as app:
        yield app


@pytest.fixture
def new_page(asking: RunningApp, new_context: NewContext) -> Callable[..., Page]:
    """Opens the Files page in a browser profile of its own."""

    def open_(address: str = "/files", **options: Any) -> Page:
        page = new_context(base_url=asking.url, **options).new_page()
        page.set_default_timeout(20_000)
        page.goto(address)
        expect(page.get_by_role("heading", name="Files", exact=True)).to_be_visible()
        return page

    return open_


def test_a_statement_leads_to_its_page_and_survives_a_reload(new_page: Callable[..., Page]) -> None:
    page = new_page()
    make_collection(page, "Manuals", MANUAL)
    ask(page, "When does an E code lock the unit?")
    expect(page.get_by_text("The unit locks after three errors in a day")).to_be_visible()
    page.reload()
    page.get_by_role("radio", name="heat-pump-manual.pdf · page 8").click()
    expect(page.get_by_text("Page 8 of")).to_be_visible()
    expect(page.get_by_role("img", name="Page 8 of 9 of heat-pump-manual.pdf")).to_be_visible()
    page.get_by_role("button", name="Next").click()
    expect(page.get_by_text("Page 9 of")).to_be_visible()
    page.get_by_role("button", name="Close").click()
    expect(page.get_by_text("Page 9 of")).to_have_count(0)


def test_what_has_no_quote_is_marked_and_what_is_not_there_is_said(
    new_page: Callable[..., Page], upstream: ScriptedUpstream
) -> None:
    page = new_page()
    make_collection(page, "Rent", CONTRACT)
    upstream.play(answered(("The flat has a swimming pool.", "There is a swimming pool.")))
    ask(page, "Which rooms does the flat have?")
    expect(page.get_by_text("There is a swimming pool. [")).to_be_visible()
    expect(page.get_by_text("not borne out by these documents")).to_be_visible()
    upstream.play(answered())
    ask(page, "May I keep a dog in the flat?")
    expect(page.get_by_text("Not in these documents.")).to_be_visible()


def test_a_passage_is_switched_off_and_the_question_asked_again(
    new_page: Callable[..., Page], upstream: ScriptedUpstream
) -> None:
    page = new_page()
    make_collection(page, "Both", MANUAL, CONTRACT)
    ask(page, "What locks the unit?")
    first = json.loads(upstream.requests[-1].raw)["messages"][-1]["content"]
    page.get_by_text("What the answer rests on").click()
    page.get_by_test_id("stCheckbox").first.locator("label").click()
    page.get_by_role("button", name="Ask again without 1 passage").click()
    expect(page.get_by_role("button", name="More", exact=True)).to_have_count(2)
    second = json.loads(upstream.requests[-1].raw)["messages"][-1]["content"]
    assert QUOTE in " ".join(first.split())
    assert first.split("\n")[1] not in second


def test_the_same_file_is_taken_once_and_a_collection_goes_for_good(new_page: Callable[..., Page]) -> None:
    page = new_page()
    make_collection(page, "Twice", CONTRACT)
    page.locator("input[type=file]").set_input_files(CONTRACT)
    expect(page.get_by_text("In the collection already")).to_be_visible()
    address = page.url
    page.get_by_role("button", name="more_vert").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page).not_to_have_url(address)
    page.goto(address)
    expect(page.get_by_text("This collection is not there any more")).to_be_visible()


def test_the_assistant_answers_too_and_the_page_fits_a_phone(
    new_page: Callable[..., Page], upstream: ScriptedUpstream
) -> None:
    page = new_page(viewport={"width": 390, "height": 844}, color_scheme="dark")
    make_collection(page, "Phone", CONTRACT)
    page.get_by_text("Assistant with file search").click()
    upstream.play(Script(text=("The rent ", "is in the contract.")))
    ask(page, "How much is the rent?")
    expect(page.get_by_text("The rent is in the contract.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_table_is_asked_in_sql_that_can_be_edited(
    new_page: Callable[..., Page], upstream: ScriptedUpstream
) -> None:
    page = new_page()
    make_collection(page, "Shop", TABLES / "customers.csv")
    sql = "SELECT country, count(*) AS customers FROM customers GROUP BY country ORDER BY customers DESC"
    upstream.play(
        Script(text=(json.dumps({"sql": sql}),)),
        Script(text=("There are 900 customers.",)),
    )
    ask(page, "How many customers are there in each country?")
    expect(page.get_by_text("5 rows").last).to_be_visible()
    expect(page.get_by_text("900")).to_have_count(0)
    page.get_by_text("Check it: rows, SQL, download").click()
    expect(page.get_by_text("customers.csv").last).to_be_visible()
    page.get_by_role("tab", name="Edit the SQL").click()
    page.get_by_label("SQL", exact=True).fill("DROP TABLE customers")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("button", name="More", exact=True)).to_have_count(2)
    expect(page.get_by_text("Only SELECT can be run here").last).to_be_visible()
