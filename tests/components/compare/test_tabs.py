"""The tabs below the lanes draw with no turn, one and several, and show what models wrote as plain text."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from components.compare.looks import DARK, LIGHT
from services import address

CONFIG = Path(__file__).parents[3] / ".streamlit" / "config.toml"
CLOSED_PORT = 9


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing cached from another test, and a /v1 that does not answer."""
    st.cache_resource.clear()
    address.remember("127.0.0.1", CLOSED_PORT)
    yield
    address.remember("127.0.0.1", 8501)
    st.cache_resource.clear()


def _tabs(turns: int, tab: str) -> None:
    from components.compare import blind, charts, chooser, differences, memory, report
    from services.compare.records import Comparison
    from services.turns import Mode
    from tests.support.lanes import lane, talk

    said = [("What is :red[this]?", "<b>Bold</b> $5 and :smile: number 41. It is so.")] * turns
    lanes = [lane(mode, instructions="Be brief.", tools=("file_search", "calculator")) for mode in Mode]
    talks = [talk(one, *said) for one in lanes]
    comparison = Comparison("c1", None, tuple(lanes))
    if tab == "blind":
        import streamlit

        def save(settings: dict[str, object]) -> None:
            streamlit.session_state["kept"] = settings

        kept = streamlit.session_state.get("kept", {})
        blind.draw(comparison, talks, kept, save)
    elif tab == "report":
        report.draw(comparison, talks)
    elif tab == "chooser":
        chooser.draw()
    else:
        {"charts": charts, "memory": memory, "differences": differences}[tab].draw(talks)


def opened(tab: str, turns: int) -> AppTest:
    app = AppTest.from_function(_tabs, default_timeout=60, args=(turns, tab)).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    shown: list[Any] = [*app.markdown, *app.caption, *app.info]
    return "\n".join(element.value for element in shown)


@pytest.mark.parametrize("tab", ["charts", "differences", "report", "blind"])
def test_before_the_first_turn_a_tab_says_what_will_be_there(tab: str) -> None:
    assert len(opened(tab, 0).info) == 1


def test_after_one_turn_the_charts_say_what_the_projection_waits_for() -> None:
    app = opened("charts", 1)
    assert "Send a second message" in app.info[0].value
    assert not app.expander


def test_after_two_turns_the_projection_is_drawn_and_explained() -> None:
    app = opened("charts", 3)
    assert len(app.get("vega_lite_chart")) == 4
    assert app.expander[0].label == "How this is computed"
    assert "turn 100" in words(app)
    app.segmented_control[0].set_value("So far").run()
    assert not app.exception
    assert "turn 100" not in words(app)


def test_memory_can_be_wound_back_to_before_the_first_turn() -> None:
    app = opened("memory", 3)
    assert "6 messages" in words(app)
    app.slider[0].set_value(0).run()
    assert not app.exception
    assert "0 messages" in words(app)


def test_what_a_model_wrote_is_text_and_never_a_command() -> None:
    said = words(opened("differences", 2))
    assert "<b>Bold" not in said
    assert ":smile:" not in said


def test_a_vote_reveals_who_wrote_what_and_counts() -> None:
    app = opened("blind", 2)
    assert "badge" not in "".join(element.value for element in app.markdown)
    next(button for button in app.button if button.label == "A is best").click().run()
    assert not app.exception
    assert len(app.session_state["kept"]["votes"]) == 1
    assert ":material/trophy:" in words(app)
    assert "may still be luck" in words(app)


def test_answers_end_in_advice() -> None:
    app = opened("chooser", 0)
    app.radio[4].set_value("At OpenAI, with its newest models").run()
    assert not app.exception
    assert "Responses" in words(app)
    assert "Assistants cannot be had" in words(app)


@pytest.mark.parametrize(("colours", "theme"), [(LIGHT, "light"), (DARK, "dark")])
def test_charts_have_the_colours_of_the_theme(colours: dict[str, str], theme: str) -> None:
    told = tomllib.loads(CONFIG.read_text())["theme"][theme]
    assert colours == {name: told[f"{name}Color"] for name in colours}
    assert list(colours.values()) == told["chartCategoricalColors"][:3]
