"""What a response tells, as the events of a turn: the stream of the Responses API, one event after the other."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from services.turns import (
    Citation,
    Event,
    Failed,
    FileOutput,
    Finished,
    ImageOutput,
    RunChanged,
    RunState,
    TextDelta,
    ToolCall,
    ToolState,
    ToolStep,
    Usage,
)

Wire = Mapping[str, Any]

PICTURE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".webp")
BUILT_IN = {"file_search_call": "file_search", "code_interpreter_call": "code_interpreter"}
TOOL_STATES: dict[str, ToolState] = {
    "in_progress": "running",
    "searching": "running",
    "interpreting": "running",
    "completed": "completed",
    "incomplete": "failed",
    "failed": "failed",
}
RUN_STATES: dict[str, RunState] = {
    "queued": "queued",
    "in_progress": "in_progress",
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
}
OVER = ("completed", "incomplete", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a container, which has to be fetched to be seen."""

    container_id: str
    file_id: str
    filename: str


@dataclass(slots=True)
class ResponseReader:
    """Follows one response; `response` is how it was last told of, `last_number` the last event that was read.

    A citation stands at a character of its own message. Two messages without a tool between them are one reply of the
    turn, so the reader remembers what it has told of the reply. `cited_at` says which citation was told last: its item's
    id, the part of the message, and its number there.
    """

    response: dict[str, Any] = field(default_factory=dict)
    last_number: int | None = None
    cited_at: tuple[str, int, int] = ("", 0, 0)
    _items: dict[str, dict[str, Any]] = field(default_factory=dict)
    _told: dict[str, ToolStep] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)
    _reply: str = ""
    _base: int = 0
    _pictures: int = 0

    def feed(self, event: Wire) -> Iterator[Event | Picture]:
        """The events of a turn that this event of the stream stands for."""
        number = event.get("sequence_number")
        self.last_number = self.last_number if number is None else number
        match event["type"]:
            case "error":
                told = event.get("message") or "The server reported an error."
                yield Failed(str(told), retryable=True, code=event.get("code"))
            case "response.output_item.added" | "response.output_item.done":
                yield from self._of_item(event["item"], is_done=event["type"].endswith("done"))
            case "response.content_part.added":
                self._base = len(self._reply)
            case "response.output_text.delta" | "response.refusal.delta":
                yield from self._of_text(event["item_id"], event["delta"])
            case "response.output_text.annotation.added":
                self.cited_at = event["item_id"], event["content_index"], event["annotation_index"]
                yield from self._of_annotation(event["annotation"])
            case _ if isinstance(event.get("response"), Mapping):
                self.response = dict(event["response"])
                yield as_run_changed(self.response)
            case name:
                yield from self._of_call(name.removeprefix("response."), event)

    def pending(self) -> tuple[ToolCall, ...]:
        """The function calls that the response ended with, in order."""
        return calls_of(self.response) if self.response.get("status") == "completed" else ()

    def wrote(self, text: str) -> None:
        """Count text that was put into the reply on the response's behalf."""
        self._reply += text
        self._base += len(text)

    def _of_item(self, item: Wire, *, is_done: bool) -> Iterator[Event | Picture]:
        is_new = item["id"] not in self._items and item["id"] not in self._written
        kept = self._items[item["id"]] = dict(item)
        if item["type"] == "message":
            if is_new and self._reply:
                yield self._text("\n\n")
            if is_done:
                yield from self._of_whole_message(kept)
        elif item["type"] == "function_call":
            yield from self._tell(as_function_step(item))
        elif item["type"] in BUILT_IN:
            yield from self._tell(as_built_in_step(item))
            if is_done:
                yield from self._figures(item)

    def _of_whole_message(self, message: Wire) -> Iterator[Event | Picture]:
        """A message whose pieces were never told: a server that was restarted has lost them."""
        if message["id"] in self._written:
            return
        for index, part in enumerate(message.get("content") or ()):
            self._base = len(self._reply)
            yield from self._of_text(message["id"], part.get("text") or part.get("refusal") or "")
            for number, annotation in enumerate(part.get("annotations") or ()):
                self.cited_at = message["id"], index, number
                yield from self._of_annotation(annotation)

    def _of_text(self, item_id: str, text: str) -> Iterator[TextDelta]:
        self._written.add(item_id)
        if text:
            yield self._text(text)

    def _text(self, text: str) -> TextDelta:
        self._reply += text
        return TextDelta(text)

    def _of_annotation(self, annotation: Wire) -> Iterator[Event | Picture]:
        match annotation["type"]:
            case "file_citation":
                place = self._base + annotation["index"]
                yield as_citation(annotation, place)
            case "container_file_citation" if is_figure(annotation):
                yield from self._of_figure(annotation)
            case "container_file_citation":
                start, end = (self._base + annotation[name] for name in ("start_index", "end_index"))
                yield FileOutput(annotation["file_id"], self._reply[start:end], start, end)

    def _of_figure(self, annotation: Wire) -> Iterator[Picture]:
        """A picture that is named before the words; one that the program's outputs showed is there already."""
        if self._pictures:
            self._pictures -= 1
            return
        yield Picture(annotation["container_id"], annotation["file_id"], annotation["filename"])
        self._close_reply()

    def _figures(self, item: Wire) -> Iterator[ImageOutput]:
        for output in item.get("outputs") or ():
            if output["type"] != "image":
                continue
            media_type, data = read_data_url(output.get("url") or "")
            if data:
                self._pictures += 1
                yield ImageOutput(f"figure-{self._pictures}.{media_type[6:]}", media_type, data)
                self._close_reply()

    def _of_call(self, name: str, event: Wire) -> Iterator[Event]:
        """Arguments, a program or the state of a call that goes on."""
        item = self._items.get(event.get("item_id") or "")
        if item is None:
            return
        kind, _, what = name.rpartition(".")
        grows = {"function_call_arguments": "arguments", "code_interpreter_call_code": "code"}.get(kind)
        if grows is not None:
            whole = event.get(grows)
            item[grows] = (item.get(grows) or "") + event["delta"] if what == "delta" else whole
        elif kind in BUILT_IN and what != "completed":
            item["status"] = what
        else:
            return  # what a finished call gave comes with its item
        is_function = item["type"] == "function_call"
        yield from self._tell(as_function_step(item) if is_function else as_built_in_step(item))

    def _tell(self, step: ToolStep) -> Iterator[ToolStep]:
        before = self._told.get(step.call.id)
        if step == before:
            return
        self._told[step.call.id] = step
        self._close_reply()
        if before is None and step.state != "requested":
            yield replace(step, state="requested", output=None)
        yield step

    def _close_reply(self) -> None:
        """What comes after a tool or a picture is a reply of its own."""
        self._reply, self._base = "", 0


