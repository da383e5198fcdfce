"""Pages opened from the navigation script, over an empty data folder and a /v1 that does not answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import navigation
from services import address
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from services.turns import Finished, Message, TextDelta, Turn, Usage, UsageReport
from tests.support.upstream import ScriptedUpstream

SHELL = str(navigation.ROOT / "components" / "shell.py")
CLOSED_PORT = 9

OpenPage = Callable[..., AppTest]


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing cached from another test, and a /v1 that does not answer."""
    st.cache_resource.clear()
    st.cache_data.clear()
    address.remember("127.0.0.1", CLOSED_PORT)
    yield
    address.remember("127.0.0.1", 8501)
    st.cache_resource.clear()


@pytest.fixture
def own_server() -> Iterator[ScriptedUpstream]:
    """A /v1 of this installation that answers, with its local model and another one."""
    with ScriptedUpstream(models=("qwen2.5-coder-1.5b-instruct", "qwen2.5-coder-0.5b-instruct")) as server:
        for model in server.models:
            model["local"] = True
        address.remember("127.0.0.1", server.port)
        yield server


@pytest.fixture
def upstream(monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedUpstream]:
    """An upstream with a key and two models of OpenAI that accept different parameters."""
    with ScriptedUpstream(models=("gpt-6-luna", "gpt-4.1")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-test-of-the-pages")
        get_settings.cache_clear()
        yield server


@pytest.fixture
def open_page() -> OpenPage:
    """Opens a page by name, with an address query; gives the finished run."""

    def open_(name: str, **query: str) -> AppTest:
        app = AppTest.from_file(SHELL, default_timeout=30)
        for key, value in query.items():
            app.query_params[key] = value
        app.run()
        if name != navigation.HOME:
            app.switch_page(str(navigation.ROOT / "pages" / f"{name}.py")).run()
        return app

    return open_


def store() -> Conversations:
    """The conversations of the test's data folder."""
    settings = get_settings()
    database = open_database(settings.resolved_database_url)
    return Conversations(database, FolderBlobs(settings.home / "blobs"), DEFAULT_OWNER)


def preferences() -> Preferences:
    """The preferences of the test's data folder."""
    return Preferences(open_database(get_settings().resolved_database_url), DEFAULT_OWNER)


def fill(conversations: Conversations, turns: int) -> str:
    """A conversation of so many turns; its id."""
    conversation = conversations.create(title="Numbers").id
    parent = None
    for number in range(turns):
        turn = Turn(conversation, Message("user", f"Question {number}"), "m", "Local", parent_id=parent)
        for event in (
            TextDelta(f"Answer {number}"),
            UsageReport("m", Usage(10, 5), 0.1, 0.5),
            Finished("stop"),
        ):
            turn.apply(event)
        conversations.save_turn(turn)
        parent = turn.id
    return conversation


def texts(app: AppTest) -> str:
    """Everything the page says outside its widgets."""
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.title, *app.header, *app.subheader]
    return "\n".join(str(part.value) for part in parts)
