"""What a run asks its model: all that a request may say reaches it, and for this run alone."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from services import tokens
from tests.support.assistants import FUNCTION, MODEL, PARIS, Account
from tests.support.upstream import Script, ScriptedUpstream, ToolCall

SCHEMA = {"type": "json_schema", "json_schema": {"name": "answer", "schema": {"type": "object"}}}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABh6FO1AAAAABJRU5ErkJggg=="
)
WEATHER = {"type": "function", "function": {**FUNCTION["function"], "strict": False}}


def asked(upstream: ScriptedUpstream, number: int = -1) -> dict[str, Any]:
    """The body of a request the model got."""
    return upstream.requests[number].json


def texts(request: dict[str, Any]) -> list[Any]:
    """Role and content of each message."""
    return [(message["role"], message["content"]) for message in request["messages"]]


def test_a_plain_run_asks_for_nothing_special(me: Account, upstream: ScriptedUpstream) -> None:
    me.run(me.thread("Hi"), me.assistant(instructions="Be brief."))
    assert asked(upstream) == {
        "model": MODEL,
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    assert upstream.requests[0].headers["Authorization"] == "Bearer sk-upstream"


def test_what_the_assistant_says_is_asked_for(me: Account, upstream: ScriptedUpstream) -> None:
    assistant = me.assistant(temperature=0.3, top_p=0.5, tools=[FUNCTION], response_format=SCHEMA)
    me.run(assistant=assistant)
    told = asked(upstream)
    assert (told["temperature"], told["top_p"], told["response_format"]) == (0.3, 0.5, SCHEMA)
    assert told["tools"] == [WEATHER]


def test_a_run_overrides_its_assistant_for_once(me: Account, upstream: ScriptedUpstream) -> None:
    assistant = me.assistant(instructions="A", temperature=0.3, tools=[FUNCTION])
    thread = me.thread("Hi")
    run = me.run(
        thread,
        assistant,
        model="gpt-4o-mini",
        instructions="B",
        tools=[],
        temperature=0.7,
        top_p=0.2,
        response_format={"type": "json_object"},
    )
    told = asked(upstream)
    assert (told["model"], told["messages"][0]["content"], "tools" in told) == ("gpt-4o-mini", "B", False)
    assert (told["temperature"], told["top_p"]) == (0.7, 0.2)
    assert told["response_format"] == {"type": "json_object"}
    assert (run.model, run.instructions, run.tools, run.temperature) == ("gpt-4o-mini", "B", [], 0.7)
    me.run(thread, assistant)
    told = asked(upstream)
    assert (told["model"], told["messages"][0]["content"], told["temperature"]) == (MODEL, "A", 0.3)
    assert me.client.beta.assistants.retrieve(assistant.id) == assistant


def test_additional_instructions_and_messages_come_on_top(me: Account, upstream: ScriptedUpstream) -> None:
    added: Any = [{"role": "assistant", "content": "two"}, {"role": "user", "content": "three"}]
    run = me.run(
        me.thread("one"),
        me.assistant(instructions="A"),
        additional_instructions="B",
        additional_messages=added,
    )
    assert run.instructions == "A\n\nB"
    assert texts(asked(upstream)) == [
        ("system", "A\n\nB"),
        ("user", "one"),
        ("assistant", "two"),
        ("user", "three"),
    ]
    assert len(me.client.beta.threads.messages.list(run.thread_id).data) == 4


def test_the_thread_is_told_as_it_stands(me: Account, upstream: ScriptedUpstream) -> None:
    thread, assistant = me.thread("one"), me.assistant()
    me.run(thread, assistant)
    me.client.beta.threads.messages.create(thread.id, role="user", content="two")
    me.run(thread, assistant)
    assert texts(asked(upstream)) == [("user", "one"), ("assistant", "Hello world"), ("user", "two")]


def test_pictures_are_shown_ours_as_bytes_others_by_their_address(
    me: Account, upstream: ScriptedUpstream
) -> None:
    picture = me.client.files.create(file=("dot.png", PNG), purpose="vision")
    content: Any = [
        {"type": "text", "text": "Look:"},
        {"type": "image_file", "image_file": {"file_id": picture.id, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "high"}},
    ]
    thread = me.client.beta.threads.create(messages=[{"role": "user", "content": content}])
    me.run(thread)
    inline = f"data:image/png;base64,{base64.b64encode(PNG).decode()}"
    assert asked(upstream)["messages"][0]["content"] == [
        {"type": "text", "text": "Look:"},
        {"type": "image_url", "image_url": {"url": inline, "detail": "low"}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "high"}},
    ]
    me.client.files.delete(picture.id)
    me.run(thread)
    assert "deleted" in str(asked(upstream)["messages"][0]["content"])


@pytest.mark.parametrize(
    ("choice", "sent", "then"),
    [
        ("auto", "auto", "auto"),
        ("none", "none", "none"),
        ("required", "required", "auto"),
        ({"type": "function", "function": {"name": "weather"}}, None, "auto"),
        ({"type": "file_search"}, {"type": "function", "function": {"name": "file_search"}}, "auto"),
    ],
    ids=str,
)
def test_tool_choice_holds_for_the_first_answer(
    me: Account, upstream: ScriptedUpstream, choice: Any, sent: Any, then: str
) -> None:
    assistant = me.assistant(tools=[FUNCTION, {"type": "file_search"}])
    upstream.play(Script(tool_calls=(PARIS,)), Script())
    waiting = me.run(assistant=assistant, tool_choice=choice)
    assert waiting.to_dict()["tool_choice"] == choice
    me.answered(waiting)
    first, second = upstream.requests
    assert first.json["tool_choice"] == (sent or choice)
    assert second.json["tool_choice"] == then


def test_parallel_calls_can_be_switched_off(me: Account, upstream: ScriptedUpstream) -> None:
    assistant = me.assistant(tools=[FUNCTION])
    me.run(assistant=assistant)
    assert "parallel_tool_calls" not in asked(upstream)
    run = me.run(assistant=assistant, parallel_tool_calls=False)
    assert asked(upstream)["parallel_tool_calls"] is False
    assert run.parallel_tool_calls is False


def test_tool_outputs_are_told_as_tool_messages(me: Account, upstream: ScriptedUpstream) -> None:
    waiting = me.waiting(PARIS, ToolCall("weather", '{"city": "Rome"}', "call_2"))
    me.answered(waiting, "20°")
    _, said, *results = asked(upstream)["messages"]
    assert said["role"] == "assistant"
    assert [call["function"]["arguments"] for call in said["tool_calls"]] == [
        '{"city": "Paris"}',
        '{"city": "Rome"}',
    ]
    ids = [call["id"] for call in said["tool_calls"]]
    assert results == [{"role": "tool", "tool_call_id": i, "content": "20°"} for i in ids]


def test_words_and_calls_of_one_answer_are_told_as_one_message(
    me: Account, upstream: ScriptedUpstream
) -> None:
    upstream.play(Script(before=("Let me see.",), tool_calls=(PARIS,)))
    waiting = me.run(assistant=me.assistant(tools=[FUNCTION]))
    me.answered(waiting)
    _, said, result = asked(upstream)["messages"]
    assert (said["content"], len(said["tool_calls"])) == ("Let me see.", 1)
    assert result["role"] == "tool"


class TestTruncation:
    """Which messages are told when not all of them are to be, or fit."""

    LONG = "word " * 400

    def test_last_messages_keeps_the_newest(self, me: Account, upstream: ScriptedUpstream) -> None:
        strategy: Any = {"type": "last_messages", "last_messages": 2}
        run = me.run(
            me.thread("1", "2", "3", "4"), me.assistant(instructions="A"), truncation_strategy=strategy
        )
        assert texts(asked(upstream)) == [("system", "A"), ("user", "3"), ("user", "4")]
        assert run.to_dict()["truncation_strategy"] == strategy

    def test_auto_drops_the_middle(self, me: Account, upstream: ScriptedUpstream) -> None:
        middle = [f"{number} {self.LONG}" for number in range(10)]
        run = me.run(me.thread("first", *middle, "last"), max_prompt_tokens=1500)
        told = [content for _, content in texts(asked(upstream))]
        assert run.status == "completed"
        assert (told[0], told[-1]) == ("first", "last")
        assert told[1:-1] == middle[-len(told[1:-1]) :]
        assert 2 <= len(told[1:-1]) < 10

    def test_the_prompt_keeps_to_max_prompt_tokens(self, me: Account, upstream: ScriptedUpstream) -> None:
        me.run(me.thread(*[self.LONG] * 10), max_prompt_tokens=1000)
        assert sum(tokens.count(content, MODEL) for _, content in texts(asked(upstream))) <= 1000

    def test_last_messages_keeps_to_max_prompt_tokens_too(
        self, me: Account, upstream: ScriptedUpstream
    ) -> None:
        strategy: Any = {"type": "last_messages", "last_messages": 8}
        me.run(me.thread(*[self.LONG] * 10), truncation_strategy=strategy, max_prompt_tokens=1000)
        assert len(asked(upstream)["messages"]) == 2

    def test_a_long_thread_is_cut_to_the_context_of_the_model(
        self, me: Account, upstream: ScriptedUpstream
    ) -> None:
        me.run(me.thread(*[self.LONG * 100] * 4, "last"), me.assistant(model="gpt-4o"))
        assert 2 <= len(asked(upstream)["messages"]) < 5
        assert texts(asked(upstream))[-1] == ("user", "last")
