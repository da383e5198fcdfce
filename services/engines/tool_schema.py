"""Function tools as the local model needs them: a signature to read, and a JSON schema that bounds its choice."""

from __future__ import annotations

import json
from typing import Any

from services.engines.chat_request import check_schema
from services.errors import InvalidInput

MAX_CALLS = 6
FOR_WORDS = ["small_talk", "knowledge", "creative_writing"]
FOR_A_TOOL = "tool"

Shape = dict[str, Any]


def functions_of(request: Shape) -> list[Shape]:
    """The function definitions of a request, checked, narrowed to the one `tool_choice` names."""
    functions = [_function(tool) for tool in request.get("tools") or ()]
    named = named_choice(request)
    if named is None:
        return functions
    chosen = [f for f in functions if f["name"] == named]
    if not chosen:
        raise InvalidInput(
            f"Tool choice '{named}' not found in 'tools' parameter.", code="invalid_tool_choice"
        )
    return chosen


def named_choice(request: Shape) -> str | None:
    """The function that `tool_choice` insists on."""
    choice = request.get("tool_choice")
    return choice["function"]["name"] if isinstance(choice, dict) else None


def must_call(request: Shape) -> bool:
    """Whether answering without a call is ruled out."""
    return request.get("tool_choice") == "required" or named_choice(request) is not None


def choice_schema(request: Shape, functions: list[Shape]) -> Shape:
    """The schema of a choice: what the message asks for, then the calls if that is work for a tool.

    Naming the kind of message first is what makes a small model stay away from tools: given only a list of calls,
    it fills the list.
    """
    definitions: Shape = {}
    calls = [_call_schema(function, definitions) for function in functions]
    single = named_choice(request) is not None or request.get("parallel_tool_calls") is False
    listed = {
        "type": "array",
        "items": calls[0] if len(calls) == 1 else {"anyOf": calls},
        "minItems": 1,
        "maxItems": 1 if single else MAX_CALLS,
    }
    with_calls = _object(asks_for={"const": FOR_A_TOOL}, calls=listed)
    schema = (
        with_calls if must_call(request) else {"anyOf": [_object(asks_for={"enum": FOR_WORDS}), with_calls]}
    )
    return schema | ({"$defs": definitions} if definitions else {})


def _object(**properties: Shape) -> Shape:
    return {"type": "object", "properties": properties, "required": list(properties)}


def signature(function: Shape) -> str:
    """One line a small model reads quickly: name, parameters with type, and what it does."""
    parameters = _parameters(function)
    required = parameters.get("required") or ()
    fields = [
        f"{name}{'' if name in required else '?'}: {_type(field)}"
        for name, field in (parameters.get("properties") or {}).items()
    ]
    described = f" - {function['description']}" if function.get("description") else ""
    return f"{function['name']}({', '.join(fields)}){described}"


def _function(tool: Shape) -> Shape:
    if tool.get("type") != "function" or not isinstance(tool.get("function"), dict):
        raise InvalidInput("The local model takes tools of type 'function' only.", code="unsupported_tool")
    function: Shape = tool["function"]
    if not function.get("name"):
        raise InvalidInput("Every function tool needs a name.", code="invalid_function_parameters")
    parameters = _parameters(function)
    check_schema(parameters, f"function '{function['name']}'", "function_parameters")
    if parameters.get("type") != "object":
        raise InvalidInput(
            f"Invalid schema for function '{function['name']}': schema must be a JSON Schema of 'type: \"object\"', "
            f"got 'type: \"{parameters.get('type')}\"'.",
            code="invalid_function_parameters",
        )
    return function


def _parameters(function: Shape) -> Shape:
    return function.get("parameters") or {"type": "object", "properties": {}}


def _call_schema(function: Shape, definitions: Shape) -> Shape:
    parameters = dict(_parameters(function))
    own = {**parameters.pop("definitions", {}), **parameters.pop("$defs", {})}
    prefix = f"{function['name']}__"
    for name, definition in own.items():
        definitions[prefix + name] = _rebased(definition, prefix)
    return {
        "type": "object",
        "properties": {"name": {"const": function["name"]}, "arguments": _rebased(parameters, prefix)},
        "required": ["name", "arguments"],
    }


def _rebased(schema: Any, prefix: str) -> Any:
    """The schema with its references pointed at the definitions gathered at the root."""
    if isinstance(schema, list):
        return [_rebased(item, prefix) for item in schema]
    if not isinstance(schema, dict):
        return schema
    out = {key: _rebased(value, prefix) for key, value in schema.items()}
    if isinstance(reference := schema.get("$ref"), str):
        out["$ref"] = f"#/$defs/{prefix}{reference.rsplit('/', 1)[-1]}"
    return out


def _type(field: Any) -> str:
    if not isinstance(field, dict):
        return "any"
    note = f" ({field['description']})" if field.get("description") else ""
    if "enum" in field:
        return "|".join(str(value) for value in field["enum"]) + note
    kind = field.get("type")
    if isinstance(kind, str) and kind not in ("object", "array"):
        return kind + note
    return json.dumps(field, ensure_ascii=False, separators=(",", ":"))
