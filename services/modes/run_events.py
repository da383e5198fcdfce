"""What a run tells, as the events of a turn: the stream of the Assistants API, one event after the other."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from services.turns import (
    Citation,
    Event,
    Failed,
    FileOutput,
    Finished,
    RunChanged,
    StepChanged,
    TextDelta,
    ToolCall,
    ToolState,
    ToolStep,
    Usage,
)

if TYPE_CHECKING:
    from openai.types.beta.threads.runs import RunStepInclude

Wire = Mapping[str, Any]

REFUSED = "The person did not allow this call."
"""What the model is told of a function that was not to be called; who reads the step later knows it by this."""
RESULTS: list[RunStepInclude] = ["step_details.tool_calls[*].file_search.results[*].content"]
"""Asks for the text of what a search found; our own server then tells the queries too."""
PICTURE_GONE = "\n\n*A picture was here. Its file has been deleted.*\n\n"
FAILED_OUTPUT = "Error: "  # every function that failed begins its output so

STEP_ENDS = {"completed_at", "cancelled_at", "failed_at", "expired_at"}
STATE_OF_STEP: dict[str, ToolState] = {
    "in_progress": "running",
    "completed": "completed",
    "cancelled": "failed",
    "failed": "failed",
    "expired": "failed",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture in a message, which has to be fetched to be seen."""

    file_id: str


@dataclass(slots=True)
class RunReader:
    """Follows one run; `run` is how it was last told of."""

    run: dict[str, Any] = field(default_factory=dict)
    _calls: dict[str, dict[int, dict[str, Any]]] = field(default_factory=dict)
    _told: dict[str, ToolStep] = field(default_factory=dict)
    _written: set[str] = field(default_factory=set)

    def feed(self, name: str, data: Wire) -> Iterator[Event | Picture]:
        """The events of a turn that this event of the stream stands for."""
        if name == "thread.message.delta":
            self._written.add(data["id"])
            yield from of_message(data["delta"])
        elif name in ("thread.message.completed", "thread.message.incomplete"):
            yield from self._of_whole_message(data)
        elif name == "thread.run.step.delta":
            yield from self._of_step_delta(data)
        elif name == "error":
            yield Failed(str(data.get("message") or "The server reported an error."), retryable=True)
        elif name.startswith("thread.run.step."):
            yield from self._of_step(data)
        elif name.startswith("thread.run."):
            self.run = dict(data)
            yield as_run_changed(data)

    def pending(self) -> tuple[ToolCall, ...]:
        """The function calls the run waits for."""
        return calls_waiting(self.run)

    def _of_whole_message(self, message: Wire) -> Iterator[Event | Picture]:
        """A message that was never told piece by piece: a server that was restarted has lost the pieces."""
        if message["id"] not in self._written:
            self._written.add(message["id"])
            yield from of_message(message)

    def _of_step(self, step: Wire) -> Iterator[Event]:
        yield as_step_changed(step)
        state = STATE_OF_STEP[step["status"]]
        for call in step["step_details"].get("tool_calls") or ():
            yield from self._tell(call, state)

    def _of_step_delta(self, data: Wire) -> Iterator[Event]:
        calls = self._calls.setdefault(data["id"], {})
        for piece in data["delta"].get("step_details", {}).get("tool_calls") or ():
            call = calls.setdefault(piece["index"], {})
            merge(call, piece)
            if call.get("id"):
                yield from self._tell(call, "running")

    def _tell(self, wire: Wire, state: ToolState) -> Iterator[ToolStep]:
        step = as_tool_step(wire, state)
        before = self._told.get(step.call.id)
        if step == before:
            return
        self._told[step.call.id] = step
        if before is None:
            yield replace(step, state="requested", output=None)
        if before is not None or step.state != "requested":
            yield step


def ending(run: Wire) -> Event | None:
    """How a run that is over ended; None while it goes on."""
    match run["status"]:
        case "completed":
            return Finished("stop")
        case "incomplete":
            reason = (run.get("incomplete_details") or {}).get("reason")
            return Finished("content_filter" if reason == "content_filter" else "length")
        case "cancelled":
            return Finished("cancelled")
        case "failed":
            error = run.get("last_error") or {}
            return Failed(
                error.get("message") or "The run failed.", retryable=True, code=error.get("code") or None
            )
        case "expired":
            return Failed(
                "The run waited too long for its answer and expired. Ask again: the thread still knows everything before.",
                retryable=True,
                code="expired",
            )
    return None


def calls_waiting(run: Wire) -> tuple[ToolCall, ...]:
    """The function calls a run waits for; none when it waits for nothing."""
    action = run.get("required_action") or {}
    calls = action.get("submit_tool_outputs", {}).get("tool_calls", ())
    return tuple(ToolCall(c["id"], c["function"]["name"], c["function"]["arguments"]) for c in calls)


