import json

import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from services.engines.chat import complete, stream
from services.engines.tool_schema import choice_schema, functions_of, signature
from services.errors import InvalidInput
from tests.services.engines.support import run, streamed, whole

CITY = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
WEATHER = {
    "type": "function",
    "function": {"name": "get_weather", "description": "Weather.", "parameters": CITY},
}
CLOCK = {"type": "function", "function": {"name": "clock"}}
ASKED = [{"role": "user", "content": "Weather in Oslo and Rome?"}]
OSLO = {"name": "get_weather", "arguments": {"city": "Oslo"}}
ROME = {"name": "get_weather", "arguments": {"city": "Rome"}}


def chosen(*calls):
    asked = {"asks_for": "tool", "calls": list(calls)} if calls else {"asks_for": "knowledge"}
    return whole(json.dumps(asked))


def answered(call_id="call_1", arguments='{"city": "Oslo"}'):
    call = {"id": call_id, "type": "function", "function": {"name": "get_weather", "arguments": arguments}}
    return [
        *ASKED,
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call_id, "content": "4 degrees"},
    ]


def ask(scripted, script, messages=ASKED, **options):
    async def go():
        async with scripted(script) as model:
            request = {"messages": messages, "tools": [WEATHER, CLOCK], **options}
            return await complete(model.engine, request), model.bodies

    return run(go())


def schema_of(**options):
    request = {"messages": ASKED, "tools": [WEATHER, CLOCK], **options}
    return choice_schema(request, functions_of(request))


def calls_of(**options):
    schema = schema_of(**options)
    return schema.get("anyOf", [schema])[-1]["properties"]["calls"]


def test_choice_comes_back_as_tool_calls(scripted):
    answer, bodies = ask(scripted, [chosen(OSLO, ROME)])
    choice = ChatCompletion.model_validate(answer).choices[0]
    assert choice.finish_reason == "tool_calls"
    assert choice.message.content is None
    assert [json.loads(c.function.arguments)["city"] for c in choice.message.tool_calls] == ["Oslo", "Rome"]
    assert all(len(c.id) == 29 and c.id.startswith("call_") for c in choice.message.tool_calls)
    assert len(bodies) == 1


def test_no_call_is_answered_in_words_without_tools_in_the_prompt(scripted):
    answer, bodies = ask(scripted, [chosen(), whole("Cold.")])
    assert answer["choices"][0]["message"]["content"] == "Cold."
    assert answer["usage"]["prompt_tokens"] == 20, "usage sums both calls"
    assert "get_weather" not in json.dumps(bodies[1])


def test_same_call_twice_is_made_once(scripted):
    answer, _ = ask(scripted, [chosen(OSLO, OSLO)])
    assert len(answer["choices"][0]["message"]["tool_calls"]) == 1


def test_stream_gives_deltas_as_openai_does(scripted):
    async def go():
        async with scripted([chosen(OSLO, ROME)]) as model:
            request = {"messages": ASKED, "tools": [WEATHER], "stream_options": {"include_usage": True}}
            return [chunk async for chunk in stream(model.engine, request)]

    chunks = [ChatCompletionChunk.model_validate(chunk) for chunk in run(go())]
    pieces = [call for c in chunks[:-1] for call in c.choices[0].delta.tool_calls or []]
    openings = [p for p in pieces if p.id]
    assert [(p.index, p.type, p.function.name, p.function.arguments) for p in openings] == [
        (0, "function", "get_weather", ""),
        (1, "function", "get_weather", ""),
    ]
    arguments = "".join(p.function.arguments for p in pieces if p.index == 1)
    assert json.loads(arguments) == {"city": "Rome"}
    assert chunks[-2].choices[0].finish_reason == "tool_calls"
    assert chunks[-1].usage.prompt_tokens == 10


def test_stream_without_a_call_is_plain_text(scripted):
    async def go():
        async with scripted([chosen(), streamed("Co", "ld")]) as model:
            request = {"messages": ASKED, "tools": [WEATHER]}
            return [chunk async for chunk in stream(model.engine, request)]

    assert "".join(c["choices"][0]["delta"].get("content") or "" for c in run(go())) == "Cold"


