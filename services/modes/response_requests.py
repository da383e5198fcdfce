"""What a turn of Responses is made of, and the JSON it becomes: what is new, and the id of what came before."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from services import tokens
from services.documents.attachments import as_content_parts
from services.modes.sizes import body_size_bytes
from services.tools.base import Tool
from services.turns import Attachment, Message, RequestSent, ToolCall

PATH = "/responses"
INCLUDE = {"file_search": "file_search_call.results", "code_interpreter": "code_interpreter_call.outputs"}
"""What a built-in tool found or printed comes only when it is asked for."""

Wire = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ResponseRequest:
    """One turn: what is new, and where the server remembers the rest.

    Give `conversation` (its id on the server) or `previous_response_id`, not both; neither begins a chain. The id of
    the response comes back as `RunChanged.run_id`, so `turn.run.run_id` is what the next turn of a chain follows.

    `built_in` are tools as the API spells them: `{"type": "file_search", "vector_store_ids": [...]}`,
    `{"type": "code_interpreter", "container": {"type": "auto", "file_ids": [...]}}`. `tools` run on this side.
    `file_ids` and `image_ids` are files on the server that go along with the message.

    A turn goes on after approval with `message=None`, the calls in `waiting` and a word on each in `decisions`.
    Calls that a stopped turn left without an answer (`unanswered(turn)`) go into `waiting` next to the new message: a
    server takes no message before it has their outputs.

    With `response_id` the turn joins that response, which is being written or is over: from its first event, or after
    the one numbered `starting_after`. `upstream_key` was typed in the browser and travels with the request.
    """

    model: str
    message: Message | None = None
    instructions: str = ""
    conversation: str | None = None
    previous_response_id: str | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Tool, ...] = ()
    built_in: tuple[Mapping[str, Any], ...] = ()
    file_ids: tuple[str, ...] = ()
    image_ids: tuple[str, ...] = ()
    sees_images: bool = False
    approve_tools: bool = False
    decisions: Mapping[str, bool] = field(default_factory=dict)
    waiting: tuple[ToolCall, ...] = ()
    background: bool = False
    response_id: str | None = None
    starting_after: int | None = None
    is_local: bool | None = None
    upstream_key: str = field(default="", repr=False)


def request_body(
    request: ResponseRequest, outputs: list[Wire], message: Message | None, follows: str | None
) -> Wire:
    """The JSON body of a streamed request: what is new, and the id of what came before."""
    built_in = [dict(tool) for tool in request.built_in]
    tools = [*built_in, *(definition(tool) for tool in request.tools)]
    include = [INCLUDE[str(tool["type"])] for tool in built_in if tool["type"] in INCLUDE]
    given = {
        "model": request.model,
        "instructions": request.instructions,
        "input": as_input(request, outputs, message),
        "conversation": request.conversation,
        "previous_response_id": None if request.conversation else follows,
        "tools": tools,
        "include": include,
        "background": request.background,
    }
    kept = {name: value for name, value in given.items() if value}
    return {**kept, **request.parameters, "stream": True}


def as_input(request: ResponseRequest, outputs: list[Wire], message: Message | None) -> str | list[Wire]:
    """What is new, as the API takes it: the words alone where there is nothing else."""
    if message is None:
        return outputs
    parts = as_input_parts(message, request)
    is_plain = len(parts) == 1 and parts[0]["type"] == "input_text"
    content = parts[0]["text"] if is_plain else parts
    return content if is_plain and not outputs else [*outputs, {"role": message.role, "content": content}]


def as_input_parts(message: Message, request: ResponseRequest) -> list[Wire]:
    """A message's text and files: text files fenced in the text, pictures and all others as parts of their own."""
    whole = [a for a in message.attachments if _travels_whole(a)]
    rest = tuple(a for a in message.attachments if not _travels_whole(a))
    content = as_content_parts(Message("user", message.content, rest), sees_images=request.sees_images)
    parts = [{"type": "text", "text": content}] if isinstance(content, str) else content
    files = [*map(_input_file, whole), *({"type": "input_file", "file_id": i} for i in request.file_ids)]
    images = [{"type": "input_image", "file_id": i, "detail": "auto"} for i in request.image_ids]
    texts = [_input_part(part) for part in parts if part.get("text") != ""]
    return [*files, *images, *texts] or [{"type": "input_text", "text": ""}]


def _travels_whole(attachment: Attachment) -> bool:
    """Whether only the server can read it: a PDF, say."""
    return not attachment.is_image and not attachment.media_type.startswith("text/")


def _input_file(attachment: Attachment) -> Wire:
    encoded = base64.b64encode(attachment.data).decode()
    url = f"data:{attachment.media_type};base64,{encoded}"
    return {"type": "input_file", "filename": attachment.filename, "file_data": url}


def _input_part(part: Wire) -> Wire:
    if part["type"] == "text":
        return {"type": "input_text", "text": part["text"]}
    return {"type": "input_image", "image_url": part["image_url"]["url"], "detail": "auto"}


def definition(tool: Tool) -> Wire:
    """The tool as Responses spells it: flat, where Chat Completions nests it."""
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
        "strict": True,
    }


def request_sent(
    request: ResponseRequest, body: Wire, outputs: list[Wire], message: Message | None
) -> RequestSent:
    """What is told of a request before it leaves: its bytes, and the tokens of what the client sends."""
    answers = [Message("tool", output["output"], tool_call_id=output["call_id"]) for output in outputs]
    system = [Message("system", request.instructions)] if request.instructions else []
    said = [message] if message else []
    estimate = tokens.count_messages([*system, *answers, *said], request.model, body.get("tools") or ())
    return RequestSent("POST", PATH, body_size_bytes(body), len(answers) + len(said), estimate)
