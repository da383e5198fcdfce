"""A turn is what its events make it."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from services.turns import (
    ApprovalNeeded,
    Attachment,
    Citation,
    Failed,
    FileOutput,
    Finished,
    ImageOutput,
    Message,
    RunChanged,
    RunState,
    StepChanged,
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


@pytest.mark.parametrize("state", ["queued", "in_progress", "cancelling"])
def test_a_run_that_goes_on_keeps_the_turn_open(state: RunState) -> None:
    t = turn()
    t.apply(ApprovalNeeded((CALL,)))
    t.apply(RunChanged("run_1", state))
    assert (t.status, t.run) == (TurnStatus.STREAMING, RunChanged("run_1", state))


def test_a_run_that_waits_or_is_over_leaves_the_end_to_its_own_event() -> None:
    t = turn()
    t.apply(ApprovalNeeded((CALL,)))
    t.apply(RunChanged("run_1", "requires_action"))
    assert t.status is TurnStatus.AWAITING_APPROVAL
    t.apply(RunChanged("run_1", "cancelled"))
    t.apply(Finished("cancelled"))
    assert (t.status, t.finish_reason) == (TurnStatus.STOPPED, "cancelled")


def test_a_step_is_known_as_it_was_last_told_of() -> None:
    t, noon = turn(), datetime(2026, 11, 22, 12, tzinfo=UTC)
    began = StepChanged("step_1", "tool_calls", "in_progress", noon)
    done = StepChanged("step_1", "tool_calls", "completed", noon, noon, Usage(11, 7))
    t.apply(began)
    t.apply(StepChanged("step_2", "message_creation", "in_progress", noon))
    t.apply(done)
    assert list(t.steps) == ["step_1", "step_2"] and t.steps["step_1"] is done


def test_citations_and_files_know_the_reply_they_stand_in() -> None:
    t = turn()
    t.apply(TextDelta("Let me see."))
    t.apply(ToolStep(CALL, "completed", "4"))
    t.apply(TextDelta("Four【4:0†a】 [b](sandbox:/b)"))
    t.apply(Citation("【4:0†a】", 4, 11, "file_1", "a"))
    t.apply(FileOutput("file_2", "sandbox:/b", 16, 26))
    (citation,), (file,) = t.citations, t.files
    assert citation.reply == file.reply == 2
    assert t.replies[2].content[citation.start : citation.end] == citation.marker
    assert t.replies[2].content[file.start : file.end] == file.marker


def test_a_picture_stands_between_the_texts_around_it() -> None:
    t = turn()
    for event in (TextDelta("Before"), ImageOutput("file_1", "image/png", b"png"), TextDelta("After")):
        t.apply(event)
    assert [m.content for m in t.replies] == ["Before", "", "After"]
    assert t.replies[1].attachments == (Attachment("file_1", "image/png", b"png"),)
    assert t.text == "Before\n\nAfter"


def test_a_call_after_a_picture_belongs_to_a_message_of_its_own() -> None:
    t = turn()
    t.apply(ImageOutput("file_1", "image/png", b"png"))
    t.apply(ToolStep(CALL, "requested"))
    assert [(len(m.attachments), len(m.tool_calls)) for m in t.replies] == [(1, 0), (0, 1)]


def test_arguments_that_are_still_being_written_grow_in_place() -> None:
    t = turn()
    t.apply(ToolStep(ToolCall("call_1", "calculator", '{"expr'), "requested"))
    t.apply(ToolStep(CALL, "running"))
    assert [m.tool_calls for m in t.replies] == [(CALL,)]
