"""What is being waited for before the first token, in a sentence."""

from __future__ import annotations

from components import figures
from services.clients import Connection
from services.health import engine_state
from services.turns import Turn

ASK_AFTER_S = 1.0


def waiting_for(connection: Connection, turn: Turn, elapsed_s: float, tokens_per_s: float | None) -> str:
    """What the model is doing now. `tokens_per_s` is how fast it read the last prompt, if that is known."""
    if not connection.is_local:
        return f"Waiting for {connection.name}, {figures.seconds(elapsed_s)}"
    state = engine_state(connection.base_url) if elapsed_s > ASK_AFTER_S else None
    if state is not None and state.sentence:
        return state.sentence
    tokens = turn.sent[-1].tokens if turn.sent else None
    if tokens is None:
        return "Sending"
    about = f", about {tokens / tokens_per_s:.0f} s" if tokens_per_s and tokens / tokens_per_s > 2 else ""
    return f"The local model is reading {tokens:,} tokens{about}"
