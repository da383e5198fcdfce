"""The Files page driven as a person would: what tests and pictures of it share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import expect

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parents[2] / "benchmarks" / "file_questions"
DOCUMENTS, TABLES = FOLDER / "documents", FOLDER / "tables"
MANUAL, CONTRACT = DOCUMENTS / "heat-pump-manual.pdf", DOCUMENTS / "rental-contract.pdf"
READ_MS = 60_000


def make_collection(page: Page, name: str, *files: Path) -> None:
    """A new collection with these files, read so far that they can be asked about."""
    page.get_by_role("button", name="New collection").click()
    page.get_by_placeholder("Contracts 2026").fill(name)
    page.get_by_role("button", name="Make", exact=True).click()
    expect(page.get_by_text("Ask your documents, and check every answer")).to_be_visible()
    page.locator("input[type=file]").set_input_files(files)
    for file in files:
        state = "rows," if file.suffix == ".csv" else "ready"
        ready = page.get_by_text(re.compile(rf"{re.escape(file.name)} · .*{state}"))
        expect(ready).to_be_visible(timeout=READ_MS)


def ask(page: Page, question: str, timeout_ms: float = 20_000) -> None:
    """Ask, and wait until the answer is whole."""
    before = page.get_by_role("button", name="More", exact=True).count()
    page.get_by_placeholder("Ask about these files").fill(question)
    page.get_by_placeholder("Ask about these files").press("Enter")
    expect(page.get_by_role("button", name="More", exact=True)).to_have_count(before + 1, timeout=timeout_ms)
