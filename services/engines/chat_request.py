"""An OpenAI chat request, made into what llama.cpp's server takes."""

from __future__ import annotations

from typing import Any

from services.errors import InvalidInput

# The publisher's recommended sampling, for whatever the request leaves open.
DEFAULTS = {"temperature": 0.7, "top_p": 0.8, "top_k": 20}
PASSED_ON = (
    "temperature", "top_p", "seed", "stop", "presence_penalty", "frequency_penalty", "logit_bias", "logprobs",
    "top_logprobs",
)  # fmt: skip
MAX_CHOICES = 8
IMAGE_NOTE = (
    "[A picture was attached here, but this model cannot see pictures. "
    "Tell the person so, and ask them to describe it in words.]"
)
OMITTED_NOTE = "[An attachment of type {kind} was left out here: this model reads only text.]"

Request = dict[str, Any]


def llama_body(request: Request, messages: list[Request]) -> Request:
    """The body for the model's own `/v1/chat/completions`."""
    body: Request = dict(DEFAULTS)
    body |= {name: request[name] for name in PASSED_ON if request.get(name) is not None}
    limit = request.get("max_completion_tokens") or request.get("max_tokens")
    if limit is not None:
        body["max_tokens"] = limit
    response_format = request.get("response_format")
    if response_format and response_format.get("type") != "text":
        body["response_format"] = checked_format(response_format)
    # A cached prompt is computed in other batches, and the last digits decide what is drawn: a seed needs it uncached.
    return body | {"messages": messages, "cache_prompt": body.get("seed") is None}


def choices_wanted(request: Request) -> int:
    """`n`, within what a local model can bear."""
    n = request.get("n") or 1
    if not 1 <= n <= MAX_CHOICES:
        raise InvalidInput(
            f"The local model gives between 1 and {MAX_CHOICES} choices, not {n}.", code="invalid_n"
        )
    return int(n)


def checked_format(response_format: Request) -> Request:
    """The response format, its schema checked; InvalidInput when it is no schema."""
    if response_format.get("type") == "json_object":
        return {"type": "json_object"}
    wrapper = response_format.get("json_schema") or {}
    schema = wrapper.get("schema", {"type": "object"})
    check_schema(schema, f"response_format '{wrapper.get('name', 'json_schema')}'", "response_format")
    return {"type": "json_schema", "json_schema": {"name": wrapper.get("name", "answer"), "schema": schema}}


def check_schema(schema: object, where: str, kind: str) -> None:
    """Raise InvalidInput, in OpenAI's words, unless `schema` is a JSON schema."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        if not isinstance(schema, dict):
            raise SchemaError("it is not an object")
        Draft202012Validator.check_schema(schema)
    except SchemaError as error:
        raise InvalidInput(
            f"Invalid schema for {where}: {error.message}.", code=f"invalid_{kind}_schema"
        ) from None


def plain_messages(messages: list[Request]) -> list[Request]:
    """The messages as text alone: parts joined, pictures noted, tool results told in words."""
    plain: list[Request] = []
    for message in messages:
        role = "system" if message["role"] == "developer" else message["role"]
        text = text_of(message.get("content"))
        if role in ("tool", "function"):
            _tell_result(plain, _call_of(messages, message), text)
        elif text or not message.get("tool_calls"):
            plain.append({"role": role, "content": text})
    return _one_system_first(plain)


def text_of(content: object) -> str:
    """The text of a message's content, whichever of OpenAI's shapes it has."""
    if content is None:
        return ""
    if isinstance(content, str):
        return content
    if not isinstance(content, list):
        raise InvalidInput("A message's content must be text or a list of parts.")
    return "\n".join(_part(part) for part in content)


def _part(part: Request) -> str:
    kind = part.get("type", "unknown")
    if kind in ("text", "refusal"):
        return str(part.get(kind, ""))
    return IMAGE_NOTE if kind == "image_url" else OMITTED_NOTE.format(kind=kind)


def _call_of(messages: list[Request], result: Request) -> str:
    for message in messages:
        for call in message.get("tool_calls") or ():
            if call.get("id") == result.get("tool_call_id") and "function" in call:
                return f"{call['function']['name']}({call['function']['arguments']})"
    return str(result.get("name") or "tool")


def _tell_result(plain: list[Request], call: str, text: str) -> None:
    """Results are told as a part of the person's message: shown as calls, the model repeats them."""
    line = f"{call} returned: {text}"
    if plain and plain[-1].get("results"):
        plain[-1]["content"] += f"\n{line}"
    else:
        plain.append(
            {"role": "user", "content": f"Results looked up for my question:\n{line}", "results": True}
        )


def _one_system_first(messages: list[Request]) -> list[Request]:
    """The template has one system message, at the start: join all into it."""
    system = [m["content"] for m in messages if m["role"] == "system"]
    rest = [{"role": m["role"], "content": m["content"]} for m in messages if m["role"] != "system"]
    return [{"role": "system", "content": "\n\n".join(system)}, *rest] if system else rest
