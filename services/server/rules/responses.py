"""What a request may say about a response."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from typing import Any

from services.server.errors import ApiError
from services.server.rules import assistants, containers, filters, limits, schema
from services.server.rules.schema_errors import invalid_choice, invalid_type, missing

FEWEST_TOKENS = 16
MOST_ITEMS = 10_000
MOST_TOOLS = 128
TOOLS = ("function", "file_search", "code_interpreter")
ROLES = ("user", "assistant", "system", "developer")
ITEMS = {
    "function_call": "ResponseFunctionToolCallParam",
    "function_call_output": "FunctionCallOutput",
    "file_search_call": "ResponseFileSearchToolCallParam",
    "code_interpreter_call": "ResponseCodeInterpreterToolCallParam",
    "reasoning": "ResponseReasoningItemParam",
    "compaction": "ResponseCompactionItemParamParam",
}
"""The items this server understands, and their types in the SDK; messages and references are checked by hand."""
PARTS = {
    "input_text": "ResponseInputTextParam",
    "input_image": "ResponseInputImageParam",
    "input_file": "ResponseInputFileParam",
    "output_text": "ResponseOutputTextParam",
    "refusal": "ResponseOutputRefusalParam",
}
OF_ASSISTANT = ("output_text", "refusal")
OF_OTHERS = ("input_text", "input_image", "input_file")
INCLUDABLE = (
    "file_search_call.results",
    "web_search_call.results",
    "web_search_call.action.sources",
    "message.input_image.image_url",
    "computer_call_output.output.image_url",
    "code_interpreter_call.outputs",
    "reasoning.encrypted_content",
    "message.output_text.logprobs",
)
"""Most of these ask for what never comes from here; clients send them all the same."""
CANNOT = {
    "context_management": "Call /v1/responses/compact instead.",
    "moderation": "This server does not moderate.",
    "prompt": "This server keeps no prompt templates; send `instructions`.",
}

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request for a response, streamed or not."""
    from openai.types.responses.response_create_params import ResponseCreateParamsBase

    return schema.body_type(ResponseCreateParamsBase, stream=bool)


def count_type() -> Any:
    """The SDK's type of a request to count tokens."""
    from openai.types.responses.input_token_count_params import InputTokenCountParams

    return InputTokenCountParams


def compaction_type() -> Any:
    """The SDK's type of a request to compact a conversation."""
    from openai.types.responses.response_compact_params import ResponseCompactParams

    return ResponseCompactParams


def _item_type(name: str) -> Any:
    return getattr(import_module("openai.types.responses.response_input_item_param"), name)


def _part_type(name: str) -> Any:
    return getattr(import_module("openai.types.responses"), name)


ITEM_TYPES = {kind: partial(_item_type, name) for kind, name in ITEMS.items()}
PART_TYPES = {kind: partial(_part_type, name) for kind, name in PARTS.items()}


def creation(body: Body) -> Body:
    """A checked request for a response. ApiError 400."""
    request = _checked(creation_type, body)
    for name, advice in CANNOT.items():
        if name in request:
            raise _cannot(name, advice)
    if request.get("top_logprobs"):
        raise _cannot("top_logprobs", "Leave it out.")
    limits.number(request, "max_output_tokens", FEWEST_TOKENS)
    limits.number(request, "max_tool_calls", 0)
    limits.metadata(request.get("metadata"))
    assistants.check_sampling(request)
    if request.get("background") and request.get("store") is False:
        message = "A response in the background is stored. Leave out 'store', or set it to true."
        raise ApiError(400, message, code="invalid_value", param="store")
    if not request.get("input") and not _follows(request):
        raise missing("input")
    return request


def count(body: Body) -> Body:
    """A checked request to count tokens."""
    return _checked(count_type, body)


def compaction(body: Body) -> Body:
    """A checked request to compact a conversation."""
    request = _checked(compaction_type, body)
    if not request.get("input") and not _follows(request):
        raise missing("input")
    return request


def _follows(request: Body) -> bool:
    return "previous_response_id" in request or "conversation" in request


