"""A scan that is uploaded is found by what its pictures say; what else the file holds can be asked about at once."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
from openai import OpenAI

from services.documents.document import Document
from services.documents.extraction import recognised
from services.documents.reading_process import Cancelled
from services.server.retrieval import recogniser
from tests.services.documents import files
from tests.services.documents.readers.test_about import described
from tests.services.documents.readers.test_ocr import joined
from tests.support.databases import NewDatabase
from tests.support.retrieval import Gate, Ground, ground, settled, until, uploaded

PATIENCE_S = 120
VALVE = "The pressure valve\nopens at 4.5 bar."


@pytest.fixture
def looking_gate(monkeypatch: pytest.MonkeyPatch) -> Gate:
    """Holds pages before their pictures are looked at."""
    gate = Gate()

    def held(*args: Any, **more: Any) -> Document:
        gate()
        return recognised(*args, **more)

    monkeypatch.setattr(recogniser, "recognised", held)
    return gate


def test_a_scan_is_found_with_its_page_and_no_text_waits_for_it(
    shared: Ground, client: OpenAI, looking_gate: Gate
) -> None:
    store = client.vector_stores.create().id
    scan = uploaded(
        client, "scan.pdf", joined(files.pdf(["The cover tells of turbines."]), files.scan([VALVE]))
    )
    client.vector_stores.files.create(store, file_id=scan)
    until(looking_gate.reached.is_set)
    assert client.vector_stores.search(store, query="turbines").data[0].file_id == scan
    note = uploaded(client, "note.txt", "A note about gardening.")
    client.vector_stores.files.create(store, file_id=note)
    until(lambda: state(client, store, note).status == "completed")
    waiting = state(client, store, scan)
    assert (waiting.status, told(waiting)) == ("in_progress", {"progress": {"read": 1, "to_read": 2}})

    looking_gate.open()
    settled(client, store, PATIENCE_S)
    read = state(client, store, scan)
    assert (read.status, told(read)) == ("completed", {"ocr_pages": [2]})
    hit = client.vector_stores.search(store, query="pressure valve").data[0]
    assert hit.file_id == scan and VALVE in hit.content[0].text
    assert (told(hit)["page"], told(hit)["last_page"]) == (1, 2)


def test_a_restart_costs_no_page_that_was_recognised(
    new_database: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url, asked = new_database("sqlite"), []

    def first_only(
        path: Path, name: str, document: Document, pages: tuple[int, ...], *args: Any, **more: Any
    ) -> Document:
        if pages != (1,):
            time.sleep(0.1)
            raise Cancelled
        return recognised(path, name, document, pages, *args, **more)

    def noted(
        path: Path, name: str, document: Document, pages: tuple[int, ...], *args: Any, **more: Any
    ) -> Document:
        asked.append(pages)
        return recognised(path, name, document, pages, *args, **more)

    monkeypatch.setattr(recogniser, "AT_ONCE", 1)
    monkeypatch.setattr(recogniser, "recognised", first_only)
    with ground(tmp_path / "server", url) as made:
        client = made.account()
        store = client.vector_stores.create().id
        scan = uploaded(client, "scan.pdf", files.scan([VALVE, "The second page\ntells of turbines."]))
        client.vector_stores.files.create(store, file_id=scan)
        until(lambda: "progress" in told(state(client, store, scan)), PATIENCE_S)
        assert client.vector_stores.search(store, query="anything").data == []
        until(lambda: told(state(client, store, scan)).get("ocr_pages") == [1], PATIENCE_S)
        assert client.vector_stores.search(store, query="pressure valve").data
    monkeypatch.setattr(recogniser, "recognised", noted)
    with ground(tmp_path / "server", url) as made:
        client = made.account()
        settled(client, store, PATIENCE_S)
        assert told(state(client, store, scan)) == {"ocr_pages": [1, 2]}
        assert told(client.vector_stores.search(store, query="turbines").data[0])["last_page"] == 2
    assert asked == [(2,)]


def test_a_file_is_told_with_its_title(client: OpenAI) -> None:
    store = client.vector_stores.create().id
    file = uploaded(client, "a.pdf", described("Valves and boilers"))
    client.vector_stores.files.create(store, file_id=file)
    settled(client, store)
    assert told(state(client, store, file)) == {"title": "Valves and boilers"}


def state(client: OpenAI, store: str, file: str) -> Any:
    return client.vector_stores.files.retrieve(file, vector_store_id=store)


def told(thing: Any) -> dict[str, Any]:
    """What our server tells beyond the original."""
    return thing.model_extra or {}
