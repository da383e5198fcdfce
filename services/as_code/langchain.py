"""A talk with LangChain: one class for Chat Completions and Responses, and a list of messages in either."""

from __future__ import annotations

from typing import Any

from services.as_code import functions, python_sdk
from services.as_code.literals import constant, python
from services.as_code.records import Recipe
from services.tools.base import definition
from services.turns import Mode

NAMED = ("temperature", "top_p", "seed")
"""Parameters that the class takes by name in both modes; all others go along as they are."""


def program(recipe: Recipe) -> str:
    """The whole talk as one program."""
    return python_sdk.joined(
        [
            python_sdk.import_lines(imports(recipe)),
            *([python_sdk.client(recipe)] if _uploads(recipe) else []),
            python_sdk.settings(recipe),
            constant("MESSAGES", list(recipe.said)),
            *core(recipe),
            'talk = begin()\nfor message in MESSAGES:\n    print(f"> {message}\\n{ask(talk, message)}\\n")',
        ]
    )


def imports(recipe: Recipe) -> set[str]:
    """What the program imports."""
    kinds = ["HumanMessage", *(["SystemMessage"] if recipe.instructions else [])]
    kinds += ["ToolMessage"] if recipe.tools else []
    found = {
        f"from langchain_core.messages import {', '.join(kinds)}",
        "from langchain_openai import ChatOpenAI",
        *python_sdk.imports(recipe),
    }
    return found | ({"from openai import OpenAI"} if _uploads(recipe) else set())


def core(recipe: Recipe) -> list[str]:
    """The blocks from the functions to `ask`."""
    blocks = [functions.source(recipe.tools)] if recipe.tools else []
    if recipe.mode is Mode.RESPONSES:
        tools = python_sdk.response_tools(recipe)
        blocks += [*python_sdk.file_setup(recipe), *([tools] if tools else [])]
    else:
        tools = constant("TOOLS", [definition(tool) for tool in recipe.tools]) if recipe.tools else ""
        blocks += [tools] if tools else []
    if recipe.files and not _uploads(recipe):
        blocks.append(_part_of(recipe))
    return [*blocks, _model(recipe, has_tools=bool(tools)), _begin(recipe), _ask(recipe)]


def _uploads(recipe: Recipe) -> bool:
    """Whether the files go to the server, for a tool of its own to read."""
    return recipe.mode is Mode.RESPONSES and bool(recipe.files) and bool(recipe.built_in)


def _part_of(recipe: Recipe) -> str:
    """Files as LangChain spells them, which is Chat Completions' way in both modes."""
    from dataclasses import replace

    as_chat = replace(recipe, mode=Mode.CHAT_COMPLETIONS, tools=())
    return next(block for block in python_sdk.core(as_chat) if block.startswith("def part_of"))


def _model(recipe: Recipe, *, has_tools: bool) -> str:
    given = python_sdk.parameters(recipe)
    extra = {name: value for name, value in given.items() if name not in (*NAMED, "extra_body")}
    extra |= given.get("extra_body", {})
    values: dict[str, Any] = {name: value for name, value in given.items() if name in NAMED}
    if recipe.mode is Mode.RESPONSES:
        values |= {"use_responses_api": True, "use_previous_response_id": True}
    else:
        values |= {"use_responses_api": False}
    values |= {"extra_body": extra} if extra else {}
    bound = ".bind_tools(TOOLS)" if has_tools else ""
    base_url = f"    base_url={python(recipe.base_url)},\n"
    return f"{python_sdk.KEY_COMMENT}\nmodel = ChatOpenAI(\n    model=MODEL,\n{base_url}{python_sdk.arguments(values, 4)}){bound}"


def _begin(recipe: Recipe) -> str:
    first = ["SystemMessage(INSTRUCTIONS)"] if recipe.instructions else []
    if recipe.files and not _uploads(recipe):
        first.append("HumanMessage([part_of(name) for name in FILES])")
    return f"def begin():\n    return [{', '.join(first)}]"


def _ask(recipe: Recipe) -> str:
    return _ASK_WITH_TOOLS if recipe.tools else _ASK


_ASK = """\
def ask(history, message):
    history.append(HumanMessage(message))
    reply = model.invoke(history)
    history.append(reply)
    return reply.text
"""
_ASK_WITH_TOOLS = """\
def ask(history, message):
    history.append(HumanMessage(message))
    while True:
        reply = model.invoke(history)
        history.append(reply)
        if not reply.tool_calls:
            return reply.text
        for call in reply.tool_calls:
            output = answer(call["name"], json.dumps(call["args"]))
            history.append(ToolMessage(output, tool_call_id=call["id"]))
"""
