"""The tabs over a whole server on a socket, for an owner of the test's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from services import address
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.database import open_database
from services.storage.preferences import Preferences
from tests.support.collection import Place, Reader, place

Draw = Callable[..., AppTest]


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server that the tests of this package share."""
    with place(tmp_path_factory.mktemp("tabs") / "home") as made:
        yield made


@pytest.fixture
def reader(library: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[Reader]:
    """Somebody who has nothing on the server yet, and whose pages talk to it."""
    made = library.person()
    st.cache_resource.clear()
    st.cache_data.clear()
    monkeypatch.setenv("TANDEM_API_KEY", made.connection.api_key)
    get_settings.cache_clear()
    address.remember("127.0.0.1", urlsplit(made.connection.base_url).port or 0)
    yield made
    address.remember("127.0.0.1", 8501)
    st.cache_resource.clear()


def _see(store_id: str) -> None:
    from components.house import house
    from components.retrieval import see

    see.draw(house(), store_id, "Docs")


def _evaluate(store_id: str) -> None:
    from components.house import house
    from components.retrieval import evaluate

    evaluate.draw(house(), store_id, "Docs")


@pytest.fixture
def see(reader: Reader) -> Draw:
    """Draws "Seeing retrieval" for a collection."""
    return lambda store_id: AppTest.from_function(_see, default_timeout=60, args=(store_id,)).run()


@pytest.fixture
def evaluate(reader: Reader) -> Draw:
    """Draws "Evaluate" for a collection."""
    return lambda store_id: AppTest.from_function(_evaluate, default_timeout=60, args=(store_id,)).run()


def preferences() -> Preferences:
    """The preferences of the test's data folder."""
    return Preferences(open_database(get_settings().resolved_database_url), DEFAULT_OWNER)


def texts(app: AppTest) -> str:
    """Everything the tab says outside its widgets."""
    assert not app.exception, app.exception[0].value
    return "\n".join(
        str(part.value) for part in (*app.markdown, *app.caption, *app.info, *app.warning, *app.error)
    )
