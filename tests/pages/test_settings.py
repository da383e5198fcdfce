"""The settings page: servers, keys, budgets, and the end of everything."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Selectbox

from services.connections import saved_servers
from services.metering.budgets import Budgets
from tests.pages.conftest import OpenPage, fill, preferences, store, texts
from tests.support.upstream import ScriptedUpstream

SECRET = "sk-a-key-that-must-not-be-kept"


def connection(app: AppTest) -> Selectbox:
    """The choice of connection in the sidebar."""
    return next(s for s in app.selectbox if s.label == "Connection")


@pytest.mark.parametrize(
    "address", ["", "ftp://nowhere", "127.0.0.1:11434", "http://h:99999/v1", "http://[::1", "http://u:k@h/v1"]
)
def test_bad_address_is_refused_with_an_example(address: str, open_page: OpenPage) -> None:
    app = open_page("settings")
    app.text_input[-2].set_value("Ollama")
    app.text_input[-1].set_value(address)
    app.button[-1].click().run()
    assert not app.exception and "http://127.0.0.1:11434/v1" in app.error[0].value
    assert saved_servers(preferences()) == ()


def test_server_is_added_used_and_removed(open_page: OpenPage) -> None:
    app = open_page("settings")
    app.text_input[-2].set_value("Ollama")
    app.text_input[-1].set_value("http://127.0.0.1:9/v1/")
    app.button[-1].click().run()
    assert not app.exception
    assert [(s.name, s.base_url) for s in saved_servers(preferences())] == [
        ("Ollama", "http://127.0.0.1:9/v1")
    ]
    app.button(key="use-Ollama").click().run()
    assert not app.exception
    assert connection(app).value == "Ollama"
    app.button(key="remove-Ollama").click().run()
    assert not app.exception
    assert saved_servers(preferences()) == ()
    assert connection(app).value == "Local"


def test_connection_is_tested(open_page: OpenPage, upstream: ScriptedUpstream) -> None:
    app = open_page("settings")
    app.button(key=f"test-127.0.0.1:{upstream.port}").click().run()
    assert not app.exception
    assert "answers and offers 2 models" in app.success[0].value
    app.button(key="test-Local").click().run()
    assert not app.exception and "did not answer" in app.error[0].value


def test_typed_key_is_never_on_disk_nor_on_the_page(open_page: OpenPage, own_home: Path) -> None:
    app = open_page("settings")
    app.text_input(key="key-OpenAI").set_value(SECRET).run()
    assert not app.exception
    assert app.session_state["typed_keys"] == {"OpenAI": SECRET}
    assert SECRET not in texts(app)
    for file in own_home.rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


def test_key_is_forgotten_when_its_field_is_emptied(open_page: OpenPage) -> None:
    app = open_page("settings")
    app.text_input(key="key-OpenAI").set_value(SECRET).run()
    app.text_input(key="key-OpenAI").set_value("").run()
    assert not app.exception and app.session_state["typed_keys"] == {}


def test_connection_and_model_are_remembered(open_page: OpenPage, upstream: ScriptedUpstream) -> None:
    name = f"127.0.0.1:{upstream.port}"
    open_page("settings").selectbox(key=f"pick_model_{name}").set_value("gpt-4.1").run()
    assert open_page("settings").selectbox(key=f"pick_model_{name}").value == "gpt-4.1"
    app = open_page("settings")
    connection(app).set_value("Local").run()
    assert not app.exception
    assert connection(open_page("chat")).value == "Local"


def test_budgets_are_saved(open_page: OpenPage) -> None:
    app = open_page("settings", **{"settings-tabs": "Budgets"})
    for field, value in zip(app.number_input, (0.5, 2.0, None), strict=True):
        field.set_value(value)
    app.toggle[0].set_value(False)
    app.button[-1].click().run()
    assert not app.exception
    limits = Budgets(preferences()).limits()
    assert (limits.conversation_usd, limits.day_usd, limits.month_usd) == (Decimal("0.5"), Decimal(2), None)
    assert not limits.hard


def test_defaults_are_what_a_new_conversation_begins_with(open_page: OpenPage) -> None:
    app = open_page("settings", **{"settings-tabs": "New conversations"})
    app.text_area(key="system-defaults").set_value("Be brief.").run()
    assert not app.exception
    assert open_page("chat").text_area(key="system-new").value == "Be brief."


def test_key_of_the_api_is_shown_only_when_asked(open_page: OpenPage, own_home: Path) -> None:
    app = open_page("settings", **{"settings-tabs": "API"})
    key = (own_home / "api_key").read_text().strip()
    assert key not in "".join(c.value for c in app.code)
    app.toggle(key="show-key").set_value(True).run()
    assert not app.exception
    assert any(key == c.value for c in app.code)
    assert any(f'Bearer \'"{key}"' in c.value for c in app.code)


def test_everything_is_deleted_only_after_the_word(open_page: OpenPage) -> None:
    conversations = store()
    fill(conversations, 1)
    app = open_page("settings", **{"settings-tabs": "Data"})
    next(t for t in app.text_input if "DELETE" in t.label).set_value("delete")
    app.button[-1].click().run()
    assert not app.exception and "Nothing was deleted" in texts(app)
    assert conversations.list()
    next(t for t in app.text_input if "DELETE" in t.label).set_value("DELETE")
    app.button[-1].click().run()
    assert not app.exception and conversations.list() == []
    assert app.toast[0].value == "1 conversation deleted."
