"""What of a request travelled before."""

from __future__ import annotations

import pytest

from components import wire
from services.turns import Message, Turn, Usage
from tests.components.make import finished_turn

SYSTEM, USER, ASSISTANT = ({"role": role, "content": role} for role in ("system", "user", "assistant"))
TOOL = {"role": "tool", "content": "12"}


def test_each_turn_sends_again_what_the_one_before_read_and_wrote() -> None:
    turns = [finished_turn(usage=Usage(*counts)) for counts in ((10, 5), (25, 7), (40, 3))]
    assert wire.growth(turns) == [
        {"Turn": 1, "sent again": 0, "new": 10},
        {"Turn": 2, "sent again": 15, "new": 10},
        {"Turn": 3, "sent again": 32, "new": 8},
    ]


def test_prompt_that_was_trimmed_has_no_negative_part() -> None:
    turns = [finished_turn(usage=Usage(1000, 500)), finished_turn(usage=Usage(800, 5))]
    assert wire.growth(turns)[1] == {"Turn": 2, "sent again": 800, "new": 0}


def test_turns_that_cannot_tell_are_left_out_but_counted() -> None:
    several, failed = finished_turn(), Turn("conv_1", Message("user", "?"), "m", "Local")
    several.calls = 2
    assert [row["Turn"] for row in wire.growth([several, failed, finished_turn()])] == [3]


@pytest.mark.parametrize(
    ("messages", "new"),
    [
        ([USER], 1),
        ([SYSTEM, USER, ASSISTANT, USER], 1),
        ([SYSTEM, USER, ASSISTANT, USER, ASSISTANT, TOOL], 3),
        ([SYSTEM], 1),
        ([], 0),
    ],
)
def test_new_is_the_last_message_and_what_followed_it(messages: list[dict[str, str]], new: int) -> None:
    assert wire._new_count(messages) == new


@pytest.mark.parametrize(
    ("messages", "old", "words"),
    [
        (1, 0, "1 message, no history"),
        (3, 2, "3 messages, 2 of them history"),
        (1200, 1199, "1,200 messages, 1,199 of them history"),
    ],
)
def test_history_is_counted_in_words(messages: int, old: int, words: str) -> None:
    assert wire._counted(messages, old) == words


def test_long_message_is_cut_and_its_length_told() -> None:
    assert wire._preview({"content": "a" * 5000}).endswith("a… (5,000 characters)")


def test_tool_calls_stand_for_a_message_without_text() -> None:
    assert "calculator" in wire._preview({"content": None, "tool_calls": [{"name": "calculator"}]})
