"""A run on the page: its state in words, its steps with times and tokens."""

from __future__ import annotations

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.components.assistant.make import waiting_turn


def empty() -> None:
    from components.assistant import run_panel

    run_panel.draw(None)


def at_work() -> None:
    from components.assistant import run_panel
    from services.turns import ToolCall, ToolStep, Usage
    from tests.components.assistant import make

    turn = make.run_turn()
    turn.apply(ToolStep(ToolCall("call_1", "file_search", "{}"), "completed", "[]"))
    turn.apply(ToolStep(ToolCall("call_2", "get_*x*", "{}"), "completed", "1"))
    turn.apply(make.step(1, 2.0, Usage(100, 20), kind="tool_calls", calls=("call_1", "call_2")))
    turn.apply(make.step(2))
    run_panel.draw(turn)


def failed() -> None:
    from components.assistant import run_panel
    from tests.components.assistant import make

    run_panel.draw(make.run_turn("failed", reason="It was *hot*."))


def texts(script: Any) -> tuple[list[str], list[str]]:
    app = AppTest.from_function(script, default_timeout=30).run()
    assert not app.exception
    return [m.value for m in app.markdown][1:], [c.value for c in app.caption]


def test_without_a_run_it_says_what_a_run_is() -> None:
    _, captions = texts(empty)
    assert captions[0].startswith("A run is one answer of an assistant")


def test_each_step_has_its_time_and_tokens() -> None:
    (heading, first, second), captions = texts(at_work)
    assert heading == "**Steps**"
    assert "1. searched the files, called get\\_\\*x\\*" in first
    assert "2.0 s · 100 → 20" in first
    assert second.rstrip().endswith("2. writes a message")
    assert captions == ["The model works. `run_1`", "In all 100 → 20 tokens"]


def test_why_a_run_failed_is_said() -> None:
    _, captions = texts(failed)
    assert captions == ["The run failed. `run_1`", ":material/info: It was \\*hot\\*\\."]


def test_a_turn_that_waits_has_its_calls() -> None:
    assert [s.state for s in waiting_turn("canned", "typed").tool_steps.values()] == ["requested"] * 2
