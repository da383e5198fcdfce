"""The chat page: what is stored is drawn, options are kept, and trouble is a sentence."""

from __future__ import annotations

import json

import pytest

from tests.pages.conftest import OpenPage, fill, store, texts
from tests.support.upstream import ScriptedUpstream


def test_conversation_is_drawn_with_its_figures(open_page: OpenPage) -> None:
    app = open_page("chat", c=fill(store(), 2))
    assert not app.exception
    assert [m.name for m in app.chat_message] == ["user", "assistant"] * 2
    assert "Answer 1" in texts(app) and "10 → 5 tokens" in texts(app)


def test_conversation_of_500_turns_shows_its_end_and_offers_the_rest(open_page: OpenPage) -> None:
    app = open_page("chat", c=fill(store(), 500))
    assert not app.exception
    first_shown = len(app.chat_message) // 2
    assert 0 < first_shown <= 40
    assert "Answer 499" in texts(app) and "Answer 400\n" not in texts(app)
    app.button(key="earlier").click().run()
    assert not app.exception
    assert len(app.chat_message) // 2 == 2 * first_shown


def test_unknown_conversation_is_said(open_page: OpenPage) -> None:
    app = open_page("chat", c="conv_of_nobody")
    assert not app.exception and app.error
    assert app.chat_input


def test_title_is_shown_as_it_was_written(open_page: OpenPage) -> None:
    conversations = store()
    conversation = fill(conversations, 1)
    conversations.rename(conversation, "# $5 and $6 :smile: ![x](http://h/)")
    app = open_page("chat", c=conversation)
    assert not app.exception
    assert app.header[0].value.startswith("\\# \\$5 and \\$6")


def test_options_are_kept_with_the_conversation(open_page: OpenPage) -> None:
    conversations = store()
    conversation = fill(conversations, 1)
    app = open_page("chat", c=conversation)
    app.text_area(key=f"system-{conversation}").set_value("Be brief.").run()
    app.number_input(key=f"temperature-{conversation}").set_value(0.5).run()
    assert not app.exception
    kept = conversations.get(conversation).settings
    assert kept["system_prompt"] == "Be brief." and kept["parameters"] == {"temperature": 0.5}
    assert open_page("chat", c=conversation).number_input(key=f"temperature-{conversation}").value == 0.5


def test_only_parameters_the_model_accepts_are_offered(
    open_page: OpenPage, upstream: ScriptedUpstream
) -> None:
    app = open_page("chat")
    picker = app.selectbox(key=f"pick_model_127.0.0.1:{upstream.port}")
    picker.set_value("gpt-4.1").run()
    assert not app.exception
    assert {"temperature-new", "top_p-new"} <= {n.key for n in app.number_input}
    assert not [s for s in app.selectbox if str(s.key).startswith("effort-")]
    app.selectbox(key=f"pick_model_127.0.0.1:{upstream.port}").set_value("gpt-6-luna").run()
    assert not app.exception
    assert "temperature-new" not in {n.key for n in app.number_input}
    assert [s for s in app.selectbox if str(s.key).startswith("effort-")]


@pytest.mark.parametrize("schema", ['{"type": ', "[]", '{"type": "nonsense"}', "7"])
def test_schema_that_is_none_is_explained(schema: str, open_page: OpenPage) -> None:
    conversation = fill(store(), 1)
    app = open_page("chat", c=conversation)
    app.toggle(key=f"structured-{conversation}").set_value(True).run()
    assert not app.error
    app.text_area(key=f"schema-{conversation}").set_value(schema).run()
    assert not app.exception and app.error


def test_schema_that_is_none_sends_nothing_and_keeps_what_was_typed(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    app = open_page("chat")
    app.toggle(key="structured-new").set_value(True).run()
    app.text_area(key="schema-new").set_value("{").run()
    app.chat_input(key="composer").set_value("Hello").run()
    assert not app.exception and len(app.error) >= 1
    assert not [r for r in own_server.requests if r.path.endswith("/chat/completions")]
    assert store().list() == []


def test_message_is_answered_stored_and_named_in_the_address(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    app = open_page("chat")
    app.chat_input(key="composer").set_value("Hello").run()
    assert not app.exception
    assert "Hello world" in texts(app)
    (conversation,) = store().list()
    assert app.query_params["c"] == [conversation.id] or app.query_params["c"] == conversation.id
    sent = json.loads(next(r.raw for r in own_server.requests if r.path.endswith("/chat/completions")))
    assert sent["messages"] == [{"role": "user", "content": "Hello"}]


def test_server_that_does_not_answer_is_a_sentence_and_the_message_is_kept(open_page: OpenPage) -> None:
    app = open_page("chat")
    app.chat_input(key="composer").set_value("Are you there?").run()
    assert not app.exception
    assert "Are you there?" in texts(app)
    assert any("did not answer" in e.value for e in app.error)


def test_wire_panel_says_what_will_be_there(open_page: OpenPage) -> None:
    app = open_page("chat")
    app.toggle(key="wire-open").set_value(True).run()
    assert not app.exception and "exactly as it left this machine" in texts(app)


def test_conversation_is_opened_from_the_sidebar(open_page: OpenPage) -> None:
    conversation = fill(store(), 1)
    app = open_page("chat")
    app.button(key=f"open-{conversation}").click().run()
    assert not app.exception and "Answer 0" in texts(app)
    app.button(key="new-conversation").click().run()
    assert not app.exception and "Answer 0" not in texts(app)


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("photo.json", b"\x89PNG\r\n\x1a\n"),
        ("empty.json", b""),
        ("list.json", b"[1, 2]"),
        ("other.json", b'{"messages": [{"role": "user"}]}'),
        ("notes.md", b"# Shopping\n\n- milk"),
    ],
)
def test_import_of_something_else_is_a_sentence(name: str, data: bytes, open_page: OpenPage) -> None:
    app = open_page("chat")
    app.file_uploader(key="library-import").set_value((name, data, "application/octet-stream")).run()
    app.button(key="library-import-go").click().run()
    assert not app.exception and app.error
    assert store().list() == []


def test_export_can_be_imported_again(open_page: OpenPage) -> None:
    conversations = store()
    conversation = fill(conversations, 2)
    exported = conversations.export_json(conversation)
    conversations.delete(conversation)
    app = open_page("chat")
    app.file_uploader(key="library-import").set_value(("a.json", exported, "application/json")).run()
    app.button(key="library-import-go").click().run()
    assert not app.exception and "Answer 1" in texts(app)


def test_a_conversation_about_files_opens_where_it_was_held(
    open_page: OpenPage, own_server: ScriptedUpstream
) -> None:
    asked = store().create(title="Files: Papers", settings={"collection": "vs_1"}).id
    app = open_page("chat", c=asked)
    assert "This collection is not there any more" in texts(app)
