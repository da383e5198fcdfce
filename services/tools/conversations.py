"""Search over the person's saved conversations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Protocol

from services.errors import InvalidInput
from services.tools.base import Tool, flat_parameters

MAX_HITS = 5
MAX_SNIPPET_CHARS = 400


class Hit(Protocol):
    """A passage found in a saved conversation."""

    @property
    def title(self) -> str: ...
    @property
    def snippet(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def conversation_id(self) -> str: ...


Search = Callable[[str, int], Sequence[Hit]]


def conversation_search(search: Search) -> Tool:
    """The tool over a search function that takes the words and the most hits wanted."""

    def run(arguments: dict[str, Any]) -> str:
        query = arguments["query"].strip()
        if not query:
            raise InvalidInput("The query is empty. Give one or more words to look for.")
        hits = search(query, MAX_HITS)[:MAX_HITS]
        if not hits:
            return f"No saved conversation contains “{query[:100]}”. Try fewer or other words."
        return "\n\n".join(_describe(hit) for hit in hits)

    return Tool(
        name="search_conversations",
        title="My conversations",
        description=(
            "Search the user's earlier saved conversations by words. Use it when the user asks what was said, "
            "decided or asked before, e.g. 'what did we say about the budget last week?'."
        ),
        parameters=flat_parameters(query="A few words to look for, e.g. 'database backup'"),
        icon=":material/manage_search:",
        run=run,
    )


def _describe(hit: Hit) -> str:
    snippet = " ".join(hit.snippet.split())
    if len(snippet) > MAX_SNIPPET_CHARS:
        snippet = snippet[:MAX_SNIPPET_CHARS].rstrip() + " …"
    return f"“{hit.title}” ({hit.created_at:%Y-%m-%d}): {snippet}"
