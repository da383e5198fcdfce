"""One request to the chat model that has to answer with a JSON object, in the events of a turn."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from services import catalog
from services.clients import Connection
from services.modes.chat_completions import ChatRequest, send
from services.structured import closed_object, response_format
from services.turns import Event, Failed, Finished, Message

if TYPE_CHECKING:
    import openai

Form = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Completions:
    """A model to ask, and how. `parameters` go before what is chosen here."""

    client: openai.AsyncOpenAI
    connection: Connection
    model: str
    parameters: Mapping[str, Any] = field(default_factory=dict)

    async def ask(
        self, system: str, messages: Sequence[Message], form: tuple[str, Form], most_tokens: int
    ) -> AsyncIterator[Event]:
        """The answer as it is written, with its figures; a `Failed` comes last, and nothing comes for the end.

        `form` is a name and the properties of the object that the answer has to be.
        """
        described = catalog.describe(self.model, self.connection.name)
        name, properties = form
        request = ChatRequest(
            model=self.model,
            messages=tuple(messages),
            system_prompt=system,
            parameters=_parameters(described, most_tokens) | dict(self.parameters),
            response_format=None
            if described.structured_output is False
            else response_format(name, closed_object(dict(properties))),
        )
        async for event in send(self.client, self.connection, request):
            if not isinstance(event, Finished):
                yield event
            if isinstance(event, Failed):
                return


def _parameters(model: catalog.Model, most_tokens: int) -> dict[str, Any]:
    """The likeliest answer, and a bound where thinking does not count as output and would be cut off."""
    takes = catalog.parameters(model)
    chosen: dict[str, Any] = {"temperature": 0} if "temperature" in takes else {}
    if not model.reasoning_efforts:
        chosen["max_completion_tokens" if "max_completion_tokens" in takes else "max_tokens"] = most_tokens
    return chosen


def field_of(text: str, name: str) -> str:
    """The text that a model gave as `{"name": …}`; or in a fence, or bare, where a server knows no schema."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict):
        return str(found.get(name) or "").strip()
    fenced = re.search(r"```\w*\n(.*?)```", text, re.DOTALL)
    return (fenced[1] if fenced else text).strip()
