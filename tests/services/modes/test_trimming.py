"""Long conversations fit the model: oldest turns first, never half a turn."""

from __future__ import annotations

import pytest

from services import tokens
from services.errors import ContextTooLong
from services.modes.chat_completions import ChatRequest
from services.modes.trimming import TURNS_PER_BLOCK, trim
from services.turns import Message, ToolCall

WORDS = "word " * 100


def conversation(turns: int) -> list[Message]:
    pairs = [(Message("user", f"{i} {WORDS}"), Message("assistant", f"{i} {WORDS}")) for i in range(turns)]
    return [m for pair in pairs for m in pair] + [Message("user", "last question")]


def request(context_tokens: int | None) -> ChatRequest:
    return ChatRequest("m", (), context_tokens=context_tokens, parameters={"max_completion_tokens": 100})


def test_nothing_is_left_out_where_the_context_is_unknown_or_large() -> None:
    messages = conversation(10)
    assert trim(messages, request(None)) == (messages, None)
    assert trim(messages, request(100_000)) == (messages, None)


def test_oldest_turns_are_left_out_whole_and_the_rest_fits() -> None:
    messages = conversation(20)
    kept, trimmed = trim(messages, request(2000))
    assert trimmed is not None and trimmed.messages == len(messages) - len(kept)
    assert kept[0].role == "user" and kept[-1].content == "last question"
    assert tokens.count_messages(kept) <= 1900
    assert (trimmed.messages // 2) % TURNS_PER_BLOCK == 0


def test_the_same_beginning_serves_several_turns() -> None:
    starts = {trim(conversation(n), request(2000))[0][0].content for n in range(20, 24)}
    assert len(starts) <= 2


def test_no_tool_result_loses_its_call() -> None:
    call = ToolCall("call_1", "t", "{}")
    turn = [
        Message("user", WORDS),
        Message("assistant", tool_calls=(call,)),
        Message("tool", WORDS, tool_call_id="call_1"),
    ]
    kept, _ = trim([*turn, *turn, *turn, *conversation(2)], request(1000))
    asked = {c.id for m in kept for c in m.tool_calls}
    assert {m.tool_call_id for m in kept if m.role == "tool"} <= asked


def test_a_message_that_is_too_long_alone_is_refused_with_figures() -> None:
    with pytest.raises(ContextTooLong, match=r"about .* tokens and the model has room for"):
        trim([Message("user", WORDS * 30)], request(1000))
