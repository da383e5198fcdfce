import pytest
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from services.engines.chat import complete, stream
from services.errors import ContextTooLong, InvalidInput
from tests.services.engines.support import run, streamed, whole

HELLO = {"messages": [{"role": "user", "content": "Hello"}]}


def ask(scripted, script, request):
    async def go():
        async with scripted(script) as model:
            return await complete(model.engine, request), model.bodies

    return run(go())


def ask_streamed(scripted, script, request):
    async def go():
        async with scripted(script) as model:
            return [chunk async for chunk in stream(model.engine, request)]

    return run(go())


def sent_messages(scripted, messages):
    _, bodies = ask(scripted, [whole("ok")], {"messages": messages})
    return bodies[0]["messages"]


def test_answer_has_openais_shape_and_our_model_name(scripted):
    answer, _ = ask(scripted, [whole("Hi")], HELLO)
    parsed = ChatCompletion.model_validate(answer)
    assert parsed.model == "scripted"
    assert parsed.id.startswith("chatcmpl-")
    assert parsed.choices[0].message.content == "Hi"
    assert parsed.usage.prompt_tokens_details.cached_tokens == 4
    assert "timings" not in answer


def test_stream_has_openais_shape_and_usage_only_when_asked(scripted):
    chunks = ask_streamed(scripted, [streamed("Hel", "lo")], HELLO)
    parsed = [ChatCompletionChunk.model_validate(chunk) for chunk in chunks]
    assert "".join(c.choices[0].delta.content or "" for c in parsed) == "Hello"
    assert parsed[0].choices[0].delta.role == "assistant"
    assert parsed[-1].choices[0].finish_reason == "stop"
    assert len({c.id for c in parsed}) == 1
    assert not any("usage" in chunk for chunk in chunks)


def test_usage_chunk_comes_last_without_choices(scripted):
    chunks = ask_streamed(scripted, [streamed("Hi")], HELLO | {"stream_options": {"include_usage": True}})
    assert chunks[-1]["choices"] == []
    assert chunks[-1]["usage"]["total_tokens"] == 12
    assert all(chunk["usage"] is None for chunk in chunks[:-1])


def test_several_choices_count_the_prompt_once_and_differ_by_seed(scripted):
    answer, bodies = ask(scripted, [whole("a"), whole("b")], HELLO | {"n": 2, "seed": 7})
    assert [c["message"]["content"] for c in answer["choices"]] == ["a", "b"]
    assert [body["seed"] for body in bodies] == [7, 8]
    assert (answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]) == (10, 4)


def test_parameters_reach_the_model_by_its_names(scripted):
    given = {
        "temperature": 0,
        "top_p": 0.5,
        "stop": ["x"],
        "max_completion_tokens": 5,
        "logit_bias": {"1": -100},
    }
    _, bodies = ask(scripted, [whole("ok")], HELLO | given)
    assert bodies[0]["max_tokens"] == 5
    assert {name: bodies[0][name] for name in ("temperature", "top_p", "stop", "logit_bias")} == {
        name: given[name] for name in ("temperature", "top_p", "stop", "logit_bias")
    }


def test_log_probabilities_lose_the_engines_own_fields(scripted):
    item = {"id": 1, "token": "a", "logprob": -1.0, "bytes": [97]}
    script = whole("a")
    script["body"]["choices"][0]["logprobs"] = {"content": [item | {"top_logprobs": [item]}]}
    answer, _ = ask(scripted, [script], HELLO | {"logprobs": True, "top_logprobs": 1})
    token = answer["choices"][0]["logprobs"]["content"][0]
    assert ChatCompletion.model_validate(answer)
    assert "id" not in token and "id" not in token["top_logprobs"][0]


def test_picture_becomes_an_honest_note(scripted):
    picture = {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}}
    content = [{"type": "text", "text": "What is this?"}, picture]
    (message,) = sent_messages(scripted, [{"role": "user", "content": content}])
    assert message["content"].startswith("What is this?\n")
    assert "cannot see pictures" in message["content"]
    assert "AAAA" not in message["content"]


def test_system_and_developer_messages_become_one_at_the_start(scripted):
    sent = sent_messages(
        scripted,
        [
            {"role": "developer", "content": "Be brief."},
            {"role": "user", "content": "Hi"},
            {"role": "system", "content": "Be kind."},
        ],
    )
    assert sent == [{"role": "system", "content": "Be brief.\n\nBe kind."}, {"role": "user", "content": "Hi"}]


def test_prompt_that_does_not_fit_is_refused_in_openais_words(scripted):
    error = {
        "type": "exceed_context_size_error",
        "n_prompt_tokens": 9000,
        "n_ctx": 4096,
        "message": "too long",
    }
    with pytest.raises(ContextTooLong, match="maximum context length is 4096 tokens") as caught:
        ask(scripted, [{"status": 400, "body": {"error": error}}], HELLO)
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize("schema", [{"type": "nonsense"}, {"properties": 3}, "no schema"])
def test_schema_that_is_no_schema_is_refused(scripted, schema):
    wanted = {"type": "json_schema", "json_schema": {"name": "person", "schema": schema}}
    with pytest.raises(InvalidInput, match="Invalid schema for response_format 'person'"):
        ask(scripted, [whole("ok")], HELLO | {"response_format": wanted})
