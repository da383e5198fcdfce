"""One server for this package, with an owner of its own for every test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.collection import Place, Reader, place


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server that the tests of this package share."""
    with place(tmp_path_factory.mktemp("retrieval") / "home") as made:
        yield made


@pytest.fixture
def reader(library: Place) -> Reader:
    """Somebody who has nothing on the server yet."""
    return library.person()
