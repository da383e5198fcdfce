"""The calls of the Assistants API, and what each becomes in Responses and Conversations.

Source: OpenAI's guide "Migrate from the Assistants API", and the methods of the openai SDK 3.54.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

Chain = tuple[str, ...]

UNCHANGED = 'It also goes on unchanged: OpenAI(base_url="http://127.0.0.1:8501/v1") is Tandem\'s address on this machine.'
SWITCHED_OFF = "2026-08-26"


@dataclass(frozen=True, slots=True)
class Becomes:
    """What a call becomes: a call of the successor in short, and a sentence on what to mind."""

    call: str
    note: str = ""


_ASSISTANT = "Model, instructions and tools are configuration in your code now; every request carries them."
_ITEMS = "The items of a response are its steps; a conversation keeps them all."
_ANSWER = "The request returns with the answer: there is nothing to poll."
_STREAM = "Events are response.output_text.delta and so on; response.completed is the last."

CALLS: dict[str, Becomes] = {
    "assistants.create": Becomes("a constant in your code", _ASSISTANT),
    "assistants.retrieve": Becomes("a constant in your code", _ASSISTANT),
    "assistants.list": Becomes("a constant in your code", _ASSISTANT),
    "assistants.update": Becomes("a change of that constant", _ASSISTANT),
    "assistants.delete": Becomes("nothing", "There is no object to delete."),
    "threads.create": Becomes(
        "conversations.create(items=[…])", "At most 20 items at once; add more with items.create."
    ),
    "threads.retrieve": Becomes("conversations.retrieve(id)"),
    "threads.update": Becomes(
        "conversations.update(id, metadata=…)", "tool_resources move into the tools of each request."
    ),
    "threads.delete": Becomes("conversations.delete(id)"),
    "threads.create_and_run": Becomes("conversations.create() and responses.create(conversation=…)"),
    "threads.create_and_run_poll": Becomes(
        "conversations.create() and responses.create(conversation=…)", _ANSWER
    ),
    "threads.create_and_run_stream": Becomes(
        "conversations.create() and responses.create(conversation=…, stream=True)", _STREAM
    ),
    "threads.messages.create": Becomes(
        "the input of responses.create(conversation=…)",
        "To add one without an answer: conversations.items.create.",
    ),
    "threads.messages.list": Becomes(
        "conversations.items.list(id)", "Items are messages, tool calls and outputs."
    ),
    "threads.messages.retrieve": Becomes("conversations.items.retrieve(item_id, conversation_id=…)"),
    "threads.messages.update": Becomes(
        "nothing", "Items cannot be changed: keep your own table, or metadata of the conversation."
    ),
    "threads.messages.delete": Becomes("conversations.items.delete(item_id, conversation_id=…)"),
    "threads.runs.create": Becomes(
        "responses.create(conversation=…)", "With background=True it returns at once, as a run did."
    ),
    "threads.runs.create_and_poll": Becomes("responses.create(conversation=…)", _ANSWER),
    "threads.runs.create_and_stream": Becomes("responses.create(conversation=…, stream=True)", _STREAM),
    "threads.runs.stream": Becomes("responses.create(conversation=…, stream=True)", _STREAM),
    "threads.runs.poll": Becomes("nothing", _ANSWER),
    "threads.runs.retrieve": Becomes("responses.retrieve(id)"),
    "threads.runs.update": Becomes(
        "metadata of responses.create", "A response cannot be changed afterwards."
    ),
    "threads.runs.list": Becomes(
        "nothing", "Keep the ids of your responses, or read the conversation's items."
    ),
    "threads.runs.cancel": Becomes(
        "responses.cancel(id)", "For background responses; any other ends with its connection."
    ),
    "threads.runs.submit_tool_outputs": Becomes(
        "input=[{type: function_call_output, call_id, output}] of the next responses.create",
        "Calls come as items of type function_call.",
    ),
    "threads.runs.submit_tool_outputs_and_poll": Becomes(
        "input=[{type: function_call_output, call_id, output}] of the next responses.create", _ANSWER
    ),
    "threads.runs.submit_tool_outputs_stream": Becomes(
        "input=[{type: function_call_output, call_id, output}] of the next responses.create", _STREAM
    ),
    "threads.runs.steps.list": Becomes("response.output, or conversations.items.list(id)", _ITEMS),
    "threads.runs.steps.retrieve": Becomes(
        "conversations.items.retrieve(item_id, conversation_id=…)", _ITEMS
    ),
}
"""By the name of the method below `beta`."""

GROUPS: dict[str, Becomes] = {
    "threads.runs.steps": Becomes("response.output", _ITEMS),
    "threads.runs": Becomes("responses"),
    "threads.messages": Becomes("conversations.items"),
    "threads": Becomes("conversations"),
    "assistants": Becomes("a constant in your code", _ASSISTANT),
    "vector_stores": Becomes(
        "vector_stores", "The same calls, no longer under beta: they were not switched off."
    ),
}
"""For a resource without a method, and methods that are not known."""

NAMES: dict[str, Becomes] = {
    "AssistantEventHandler": Becomes("a loop over responses.create(stream=True)", _STREAM),
    "AsyncAssistantEventHandler": Becomes("a loop over responses.create(stream=True)", _STREAM),
    "AssistantStream": Becomes("a loop over responses.create(stream: true)", _STREAM),
    "OpenAIAssistantRunnable": Becomes("ChatOpenAI(use_responses_api=True)"),
    "OpenAIAssistantV2Runnable": Becomes("ChatOpenAI(use_responses_api=True)"),
    "OpenAIAssistantAgent": Becomes("an agent over the Responses API"),
    "GPTAssistantAgent": Becomes("an agent over the Responses API"),
    "AssistantClient": Becomes("the client for responses"),
}
"""Classes of the SDKs and of frameworks that stand for the API."""

HEADER = Becomes("nothing", "Leave the header out.")
TYPES = Becomes("openai.types.responses and openai.types.conversations")

_SYNONYMS = {
    "new": "create",
    "get": "retrieve",
    "del": "delete",
    "modify": "update",
    "new_and_run": "create_and_run",
}
"""Names that SDKs of other languages have for the same method."""
_CALL = re.compile(r"input=\[.*?\]|[A-Za-z_]+(?:\.[a-z_]+)*\([^)]*\)|[a-z]+(?:\.[a-z_]+)+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def below_beta(chain: Sequence[str]) -> Chain | None:
    """What of a chain of names stands below `beta`, spelled as in Python; None where it is no part of the API."""
    names = [_snake(name) for name in chain]
    for index, name in enumerate(names[:-1]):
        if name == "beta" and names[index + 1] in ("threads", "assistants", "vector_stores"):
            return tuple(names[index + 1 :])
    return None


def _snake(name: str) -> str:
    spelled = _HUMP.sub("_", name).lower()
    return _SYNONYMS.get(spelled, spelled)


def becomes(chain: Chain) -> Becomes:
    """What a call below `beta` becomes; a method the table lacks is told by its resource."""
    for end in range(len(chain), 0, -1):
        if found := CALLS.get(".".join(chain[:end])) or CALLS.get(_plain(chain[:end])):
            return found
    for end in range(len(chain), 0, -1):
        if found := GROUPS.get(".".join(chain[:end])):
            return found
    return GROUPS["threads"]


def _plain(chain: Chain) -> str:
    """A chain without `with_raw_response` and the like."""
    return ".".join(name for name in chain if not name.startswith(("with_raw", "with_streaming")))


# --- raw HTTP -------------------------------------------------------------------------------

_PATHS = (
    (r"/threads/[^/\s\"'`]+/runs/[^/\s\"'`]+/submit_tool_outputs", "threads.runs.submit_tool_outputs"),
    (r"/threads/[^/\s\"'`]+/runs/[^/\s\"'`]+/cancel", "threads.runs.cancel"),
    (r"/threads/[^/\s\"'`]+/runs/[^/\s\"'`]+/steps", "threads.runs.steps.list"),
    (r"/threads/[^/\s\"'`]+/runs/[^/\s\"'`]+", "threads.runs.retrieve"),
    (r"/threads/[^/\s\"'`]+/runs", "threads.runs.create"),
    (r"/threads/[^/\s\"'`]+/messages/[^/\s\"'`]+", "threads.messages.retrieve"),
    (r"/threads/[^/\s\"'`]+/messages", "threads.messages.create"),
    (r"/threads/runs", "threads.create_and_run"),
    (r"/threads/[^/\s\"'`]+", "threads.retrieve"),
    (r"/threads", "threads.create"),
    (r"/assistants/[^/\s\"'`]+", "assistants.retrieve"),
    (r"/assistants", "assistants.create"),
)
PATHS = tuple((re.compile(pattern), CALLS[name]) for pattern, name in _PATHS)
RAW_PATH = re.compile(
    r"/v1/(?:assistants|threads)(?![\w-])[^\s\"'`)>\]]*|/threads/[^/\s\"'`]+/(?:runs|messages)(?![\w-])[^\s\"'`)>\]]*"
)
BETA_HEADER = re.compile(r"assistants=v[12]")


def of_path(path: str) -> Becomes:
    """What a request to this path becomes. One path serves several methods; the likeliest is named."""
    return next(found for pattern, found in PATHS if pattern.search(path))


def table() -> str:
    """The calls as the table of docs/migration.md."""
    rows = [*((f"`client.beta.{name}`", found) for name, found in CALLS.items())]
    rows += [(f"`{name}`", found) for name, found in NAMES.items()]
    rows += [("header `OpenAI-Beta: assistants=v2`", HEADER), ("`openai.types.beta`", TYPES)]
    lines = ["| Call | Becomes | To mind |", "|---|---|---|"]
    lines += [f"| {call} | {_code(found.call)} | {found.note} |" for call, found in rows]
    return "\n".join(lines) + "\n"


def _code(call: str) -> str:
    """The calls in a sentence set as code."""
    return _CALL.sub(lambda match: f"`{match[0]}`", call)