def ending(response: Wire) -> Event | None:
    """How a response that is over ended; None while it goes on."""
    match response.get("status"):
        case "completed":
            return Finished("stop")
        case "incomplete":
            reason = (response.get("incomplete_details") or {}).get("reason")
            return Finished("content_filter" if reason == "content_filter" else "length")
        case "cancelled":
            return Finished("cancelled")
        case "failed":
            error = response.get("error") or {}
            return Failed(
                error.get("message") or "The response failed.", retryable=True, code=error.get("code") or None
            )
    return None


def calls_of(response: Wire) -> tuple[ToolCall, ...]:
    """The function calls in a response's output."""
    items = (item for item in response.get("output") or () if item["type"] == "function_call")
    return tuple(as_call(item) for item in items)


def as_usage(usage: Wire | None) -> Usage | None:
    """Tokens of a response, as the server counted them."""
    if not usage:
        return None
    read, written = usage.get("input_tokens_details") or {}, usage.get("output_tokens_details") or {}
    return Usage(
        usage["input_tokens"],
        usage["output_tokens"],
        read.get("cached_tokens"),
        read.get("cache_write_tokens"),
        written.get("reasoning_tokens"),
    )


# --- wire to events -------------------------------------------------------------------------


def as_run_changed(response: Wire) -> RunChanged:
    """A response as the server shows it; its id stands where a run's stands."""
    details = response.get("incomplete_details") or response.get("error") or {}
    state = RUN_STATES.get(response.get("status") or "", "in_progress")
    return RunChanged(response["id"], state, reason=details.get("reason") or details.get("message"))


def as_call(item: Wire) -> ToolCall:
    """A function call by the id that its output has to name."""
    return ToolCall(item["call_id"], item["name"], item.get("arguments") or "")


def as_function_step(item: Wire) -> ToolStep:
    """A function call that waits for the client, or was cut before it was whole."""
    return ToolStep(as_call(item), "failed" if item.get("status") == "incomplete" else "requested")


def as_built_in_step(item: Wire) -> ToolStep:
    """What a built-in tool was asked and gave, its details in the shape of a run step's tool call."""
    state = TOOL_STATES.get(item.get("status") or "", "running")
    if item["type"] == "code_interpreter_call":
        return _code_step(item, state)
    queries = list(item.get("queries") or ())
    results = [_result(found) for found in item.get("results") or ()]
    found = json.dumps([{"file": r["file_name"], "score": r["score"]} for r in results])
    call = ToolCall(item["id"], "file_search", json.dumps({"queries": queries}))
    output = found if state == "completed" else None
    return ToolStep(call, state, output, {"queries": queries, "results": results})


def _code_step(item: Wire, state: ToolState) -> ToolStep:
    """A program; its pictures are told apart, as they come without ids."""
    call = ToolCall(item["id"], "code_interpreter", item.get("code") or "")
    logs = [output for output in item.get("outputs") or () if output["type"] == "logs"]
    details = {"input": call.arguments, "outputs": logs, "container_id": item.get("container_id")}
    printed = "\n".join(output["logs"] for output in logs)
    return ToolStep(call, state, printed if state == "completed" else None, details)


def _result(found: Wire) -> dict[str, Any]:
    text = found.get("text")
    return {
        "file_id": found.get("file_id") or "",
        "file_name": found.get("filename") or "",
        "score": found.get("score") or 0.0,
        "content": [{"type": "text", "text": text}] if text else [],
    }


def as_citation(annotation: Wire, place: int) -> Citation:
    """A citation: the API names the place in the text and leaves no marker there."""
    return Citation("", place, place, annotation["file_id"], annotation.get("filename") or "")


def is_figure(annotation: Wire) -> bool:
    """Whether a file of a container is a picture that no word of the text stands for."""
    is_picture = (annotation.get("filename") or "").lower().endswith(PICTURE_ENDINGS)
    return is_picture and annotation["start_index"] == annotation["end_index"]


def read_data_url(url: str) -> tuple[str, bytes]:
    """Type and bytes of a picture in a data URL; no bytes for any other address, which is not fetched."""
    head, _, payload = url.partition(",")
    media_type = head.removeprefix("data:").partition(";")[0]
    if not head.startswith("data:image/") or not head.endswith(";base64"):
        return media_type, b""
    try:
        return media_type, base64.b64decode(payload, validate=True)
    except (binascii.Error, ValueError):
        return media_type, b""
