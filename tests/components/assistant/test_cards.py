"""Calls that wait: the person sees them, changes them, and runs or refuses them."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from services.assistants.calling import Decision
from services.functions.results import MAX_RESULT_BYTES


def page() -> None:
    import streamlit as st

    from tests.components.assistant import make

    cards = make.cards()
    action = cards.draw(make.waiting_turn(*st.query_params.get_all("call")))
    st.session_state["kind"] = action.kind if action else None
    st.session_state["decisions"] = dict(cards.decisions)


def started(*names: str) -> AppTest:
    app = AppTest.from_function(page, default_timeout=30)
    app.query_params["call"] = list(names)
    return ran(app)


def ran(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception
    return app


def press(app: AppTest, name: str) -> dict[str, Any]:
    app.button(key=f"{name}-turn_1").click()
    ran(app)
    decisions: dict[str, Any] = app.session_state["decisions"]
    assert app.session_state["kind"] == ("decide" if decisions else None)
    return decisions


def test_nothing_is_decided_before_the_person_does() -> None:
    app = started("canned")
    assert app.session_state["decisions"] == {} and app.session_state["kind"] is None
    assert "Nothing runs before you allow it." in app.markdown[0].value


def test_a_call_is_run_as_the_model_wrote_it() -> None:
    (decision,) = press(started("canned"), "allow").values()
    assert decision == Decision(True, '{\n  "city": "Rome"\n}')


def test_arguments_can_be_changed_first() -> None:
    app = started("canned")
    app.text_area(key="arguments-call_1").set_value('{"city": "Oslo"}')
    assert press(app, "allow") == {"call_1": Decision(True, '{"city": "Oslo"}')}


def test_arguments_that_are_no_json_are_not_run() -> None:
    app = started("canned")
    app.text_area(key="arguments-call_1").set_value("{city")
    assert press(app, "allow") == {}
    assert [error.value for error in app.error] == ["The arguments are not JSON. Mend them, then run."]


@pytest.mark.parametrize("name", ["typed", "nobody_knows_it"])
def test_the_person_answers_for_what_nothing_else_answers(name: str) -> None:
    app = started(name)
    app.text_area(key="answer-call_1").set_value("20°")
    (decision,) = press(app, "allow").values()
    assert decision.typed == "20°"


@pytest.mark.parametrize("name", ["typed", "nobody_knows_it"])
def test_a_long_answer_comes_as_a_file(name: str) -> None:
    app = started(name)
    app.file_uploader(key="answer-file-call_1").upload("weather.txt", "20°\n".encode() * 1_000_000)
    ran(app)
    assert f"first {MAX_RESULT_BYTES:,} bytes" in app.caption[0].value
    (decision,) = press(app, "allow").values()
    assert decision.typed == "20°\n" * 1_000_000


def test_a_file_that_is_no_text_is_not_sent() -> None:
    app = started("typed")
    app.file_uploader(key="answer-file-call_1").upload("picture.png", b"\x89PNG\r\n\x1a\n\x00\x00\x00")
    ran(app)
    assert press(app, "allow") == {}
    assert "picture\\.png is not text" in app.error[0].value
    assert press(app, "refuse") == {"call_1": Decision(False)}


def test_a_call_of_the_web_says_where_it_goes_and_asks_for_its_key() -> None:
    app = started("web")
    assert any("GET a\\.example" in markdown.value for markdown in app.markdown)
    key = app.text_input(key="function-key-https://a.example key")
    assert key.proto.type == key.proto.PASSWORD


def test_all_calls_are_decided_together() -> None:
    assert set(press(started("canned", "typed"), "allow")) == {"call_1", "call_2"}
    assert press(started("canned", "typed"), "refuse") == {
        "call_1": Decision(False),
        "call_2": Decision(False),
    }
