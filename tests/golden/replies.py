"""What the model said in a leg of a run, as far as the recording shows it anywhere."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from tests.golden.facts import MESSAGE, TOOLS, Facts
from tests.golden.recording import Recording, Shape, objects_in

UNKNOWN = "Done."
"""Said where the recording shows that something was said, but not what."""
USAGE = {"prompt_tokens": 20, "completion_tokens": 5, "total_tokens": 25}


@dataclass(frozen=True, slots=True)
class Call:
    """A call the model makes, and what the code interpreter gives for it where it is one of code."""

    name: str
    arguments: str
    outputs: list[Shape] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the model. It begins with exchange number `gate`, when the recording first shows it."""

    pieces: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    usage: Shape = field(default_factory=lambda: dict(USAGE))
    gate: float = 0
    reason: str | None = None
    error: str | None = None


def replies(
    recording: Recording, facts: Facts, run_id: str, number: int, begins: int, gate: float, outcome: str
) -> Iterator[Reply]:
    """The answers of leg `number` of a run; the last of them ends it as it was recorded."""
    steps = _by_legs(facts.steps(run_id))
    of_leg = steps[number] if number < len(steps) else []
    said = [*_from_steps(of_leg, facts, lambda: question(recording, begins), gate)]
    if outcome == "requires_action":
        last = said.pop() if said else Reply(gate=gate)
        said.append(replace(last, calls=_waited_with(facts, run_id, number) or last.calls))
    elif not said:
        usage = facts.last_shown(run_id).get("usage")
        said.append(Reply(_words_of(facts, run_id), usage=_total([usage] if usage else []), gate=gate))
    elif said[-1].calls:
        said.append(Reply((UNKNOWN,), gate=gate))
    yield from said[:-1]
    yield _ended(said[-1], facts.last_shown(run_id), outcome)


def _ended(reply: Reply, run: Shape, outcome: str) -> Reply:
    reason = "length" if outcome == "incomplete" else None
    error = (run.get("last_error") or {}).get("code") if outcome == "failed" else None
    return replace(reply, reason=reason, error=error)


def _by_legs(steps: list[Shape]) -> list[list[Shape]]:
    """A run's steps by legs: after functions were called, the caller has its turn."""
    split: list[list[Shape]] = [[]]
    for step in steps:
        split[-1].append(step)
        if any(call["type"] == "function" for call in step["step_details"].get(TOOLS) or ()):
            split.append([])
    return split


def _from_steps(steps: list[Shape], facts: Facts, ask: Callable[[], str], gate: float) -> Iterator[Reply]:
    """Our server takes words and the calls after them from one answer of the model."""
    words: list[Shape] = []
    for step in steps:
        if step["type"] == MESSAGE:
            words.append(step)
        else:
            yield _reply([*words, step], facts, ask, gate)
            words = []
    if words:
        yield _reply(words, facts, ask, gate)


def _reply(steps: list[Shape], facts: Facts, ask: Callable[[], str], gate: float) -> Reply:
    ids = [step["step_details"][MESSAGE]["message_id"] for step in steps if step["type"] == MESSAGE]
    calls = steps[-1]["step_details"].get(TOOLS) or ()
    return Reply(
        tuple(piece for message_id in ids for piece in facts.text_of(message_id) or (UNKNOWN,)),
        tuple(_call(call, ask) for call in calls),
        _total([step["usage"] for step in steps if step.get("usage")]),
        min([gate, *(facts.first_shown(step["id"]) for step in steps)]),
    )


def _waited_with(facts: Facts, run_id: str, number: int) -> tuple[Call, ...]:
    """The calls with which the run waited for the end of leg `number`; their step may still have been empty."""
    waited = [
        found["required_action"]["submit_tool_outputs"]["tool_calls"]
        for _, found in facts.shown[run_id]
        if found.get("required_action")
    ]
    distinct = [calls for i, calls in enumerate(waited) if calls not in waited[:i]]
    return tuple(_call(call, str) for call in distinct[number]) if number < len(distinct) else ()


def _words_of(facts: Facts, run_id: str) -> tuple[str, ...]:
    """What a run wrote, where its messages are shown but none of its steps."""
    written = [found["id"] for _, found in facts.messages_of(run_id)]
    return tuple(piece for message_id in written for piece in facts.text_of(message_id)) or (UNKNOWN,)


def _call(call: Shape, ask: Callable[[], str]) -> Call:
    match call["type"]:
        case "function":
            return Call(call["function"]["name"], call["function"]["arguments"])
        case "code_interpreter":
            code = call["code_interpreter"]
            arguments = json.dumps({"code": code.get("input", "")})
            return Call("code_interpreter", arguments, code.get("outputs") or [])
    return Call(call["type"], json.dumps({"queries": [ask(), *_found_by(call)]}))


def _found_by(call: Shape) -> list[str]:
    """The recording does not tell what the model looked for, but it may tell what was found: that, then."""
    results = call.get("file_search", {}).get("results") or ()
    return [part["text"] for result in results[:1] for part in result.get("content") or () if "text" in part]


def question(recording: Recording, before: int) -> str:
    """What a person wrote last before an exchange."""
    for exchange in reversed(recording.exchanges[: before + 1]):
        said = [found["content"] for found in objects_in(exchange.body) if found.get("role") == "user"]
        if said:
            return said[-1] if isinstance(said[-1], str) else str(said[-1][0].get("text", ""))
    return ""


def _total(usages: list[Shape]) -> Shape:
    totals = {name: sum(usage[name] for usage in usages) for name in USAGE}
    return totals if usages else dict(USAGE)
