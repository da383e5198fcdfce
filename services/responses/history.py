"""Items of a conversation as turns: folded from the same events that a live answer is made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from services.modes.response_events import Picture, ResponseReader, as_call, read_data_url
from services.modes.run_events import FAILED_OUTPUT, PICTURE_GONE, REFUSED
from services.turns import (
    Attachment,
    Event,
    Finished,
    ImageOutput,
    Message,
    Mode,
    TextDelta,
    ToolCall,
    ToolState,
    ToolStep,
    Turn,
)

Wire = Mapping[str, Any]
Fetch = Callable[[str, str], bytes]
"""Gives the bytes of a container's file by the ids of both; none when it is gone."""


def turns_of(conversation_id: str, items: Sequence[Wire], model: str, fetch: Fetch) -> list[Turn]:
    """The turns of a conversation. `items` come oldest first; a turn has the id of the message it begins with.

    What was counted, sent and spent is not among the items: the turns have no usage.
    """
    turns: list[Turn] = []
    reader = ResponseReader()
    calls: dict[str, ToolCall] = {}
    for item in items:
        if item["type"] == "message" and item["role"] == "user":
            if not turns or turns[-1].replies:
                turns.append(Turn(conversation_id, Message("user"), model, "server", mode=Mode.RESPONSES))
                turns[-1].id, reader = item["id"], ResponseReader()
            _ask(turns[-1], item)
            continue
        if item["type"] == "message" and item["role"] != "assistant":
            continue
        if not turns:  # an answer that nobody asked for
            turns.append(Turn(conversation_id, Message("user"), model, "server", mode=Mode.RESPONSES))
        if item["type"] == "function_call":
            calls[item["call_id"]] = as_call(item)
        for event in _events(reader, item, calls, fetch):
            turns[-1].apply(event)
    for turn in turns:
        turn.apply(Finished("stop"))
    return turns


def _ask(turn: Turn, item: Wire) -> None:
    """Add a message of the person: a message with files may be given in several."""
    before = turn.user
    text = "\n\n".join(filter(None, (before.content, text_of(item))))
    turn.user = Message("user", text, (*before.attachments, *_attachments(item)))


def text_of(item: Wire) -> str:
    """The words of a message."""
    content = item["content"]
    if isinstance(content, str):
        return content
    return "\n\n".join(part["text"] for part in content if part.get("text"))


def _attachments(item: Wire) -> Iterator[Attachment]:
    for part in item["content"] if not isinstance(item["content"], str) else ():
        if part["type"] == "input_image":
            media_type, data = read_data_url(part.get("image_url") or "")
            name = part.get("file_id") or "picture"
            yield Attachment(name, media_type if data else "application/octet-stream", data)
        elif part["type"] == "input_file":
            name = part.get("filename") or part.get("file_id") or "file"
            yield Attachment(name, "application/octet-stream", b"")


def _events(
    reader: ResponseReader, item: Wire, calls: Mapping[str, ToolCall], fetch: Fetch
) -> Iterator[Event]:
    if item["type"] == "function_call_output":
        call = calls.get(item["call_id"], ToolCall(item["call_id"], "function", ""))
        output = item["output"] if isinstance(item["output"], str) else text_of({"content": item["output"]})
        yield ToolStep(call, _state_of(output), output)
        return
    for event in reader.feed({"type": "response.output_item.done", "item": item}):
        yield _shown(event, fetch) if isinstance(event, Picture) else event


def _state_of(output: str) -> ToolState:
    if output == REFUSED:
        return "refused"
    return "failed" if output.startswith(FAILED_OUTPUT) else "completed"


def _shown(picture: Picture, fetch: Fetch) -> ImageOutput | TextDelta:
    data = fetch(picture.container_id, picture.file_id)
    return ImageOutput(picture.filename, "image/png", data) if data else TextDelta(PICTURE_GONE)
