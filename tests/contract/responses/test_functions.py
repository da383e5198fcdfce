"""Functions of the client: called in one response, answered in the next."""

from __future__ import annotations

from typing import Any

import openai
import pytest
from openai.types.responses import ResponseFunctionToolCall

from tests.contract.responses.talk import WEATHER, ask, events, final, kinds, play
from tests.support.assistants import PARIS, ROME, Account
from tests.support.upstream import Script, ScriptedUpstream


def calls(response: Any) -> list[ResponseFunctionToolCall]:
    return [item for item in response.output if item.type == "function_call"]


def outputs(response: Any) -> Any:
    return [
        {"type": "function_call_output", "call_id": call.call_id, "output": "20°"} for call in calls(response)
    ]


def test_calls_are_told_one_after_the_other(me: Account) -> None:
    play(me, Script(before=("Let me see.",), tool_calls=(PARIS, ROME)))
    told = events(me, "Weather?", tools=[WEATHER])
    call = [
        "output_item.added",
        "function_call_arguments.delta",
        "function_call_arguments.done",
        "output_item.done",
    ]
    assert kinds(told)[8:] == [*call, *call, "completed"]
    made = calls(final(told))
    assert [(call.name, call.arguments) for call in made] == [
        ("weather", PARIS.arguments),
        ("weather", ROME.arguments),
    ]
    assert len({call.call_id for call in made}) == 2


def test_an_answered_call_leads_on(me: Account, upstream: ScriptedUpstream) -> None:
    play(me, Script(tool_calls=(PARIS,)))
    first = ask(me, "Weather?", tools=[WEATHER])
    second = ask(me, outputs(first), previous_response_id=first.id, tools=[WEATHER])
    assert second.output_text == "Hello world"
    user, asked, answer = upstream.requests[-1].json["messages"]
    assert (user["content"], answer["content"]) == ("Weather?", "20°")
    assert asked["tool_calls"][0]["function"] == {"name": "weather", "arguments": PARIS.arguments}
    assert answer["tool_call_id"] == asked["tool_calls"][0]["id"] == calls(first)[0].call_id


def test_a_call_without_its_output_is_an_error_and_the_other_way_round(me: Account) -> None:
    play(me, Script(tool_calls=(PARIS,)))
    first = ask(me, "Weather?", tools=[WEATHER])
    with pytest.raises(openai.BadRequestError, match="No tool output found for function call"):
        ask(me, "Never mind", previous_response_id=first.id)
    with pytest.raises(openai.BadRequestError, match="No tool call found for function call output"):
        ask(me, outputs(first))


def test_the_choice_of_a_tool_reaches_the_model(me: Account, upstream: ScriptedUpstream) -> None:
    ask(me, "Hi", tools=[WEATHER], tool_choice={"type": "function", "name": "weather"})
    sent = upstream.requests[-1].json
    assert sent["tool_choice"] == {"type": "function", "function": {"name": "weather"}}
    other = {**WEATHER, "name": "other"}
    allowed = {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "other"}]}
    ask(me, "Hi", tools=[WEATHER, other], tool_choice=allowed, parallel_tool_calls=False)
    sent = upstream.requests[-1].json
    assert [tool["function"]["name"] for tool in sent["tools"]] == ["other"]
    assert (sent["tool_choice"], sent["parallel_tool_calls"]) == ("required", False)
