"""One call to a model, timed and counted."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services import catalog
from services.batches.asking import answers_of
from services.errors import UpstreamFailed
from services.modes.chat_completions import as_usage
from services.turns import Usage

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionMessage

BATCH_TIER = "batch"

Wire = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back; times in seconds since the request was sent."""

    text: str
    model: str
    usage: Usage
    first_s: float
    seconds: float
    finish_reason: str | None
    service_tier: str | None = None


OnAnswer = Callable[[Answer], None]
OnLeft = Callable[[str], None]


class Asker:
    """Asks one connection, and tells of each answer, so that it can be entered in the ledger.

    `on_left` is told the id of a batch that was left before its end: what it cost is known later.
    """

    def __init__(
        self,
        client: openai.AsyncOpenAI,
        connection: str,
        on_answer: OnAnswer,
        on_left: OnLeft = lambda _: None,
    ) -> None:
        self._client, self._connection = client, connection
        self._on_answer, self._on_left = on_answer, on_left

    async def whole(
        self, model: str, messages: Sequence[Wire], *, limit: int | None = None, **more: Any
    ) -> Answer:
        """The answer in one piece. Raises what the SDK raises."""
        began = time.perf_counter()
        answer = await self._client.chat.completions.create(**self._body(model, messages, limit), **more)
        took_s = time.perf_counter() - began
        choice = answer.choices[0]
        return self._told(
            Answer(
                _said(choice.message),
                answer.model,
                as_usage(answer.usage),
                took_s,
                took_s,
                choice.finish_reason,
            )
        )

    async def streamed(self, model: str, messages: Sequence[Wire], *, limit: int | None = None) -> Answer:
        """The answer as it is written. Raises what the SDK raises."""
        began, first_s, text = time.perf_counter(), 0.0, ""
        answered_by, usage, reason = model, Usage(), None
        body = self._body(model, messages, limit)
        stream = await self._client.chat.completions.create(
            **body, stream=True, stream_options={"include_usage": True}
        )
        async with stream:
            async for chunk in stream:
                answered_by = chunk.model or answered_by
                usage = as_usage(chunk.usage) if chunk.usage else usage
                for choice in chunk.choices[:1]:
                    reason = choice.finish_reason or reason
                    piece = choice.delta.content or ""
                    first_s = first_s or (time.perf_counter() - began if piece else 0.0)
                    text += piece
        took_s = time.perf_counter() - began
        return self._told(Answer(text, answered_by, usage, first_s or took_s, took_s, reason))

    async def batched(
        self, model: str, asked: Sequence[Sequence[Wire]], *, limit: int | None = None
    ) -> list[Answer]:
        """All answers by one batch, each with the time the whole took. Raises AppError and what the SDK raises."""
        began = time.perf_counter()
        bodies = [self._body(model, messages, limit) for messages in asked]
        found = await answers_of(self._client, bodies, self._on_left)
        took_s = time.perf_counter() - began
        answers = [self._told(_from_batch(answer, took_s)) for answer in found.answers]
        if found.problem is not None:
            raise UpstreamFailed(found.problem)
        return answers

    def _told(self, answer: Answer) -> Answer:
        self._on_answer(answer)
        return answer

    def _body(self, model: str, messages: Sequence[Wire], limit: int | None) -> dict[str, Any]:
        name = catalog.describe(model, self._connection).answer_limit
        return {"model": model, "messages": list(messages), **({name: limit} if limit else {})}


def _said(message: ChatCompletionMessage) -> str:
    """The text of an answer; of calls, their names and arguments."""
    if message.content:
        return message.content
    calls = [call for call in message.tool_calls or () if call.type == "function"]
    return "\n".join(f"{call.function.name}({call.function.arguments})" for call in calls)


def _from_batch(answer: Wire, took_s: float) -> Answer:
    from openai.types import CompletionUsage

    choice = answer["choices"][0]
    usage = CompletionUsage.model_validate(answer["usage"]) if answer.get("usage") else None
    return Answer(
        choice["message"].get("content") or "",
        answer["model"],
        as_usage(usage),
        took_s,
        took_s,
        choice.get("finish_reason"),
        BATCH_TIER,
    )
