"""The states of a run and the ways between them; nothing here touches a database.

queued ──► in_progress ──► completed | incomplete | failed
  ▲             │
  │             ▼
  └──── requires_action          from each of these three: cancelling ──► cancelled, or expired, or failed

Source: OpenAI's description of the run lifecycle, and recorded traffic for the times each move sets.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

Changes = dict[str, Any]


class RunStatus(StrEnum):
    """Where a run stands."""

    QUEUED = "queued"
    IN_PROGRESS = "in_progress"
    REQUIRES_ACTION = "requires_action"
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    COMPLETED = "completed"
    INCOMPLETE = "incomplete"
    FAILED = "failed"
    EXPIRED = "expired"


S = RunStatus
LASTS_S = 600
"""An active run expires ten minutes after it was made."""
STALE_AFTER_S = 10
"""A run whose worker gave no sign of life for so long has been left behind."""
FUTURE_S = 60
"""A clock that was set back leaves signs of life in the future; so far off, they count for nothing."""
ENDS = frozenset({S.CANCELLED, S.COMPLETED, S.INCOMPLETE, S.FAILED, S.EXPIRED})
ACTIVE = frozenset(S) - ENDS
MOVES: dict[RunStatus, frozenset[RunStatus]] = {
    S.QUEUED: frozenset({S.IN_PROGRESS, S.CANCELLING, S.FAILED, S.EXPIRED}),
    S.IN_PROGRESS: frozenset(
        {S.REQUIRES_ACTION, S.COMPLETED, S.INCOMPLETE, S.CANCELLING, S.FAILED, S.EXPIRED}
    ),
    S.REQUIRES_ACTION: frozenset({S.QUEUED, S.CANCELLING, S.FAILED, S.EXPIRED}),
    S.CANCELLING: frozenset({S.CANCELLED, S.FAILED, S.EXPIRED}),
    **{end: frozenset() for end in ENDS},
}


class IllegalMove(Exception):
    """A run cannot go from where it stands to where it was sent."""

    def __init__(self, present: RunStatus, wanted: RunStatus) -> None:
        super().__init__(f"a run that is {present} cannot become {wanted}")
        self.present = present
        self.wanted = wanted


def is_worked_on(heartbeat_at: int | None, at: int) -> bool:
    """Whether somebody is at work on a run with this last sign of life; one that waits for its caller has none."""
    return heartbeat_at is not None and at - STALE_AFTER_S <= heartbeat_at <= at + FUTURE_S


def moved(present: str, wanted: RunStatus, at: int, **details: Any) -> Changes:
    """What changes in a run's body when it goes from `present` to `wanted`. Raises IllegalMove.

    `details` are `required_action`, `last_error` and `incomplete_details`, where the state has them.
    """
    if wanted not in MOVES[RunStatus(present)]:
        raise IllegalMove(RunStatus(present), wanted)
    times = {
        S.IN_PROGRESS: "started_at",
        S.COMPLETED: "completed_at",
        S.INCOMPLETE: "completed_at",
        S.CANCELLED: "cancelled_at",
        S.FAILED: "failed_at",
    }
    stamped = {times[wanted]: at} if wanted in times else {}
    waits = {} if wanted is S.REQUIRES_ACTION else {"required_action": None}
    return {**waits, **stamped, **details}
