"""A run this process works on."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

from services.server.runs.events import EventLog
from services.server.runs.records import Ending, Events
from services.server.runs.writing import Writing

Shape = dict[str, Any]


@dataclass(slots=True)
class Live:
    """The run as it was last told of. `key` is held for as long as the run may need it, and nowhere else.

    `work` is what the model and the tools do, which may be interrupted; `task` sees that the run ends, whatever happens.
    """

    run: Shape
    owner: str
    log: EventLog
    with_content: bool = False
    key: str | None = field(default=None, repr=False)
    writing: Writing = field(default_factory=Writing)
    work: asyncio.Task[None] | None = None
    task: asyncio.Task[None] | None = None
    interruption: Ending | None = None

    @property
    def run_id(self) -> str:
        """The run's id."""
        return str(self.run["id"])

    @property
    def is_at_work(self) -> bool:
        """Whether it is being worked on; else it waits for its caller."""
        return self.task is not None and not self.task.done()

    def announce(self, events: Events) -> None:
        """Tell what has been written down."""
        for name, wire in events:
            self.log.append(name, wire)
            if wire["object"] == "thread.run":
                self.run = wire

    def interrupt(self, ending: Ending) -> None:
        """Have the run end like this, and its model stop at once. The first to ask is heard."""
        if self.interruption is None and self.work is not None:
            self.interruption = ending
            self.work.cancel()
