"""A response this process works on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from services.server.responses.context import Files
from services.server.responses.items import Item
from services.server.responses.log import NumberedLog
from services.server.responses.output import Output
from services.server.responses.wire import wire
from services.server.runs.models import ChatModel

Shape = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a response has to answer: what was said before, what is asked now, and what the files in it hold."""

    before: list[Item]
    now: list[Item]
    files: Files = field(default_factory=Files)

    @property
    def all(self) -> list[Item]:
        """Everything, oldest first."""
        return [*self.before, *self.now]


@dataclass(frozen=True, slots=True)
class Ending:
    """How a response ends: its status, and why where it is not complete."""

    status: str
    error: Shape | None = None
    reason: str | None = None
    cause: Exception | None = None

    def changes(self) -> Shape:
        """What the response tells of it."""
        return {
            "error": self.error,
            "incomplete_details": {"reason": self.reason} if self.reason else None,
        }


@dataclass(slots=True)
class Live:
    """The response as it stands. `work` may be interrupted; `task` sees that it ends, whatever happens."""

    id: str
    owner: str
    created_at: int
    status: str
    body: Shape
    asked: Asked
    model: ChatModel
    log: NumberedLog
    include: frozenset[str]
    output: Output
    is_stored: bool
    usages: list[Shape | None] = field(default_factory=list)
    work: asyncio.Task[None] | None = None
    task: asyncio.Task[None] | None = None
    interruption: Ending | None = None
    refusal: Exception | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether it is being worked on."""
        return self.task is not None and not self.task.done()

    @property
    def is_background(self) -> bool:
        """Whether it goes on without its client."""
        return bool(self.body["background"])

    def wire(self) -> Shape:
        """The response as it goes over the wire."""
        return wire(self.id, self.created_at, self.status, self.body, self.output.shown())

    def announce(self, kind: str) -> None:
        """Tell of the response as a whole."""
        self.log.tell(f"response.{kind}", response=self.wire())

    def interrupt(self, ending: Ending) -> None:
        """Have the response end like this, and its model stop at once. The first to ask is heard."""
        if self.interruption is None and self.work is not None:
            self.interruption = ending
            self.work.cancel()
