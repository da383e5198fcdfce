"""Before the first token the person reads what is being waited for, and how long."""

from __future__ import annotations

import pytest

from components.conversation import reading_speed
from components.waiting import waiting_for
from services.clients import Connection
from services.turns import Message, RequestSent, Turn, Usage
from tests.components.make import finished_turn

LOCAL = Connection("Local", "local", "http://127.0.0.1:9/v1", "key")
OPENAI = Connection("OpenAI", "openai", "https://api.openai.com/v1", "key")


def sent(tokens: int | None) -> Turn:
    turn = Turn("conv_1", Message("user", "?"), "m", "Local")
    turn.apply(RequestSent("POST", "/v1/chat/completions", 100, 1, tokens))
    return turn


@pytest.mark.parametrize(
    ("connection", "turn", "elapsed_s", "speed", "sentence"),
    [
        (OPENAI, sent(100), 3.24, None, "Waiting for OpenAI, 3.2 s"),
        (LOCAL, sent(None), 0.1, None, "Sending"),
        (LOCAL, Turn("c", Message("user", "?"), "m", "Local"), 0.1, 45.0, "Sending"),
        (LOCAL, sent(900), 0.1, 45.0, "The local model is reading 900 tokens, about 20 s"),
        (LOCAL, sent(900), 5.0, 45.0, "The local model is reading 900 tokens, about 20 s"),
        (LOCAL, sent(50), 0.1, 45.0, "The local model is reading 50 tokens"),
        (LOCAL, sent(900), 0.1, None, "The local model is reading 900 tokens"),
    ],
)
def test_waiting_is_explained(
    connection: Connection, turn: Turn, elapsed_s: float, speed: float | None, sentence: str
) -> None:
    assert waiting_for(connection, turn, elapsed_s, speed) == sentence


def test_reading_speed_is_that_of_the_latest_prompt_that_was_not_cached() -> None:
    turns = [finished_turn(usage=Usage(100, 5)), finished_turn(usage=Usage(120, 5, cached_tokens=110))]
    assert reading_speed(turns) == 200
    assert reading_speed([]) is None