# --- wire to events -------------------------------------------------------------------------


def as_run_changed(run: Wire) -> RunChanged:
    """A run as the server shows it."""
    details = run.get("incomplete_details") or run.get("last_error") or {}
    return RunChanged(
        run["id"],
        run["status"],
        as_time(run.get("expires_at")),
        details.get("reason") or details.get("message"),
    )


def as_step_changed(step: Wire) -> StepChanged:
    """A step as the server shows it."""
    ended = next((step[name] for name in STEP_ENDS if step.get(name)), None)
    began_at = as_time(step["created_at"])
    assert began_at is not None
    return StepChanged(
        step["id"],
        step["type"],
        step["status"],
        began_at,
        as_time(ended),
        as_usage(step.get("usage")),
        tuple(call["id"] for call in step["step_details"].get("tool_calls") or ()),
    )


def as_tool_step(call: Wire, state: ToolState) -> ToolStep:
    """A tool call of a step: a function's own words, or what a built-in tool was asked and gave."""
    kind = call["type"]
    detail = call.get(kind) or {}
    if kind == "function":
        made = ToolCall(call["id"], detail.get("name") or "", detail.get("arguments") or "")
        output = detail.get("output")
        return ToolStep(made, _state_of_function(state, output), output)
    if kind == "code_interpreter":
        made = ToolCall(call["id"], kind, detail.get("input") or "")
        logs = [o["logs"] for o in detail.get("outputs") or () if o["type"] == "logs"]
        return ToolStep(made, state, "\n".join(logs) if state == "completed" else None, _copy(detail))
    results = detail.get("results") or ()
    made = ToolCall(call["id"], kind, json.dumps({"queries": detail.get("queries") or []}))
    found = json.dumps([{"file": r["file_name"], "score": r["score"]} for r in results])
    return ToolStep(made, state, found if state == "completed" else None, _copy(detail))


def _state_of_function(state: ToolState, output: str | None) -> ToolState:
    """What became of a function call: to the server any output is as good as another."""
    if output is None:
        return state if state == "failed" else "requested"
    if output == REFUSED:
        return "refused"
    return "failed" if output.startswith(FAILED_OUTPUT) else state


def as_usage(usage: Wire | None) -> Usage | None:
    """Tokens of a run or a step."""
    if not usage:
        return None
    details = usage.get("prompt_token_details") or usage.get("prompt_tokens_details") or {}
    return Usage(usage["prompt_tokens"], usage["completion_tokens"], details.get("cached_tokens"))


def as_time(seconds: int | None) -> datetime | None:
    """A Unix time."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def of_message(delta: Wire) -> Iterator[Event | Picture]:
    """The pieces of a message, or of a delta to one."""
    for part in delta.get("content") or ():
        if part["type"] == "text":
            text = part.get("text") or {}
            if text.get("value"):
                yield TextDelta(text["value"])
            for annotation in text.get("annotations") or ():
                yield as_annotation(annotation)
        elif part["type"] == "image_file":
            yield Picture(part["image_file"]["file_id"])
        elif part["type"] == "refusal" and part.get("refusal"):
            yield TextDelta(part["refusal"])


def as_annotation(annotation: Wire) -> Citation | FileOutput:
    """What a part of a message's text points to."""
    marker, start, end = annotation["text"], annotation["start_index"], annotation["end_index"]
    if annotation["type"] == "file_path":
        return FileOutput(annotation["file_path"]["file_id"], marker, start, end)
    cited = annotation["file_citation"]
    rows = cited.get("rows")
    return Citation(
        marker,
        start,
        end,
        cited["file_id"],
        marker.strip("【】").partition("†")[2],
        cited.get("quote"),
        cited.get("page"),
        cited.get("last_page"),
        (rows[0], rows[1]) if rows else None,
    )


def merge(whole: dict[str, Any], piece: Wire) -> None:
    """Add a delta to what was told before: texts grow, lists grow by `index`, anything else is replaced."""
    for name, value in piece.items():
        before = whole.get(name)
        if name in ("index", "id", "type", "name") or before is None:
            whole[name] = _copy(value)
        elif isinstance(value, str) and isinstance(before, str):
            whole[name] = before + value
        elif isinstance(value, dict) and isinstance(before, dict):
            merge(before, value)
        elif isinstance(value, list) and isinstance(before, list):
            _merge_list(before, value)
        elif value is not None:
            whole[name] = _copy(value)


def _merge_list(whole: list[Any], pieces: list[Any]) -> None:
    for piece in pieces:
        index = piece.get("index", len(whole)) if isinstance(piece, dict) else len(whole)
        if index < len(whole):
            merge(whole[index], piece)
        else:
            whole.append(_copy(piece))


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copy(inner) for name, inner in value.items()}
    return [_copy(inner) for inner in value] if isinstance(value, list) else value
