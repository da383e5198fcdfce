"""Collections of files: made, filled, emptied and deleted, each content once."""

from __future__ import annotations

import pytest

from services.errors import InvalidInput, NotFound
from services.files import collections as module
from tests.services.files.conftest import Reader
from tests.services.files.make import ERRORS, WARRANTY


def test_a_collection_is_found_again_by_its_name(reader: Reader) -> None:
    made = reader.collections.create("  Contracts \n 2026 ")
    reader.person.api.create_store("A store that is no collection")
    assert [(c.id, c.name) for c in reader.collections.all()] == [(made.id, "Contracts 2026")]
    reader.collections.rename(made, "Other")
    assert reader.again(made).name == "Other"


@pytest.mark.parametrize("name", ["", " ", "x" * 81])
def test_a_name_that_is_none_is_refused(reader: Reader, name: str) -> None:
    with pytest.raises(InvalidInput):
        reader.collections.create(name)


def test_the_same_content_is_taken_once(reader: Reader) -> None:
    papers = reader.collection(warranty=WARRANTY)
    again = reader.collections.add(papers.id, "copy.txt", WARRANTY.encode())
    other = reader.collections.add(papers.id, "warranty.txt", ERRORS.encode())
    assert (again.was_there, again.filename, other.was_there) == (True, "warranty.txt", False)
    assert len(reader.collections.files(papers.id)) == 2


def test_a_file_that_was_removed_is_gone_and_can_come_back(reader: Reader) -> None:
    papers = reader.collection(warranty=WARRANTY)
    (file,) = reader.collections.files(papers.id)
    reader.collections.remove(papers.id, file.id)
    with pytest.raises(NotFound):
        reader.person.api.file(file.id)
    assert not reader.collections.add(papers.id, "warranty.txt", WARRANTY.encode()).was_there


def test_an_empty_or_too_large_file_is_refused_in_words(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    papers = reader.collections.create("Papers")
    monkeypatch.setattr(module, "MAX_FILE_BYTES", 3)
    for data in (b"", b"four"):
        with pytest.raises(InvalidInput, match=r"paper\.txt"):
            reader.collections.add(papers.id, "../../paper.txt", data)


def test_deleting_takes_the_files_along(reader: Reader) -> None:
    papers = reader.collection(warranty=WARRANTY)
    (file,) = reader.collections.files(papers.id)
    reader.collections.delete(papers)
    assert reader.collections.all() == []
    with pytest.raises(NotFound):
        reader.person.api.file(file.id)
