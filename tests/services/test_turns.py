"""A turn is what its events make it."""

from __future__ import annotations

from decimal import Decimal

from services.turns import (
    ApprovalNeeded,
    Failed,
    Finished,
    Message,
    TextDelta,
    ToolCall,
    ToolStep,
    Turn,
    TurnStatus,
    Usage,
    UsageReport,
)

CALL = ToolCall("call_1", "calculator", '{"expression":"2+2"}')


def turn() -> Turn:
    return Turn("conv_1", Message("user", "How much is 2+2?"), model="m", connection="Local")


def test_text_arrives_in_one_message() -> None:
    t = turn()
    for piece in ("Fo", "ur", "."):
        t.apply(TextDelta(piece))
    t.apply(Finished("stop"))
    assert t.text == "Four."
    assert t.status is TurnStatus.COMPLETED
    assert t.messages == (t.user, Message("assistant", "Four."))


def test_tool_round_keeps_call_and_result_together() -> None:
    t = turn()
    t.apply(ToolStep(CALL, "requested"))
    t.apply(ToolStep(CALL, "running"))
    t.apply(ToolStep(CALL, "completed", "4"))
    t.apply(TextDelta("It is 4."))
    roles = [m.role for m in t.messages]
    assert roles == ["user", "assistant", "tool", "assistant"]
    assert t.messages[1].tool_calls == (CALL,)
    assert t.messages[2] == Message("tool", "4", tool_call_id="call_1")


def test_text_before_a_call_belongs_to_the_same_message() -> None:
    t = turn()
    t.apply(TextDelta("Let me see."))
    t.apply(ToolStep(CALL, "requested"))
    assert t.replies == [Message("assistant", "Let me see.", tool_calls=(CALL,))]


def test_unanswered_calls_are_not_repeated_to_the_model() -> None:
    t = turn()
    t.apply(ToolStep(CALL, "requested"))
    t.apply(ApprovalNeeded((CALL,)))
    assert t.status is TurnStatus.AWAITING_APPROVAL
    assert t.messages == (t.user,)


def test_usage_of_several_calls_adds_up_and_unknown_stays_unknown() -> None:
    t = turn()
    t.apply(UsageReport("m", Usage(10, 5, cached_tokens=4), 0.5, 1.0))
    t.apply(UsageReport("m2", Usage(20, 5), 0.1, 2.0))
    assert t.usage == Usage(30, 10, cached_tokens=4)
    assert t.usage is not None and t.usage.reasoning_tokens is None
    assert (t.calls, t.answered_by, t.ttft_s, t.duration_s) == (2, "m2", 0.5, 3.0)
    assert Usage().total_tokens is None


def test_failure_keeps_what_had_arrived() -> None:
    t = turn()
    t.apply(TextDelta("Half an ans"))
    t.apply(Failed("The server went away. Try again.", True, "cut"))
    assert (t.status, t.text) == (TurnStatus.FAILED, "Half an ans")
    assert (t.error, t.retryable, t.error_code) == ("The server went away. Try again.", True, "cut")


def test_cost_is_unknown_until_told() -> None:
    t = turn()
    assert t.cost_usd is None
    t.cost_usd = Decimal("0.01")
    assert t.is_final is False
