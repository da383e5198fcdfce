"""Questions to real documents and tables, answered by the local model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import RunningApp, running_app
from tests.support.assistant_page import SLOW_MS
from tests.support.files_page import MANUAL, TABLES, ask, make_collection

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

pytestmark = [pytest.mark.model, pytest.mark.timeout(600)]
ORDERS = TABLES / "orders.csv"
LOCAL = {"OPENAI_BASE_URL": "https://api.openai.com/v1"}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    with running_app(tmp_path_factory.mktemp("files-local") / "home", **LOCAL) as app:
        yield app


@pytest.fixture
def page(local: RunningApp, new_context: Callable[..., BrowserContext]) -> Page:
    opened = new_context(base_url=local.url).new_page()
    opened.set_default_timeout(60_000)
    opened.goto("/files")
    return opened


def test_a_question_to_a_pdf_leads_to_the_marked_passage(page: Page) -> None:
    make_collection(page, "Manuals", MANUAL)
    ask(page, "My heat pump shows E14. What does that mean?", SLOW_MS)
    expect(page.get_by_text("flow").last).to_be_visible()
    page.get_by_role("radio", name="heat-pump-manual.pdf · page 8").first.click()
    expect(page.get_by_role("img", name="with the quoted passage marked")).to_be_visible()


def test_a_question_to_a_table_is_computed_and_its_sql_runs_again(page: Page) -> None:
    make_collection(page, "Shop", ORDERS)
    ask(page, "How many orders are there?", SLOW_MS)
    expect(
        page.get_by_text("There are 780")
        .or_(page.get_by_text("780 orders"))
        .or_(page.get_by_text("is 780"))
        .last
    ).to_be_visible()
    page.get_by_text("Check it: rows, SQL, download").click()
    page.get_by_role("tab", name="Edit the SQL").click()
    page.get_by_label("SQL", exact=True).fill("SELECT 6 * 7 AS answer FROM orders LIMIT 1")
    page.get_by_role("button", name="Run it").click()
    expect(page.get_by_role("button", name="More", exact=True)).to_have_count(2, timeout=SLOW_MS)
