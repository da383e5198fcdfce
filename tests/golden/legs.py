"""The legs of a recorded run: from its start, or from an answer to its calls, until it ends or waits again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from tests.golden.facts import Facts
from tests.golden.recording import Exchange, Recording, Shape
from tests.golden.replies import Reply, replies

ACTIVE = ("queued", "in_progress")
STOPPED = ("cancelling", "cancelled", "expired")


@dataclass(frozen=True, slots=True)
class Leg:
    """`outcome` is the state the run has come to when exchange number `shown` tells of it; infinite when none does."""

    run_id: str
    thread_id: str
    begins: int
    shown: float
    outcome: str
    replies: tuple[Reply, ...] = ()

    @property
    def searches(self) -> bool:
        """Whether the model looks into files, which must have been read then."""
        return any(call.name == "file_search" for reply in self.replies for call in reply.calls)


def legs(recording: Recording, facts: Facts) -> list[Leg]:
    """Every leg of every run of a recording, in the order they begin."""
    begun = [(run, exchange) for exchange in recording.exchanges if (run := _begun_by(exchange))]
    made: list[Leg] = []
    for place, (run, exchange) in enumerate(begun):
        later = [other.number for other_run, other in begun[place + 1 :] if other_run["id"] == run["id"]]
        number = sum(leg.run_id == run["id"] for leg in made)
        made.append(_leg(recording, facts, run, exchange.number, later, number))
    return made


def _begun_by(exchange: Exchange) -> Shape | None:
    """The run that goes on after this exchange."""
    ends = exchange.parts[-1]
    if (
        exchange.method != "POST"
        or ends not in ("runs", "submit_tool_outputs")
        or not exchange.answer.is_good
    ):
        return None
    return next((found for found in exchange.answer.objects() if found.get("object") == "thread.run"), None)


def _leg(
    recording: Recording, facts: Facts, run: Shape, begins: int, later: Sequence[int], number: int
) -> Leg:
    shown, outcome = _outcome(recording, facts, run, begins, later[0] if later else inf)
    # A stream shows its own end: a model that waited for a later exchange would keep it from coming.
    gate = inf if outcome in STOPPED and shown != begins else shown
    said = replies(recording, facts, run["id"], number, begins, gate, outcome)
    return Leg(run["id"], run["thread_id"], begins, shown, outcome, tuple(said))


def _outcome(
    recording: Recording, facts: Facts, run: Shape, begins: int, next_begins: float
) -> tuple[float, str]:
    states = facts.states["thread.run", run["id"]]
    for number, status in states:
        if begins <= number < next_begins and status not in ACTIVE:
            # What a stream shows of a run is several states; the last of them is what it has come to.
            return number, [s for n, s in states if n == number][-1]
    if next_begins < inf:
        return next_begins, "requires_action"
    return _implied_end(recording, facts, run, begins), "completed"


def _implied_end(recording: Recording, facts: Facts, run: Shape, begins: int) -> float:
    """When the run must have ended, although nobody looked: its message is there, or the thread is free again."""
    path = f"/threads/{run['thread_id']}"
    freed = [
        exchange.number
        for exchange in recording.exchanges[begins + 1 :]
        if exchange.method == "POST" and exchange.path in (f"{path}/messages", f"{path}/runs")
        if exchange.answer.is_good
    ]
    written = [number for number, _ in facts.messages_of(run["id"]) if number >= begins]
    return min([*freed, *written], default=inf)
