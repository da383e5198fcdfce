"""What a request may say about an assistant, its tools and their resources."""

from __future__ import annotations

from typing import Any

from services.server.errors import ApiError
from services.server.rules import limits, schema
from services.server.rules.schema_errors import invalid_type

MOST_TOOLS = 128
MOST_TOOLS_OF_A_RUN = 20
LONGEST_NAME = 256
LONGEST_DESCRIPTION = 512
LONGEST_INSTRUCTIONS = 256_000
MOST_CODE_FILES = 20
DEFAULT_RANKER = "default_2024_08_21"

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that creates an assistant."""
    from openai.types.beta.assistant_create_params import AssistantCreateParams

    return AssistantCreateParams


def change_type() -> Any:
    """The SDK's type of a request that changes one."""
    from openai.types.beta.assistant_update_params import AssistantUpdateParams

    return AssistantUpdateParams


def creation(body: Body) -> Body:
    """A checked request for a new assistant, its tools written out in full."""
    return _checked(creation_type, schema.without_nulls(body))


def change(body: Body) -> Body:
    """A checked request to change an assistant. A null stays: it sets the default again."""
    given = _checked(change_type, schema.without_nulls(body))
    return {name: given.get(name) for name in body}


def _checked(load_type: Any, body: Body) -> Body:
    check(load_type, body)
    limits.text(body.get("name"), "name", LONGEST_NAME)
    limits.text(body.get("description"), "description", LONGEST_DESCRIPTION)
    limits.text(body.get("instructions"), "instructions", LONGEST_INSTRUCTIONS)
    limits.metadata(body.get("metadata"))
    check_sampling(body)
    check_tool_resources(body.get("tool_resources"))
    check_response_format(body.get("response_format"))
    return with_full_tools(body, MOST_TOOLS)


def check_sampling(body: Body) -> None:
    """Temperature and top_p lie where OpenAI has them."""
    limits.number(body, "temperature", 0.0, 2.0)
    limits.number(body, "top_p", 0.0, 1.0)


def check(load_type: Any, body: Body) -> None:
    """Check a request with tools against the SDK's type.

    The service echoes an option of file search that the type does not know; what was echoed may come back.
    """
    tools = body.get("tools")
    if isinstance(tools, list):
        body = body | {"tools": [_as_typed(tool) for tool in tools]}
    schema.check(load_type, body)


def _as_typed(tool: Any) -> Any:
    search = tool.get("file_search") if isinstance(tool, dict) else None
    ranking = search.get("ranking_options") if isinstance(search, dict) else None
    if not isinstance(ranking, dict) or "hybrid_search" not in ranking:
        return tool
    typed = {name: value for name, value in ranking.items() if name != "hybrid_search"}
    return {**tool, "file_search": {**(search or {}), "ranking_options": typed}}


def with_full_tools(body: Body, most: int) -> Body:
    """The request with its tools as the service echoes them."""
    if body.get("tools") is None:
        return body
    limits.items(body["tools"], "tools", most)
    return body | {"tools": [_full(tool, f"tools[{index}]") for index, tool in enumerate(body["tools"])]}


def _full(tool: Body, where: str) -> Body:
    match tool["type"]:
        case "file_search":
            return {"type": "file_search", "file_search": _full_search(tool.get("file_search") or {}, where)}
        case "function":
            return {"type": "function", "function": _full_function(tool["function"], where)}
    return {"type": tool["type"]}


def _full_search(options: Body, where: str) -> Body:
    limits.number(options, "max_num_results", 1, 50)
    ranking = options.get("ranking_options") or {}
    limits.number(ranking, "score_threshold", 0.0, 1.0)
    ranker = ranking.get("ranker") or "auto"
    full: Body = {"max_num_results": options["max_num_results"]} if options.get("max_num_results") else {}
    return full | {
        "ranking_options": {
            "ranker": DEFAULT_RANKER if ranker == "auto" else ranker,
            "score_threshold": float(ranking.get("score_threshold") or 0.0),
            "hybrid_search": _hybrid(ranking.get("hybrid_search"), where),
        }
    }


def _hybrid(weights: Any, where: str) -> Body | None:
    """How much words and vectors count, where a request says so."""
    if weights is None:
        return None
    names = ("embedding_weight", "text_weight")
    if not isinstance(weights, dict) or set(weights) != set(names):
        raise invalid_type(f"{where}.file_search.ranking_options.hybrid_search", "two weights", weights)
    for name in names:
        if not isinstance(weights[name], int | float):
            raise invalid_type(name, "a decimal", weights[name])
        limits.number(weights, name, 0.0, 1.0)
    return {name: float(weights[name]) for name in names}


def _full_function(function: Body, where: str) -> Body:
    limits.name(function["name"], f"{where}.function.name")
    parameters = function.get("parameters") or {"type": "object", "properties": {}}
    check_json_schema(parameters, f"function '{function['name']}'", f"{where}.function.parameters")
    described = {"description": function["description"]} if "description" in function else {}
    strict = bool(function.get("strict"))
    return {"name": function["name"], **described, "parameters": parameters, "strict": strict}


def check_json_schema(value: Any, where: str, param: str) -> None:
    """Raise 400 unless `value` is a JSON schema."""
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(value)
    except SchemaError as error:
        message = f"Invalid schema for {where}: {error.message}."
        raise ApiError(400, message, code="invalid_function_parameters", param=param) from None


def check_response_format(response_format: Any) -> None:
    """A JSON schema has a fitting name and is one."""
    if isinstance(response_format, dict) and response_format["type"] == "json_schema":
        described = response_format["json_schema"]
        limits.name(described["name"], "response_format.json_schema.name")
        if described.get("schema") is not None:
            where = f"response_format '{described['name']}'"
            check_json_schema(described["schema"], where, "response_format.json_schema.schema")


def check_tool_resources(resources: Any) -> None:
    """At most 20 files for the code interpreter, and one vector store, named or made on the way."""
    resources = resources or {}
    code = resources.get("code_interpreter") or {}
    limits.items(code.get("file_ids"), "tool_resources.code_interpreter.file_ids", MOST_CODE_FILES)
    search = resources.get("file_search") or {}
    for name in ("vector_store_ids", "vector_stores"):
        limits.items(search.get(name), f"tool_resources.file_search.{name}", 1)
    for store in search.get("vector_stores") or ():
        limits.metadata(store.get("metadata"))
        check_chunking(store.get("chunking_strategy"))


def check_chunking(strategy: Any) -> None:
    """A static strategy has 100 to 4,096 tokens a chunk and overlaps by half of that at most."""
    if not isinstance(strategy, dict) or strategy.get("type") != "static":
        return
    static = strategy["static"]
    limits.number(static, "max_chunk_size_tokens", 100, 4096)
    limits.number(static, "chunk_overlap_tokens", 0, static["max_chunk_size_tokens"] // 2)
