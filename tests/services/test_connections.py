"""Which servers can be talked to, and with whose key."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from services.connections import (
    MAX_CONNECTIONS,
    connections,
    remove_server,
    save_server,
    saved_servers,
    upstream_name,
)
from services.errors import InvalidInput
from services.settings import DEFAULT_OWNER, Settings
from services.storage.database import open_database
from services.storage.preferences import Preferences

OWN = "http://127.0.0.1:8501/v1"


@pytest.fixture
def preferences(own_home: Path) -> Iterator[Preferences]:
    database = open_database(f"sqlite:///{own_home / 'tandem.db'}")
    yield Preferences(database, DEFAULT_OWNER)
    database.close()


def test_local_is_first_then_the_upstream_then_what_was_added(
    settings: Settings, preferences: Preferences
) -> None:
    save_server(preferences, set(), "Ollama", "http://127.0.0.1:11434/v1/")
    local, upstream, added = connections(settings, preferences, OWN, {})
    assert (local.name, local.kind, local.base_url) == ("Local", "local", OWN)
    assert local.api_key == settings.own_key()
    assert (upstream.name, upstream.kind, upstream.api_key) == ("OpenAI", "openai", "")
    assert (added.name, added.kind, added.base_url) == ("Ollama", "compatible", "http://127.0.0.1:11434/v1")


def test_typed_key_outranks_the_environment(
    monkeypatch: pytest.MonkeyPatch, preferences: Preferences
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    settings = Settings()
    assert connections(settings, preferences, OWN, {})[1].api_key == "sk-environment"
    assert connections(settings, preferences, OWN, {"OpenAI": "sk-typed"})[1].api_key == "sk-typed"


def test_another_upstream_is_named_by_its_host(
    monkeypatch: pytest.MonkeyPatch, preferences: Preferences
) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "http://10.0.0.7:8000/v1/")
    settings = Settings()
    upstream = connections(settings, preferences, OWN, {})[1]
    assert upstream_name(settings) == upstream.name == "10.0.0.7:8000"
    assert (upstream.kind, upstream.base_url) == ("compatible", "http://10.0.0.7:8000/v1")


@pytest.mark.parametrize("name", ["", "   ", "n" * 41, "openai", "OLLAMA"])
def test_name_must_be_short_and_free(name: str, preferences: Preferences) -> None:
    save_server(preferences, set(), "Ollama", OWN)
    with pytest.raises(InvalidInput, match=r"connection"):
        save_server(preferences, {"OpenAI", "Ollama"}, name, OWN)
    assert [s.name for s in saved_servers(preferences)] == ["Ollama"]


def test_there_is_a_most(preferences: Preferences) -> None:
    for number in range(MAX_CONNECTIONS):
        save_server(preferences, set(), f"Server {number}", OWN)
    with pytest.raises(InvalidInput, match=str(MAX_CONNECTIONS)):
        save_server(preferences, set(), "One more", OWN)


def test_removed_server_is_gone(preferences: Preferences) -> None:
    save_server(preferences, set(), "Ollama", OWN)
    save_server(preferences, set(), "vLLM", OWN)
    remove_server(preferences, "Ollama")
    remove_server(preferences, "Nobody")
    assert [s.name for s in saved_servers(preferences)] == ["vLLM"]
