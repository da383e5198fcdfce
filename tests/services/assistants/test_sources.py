"""From an answer to its source: what a run cites is found and marked in the file that the server keeps."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from components.citations import place_of
from services.documents.views.shapes import PageView, TableView, TextView, View
from services.documents.views.view import LIMITS, view
from services.documents.workers import Workers
from services.errors import NotFound
from services.turns import Citation, Turn
from tests.services.documents import files
from tests.support.assistants import until
from tests.support.talks import Person
from tests.support.upstream import Script, ToolCall

PAGES = [
    "The pump is blue. It stands in the cellar.",
    "The bearings are changed every 2000 hours.",
    "Call Anna when it leaks.",
]
ROWS = "part,price\n" + "".join(f"part{n},{n}\n" for n in range(1, 40)) + "gasket,999\n"


@pytest.fixture(scope="module")
def viewers() -> Iterator[Workers]:
    """The processes that open files for the page."""
    with Workers(limits=LIMITS) as workers:
        yield workers


def cited(person: Person, name: str, data: bytes, query: str, says: str) -> tuple[Turn, Citation]:
    """A turn whose answer cites the first passage found in a file."""
    file = person.api.upload(name, data)
    store = person.api.create_store("Manuals", (file.id,))
    until(lambda: person.api.store(store.id).counts["completed"] == 1, 30)
    assistant = person.assistant(
        tools=[{"type": "file_search"}], tool_resources={"file_search": {"vector_store_ids": [store.id]}}
    )
    search = ToolCall("file_search", json.dumps({"query": query}))
    person.upstream.play(Script(tool_calls=(search,)), Script(text=(says, f"【4:0†{name}】", ".")))
    turn = person.say(query, assistant)
    return turn, turn.citations[0]


def look(person: Person, citation: Citation, viewers: Workers) -> View:
    data = person.api.content(citation.file_id)
    return view(data, citation.filename, place_of(citation), viewers)


def test_a_citation_opens_the_page_of_a_pdf_with_the_passage_marked(person: Person, viewers: Workers) -> None:
    says = "The bearings are changed every 2000 hours"
    turn, citation = cited(person, "pump.pdf", files.pdf(PAGES), "When are the bearings changed?", says)
    assert citation.quote == "The bearings are changed every 2000 hours."
    seen = look(person, citation, viewers)
    assert isinstance(seen, PageView)
    assert (seen.page, seen.marked) == (2, True)
    assert seen.alt == "Page 2 of 3 of pump.pdf, with the quoted passage marked"
    (found,) = person.history(turn.conversation_id)
    assert found.citations == turn.citations


def test_a_citation_opens_the_rows_of_a_table(person: Person, viewers: Workers) -> None:
    _, citation = cited(person, "parts.csv", ROWS.encode(), "price of the gasket", "The gasket costs 999")
    assert citation.rows is not None
    seen = look(person, citation, viewers)
    assert isinstance(seen, TableView) and seen.found
    assert ("gasket", "999") in [row.cells for row in seen.rows if row.is_cited]
    assert seen.row_count == 40


def test_a_citation_opens_the_text_around_it(person: Person, viewers: Workers) -> None:
    text = "Before it.\n\nThe kettle boils in two minutes.\n\nAfter it."
    _, citation = cited(person, "kettle.txt", text.encode(), "how fast the kettle boils", "In two minutes")
    seen = look(person, citation, viewers)
    assert isinstance(seen, TextView) and seen.passage == "The kettle boils in two minutes."


def test_the_source_of_a_deleted_file_is_gone_and_the_answer_stays(person: Person) -> None:
    turn, citation = cited(person, "kettle.txt", b"The kettle boils.", "kettle", "The kettle boils")
    person.api.delete_file(citation.file_id)
    with pytest.raises(NotFound):
        person.api.content(citation.file_id)
    (found,) = person.history(turn.conversation_id)
    assert found.citations == turn.citations
