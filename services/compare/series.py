"""A lane's turns as numbers: what was said, what the client sent, what was billed, and how long the first token took."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from services import tokens
from services.compare.records import LaneTalk
from services.turns import Message, Mode, Turn, TurnStatus


@dataclass(frozen=True, slots=True)
class Measured:
    """One turn in numbers. `number` counts from 1. None means the server or the price list did not say.

    `message_tokens` and `answer_tokens` are counted on this machine: what the message and its answer add to the
    history that later prompts carry. `calls` is how often the model was asked. `is_done` is false for a turn that failed
    or is still being answered.
    """

    number: int
    message_tokens: int
    answer_tokens: int
    sent_tokens: int
    sent_bytes: int
    trimmed_tokens: int
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None
    calls: int
    cost_usd: Decimal | None
    ttft_s: float | None
    duration_s: float | None
    is_done: bool

    @property
    def billed_tokens(self) -> int | None:
        """Tokens read and written, as the server counted them."""
        if self.prompt_tokens is None or self.completion_tokens is None:
            return None
        return self.prompt_tokens + self.completion_tokens


def measured(talk: LaneTalk) -> tuple[Measured, ...]:
    """The turns of a lane in numbers, oldest first."""
    return tuple(_measured(number, turn) for number, turn in enumerate(talk.turns, 1))


def sent_tokens(turn: Turn) -> int:
    """Tokens the client sent in this turn.

    A request without an estimate carries no history: the message counts, and what the client's functions gave back.
    """
    known = sum(request.tokens or 0 for request in turn.sent)
    if all(request.tokens is not None for request in turn.sent):
        return known
    results = [m for m in turn.replies if m.role == "tool" and _is_ours(turn, m.tool_call_id)]
    return known + tokens.count_messages([spoken(turn.user), *results], turn.model)


def spoken(message: Message) -> Message:
    """The message as a model reads it: files that were put on the server are not in it."""
    read = tuple(a for a in message.attachments if a.is_image or a.media_type.startswith("text/plain"))
    return replace(message, attachments=read)


def _is_ours(turn: Turn, call_id: str | None) -> bool:
    """Whether the client ran this call; what a built-in tool of the server did comes with details."""
    step = turn.tool_steps.get(call_id or "")
    return step is not None and step.details is None


def _measured(number: int, turn: Turn) -> Measured:
    usage = turn.usage
    trimmed = [request.trimmed for request in turn.sent if request.trimmed is not None]
    return Measured(
        number=number,
        message_tokens=tokens.count_messages([spoken(turn.user)], turn.model)
        - tokens.TOKENS_OF_REPLY_PRIMING,
        answer_tokens=_kept_of_answer(turn),
        sent_tokens=sent_tokens(turn),
        sent_bytes=sum(request.size_bytes for request in turn.sent),
        trimmed_tokens=trimmed[0].tokens if trimmed else 0,
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        calls=model_calls(turn),
        cost_usd=turn.cost_usd,
        ttft_s=turn.ttft_s,
        duration_s=turn.duration_s,
        is_done=turn.is_final and turn.status is not TurnStatus.FAILED,
    )


def _kept_of_answer(turn: Turn) -> int:
    """Tokens the answer adds to the history. A thread keeps messages; what its tools gave stays with the run."""
    kept = turn.messages[1:]
    if turn.mode is Mode.ASSISTANTS:
        kept = tuple(m for m in kept if m.role == "assistant" and m.content)
    return tokens.count_messages(kept, turn.model) - tokens.TOKENS_OF_REPLY_PRIMING if kept else 0


def model_calls(turn: Turn) -> int:
    """How often the model was asked in this turn; a run reports once for all of its steps."""
    steps = sum(1 for step in turn.steps.values() if step.usage and step.usage.prompt_tokens)
    return max(turn.calls, steps, 1)