def test_repeating_a_call_that_was_answered_means_answer_now(scripted):
    answer, bodies = ask(scripted, [chosen(OSLO), whole("It is 4 degrees.")], answered())
    assert answer["choices"][0]["message"]["content"] == "It is 4 degrees."
    assert 'get_weather({"city": "Oslo"}) returned: 4 degrees' in bodies[1]["messages"][-1]["content"]


def test_a_further_call_is_possible_after_a_result(scripted):
    answer, _ = ask(scripted, [chosen(OSLO, ROME)], answered())
    (call,) = answer["choices"][0]["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {"city": "Rome"}


def test_rounds_of_calls_come_to_an_end(scripted):
    rounds = [m for n in range(5) for m in answered(f"call_{n}", json.dumps({"city": f"City {n}"}))[1:]]
    answer, bodies = ask(scripted, [whole("Enough.")], ASKED + rounds)
    assert answer["choices"][0]["message"]["content"] == "Enough."
    assert len(bodies) == 1


def test_tool_choice_none_never_asks_for_a_choice(scripted):
    _, bodies = ask(scripted, [whole("Cold.")], tool_choice="none")
    assert "response_format" not in bodies[0]


def names_of(calls):
    return [call["properties"]["name"]["const"] for call in calls["items"]["anyOf"]]


def test_tool_choice_bounds_what_the_model_may_write():
    named = {"type": "function", "function": {"name": "clock"}}
    words = schema_of()["anyOf"][0]["properties"]
    assert words == {"asks_for": {"enum": ["small_talk", "knowledge", "creative_writing"]}}
    assert names_of(calls_of()) == names_of(calls_of(tool_choice="required")) == ["get_weather", "clock"]
    assert "anyOf" not in schema_of(tool_choice="required")
    assert calls_of(parallel_tool_calls=False)["maxItems"] == 1
    assert calls_of(tool_choice=named)["items"]["properties"]["name"] == {"const": "clock"}


def test_references_inside_a_tools_schema_still_point_somewhere():
    place = {"type": "object", "properties": {"name": {"type": "string"}}}
    parameters = {
        "type": "object",
        "properties": {"at": {"$ref": "#/$defs/Place"}},
        "$defs": {"Place": place},
    }
    go = {"type": "function", "function": {"name": "go", "parameters": parameters}}
    request = {"tools": [go], "tool_choice": "required"}
    schema = choice_schema(request, functions_of(request))
    assert schema["$defs"] == {"go__Place": place}
    arguments = schema["properties"]["calls"]["items"]["properties"]["arguments"]
    assert arguments["properties"]["at"] == {"$ref": "#/$defs/go__Place"}


@pytest.mark.parametrize(
    "parameters", [{"type": "array"}, {"type": "objekt"}, {"type": "object", "required": "x"}]
)
def test_schema_that_is_none_names_its_tool(scripted, parameters):
    broken = {"type": "function", "function": {"name": "broken", "parameters": parameters}}
    with pytest.raises(InvalidInput, match="'broken'"):
        ask(scripted, [chosen()], tools=[WEATHER, broken])


def test_schema_the_grammar_cannot_express_names_its_tool(scripted):
    refused = {"status": 400, "body": {"error": {"message": "failed to parse grammar"}}}
    with pytest.raises(InvalidInput, match="'clock'"):
        ask(scripted, [refused, chosen(), refused])


def test_signature_is_one_line_with_optional_parameters_marked():
    parameters = {
        "type": "object",
        "properties": {"city": {"type": "string", "description": "City name"}, "unit": {"enum": ["c", "f"]}},
        "required": ["city"],
    }
    line = signature({"name": "get_weather", "description": "Weather now.", "parameters": parameters})
    assert line == "get_weather(city: string (City name), unit?: c|f) - Weather now."
