"""The written record of a run: each function is one transaction, and gives the events to announce once it holds.

A run's state is written before it is announced, so that a killed process leaves nothing half-said.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from services.server.runs.states import ACTIVE, ENDS, MOVES, IllegalMove, RunStatus, is_worked_on
from services.server.runs.usage import nothing
from services.server.store import messages, runs, steps
from services.server.store.clock import now
from services.server.store.ids import new_id
from services.storage.api_tables import RunRow, StepRow

Wire = dict[str, Any]
Event = tuple[str, Wire]
Events = list[Event]

REASONS = {
    RunStatus.CANCELLED: "run_cancelled",
    RunStatus.EXPIRED: "run_expired",
    RunStatus.FAILED: "run_failed",
    RunStatus.INCOMPLETE: "max_tokens",
}
STEP_ENDS = {
    RunStatus.CANCELLED: "cancelled",
    RunStatus.EXPIRED: "expired",
    RunStatus.FAILED: "failed",
    RunStatus.INCOMPLETE: "completed",
}


class RunGone(Exception):
    """The run was deleted with its thread while it was worked on."""


@dataclass(frozen=True, slots=True)
class OpenMessage:
    """A message being written, and the step that writes it."""

    message_id: str
    step_id: str


def begin(session: Session, run_id: str, worker: str) -> Events:
    """Take up a queued run."""
    row = runs.move(session, _held(session, run_id), RunStatus.IN_PROGRESS)
    row.worker, row.heartbeat_at = worker, now()
    return [("thread.run.in_progress", runs.wire(row))]


def open_message(session: Session, run_id: str) -> tuple[OpenMessage, Events]:
    """A new, empty message by the assistant."""
    run = _in_progress(session, run_id)
    message_id = new_id("msg_")
    step = steps.add(session, run, {"type": steps.MESSAGE, "message_creation": {"message_id": message_id}})
    message = messages.begin(session, run, message_id)
    step_wire, message_wire = steps.wire(step), messages.wire(message)
    events = [
        ("thread.run.step.created", step_wire),
        ("thread.run.step.in_progress", step_wire),
        ("thread.message.created", message_wire),
        ("thread.message.in_progress", message_wire),
    ]
    return OpenMessage(message_id, step.id), events


def save_message(session: Session, run_id: str, open_message: OpenMessage | None, content: list[Wire]) -> str:
    """Keep what has arrived, say that the run is alive, and tell its state: another process may have changed it."""
    run = _held(session, run_id)
    if run.status in ACTIVE and run.status != RunStatus.REQUIRES_ACTION:
        run.heartbeat_at = now()
        if open_message is not None and content:
            messages.fill(session, open_message.message_id, content)
    return run.status


def close_message(
    session: Session, run_id: str, opened: OpenMessage, content: list[Wire], usage: Wire | None
) -> Events:
    """A message is complete."""
    _in_progress(session, run_id)
    message = messages.complete(session, opened.message_id, content)
    step = _step(session, opened.step_id)
    steps.end(step, "completed", usage)
    return [
        ("thread.message.completed", messages.wire(message)),
        ("thread.run.step.completed", steps.event_wire(step)),
    ]


def open_tools(session: Session, run_id: str) -> tuple[str, Events]:
    """A new step of tool calls."""
    step = steps.add(session, _in_progress(session, run_id), {"type": steps.TOOLS, "tool_calls": []})
    wire = steps.wire(step)
    return step.id, [("thread.run.step.created", wire), ("thread.run.step.in_progress", wire)]


def save_calls(session: Session, run_id: str, step_id: str, calls: list[Wire], private: Wire) -> None:
    """Keep the calls of a step, and for ourselves what their results rest on."""
    _in_progress(session, run_id)
    step = _step(session, step_id)
    step.body = {
        **step.body,
        "step_details": {"type": steps.TOOLS, "tool_calls": calls},
        "private": {**step.body.get("private", {}), **private},
    }


def close_tools(
    session: Session, run_id: str, step_id: str, usage: Wire | None, *, with_content: bool
) -> Events:
    """All tools of a step have answered."""
    _in_progress(session, run_id)
    step = _step(session, step_id)
    steps.end(step, "completed", usage)
    return [("thread.run.step.completed", steps.event_wire(step, with_content=with_content))]


def require_action(
    session: Session, run_id: str, step_id: str, calls: list[Wire], usage: Wire | None
) -> Events:
    """The run waits for its caller to answer these function calls; the step stays open."""
    step = _step(session, step_id)
    step.body = {**step.body, "pending_usage": usage}
    wanted = [
        {
            "id": call["id"],
            "type": "function",
            "function": {name: call["function"][name] for name in ("name", "arguments")},
        }
        for call in calls
    ]
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": wanted}}
    row = runs.move(session, _held(session, run_id), RunStatus.REQUIRES_ACTION, required_action=action)
    row.worker = row.heartbeat_at = None
    return [("thread.run.requires_action", runs.wire(row))]


def take_outputs(session: Session, run_id: str, outputs: dict[str, str], *, with_content: bool) -> Events:
    """The caller has answered: the step is complete, and the run is queued again."""
    row = _held(session, run_id)
    step = next(step for step in reversed(steps.of_run(session, run_id)) if step.status == "in_progress")
    details = step.body["step_details"]
    calls = [_answered(call, outputs) for call in details["tool_calls"]]
    step.body = {**step.body, "step_details": {**details, "tool_calls": calls}}
    steps.end(step, "completed", step.body.get("pending_usage"))
    runs.move(session, row, RunStatus.QUEUED)
    row.heartbeat_at = now()  # whoever took the outputs works on
    return [
        ("thread.run.step.completed", steps.event_wire(step, with_content=with_content)),
        ("thread.run.queued", runs.wire(row)),
    ]


def cancel(session: Session, run_id: str) -> Events:
    """The run is to stop: whoever works on it ends it, and where nobody does, it ends here."""
    row = runs.move(session, _held(session, run_id), RunStatus.CANCELLING)
    events = [("thread.run.cancelling", runs.wire(row))]
    return events + end_idle(session, run_id, Ending(RunStatus.CANCELLED))


@dataclass(frozen=True, slots=True)
class Ending:
    """How a run ends: the state, why, and what is known of the message and the step still open.

    `content` and `calls` are what had arrived of them; None leaves what was kept.
    """

    status: RunStatus
    last_error: Wire | None = None
    incomplete_reason: str | None = None
    message_reason: str | None = None
    usage: Wire | None = None
    content: list[Wire] | None = None
    calls: list[Wire] | None = None

    def details(self) -> Wire:
        """What the run's body tells of it."""
        reason = {"reason": self.incomplete_reason} if self.incomplete_reason else None
        return {"last_error": self.last_error, "incomplete_details": reason}