def _checked(load_type: Any, body: Body) -> Body:
    request = schema.without_nulls(body)
    given = request.pop("input", None)
    schema.check(load_type, _as_typed(request))
    if "previous_response_id" in request and "conversation" in request:
        message = (
            "Mutually exclusive parameters: 'previous_response_id' and 'conversation'. Ensure you are only "
            "providing one of: 'previous_response_id' or 'conversation'."
        )
        raise ApiError(400, message, code="mutually_exclusive_parameters", param="previous_response_id")
    limits.text(request.get("instructions"), "instructions", assistants.LONGEST_INSTRUCTIONS)
    _check_format((request.get("text") or {}).get("format"))
    if "tools" in request:
        request["tools"] = tools(request["tools"])
    _check_choice(request.get("tool_choice"), request.get("tools") or [])
    if given is not None:
        request["input"] = given if isinstance(given, str) else items(given, "input")
    return request


def _as_typed(request: Body) -> Body:
    """The request as the SDK's type has it: there a function says both of what the service lets it leave out."""
    if not isinstance(request.get("tools"), list):
        return request
    return {**request, "tools": [_in_full(tool) for tool in request["tools"]]}


def _in_full(tool: Any) -> Any:
    if not isinstance(tool, dict) or tool.get("type") != "function":
        return tool
    return {"parameters": None, "strict": None, **tool}


def tools(given: Any) -> list[Body]:
    """Checked tools, without what is null in them."""
    limits.items(given, "tools", MOST_TOOLS)
    return [_tool(schema.without_nulls(tool), f"tools[{index}]") for index, tool in enumerate(given)]


def _tool(tool: Body, where: str) -> Body:
    if tool["type"] not in TOOLS:
        raise invalid_choice(f"{where}.type", tool["type"], TOOLS)
    if tool["type"] == "function":
        limits.name(tool["name"], f"{where}.name")
        if "parameters" in tool:
            assistants.check_json_schema(
                tool["parameters"], f"function '{tool['name']}'", f"{where}.parameters"
            )
    elif tool["type"] == "file_search":
        _check_search(tool, where)
    elif isinstance(tool["container"], dict):
        containers.check(tool["container"], f"{where}.container.")
    return tool


def _check_search(tool: Body, where: str) -> None:
    limits.items(tool["vector_store_ids"], f"{where}.vector_store_ids", 2, 1)
    limits.number(tool, "max_num_results", 1, 50)
    if "filters" in tool:
        filters.check(tool["filters"], f"{where}.filters")
    ranking = tool.get("ranking_options") or {}
    limits.number(ranking, "score_threshold", 0.0, 1.0)
    for name in ranking.get("hybrid_search") or {}:
        limits.number(ranking["hybrid_search"], name, 0.0, 1.0)


def _check_choice(choice: Any, given: list[Body]) -> None:
    """A tool that is insisted on is one the response has."""
    if choice == "required" and not given:
        raise _no_such_choice("required")
    if not isinstance(choice, dict):
        return
    if choice["type"] == "function":
        if choice["name"] not in {tool["name"] for tool in given if tool["type"] == "function"}:
            raise _no_such_choice(choice["name"])
    elif choice["type"] == "allowed_tools":
        for index, tool in enumerate(choice["tools"]):
            if "type" not in tool:
                raise missing(f"tool_choice.tools[{index}].type")
    elif choice["type"] not in {tool["type"] for tool in given}:
        raise _no_such_choice(choice["type"])


def _check_format(given: Any) -> None:
    if isinstance(given, dict) and given["type"] == "json_schema":
        limits.name(given["name"], "text.format.name")
        assistants.check_json_schema(given["schema"], f"text format '{given['name']}'", "text.format.schema")


def items(given: Any, where: str, most: int = MOST_ITEMS) -> list[Body]:
    """Checked items, without what is null in them. ApiError 400 for one this server does not understand."""
    if not isinstance(given, list):
        raise invalid_type(where, "one of a string or an array", given)
    limits.items(given, where, most)
    return [_item(item, f"{where}[{index}]") for index, item in enumerate(given)]


