"""A GPT put to work: the same configuration as each mode spells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from services.assistants.records import Hit
from services.functions.function_tool import FunctionTool, definition
from services.gpts.records import Gpt
from services.tools.base import Tool, flat_parameters
from services.turns import BUILT_IN_TOOLS

KNOWLEDGE = "knowledge"
"""The entry of a conversation's settings that names the collection its GPT answers from."""
GPT = "gpt"
STARTERS = "starters"
SEARCH_TOOL = "search_knowledge"
MOST_PASSAGES = 4
MOST_CHARS = 1_200

Search = Callable[[Sequence[str], int], list[Hit]]


def chat_settings(gpt: Gpt, toolbox: Sequence[str]) -> dict[str, Any]:
    """The settings of a conversation in Chat Completions. Built-in tools are not to be had there: searching is ours."""
    settings: dict[str, Any] = {
        GPT: gpt.id,
        "system_prompt": gpt.instructions,
        "tools": [name for name in gpt.functions if name in toolbox],
        STARTERS: list(gpt.starters),
    }
    return {**settings, KNOWLEDGE: gpt.knowledge} if gpt.knowledge else settings


def assistant_body(gpt: Gpt, model: str, functions: Sequence[FunctionTool]) -> dict[str, Any]:
    """The GPT as an assistant of the API."""
    built_in = [name for name in BUILT_IN_TOOLS if name in gpt.tools]
    if gpt.knowledge and "file_search" not in built_in:
        built_in.append("file_search")
    body: dict[str, Any] = {
        "name": gpt.name,
        "description": gpt.description or None,
        "model": gpt.model or model,
        "instructions": gpt.instructions or None,
        "tools": [
            *({"type": name} for name in built_in),
            *(definition(function) for function in functions if function.name in gpt.functions),
        ],
        "metadata": {GPT: gpt.id},
    }
    if gpt.knowledge:
        body["tool_resources"] = {"file_search": {"vector_store_ids": [gpt.knowledge]}}
    return body


def knowledge_tool(search: Search) -> Tool:
    """Searching a GPT's files, as a function that this program runs: what Chat Completions leaves to its client."""

    def run(arguments: dict[str, Any]) -> str:
        hits = search([arguments["query"]], MOST_PASSAGES)
        if not hits:
            return "Nothing in the files fits this."
        return "\n\n".join(f"From {hit.filename}:\n{hit.text[:MOST_CHARS]}" for hit in hits)

    return Tool(
        SEARCH_TOOL,
        "Search the files",
        "Searches the files of this GPT. Use it before answering any question about them.",
        flat_parameters(query="What to look for, in the words of the question"),
        ":material/find_in_page:",
        run,
    )
