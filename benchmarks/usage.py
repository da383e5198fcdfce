"""How quick the usage page is over a ledger of a million calls, in Chromium."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from playwright.sync_api import Page
from sqlalchemy import text

from benchmarks.browser import chromium, click_to_still_s, until_still, watched_page
from benchmarks.report import Figure, median_and_slowest
from services.metering.ledger import Ledger
from services.settings import DEFAULT_OWNER
from services.storage.database import Database, open_database
from tests.browser.conftest import running_app
from tests.support.upstream import ScriptedUpstream

CALLS = 1_000_000
DAYS = 730
TIMES = 7
# One statement, since a million separate ones would take minutes. The figures are made up, but of the usual sizes.
FILL = """
INSERT INTO calls (owner, at, connection, mode, model, answered_by, conversation_id, prompt_tokens, completion_tokens,
    cached_tokens, cache_write_tokens, reasoning_tokens, cost_usd, ttft_s, duration_s, status, local)
WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < :calls)
SELECT :owner, strftime('%Y-%m-%d %H:%M:%f', 'now', printf('-%f seconds', (:calls - n) * :gap_s)) || '000',
    CASE n % 6 WHEN 0 THEN 'Local' WHEN 1 THEN 'Ollama' ELSE 'OpenAI' END,
    CASE n % 3 WHEN 0 THEN 'chat_completions' WHEN 1 THEN 'assistants' ELSE 'responses' END,
    'model-' || n % 6, 'model-' || n % 6, 'conv_' || n / 20, n * 7919 % 4000, n * 104729 % 900, n % 1000, 0, n % 200,
    CASE n % 6 WHEN 0 THEN '0' WHEN 1 THEN NULL ELSE printf('%.9f', n * 7919 % 4000 * 0.000002) END,
    0.4, 2.1, CASE n % 50 WHEN 0 THEN 'failed' ELSE 'completed' END, n % 6 = 0
FROM numbers
"""


def figures(quick: bool = False) -> list[Figure]:
    """The page opened, periods chosen, a chart parted otherwise, medians and slowest; the export once."""
    calls, times = (20_000, 2) if quick else (CALLS, TIMES)
    with tempfile.TemporaryDirectory() as folder, ScriptedUpstream() as upstream:
        home = Path(folder) / "home"
        export = _export(seed(home, calls), calls)
        with (
            running_app(home, OPENAI_BASE_URL=upstream.base_url, OPENAI_API_KEY="k") as app,
            chromium() as browser,
        ):
            page = watched_page(browser, app.url)
            page.goto("/")
            until_still(page)
            opened_s = _times(page, _link("Usage"), times, before=_link("Settings"))
            first_s = click_to_still_s(page, _button("All"))
            again_s = _times(page, _button("All"), times, before=_button("30 days"))
            parted_s = _times(page, _button("Model"), times, before=_button("Connection"))
    return [
        *median_and_slowest("page switch, Settings to Usage", opened_s, 1),
        Figure("all two years for the first time since the start", f"{first_s:.1f} s"),
        *median_and_slowest("all two years again", again_s, 1),
        *median_and_slowest("all two years, parted by model", parted_s, 1),
        export,
    ]


def seed(home: Path, calls: int) -> Database:
    """A ledger of so many calls in a new data folder."""
    home.mkdir()
    database = open_database(f"sqlite:///{home / 'tandem.db'}")
    with database.session() as session:
        gap_s = timedelta(days=DAYS).total_seconds() / calls
        session.execute(text(FILL), {"owner": DEFAULT_OWNER, "calls": calls, "gap_s": gap_s})
    return database


def _export(database: Database, calls: int) -> Figure:
    began = time.perf_counter()
    data = Ledger(database, DEFAULT_OWNER).csv(datetime.now(UTC) - timedelta(days=DAYS + 1))
    took_s = time.perf_counter() - began
    database.close()
    return Figure(f"{calls:,} calls as CSV, {len(data) / 1e6:.0f} MB", f"{took_s:.0f} s")


def _times(
    page: Page, click: Callable[[Page], None], times: int, before: Callable[[Page], None]
) -> list[float]:
    measured_s = []
    for _ in range(times):
        click_to_still_s(page, before)
        measured_s.append(click_to_still_s(page, click))
    return measured_s


def _link(name: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        page.get_by_role("heading", name=name, exact=True).wait_for()

    return click


def _button(name: str) -> Callable[[Page], None]:
    def click(page: Page) -> None:
        page.get_by_role("main").get_by_role("radio", name=name, exact=True).click()

    return click
