"""A conversation of 500 turns stays fast. Bounds are far above what is usual, for busy machines."""

import time

import pytest

from services.turns import TextDelta, TurnStatus
from tests.services.storage.make import chain


def best_ms(call, repeats=7):
    def once():
        started = time.perf_counter()
        call()
        return (time.perf_counter() - started) * 1000

    return min(once() for _ in range(repeats))


@pytest.fixture
def long(alice):
    conversation = alice.create()
    return chain(alice, conversation.id, 500)[-1]


def test_a_long_conversation_stays_fast(library, alice, long):
    allowed = 1 if library.database.is_sqlite else 3  # each statement also travels to the server and back
    for number in range(60):
        alice.create(title=f"conversation {number}")
    assert best_ms(lambda: alice.branch(long.conversation_id, last=40)) < 20 * allowed
    assert best_ms(lambda: alice.list(50)) < 10 * allowed
    long.status = TurnStatus.STREAMING
    long.apply(TextDelta("many words " * 2000))
    assert best_ms(lambda: alice.save_turn(long)) < 10 * allowed
    assert len(alice.branch(long.conversation_id)) == 500
