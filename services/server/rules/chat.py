"""What a request to the local chat model may say."""

from __future__ import annotations

from typing import Any

from services.server.errors import ApiError
from services.server.rules import limits, schema

_CANNOT = {
    "audio": "It does not speak.",
    "functions": "Use 'tools' instead.",
    "function_call": "Use 'tool_choice' instead.",
    "moderation": "",
    "prediction": "",
    "web_search_options": "It does not search the web.",
}
_HARMLESS = (
    "metadata",
    "prompt_cache_key",
    "prompt_cache_options",
    "prompt_cache_retention",
    "reasoning_effort",
    "safety_identifier",
    "service_tier",
    "store",
    "user",
    "verbosity",
    "modalities",
)
_RESPONSE_ONLY = ("annotations",)


def checked(body: dict[str, Any]) -> dict[str, Any]:
    """The request as the engine needs it; ApiError 400 for what is wrong or cannot be done."""
    body = schema.without_nulls(body)
    if isinstance(body.get("messages"), list):
        body["messages"] = [_without_response_only(message) for message in body["messages"]]
    schema.check(request_type, body)
    _check_ranges(body)
    _check_tools(body)
    _check_abilities(body)
    return {key: value for key, value in body.items() if key not in _HARMLESS}


def request_type() -> Any:
    """The SDK's type of a request, streamed or not."""
    from openai.types.chat.completion_create_params import CompletionCreateParamsBase

    return schema.body_type(CompletionCreateParamsBase, stream=bool)


def _without_response_only(message: Any) -> Any:
    """A reply sent back as it came carries keys that only answers have; OpenAI takes them silently."""
    if not isinstance(message, dict) or message.get("role") != "assistant":
        return message
    return {key: value for key, value in message.items() if key not in _RESPONSE_ONLY}


def _check_ranges(body: dict[str, Any]) -> None:
    limits.items(body["messages"], "messages", longest=100_000, shortest=1)
    limits.number(body, "temperature", 0.0, 2.0)
    limits.number(body, "top_p", 0.0, 1.0)
    limits.number(body, "presence_penalty", -2.0, 2.0)
    limits.number(body, "frequency_penalty", -2.0, 2.0)
    limits.number(body, "max_tokens", 1)
    limits.number(body, "max_completion_tokens", 1)
    limits.number(body, "n", 1, 128)
    limits.number(body, "top_logprobs", 0, 20)
    limits.items(body.get("stop"), "stop", longest=4)
    limits.metadata(body.get("metadata"))
    for token, bias in body.get("logit_bias", {}).items():
        limits.number({f"logit_bias.{token}": bias}, f"logit_bias.{token}", -100, 100)
    if "top_logprobs" in body and not body.get("logprobs"):
        raise _invalid("top_logprobs", "'top_logprobs' is only allowed when 'logprobs' is true.")
    if "stream_options" in body and not body.get("stream"):
        raise _invalid("stream_options", "'stream_options' is only allowed when 'stream' is true.")


def _check_tools(body: dict[str, Any]) -> None:
    tools = body.get("tools")
    limits.items(tools, "tools", longest=128, shortest=1)
    for index, tool in enumerate(tools or ()):
        if tool["type"] != "function":
            raise limits.unsupported(f"tools[{index}].type", "Only tools of type 'function' are.")
        limits.name(tool["function"]["name"], f"tools[{index}].function.name")
    if not tools:
        for needy in ("tool_choice", "parallel_tool_calls"):
            if body.get(needy, "none") != "none":
                raise _invalid(needy, f"'{needy}' is only allowed when 'tools' are specified.")
    _check_choice(body.get("tool_choice"), [tool["function"]["name"] for tool in tools or ()])
    response_format = body.get("response_format", {})
    if response_format.get("type") == "json_schema":
        limits.name(response_format["json_schema"]["name"], "response_format.json_schema.name")


def _check_choice(choice: Any, names: list[str]) -> None:
    if isinstance(choice, dict) and choice["type"] == "function" and choice["function"]["name"] not in names:
        name = choice["function"]["name"]
        raise _invalid("tool_choice", f"Tool choice '{name}' not found in 'tools' parameter.")
    if isinstance(choice, dict) and choice["type"] == "custom":
        raise limits.unsupported("tool_choice.type", "Only tools of type 'function' are.")


def _check_abilities(body: dict[str, Any]) -> None:
    for param, reason in _CANNOT.items():
        if param in body:
            raise limits.unsupported(param, reason)
    if body.get("modalities", ["text"]) != ["text"]:
        raise limits.unsupported("modalities", "It answers in text only.")
    if body.get("reasoning_effort", "none") != "none":
        raise limits.unsupported("reasoning_effort", "It does not reason; leave it out or send 'none'.")


def _invalid(param: str, message: str) -> ApiError:
    return ApiError(400, message, code="invalid_value", param=param)
