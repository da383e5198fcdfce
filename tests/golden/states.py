"""States that stand for one another: nobody waits for our server to be as slow as the recorded one was.

A client polls, and each poll of the recording shows one moment. Ours may be further on at the same moment, as long as
it is on the way the recorded object took: a run that was `queued` may be `in_progress`, a file that was `in_progress`
may be `completed`; a run that was `in_progress` may not be `failed`, unless the recorded one failed too.
"""

from __future__ import annotations

from tests.golden.facts import Facts
from tests.golden.recording import Shape

NATURAL = {
    "queued": {"in_progress", "completed"},
    "in_progress": {"completed"},
    "cancelling": {"cancelled"},
}
ENDS = ("completed", "failed", "incomplete", "cancelled", "expired", "processed")
RANKS = {"queued": 0, "in_progress": 1, "requires_action": 2, "cancelling": 2} | dict.fromkeys(ENDS, 3)


class States:
    """Which states of ours agree with recorded ones, from one exchange on."""

    def __init__(self, facts: Facts, number: int) -> None:
        self._facts, self._number = facts, number

    def may_be(self, recorded: Shape, ours: str) -> bool:
        """Whether this object of ours may have come further than the recorded one."""
        status = recorded["status"]
        states = self._facts.states[str(recorded.get("object", "")), str(recorded.get("id", ""))]
        later = {state for number, state in states if number > self._number}
        return ours in NATURAL.get(status, set()) | (later if status in NATURAL else set())


def is_early(recorded: str, ours: str) -> bool:
    """Whether our object may still come to the recorded state."""
    return RANKS.get(ours, 3) < RANKS.get(recorded, 3)