def _item(given: Any, where: str) -> Body:
    if not isinstance(given, dict):
        raise invalid_type(where, "an object", given)
    item: Body = schema.without_nulls(given)
    kind = item.get("type", "message" if "role" in item else "item_reference")
    if kind == "message":
        return _message(item, where)
    if kind == "item_reference":
        if not isinstance(item.get("id"), str):
            raise missing(f"{where}.id")
        return {"type": kind, "id": item["id"]}
    if kind not in ITEM_TYPES:
        raise invalid_choice(f"{where}.type", kind, ("message", *ITEM_TYPES, "item_reference"))
    if kind == "code_interpreter_call":
        item = {"code": None, "outputs": None, **item}  # the SDK's type wants these said, be they null
    if kind == "function_call_output" and "call_id" not in item:
        raise missing(f"{where}.call_id")
    _check_within(ITEM_TYPES[kind], item, where)
    return item


def _message(item: Body, where: str) -> Body:
    unknown = set(item) - {"type", "id", "role", "status", "content", "phase"}
    if unknown:
        name = f"{where}.{min(unknown)}"
        raise ApiError(400, f"Unknown parameter: '{name}'.", code="unknown_parameter", param=name)
    for name in ("role", "content"):
        if name not in item:
            raise missing(f"{where}.{name}")
    for name, choices in (("role", ROLES), ("status", ("in_progress", "completed", "incomplete"))):
        if name in item and item[name] not in choices:
            raise invalid_choice(f"{where}.{name}", item[name], choices)
    content = item["content"]
    if isinstance(content, str):
        return item
    if not isinstance(content, list):
        raise invalid_type(f"{where}.content", "one of a string or an array", content)
    kinds = OF_ASSISTANT if item["role"] == "assistant" else OF_OTHERS
    parts = [_part(part, kinds, f"{where}.content[{index}]") for index, part in enumerate(content)]
    return {**item, "content": parts}


def _part(given: Any, kinds: tuple[str, ...], where: str) -> Body:
    if not isinstance(given, dict):
        raise invalid_type(where, "an object", given)
    part: Body = schema.without_nulls(given)
    if part.get("type") not in kinds:
        raise invalid_choice(f"{where}.type", part.get("type"), kinds)
    if part["type"] == "output_text":
        part = {"annotations": [], **part}
    if part["type"] == "input_image":
        part = {"detail": "auto", **part}
        if not {"image_url", "file_id"} & set(part):
            raise missing(f"{where}.image_url")
        if isinstance(part.get("image_url"), str):
            limits.picture_url(part["image_url"], f"{where}.image_url")
    if part["type"] == "input_file":
        if "file_url" in part:
            message = "Files are not fetched here. Send 'file_data', or the 'file_id' of a file you uploaded."
            raise ApiError(400, message, code="unsupported_parameter", param=f"{where}.file_url")
        if not {"file_data", "file_id"} & set(part):
            raise missing(f"{where}.file_id")
    _check_within(PART_TYPES[part["type"]], part, where)
    return part


def _check_within(load_type: Any, value: Body, where: str) -> None:
    """Check a part of a request, and name what is wrong by its place in the whole."""
    try:
        schema.check(load_type, value)
    except ApiError as error:
        if error.param:
            full = f"{where}.{error.param}"
            error.message = error.message.replace(f"'{error.param}'", f"'{full}'")
            error.param = full
        raise


def include(query: Mapping[str, Any]) -> frozenset[str]:
    """What `include[]` of a query asks for. ApiError 400 for what nobody knows."""
    asked = [value for name in ("include[]", "include") for value in query.getlist(name)]  # type: ignore[attr-defined]
    for value in asked:
        if value not in INCLUDABLE:
            raise invalid_choice("include", value, INCLUDABLE)
    return frozenset(asked)


def _cannot(name: str, advice: str) -> ApiError:
    message = f"Unsupported parameter: '{name}' is not supported with this model. {advice}"
    return ApiError(400, message, code="unsupported_parameter", param=name)


def _no_such_choice(name: str) -> ApiError:
    message = f"Tool choice '{name}' not found in 'tools' parameter."
    return ApiError(400, message, code="invalid_value", param="tool_choice")
