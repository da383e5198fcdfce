"""Batches on the Lab page: a file with a fault is refused in words, a good one is answered and downloaded, a running one cancelled."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from components.sidebar import CONNECTION_PREFERENCE
from services.settings import DEFAULT_OWNER
from services.storage.database import open_database
from services.storage.preferences import Preferences
from tests.browser.conftest import RunningApp, running_app
from tests.browser.test_pages import FITS, PHONE, settled
from tests.support.batches import MODEL, line, lines
from tests.support.upstream import Script, ScriptedUpstream

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

expect.set_options(timeout=20_000)
OpenContext = Callable[..., "BrowserContext"]
BATCHES = "/lab?lab-tabs=Batches"


@pytest.fixture(scope="module")
def upstream() -> Iterator[ScriptedUpstream]:
    with ScriptedUpstream(models=(MODEL,)) as upstream:
        yield upstream


@pytest.fixture(scope="module")
def lab(upstream: ScriptedUpstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningApp]:
    """An app whose own server has a model to pass batches on to, one request at a time."""
    home = tmp_path_factory.mktemp("batches") / "home"
    home.mkdir()
    database = open_database(f"sqlite:///{home / 'tandem.db'}")
    Preferences(database, DEFAULT_OWNER).set(CONNECTION_PREFERENCE, "Local")
    database.close()
    with running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="sk-test-of-the-page") as app:
        yield app


def on_our_server(page: Page) -> Page:
    """The list of batches of this installation's own server."""
    page.goto(BATCHES)
    settled(page)
    return page


def upload(page: Page, *given: object) -> None:
    page.get_by_text("New batch", exact=True).click()
    data = "\n".join(json.dumps(one) for one in given).encode()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "asked.jsonl", "mimeType": "application/jsonl", "buffer": data}
    )


def test_a_batch_is_mended_sent_answered_and_downloaded(lab: RunningApp, new_context: OpenContext) -> None:
    page = on_our_server(new_context(base_url=lab.url).new_page())
    expect(page.get_by_text("No batches yet.")).to_be_visible()
    upload(page, line(0), line(0), line(1, method="GET"))
    expect(page.get_by_text("2 things to mend")).to_be_visible()
    expect(page.get_by_text("Line 2 has a custom_id that an earlier line has.")).to_be_visible()
    page.get_by_test_id("stFileUploaderDropzoneInput").set_input_files(
        {"name": "b.jsonl", "mimeType": "", "buffer": "\n".join(map(json.dumps, lines(3))).encode()}
    )
    expect(page.get_by_text("3 requests to")).to_be_visible()
    page.get_by_role("button", name="Start the batch").click()
    expect(page.get_by_text("3 of 3 answered")).to_be_visible()
    expect(page.get_by_text("completed", exact=True)).to_be_visible()
    settled(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Answers").click()
    answers = [json.loads(one) for one in Path(download.value.path()).read_text().splitlines()]
    assert {one["custom_id"] for one in answers} == {"ask-0", "ask-1", "ask-2"}
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.wait_for_function(FITS)


def test_a_running_batch_is_cancelled(
    lab: RunningApp, upstream: ScriptedUpstream, new_context: OpenContext
) -> None:
    page = on_our_server(new_context(base_url=lab.url).new_page())
    upstream.by_request = lambda _: Script(hang=True)
    try:
        upload(page, *lines(2))
        page.get_by_role("button", name="Start the batch").click()
        page.get_by_role("button", name="Cancel").first.click()
        expect(page.get_by_text("cancelled", exact=True)).to_be_visible()
        expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    finally:
        upstream.forget()
