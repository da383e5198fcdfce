"""Making a long conversation fit a model's context: the oldest turns are left out first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from services import tokens
from services.errors import ContextTooLong
from services.turns import Message, Trimmed

if TYPE_CHECKING:
    from services.modes.chat_completions import ChatRequest

DEFAULT_REPLY_TOKENS = 1024
# Leaving turns out in blocks keeps the start of the prompt the same for a few turns, which prompt caches reward.
TURNS_PER_BLOCK = 4


def trim(messages: Sequence[Message], request: ChatRequest) -> tuple[list[Message], Trimmed | None]:
    """The messages that fit, newest kept, and what was left out.

    A turn is dropped whole, so that no tool result loses its call. Raises ContextTooLong when
    the last turn alone is too long.
    """
    limit = request.context_tokens
    if limit is None:
        return list(messages), None
    room = limit - _reply_tokens(request, limit) - _fixed_tokens(request)
    turns = _by_turn(messages)
    sizes = [tokens.count_messages(turn, request.model) for turn in turns]
    kept = len(turns)
    total = 0
    while kept > 0 and total + sizes[kept - 1] <= room:
        total += sizes[kept - 1]
        kept -= 1
    if kept == len(turns):
        raise ContextTooLong(_too_long(sizes[-1], room, limit), code="context_length_exceeded")
    if kept == 0:
        return list(messages), None
    kept = min(-(-kept // TURNS_PER_BLOCK) * TURNS_PER_BLOCK, len(turns) - 1)
    dropped = sum(len(turn) for turn in turns[:kept])
    reason = (
        f"The model's context holds {limit:,} tokens, the reply included; the oldest messages were left out."
    )
    return [m for turn in turns[kept:] for m in turn], Trimmed(dropped, sum(sizes[:kept]), reason)


def _too_long(size: int, room: int, limit: int) -> str:
    return (
        f"This message is about {size:,} tokens and the model has room for {max(room, 0):,} "
        f"(context {limit:,}, with space kept for the reply). Shorten it, attach less, or choose a model with a larger context."
    )


def _reply_tokens(request: ChatRequest, limit: int) -> int:
    asked = request.parameters.get("max_completion_tokens")
    return int(asked) if asked else min(DEFAULT_REPLY_TOKENS, limit // 4)


def _fixed_tokens(request: ChatRequest) -> int:
    system = [Message("system", request.system_prompt)] if request.system_prompt else []
    return tokens.count_messages(system, request.model, [t.parameters for t in request.tools])


def _by_turn(messages: Sequence[Message]) -> list[list[Message]]:
    turns: list[list[Message]] = []
    for message in messages:
        if message.role == "user" or not turns:
            turns.append([])
        turns[-1].append(message)
    return turns
