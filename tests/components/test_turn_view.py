"""A turn in reading order, and its footer."""

from __future__ import annotations

from decimal import Decimal

import pytest

from components.tool_steps import pretty
from components.turn_view import footer_line, parts
from services.turns import Message, TextDelta, ToolCall, ToolStep, Turn, Usage
from tests.components.make import finished_turn

CALL = ToolCall("call_1", "calculator", '{"expression": "15% of 80"}')


def test_texts_and_tool_calls_are_in_reading_order() -> None:
    turn = Turn("conv_1", Message("user", "What is 15% of 80?"), "m", "Local")
    done = ToolStep(CALL, "completed", "12")
    for event in (TextDelta("Let me see."), ToolStep(CALL, "requested"), done, TextDelta("It is 12.")):
        turn.apply(event)
    assert list(parts(turn)) == ["Let me see.", done, "It is 12."]


def test_call_that_nobody_ran_is_shown_as_waiting() -> None:
    turn = Turn("conv_1", Message("user", "?"), "m", "Local")
    turn.replies.append(Message("assistant", tool_calls=(CALL,)))
    assert list(parts(turn)) == [ToolStep(CALL, "requested")]


def test_turn_without_an_answer_has_no_parts() -> None:
    assert list(parts(Turn("conv_1", Message("user", "?"), "m", "Local"))) == []


def test_footer_tells_model_tokens_cost_and_speed() -> None:
    turn = finished_turn(usage=Usage(10, 21, cached_tokens=8), cost_usd=Decimal("0.0042"))
    assert footer_line(turn) == "gpt-6-luna · 10 (8 cached) → 21 tokens · \\$0.0042 · 20 tokens/s · 1.5 s"


@pytest.mark.parametrize(("cost", "shown"), [(Decimal(0), "free"), (None, "unknown")])
def test_footer_tells_free_from_unknown(cost: Decimal | None, shown: str) -> None:
    assert f"tokens · {shown} ·" in footer_line(finished_turn(cost_usd=cost))


def test_footer_leaves_out_what_a_turn_without_usage_cannot_tell() -> None:
    assert footer_line(Turn("conv_1", Message("user", "?"), "a_model_b", "Local")) == "a_model_b"


def test_speed_of_several_calls_is_not_told() -> None:
    turn = finished_turn()
    turn.calls = 2
    assert "tokens/s" not in footer_line(turn)


@pytest.mark.parametrize(
    ("text", "shown"), [('{"a":"ü"}', '{\n  "a": "ü"\n}'), ("15% of 80 = 12", "15% of 80 = 12"), ("", "")]
)
def test_json_is_indented_and_text_is_kept(text: str, shown: str) -> None:
    assert pretty(text) == shown
