"""What a lane can send with its model, and what has to be said before it does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from services import catalog
from services.catalog import Model
from services.clients import Connection
from services.compare.labels import MODE_NAMES
from services.compare.records import Lane
from services.turns import BUILT_IN_TOOLS, Mode

# Spelled as each mode's API spells them; the sampling parameters share one name everywhere.
LONGEST_REPLY = {
    Mode.CHAT_COMPLETIONS: "max_completion_tokens",
    Mode.ASSISTANTS: "max_completion_tokens",
    Mode.RESPONSES: "max_output_tokens",
}
SAMPLING = ("temperature", "top_p")


@dataclass(frozen=True, slots=True)
class Sendable:
    """What of a lane's wishes is sent: parameters as the API spells them, and names of tools."""

    parameters: Mapping[str, Any]
    tools: tuple[str, ...]


def effort(lane: Lane) -> str | None:
    """The reasoning effort a lane asks for."""
    reasoning = lane.parameters.get("reasoning")
    chosen = reasoning.get("effort") if isinstance(reasoning, Mapping) else None
    return chosen or lane.parameters.get("reasoning_effort")


def takes_tools(lane: Lane, model: Model) -> bool:
    """Whether the model takes tools in this lane's mode; Responses takes them with every model."""
    return lane.mode is Mode.RESPONSES or model.tools != "no"


def sendable(lane: Lane, model: Model) -> Sendable:
    """What is sent: the rest the model would refuse, and `notices` says so."""
    tools = tuple(t for t in lane.tools if _is_offered(lane.mode, t)) if takes_tools(lane, model) else ()
    parameters = {name: value for name, value in lane.parameters.items() if _accepts(lane, model, name)}
    if tools and model.tools == "needs_effort_none" and lane.mode is not Mode.RESPONSES:
        parameters["reasoning_effort"] = "none"
    return Sendable(parameters, tools)


def _is_offered(mode: Mode, tool: str) -> bool:
    return mode is not Mode.CHAT_COMPLETIONS or tool not in BUILT_IN_TOOLS


def _accepts(lane: Lane, model: Model, name: str) -> bool:
    """Whether the model takes this parameter; the server decides on those that only one mode has."""
    if name in SAMPLING:
        return name in catalog.parameters(model, effort(lane))
    if name in ("reasoning_effort", "reasoning"):
        return bool(model.reasoning_efforts)
    if lane.mode is Mode.CHAT_COMPLETIONS:
        return name in catalog.parameters(model, effort(lane)) or name in ("max_tokens", "response_format")
    return True


def notices(lane: Lane, model: Model, connection: Connection | None) -> list[str]:
    """What the person should know before the lane is asked, in sentences."""
    if connection is None:
        return [f"There is no connection named {lane.connection} any more. Choose another one."]
    return list(_notices(lane, model, connection))


def _notices(lane: Lane, model: Model, connection: Connection) -> Iterator[str]:
    if lane.mode is Mode.ASSISTANTS and not connection.is_local:
        yield (
            f"{connection.name} has no Assistants API: OpenAI closed it on 26 August 2026. "
            "Tandem's own server answers, choose the connection Local."
        )
    if connection.kind == "openai" and not connection.api_key:
        yield f"{connection.name} has no key yet. Type one in Settings."
    yield from _not_taken(lane, model)
    if not model.local and model.price_in_usd_per_million is None:
        yield f"The price of {model.id} is unknown, so this lane shows no cost. Enter one under Usage."


def _not_taken(lane: Lane, model: Model) -> Iterator[str]:
    sent = sendable(lane, model)
    name = MODE_NAMES[lane.mode]
    for tool in lane.tools:
        if not _is_offered(lane.mode, tool):
            yield f"{name} has no {tool.replace('_', ' ')} of its own, so this lane answers without it."
    if lane.tools and not takes_tools(lane, model):
        yield f"{model.id} takes no tools in {name}, so none is sent."
    elif sent.parameters.get("reasoning_effort") == "none" != effort(lane):
        yield f"{model.id} takes tools in {name} only with reasoning effort “none”, so that is sent."
    left_out = [n for n in lane.parameters if n not in sent.parameters]
    if left_out:
        yield f"{model.id} does not take {', '.join(left_out).replace('_', ' ')}; it is not sent."
