from __future__ import annotations

import itertools

import pytest

from services.server.runs.states import (
    ACTIVE,
    ENDS,
    FUTURE_S,
    MOVES,
    STALE_AFTER_S,
    IllegalMove,
    RunStatus,
    is_worked_on,
    moved,
)

S = RunStatus
LEGAL = {
    (S.QUEUED, S.IN_PROGRESS),
    (S.QUEUED, S.CANCELLING),
    (S.QUEUED, S.FAILED),
    (S.QUEUED, S.EXPIRED),
    (S.IN_PROGRESS, S.REQUIRES_ACTION),
    (S.IN_PROGRESS, S.COMPLETED),
    (S.IN_PROGRESS, S.INCOMPLETE),
    (S.IN_PROGRESS, S.CANCELLING),
    (S.IN_PROGRESS, S.FAILED),
    (S.IN_PROGRESS, S.EXPIRED),
    (S.REQUIRES_ACTION, S.QUEUED),
    (S.REQUIRES_ACTION, S.CANCELLING),
    (S.REQUIRES_ACTION, S.FAILED),
    (S.REQUIRES_ACTION, S.EXPIRED),
    (S.CANCELLING, S.CANCELLED),
    (S.CANCELLING, S.FAILED),
    (S.CANCELLING, S.EXPIRED),
}
TIMES = {
    S.IN_PROGRESS: {"started_at": 7},
    S.COMPLETED: {"completed_at": 7},
    S.INCOMPLETE: {"completed_at": 7},
    S.CANCELLED: {"cancelled_at": 7},
    S.FAILED: {"failed_at": 7},
}


@pytest.mark.parametrize(("present", "wanted"), list(itertools.product(S, S)))
def test_each_move_is_legal_or_refused(present: RunStatus, wanted: RunStatus) -> None:
    if (present, wanted) not in LEGAL:
        with pytest.raises(IllegalMove, match=f"a run that is {present} cannot become {wanted}") as refused:
            moved(present, wanted, 7)
        assert (refused.value.present, refused.value.wanted) == (present, wanted)
        return
    waits = {} if wanted is S.REQUIRES_ACTION else {"required_action": None}
    assert moved(present, wanted, 7) == waits | TIMES.get(wanted, {})


def test_every_state_has_its_moves_and_only_ends_have_none() -> None:
    assert set(MOVES) == set(S)
    assert {state for state in S if not MOVES[state]} == ENDS
    assert {state for pair in LEGAL for state in pair} == set(S)
    assert ACTIVE.isdisjoint(ENDS)
    assert set(S) == ACTIVE | ENDS


def test_every_active_state_leads_to_an_end() -> None:
    for state in ACTIVE:
        reached, fresh = set[RunStatus](), {state}
        while fresh:
            reached |= fresh
            fresh = {after for present in fresh for after in MOVES[present]} - reached
        assert reached & ENDS


def test_details_are_part_of_the_change() -> None:
    action = {"type": "submit_tool_outputs"}
    assert moved(S.IN_PROGRESS, S.REQUIRES_ACTION, 7, required_action=action) == {"required_action": action}


@pytest.mark.parametrize(
    ("heartbeat_at", "is_alive"),
    [
        (None, False),
        (1000, True),
        (1000 - STALE_AFTER_S, True),
        (1000 - STALE_AFTER_S - 1, False),
        (1000 + FUTURE_S, True),
        (1000 + FUTURE_S + 1, False),
    ],
)
def test_a_recent_sign_of_life_is_one(heartbeat_at: int | None, is_alive: bool) -> None:
    assert is_worked_on(heartbeat_at, 1000) is is_alive
