"""Every page opens, with nothing stored, with much stored, and when something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components import navigation
from services import address
from services.connections import saved_servers
from services.settings import DEFAULT_OWNER, get_settings
from services.storage.blobs import BlobStore
from services.storage.conversations import Conversations
from services.storage.database import open_database
from services.storage.preferences import Preferences
from services.turns import Finished, Message, TextDelta, Turn, Usage, UsageReport

SHELL = str(navigation.ROOT / "components" / "shell.py")
NAMES = [spec.name for specs in navigation.GROUPS.values() for spec in specs]
CLOSED_PORT = 9


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
def open_page() -> Callable[..., AppTest]:
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
    settings = get_settings()
    database = open_database(settings.resolved_database_url)
    return Conversations(database, BlobStore(settings.home / "blobs"), DEFAULT_OWNER)


def fill(conversations: Conversations, turns: int) -> str:
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
    parts = [*app.markdown, *app.caption, *app.error, *app.warning, *app.title, *app.subheader]
    return "\n".join(str(part.value) for part in parts)


@pytest.mark.parametrize("name", NAMES)
def test_page_opens_on_an_empty_installation_with_no_server(
    name: str, open_page: Callable[..., AppTest]
) -> None:
    app = open_page(name)
    assert not app.exception
    assert "Tandem's own server did not answer" in texts(app)


@pytest.mark.parametrize("name", NAMES)
def test_unusable_data_folder_is_a_sentence(
    name: str, open_page: Callable[..., AppTest], own_home: Path
) -> None:
    own_home.parent.mkdir(exist_ok=True)
    own_home.write_text("a file where the folder should be")
    app = open_page(name)
    assert not app.exception
    assert app.error and "TANDEM_HOME" in app.error[0].value


def test_conversation_is_drawn_with_its_figures(open_page: Callable[..., AppTest]) -> None:
    app = open_page("chat", c=fill(store(), 2))
    assert not app.exception
    assert [m.name for m in app.chat_message] == ["user", "assistant"] * 2
    assert "Answer 1" in texts(app) and "10 → 5 tokens" in texts(app)


def test_long_conversation_shows_its_end_and_offers_the_rest(open_page: Callable[..., AppTest]) -> None:
    app = open_page("chat", c=fill(store(), 60))
    assert "Answer 59" in texts(app) and "Answer 30" not in texts(app)
    app.button(key="earlier").click().run()
    assert not app.exception
    assert "Answer 30" in texts(app)


def test_unknown_conversation_is_said(open_page: Callable[..., AppTest]) -> None:
    app = open_page("chat", c="conv_of_nobody")
    assert not app.exception and app.error
    assert app.chat_input


def test_options_are_kept_with_the_conversation(open_page: Callable[..., AppTest]) -> None:
    conversations = store()
    conversation = fill(conversations, 1)
    app = open_page("chat", c=conversation)
    app.text_area(key=f"system-{conversation}").set_value("Be brief.").run()
    app.number_input(key=f"temperature-{conversation}").set_value(0.5).run()
    assert not app.exception
    kept = conversations.get(conversation).settings
    assert kept["system_prompt"] == "Be brief." and kept["parameters"] == {"temperature": 0.5}


def test_schema_that_is_none_is_explained(open_page: Callable[..., AppTest]) -> None:
    conversation = fill(store(), 1)
    app = open_page("chat", c=conversation)
    app.toggle(key=f"structured-{conversation}").set_value(True).run()
    app.text_area(key=f"schema-{conversation}").set_value('{"type": ').run()
    assert not app.exception and app.error


def test_server_is_added_and_a_bad_address_is_refused(open_page: Callable[..., AppTest]) -> None:
    app = open_page("settings")
    name, url = app.text_input[-2], app.text_input[-1]
    name.set_value("Ollama")
    url.set_value("ftp://nowhere")
    app.button[-1].click().run()
    assert not app.exception and "http://127.0.0.1:11434/v1" in app.error[0].value
    app.text_input[-1].set_value("http://127.0.0.1:11434/v1")
    app.button[-1].click().run()
    settings = get_settings()
    servers = saved_servers(Preferences(open_database(settings.resolved_database_url), DEFAULT_OWNER))
    assert [(s.name, s.base_url) for s in servers] == [("Ollama", "http://127.0.0.1:11434/v1")]


def test_typed_key_is_never_on_disk(open_page: Callable[..., AppTest], own_home: Path) -> None:
    app = open_page("settings")
    app.text_input(key="key-OpenAI").set_value("sk-a-key-that-must-not-be-kept").run()
    assert not app.exception
    assert app.session_state["typed_keys"] == {"OpenAI": "sk-a-key-that-must-not-be-kept"}
    for file in own_home.rglob("*"):
        assert not file.is_file() or b"sk-a-key-that-must-not-be-kept" not in file.read_bytes()


def test_everything_is_deleted_only_after_the_word(open_page: Callable[..., AppTest]) -> None:
    conversations = store()
    fill(conversations, 1)
    app = open_page("settings", **{"settings-tabs": "Data"})
    box = next(t for t in app.text_input if "DELETE" in t.label)
    box.set_value("delete")
    app.button[-1].click().run()
    assert conversations.list()
    next(t for t in app.text_input if "DELETE" in t.label).set_value("DELETE")
    app.button[-1].click().run()
    assert not app.exception and conversations.list() == []
