"""Every page opens, with nothing stored, with much stored, and when something is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from components import navigation
from tests.pages.conftest import OpenPage, fill, store, texts
from tests.support.upstream import ScriptedUpstream

NAMES = [spec.name for specs in navigation.GROUPS.values() for spec in specs]


@pytest.mark.parametrize("name", NAMES)
def test_page_opens_on_an_empty_installation_with_no_server(name: str, open_page: OpenPage) -> None:
    app = open_page(name)
    assert not app.exception
    assert "Tandem's own server did not answer" in texts(app)


@pytest.mark.parametrize("name", NAMES)
def test_page_opens_with_stored_conversations_and_a_server(
    name: str, open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    conversations = store()
    fill(conversations, 3)
    fill(conversations, 1)
    app = open_page(name)
    assert not app.exception and not app.error and not app.warning


@pytest.mark.parametrize("name", NAMES)
def test_unusable_data_folder_is_a_sentence(name: str, open_page: OpenPage, own_home: Path) -> None:
    own_home.parent.mkdir(exist_ok=True)
    own_home.write_text("a file where the folder should be")
    app = open_page(name)
    assert not app.exception
    assert app.error and "TANDEM_HOME" in app.error[0].value


@pytest.mark.parametrize("name", NAMES)
def test_database_that_is_none_is_a_sentence(name: str, open_page: OpenPage, own_home: Path) -> None:
    own_home.mkdir(parents=True)
    (own_home / "tandem.db").write_text("this is no database " * 100)
    app = open_page(name)
    assert not app.exception
    assert app.error and "Traceback" not in app.error[0].value


def test_home_counts_in_the_singular(open_page: OpenPage) -> None:
    fill(store(), 1)
    assert "1 conversation, 1 turn" in texts(open_page("home"))


def test_home_leads_to_the_chat_and_to_the_settings(open_page: OpenPage) -> None:
    for label, words in (("Start a conversation", "New conversation"), ("Add a key or a server", "Settings")):
        app = open_page("home")
        next(b for b in app.button if b.label == label).click().run()
        assert not app.exception and words in texts(app)
