"""What a request may say about a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from services.server.errors import ApiError
from services.server.rules import assistants, limits, schema, threads
from services.server.rules.schema_errors import invalid_choice, missing

FEWEST_TOKENS = 256
CONTENT_OF_RESULTS = "step_details.tool_calls[*].file_search.results[*].content"

Body = dict[str, Any]


def creation_type() -> Any:
    """The SDK's type of a request that starts a run, streamed or not."""
    from openai.types.beta.threads.run_create_params import RunCreateParamsBase

    return schema.body_type(RunCreateParamsBase, "include", stream=bool)


def thread_and_run_type() -> Any:
    """The SDK's type of a request that makes a thread and runs it."""
    from openai.types.beta.thread_create_and_run_params import ThreadCreateAndRunParamsBase

    return schema.body_type(ThreadCreateAndRunParamsBase, stream=bool)


def outputs_type() -> Any:
    """The SDK's type of a request that submits tool outputs."""
    from openai.types.beta.threads.run_submit_tool_outputs_params import RunSubmitToolOutputsParamsBase

    return schema.body_type(RunSubmitToolOutputsParamsBase, "thread_id", stream=bool)


def change_type() -> Any:
    """The SDK's type of a request that changes a run."""
    from openai.types.beta.threads.run_update_params import RunUpdateParams

    return schema.body_type(RunUpdateParams, "thread_id")


def creation(body: Body) -> Body:
    """A checked request to run a thread, its tools written out in full."""
    body = schema.without_nulls(body)
    assistants.check(creation_type, body)
    for index, message in enumerate(body.get("additional_messages") or ()):
        threads.check_message(message, f"additional_messages[{index}].")
    return _checked(body)


def thread_and_run(body: Body) -> Body:
    """A checked request to make a thread and run it."""
    body = schema.without_nulls(body)
    assistants.check(thread_and_run_type, body)
    threads.check_thread(body.get("thread") or {}, "thread.")
    assistants.check_tool_resources(body.get("tool_resources"))
    return _checked(body)


def _checked(body: Body) -> Body:
    limits.metadata(body.get("metadata"))
    limits.text(body.get("instructions"), "instructions", assistants.LONGEST_INSTRUCTIONS)
    assistants.check_sampling(body)
    assistants.check_response_format(body.get("response_format"))
    limits.number(body, "max_prompt_tokens", FEWEST_TOKENS)
    limits.number(body, "max_completion_tokens", FEWEST_TOKENS)
    truncation = body.get("truncation_strategy") or {}
    limits.number(truncation, "last_messages", 1)
    if truncation.get("type") == "last_messages" and truncation.get("last_messages") is None:
        raise missing("truncation_strategy.last_messages")
    return assistants.with_full_tools(body, assistants.MOST_TOOLS_OF_A_RUN)


def check_tool_choice(choice: Any, tools: list[Body]) -> None:
    """A tool that is insisted on is one the run has."""
    if choice == "required" and not tools:
        raise _no_such_choice("required")
    if not isinstance(choice, dict):
        return
    if choice["type"] != "function":
        if choice["type"] not in {tool["type"] for tool in tools}:
            raise _no_such_choice(choice["type"])
        return
    names = {tool["function"]["name"] for tool in tools if tool["type"] == "function"}
    wanted = (choice.get("function") or {}).get("name")
    if wanted not in names:
        raise _no_such_choice(str(wanted))


def outputs(body: Body) -> Body:
    """A checked request with tool outputs."""
    body = schema.without_nulls(body)
    schema.check(outputs_type, body)
    return body


def change(body: Body) -> Body:
    """The new metadata of a run."""
    schema.check(change_type, schema.without_nulls(body))
    limits.metadata(body.get("metadata"))
    return body.get("metadata") or {}


def wants_content(query: Mapping[str, Any]) -> bool:
    """Whether `include[]` asks for the text of file search results. ApiError 400 for anything else in it."""
    asked = [value for name in ("include[]", "include") for value in query.getlist(name)]  # type: ignore[attr-defined]
    for value in asked:
        if value != CONTENT_OF_RESULTS:
            raise invalid_choice("include", value, (CONTENT_OF_RESULTS,))
    return bool(asked)


def _no_such_choice(name: str) -> ApiError:
    message = f"Tool choice '{name}' not found in 'tools' parameter."
    return ApiError(400, message, code="invalid_value", param="tool_choice")
