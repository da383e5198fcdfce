"""Which functions a run may call now, and what becomes of a call."""

from __future__ import annotations

import asyncio

import pytest

from services.assistants.calling import Decision, Functions
from services.functions.checks import make_function
from services.functions.function_tool import Answer, CannedAnswer, FunctionTool, TypedAnswer
from services.functions.http_operation import Credential, HttpOperation
from services.modes.assistants import Answer as Answered
from services.modes.run_events import REFUSED
from services.turns import ToolCall

CALL = ToolCall("call_1", "f", "{}")
HTTP = HttpOperation("get", "http://127.0.0.1:1", "/x")


def function(answer: Answer, *, approval: bool | None = None) -> FunctionTool:
    return make_function("f", "What it does.", "", answer, approval=approval)


def answered(functions: Functions, call: ToolCall = CALL) -> Answered:
    return asyncio.run(functions.call(call))


@pytest.mark.parametrize(
    ("answer", "approval", "may_call"),
    [
        (CannedAnswer("x"), None, True),
        (CannedAnswer("x"), True, False),
        (TypedAnswer(), None, False),
        (TypedAnswer(), False, False),
        (HTTP, None, False),
        (HTTP, False, True),
    ],
)
def test_who_is_asked_before_a_call(answer: Answer, approval: bool | None, may_call: bool) -> None:
    known = [function(answer, approval=approval)]
    assert Functions(known).may_call(CALL) is may_call
    assert Functions(known, {"call_1": Decision(True)}).may_call(CALL)
    assert Functions(known, {"call_1": Decision(False)}).may_call(CALL)


def test_a_function_nobody_knows_here_asks() -> None:
    assert not Functions([]).may_call(CALL)
    assert Functions([], {"call_1": Decision(True, typed="5")}).may_call(CALL)


def test_a_decision_counts_for_its_own_call_only() -> None:
    functions = Functions([function(TypedAnswer())], {"call_1": Decision(True, typed="x")})
    assert not functions.may_call(ToolCall("call_2", "f", "{}"))


def test_the_persons_words_are_the_answer() -> None:
    decisions = {"call_1": Decision(True, typed="42")}
    assert answered(Functions([function(TypedAnswer())], decisions)) == Answered("completed", "42")
    assert answered(Functions([], decisions)) == Answered("completed", "42")


def test_a_refused_call_is_not_made() -> None:
    functions = Functions([function(HTTP)], {"call_1": Decision(False)})
    assert answered(functions) == Answered("refused", REFUSED)


def test_a_call_that_was_not_answered_fails_in_words() -> None:
    assert answered(Functions([])).state == "failed"
    typed = answered(Functions([function(TypedAnswer())], {"call_1": Decision(True)}))
    assert typed == Answered("failed", "Error: The person gave no answer to this call.")


@pytest.mark.parametrize("arguments", ["", "{", "[]", "null", '{"x": 1}', "5" * 200_000])
def test_arguments_that_do_not_fit_are_told_to_the_model(arguments: str) -> None:
    said = answered(Functions([function(CannedAnswer("x"))]), ToolCall("call_1", "f", arguments))
    if not arguments:
        assert said == Answered("completed", "x")
    else:
        assert said.state == "failed" and said.output.startswith("Error: The arguments")


def test_arguments_the_person_changed_take_the_models_place() -> None:
    functions = Functions([function(CannedAnswer("x"))], {"call_1": Decision(True, "{}")})
    assert answered(functions, ToolCall("call_1", "f", "{nonsense")).state == "completed"


def test_an_answer_of_five_megabytes_is_cut_with_a_sentence() -> None:
    for functions in (
        Functions([function(TypedAnswer())], {"call_1": Decision(True, typed="x" * 5_000_000)}),
        Functions([], {"call_1": Decision(True, typed="x" * 5_000_000)}),
    ):
        output = answered(functions).output
        assert len(output) < 20_000 and output.endswith("bytes are shown, of 5,000,000 bytes.")


def test_an_operation_on_this_machine_is_refused() -> None:
    said = answered(Functions([function(HTTP)], {"call_1": Decision(True)}))
    assert said.state == "failed" and said.output.startswith("Error: ")


def test_a_key_goes_to_its_own_server_only() -> None:
    with_key = HttpOperation("get", "https://a.example", "/x", credential=Credential("key", "bearer"))
    functions = Functions([function(with_key)], secrets={"https://b.example key": "sk-other"})
    assert functions._secret(function(with_key)) is None
    own = Functions([function(with_key)], secrets={"https://a.example key": "sk-own"})
    assert own._secret(function(with_key)) == "sk-own"
    assert "sk-own" not in repr(own)
