"""A response as it goes over the wire, and what it asks for in the words of a run."""

from __future__ import annotations

from typing import Any

Shape = dict[str, Any]

ECHOED = (
    "instructions", "max_output_tokens", "max_tool_calls", "previous_response_id", "prompt_cache_key",
    "prompt_cache_retention", "safety_identifier", "user",
)  # fmt: skip
DEFAULT_RESULTS = 20


def body_of(request: Shape, model: str) -> Shape:
    """What a response tells of a checked request, in full, before there is an answer."""
    reasoning = request.get("reasoning") or {}
    text = request.get("text") or {}
    return {
        **{name: request.get(name) for name in ECHOED},
        "background": bool(request.get("background")),
        "completed_at": None,
        "conversation": _conversation(request.get("conversation")),
        "error": None,
        "frequency_penalty": 0.0,
        "incomplete_details": None,
        "metadata": request.get("metadata") or {},
        "model": model,
        "parallel_tool_calls": request.get("parallel_tool_calls", True),
        "presence_penalty": 0.0,
        "reasoning": {"effort": reasoning.get("effort"), "summary": reasoning.get("summary")},
        "service_tier": "default",
        "store": request.get("store", True),
        "temperature": request.get("temperature", 1.0),
        "text": {
            "format": _format(text.get("format") or {"type": "text"}),
            "verbosity": text.get("verbosity") or "medium",
        },
        "tool_choice": request.get("tool_choice", "auto"),
        "tools": [_tool(tool) for tool in request.get("tools") or ()],
        "top_logprobs": 0,
        "top_p": request.get("top_p", 1.0),
        "truncation": request.get("truncation") or "disabled",
        "usage": None,
    }


def _conversation(given: Any) -> Shape | None:
    return {"id": given} if isinstance(given, str) else given


def _format(given: Shape) -> Shape:
    if given["type"] != "json_schema":
        return given
    return {"description": None, "strict": False, **given}


def _tool(tool: Shape) -> Shape:
    match tool["type"]:
        case "function":
            return {"description": None, "parameters": None, "strict": False, **tool}
        case "file_search":
            ranking = {"ranker": "auto", "score_threshold": 0.0, **(tool.get("ranking_options") or {})}
            return {"filters": None, "max_num_results": DEFAULT_RESULTS, **tool, "ranking_options": ranking}
    container = tool["container"]
    if isinstance(container, dict):
        container = {"file_ids": [], **container}
    return {**tool, "container": container}


def wire(response_id: str, created_at: int, status: str, body: Shape, output: list[Shape]) -> Shape:
    """The response as it goes over the wire."""
    return {
        "id": response_id,
        "object": "response",
        "created_at": created_at,
        "status": status,
        **body,
        "output": output,
    }


def as_run(body: Shape) -> Shape:
    """What a response asks of its model, in the words of a run: one piece of code asks for both."""
    choice, tools = _choice(body["tool_choice"]), body["tools"]
    if isinstance(choice, dict) and choice["type"] == "allowed_tools":
        tools = [tool for tool in tools if _is_allowed(tool, choice["tools"])]
        choice = choice["mode"]
    return {
        "model": body["model"],
        "tools": [_as_run_tool(tool) for tool in tools],
        "tool_choice": choice,
        "parallel_tool_calls": body["parallel_tool_calls"],
        "temperature": body["temperature"],
        "top_p": body["top_p"],
        "reasoning_effort": body["reasoning"]["effort"],
        "response_format": _response_format(body["text"]["format"]),
    }


def _choice(choice: Any) -> Any:
    if isinstance(choice, dict) and choice["type"] == "function":
        return {"type": "function", "function": {"name": choice["name"]}}
    return choice


def _is_allowed(tool: Shape, allowed: list[Shape]) -> bool:
    names = ("type", "name") if tool["type"] == "function" else ("type",)
    return any(all(entry.get(name) == tool[name] for name in names) for entry in allowed)


def _as_run_tool(tool: Shape) -> Shape:
    match tool["type"]:
        case "function":
            kept = ("name", "description", "parameters", "strict")
            return {"type": "function", "function": {name: tool[name] for name in kept}}
        case "file_search":
            return {"type": "file_search", "file_search": {n: v for n, v in tool.items() if n != "type"}}
    return {"type": tool["type"]}


def _response_format(given: Shape) -> Shape | None:
    if given["type"] == "text":
        return None
    if given["type"] == "json_object":
        return given
    kept = ("name", "description", "schema", "strict")
    described = {name: given[name] for name in kept if given.get(name) is not None}
    return {"type": "json_schema", "json_schema": described}