def end(session: Session, run_id: str, ending: Ending) -> Events:
    """End the run, and with it the message and the step that are still open."""
    row = _held(session, run_id)
    if ending.status not in MOVES[RunStatus(row.status)]:
        raise IllegalMove(RunStatus(row.status), ending.status)
    events: Events = []
    unfinished = [step for step in steps.of_run(session, run_id) if step.status == "in_progress"]
    for step in unfinished:
        is_last = step is unfinished[-1]
        events += _end_step(session, step, ending if is_last else replace(ending, usage=nothing()))
    session.flush()
    usage = _total(step.body["usage"] for step in steps.of_run(session, run_id))
    runs.move(session, row, ending.status, **ending.details(), usage=usage)
    return [*events, (f"thread.run.{ending.status}", runs.wire(row))]


def end_idle(session: Session, run_id: str, ending: Ending) -> Events:
    """End a run that nobody works on. One that somebody does is left to them: they see what it has come to."""
    row = _held(session, run_id)
    return [] if is_worked_on(row.heartbeat_at, now()) else end(session, run_id, ending)


def settle(session: Session, run_id: str, ending: Ending) -> Events:
    """End a run as its worker says, unless others were quicker: then as they want it, or have had it."""
    row = _held(session, run_id)
    if row.status in ENDS:
        return [(f"thread.run.{row.status}", runs.wire(row))]
    if row.status == RunStatus.CANCELLING:
        ending = Ending(RunStatus.CANCELLED, usage=ending.usage, content=ending.content, calls=ending.calls)
    return end(session, run_id, ending)


def _end_step(session: Session, step: StepRow, ending: Ending) -> Events:
    events: Events = []
    if step.kind == steps.MESSAGE:
        message_id = step.body["step_details"]["message_creation"]["message_id"]
        reason = ending.message_reason or REASONS[ending.status]
        message = messages.cut(session, message_id, reason, ending.content)
        events.append(("thread.message.incomplete", messages.wire(message)))
    elif ending.calls and not step.body["step_details"]["tool_calls"]:
        step.body = {**step.body, "step_details": {"type": steps.TOOLS, "tool_calls": ending.calls}}
    status = STEP_ENDS[ending.status]
    usage = ending.usage or step.body.get("pending_usage")
    steps.end(step, status, usage, _step_error(ending.last_error))
    return [*events, (f"thread.run.step.{status}", steps.event_wire(step))]


def _step_error(error: Wire | None) -> Wire | None:
    """A run's error as a step may have it: a step knows no `invalid_prompt`."""
    if error is None or error["code"] != "invalid_prompt":
        return error
    return {**error, "code": "server_error"}


def _total(usages: Any) -> Wire | None:
    """The sum of the steps' usages; None when one of them is unknown."""
    known = list(usages)
    if not known or any(usage is None for usage in known):
        return None
    return {
        "prompt_tokens": sum(u["prompt_tokens"] for u in known),
        "completion_tokens": sum(u["completion_tokens"] for u in known),
        "total_tokens": sum(u["total_tokens"] for u in known),
        "prompt_token_details": {
            "cached_tokens": sum(u["prompt_token_details"]["cached_tokens"] for u in known)
        },
        "completion_tokens_details": {
            "reasoning_tokens": sum(u["completion_tokens_details"]["reasoning_tokens"] for u in known)
        },
    }


def _answered(call: Wire, outputs: dict[str, str]) -> Wire:
    if call["id"] not in outputs:
        return call
    return {**call, "function": {**call["function"], "output": outputs[call["id"]]}}


def _held(session: Session, run_id: str) -> RunRow:
    row = runs.held(session, run_id)
    if row is None:
        raise RunGone
    return row


def _in_progress(session: Session, run_id: str) -> RunRow:
    row = _held(session, run_id)
    if row.status != RunStatus.IN_PROGRESS:
        raise IllegalMove(RunStatus(row.status), RunStatus.IN_PROGRESS)
    return row


def _step(session: Session, step_id: str) -> StepRow:
    row = steps.by_id(session, step_id)
    if row is None:
        raise RunGone
    return row


def finish(
    session: Session,
    run_id: str,
    opened: OpenMessage,
    content: list[Wire],
    usage: Wire | None,
) -> Events:
    """The last message is complete, and with it the run."""
    closed = close_message(session, run_id, opened, content, usage)
    return [*closed, *end(session, run_id, Ending(RunStatus.COMPLETED))]
