"""The manual way: we search, put what was found into the prompt of a Chat Completions request, and check the answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from services.clients import Connection
from services.errors import AppError
from services.files import checking, plain_answers, quoted_answers
from services.files.passages import Passage, fitting
from services.files.plain_answers import Check, TracedAnswer
from services.files.prompting import Exchange, prompt
from services.files.quoted_answers import QuotedAnswer
from services.files.support import strangers
from services.modes.chat_completions import ChatRequest, failure, send
from services.turns import Event, Finished, Message, TextDelta, ToolCall, ToolState, ToolStep, new_id

if TYPE_CHECKING:
    import openai

    from services.assistants.records import Hit

LOCAL_BUDGET_TOKENS = 850
BUDGET_TOKENS = 6_000
MOST_HITS = 20
MOST_OUTPUT_TOKENS = 200
FITTING_SCORE = 0.15
"""A passage that fits less says nothing on the question; a small model would take it for an answer all the same."""

Search = Callable[[Sequence[str], int], "list[Hit]"]


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a collection. `without` are the keys of passages the person switched off."""

    text: str
    model: str
    is_local: bool
    earlier: tuple[Exchange, ...] = ()
    without: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    context_tokens: int | None = None

    @property
    def queries(self) -> list[str]:
        """What is searched for: the question, and with the one before it what it may leave out."""
        before = self.earlier[-1].question if self.earlier else None
        return [self.text, f"{before} {self.text}"] if before else [self.text]

    @property
    def budget_tokens(self) -> int:
        """How much of the documents the model is shown."""
        return LOCAL_BUDGET_TOKENS if self.is_local else BUDGET_TOKENS


async def ask(
    client: openai.AsyncOpenAI, connection: Connection, question: Question, search: Search
) -> AsyncIterator[Event]:
    """One turn: search, ask, check. Never raises for the other side's sake: what goes wrong is a `Failed` event."""
    call = ToolCall(new_id("search"), "file_search", json.dumps({"queries": question.queries}))
    yield _step(call, "running", question, [])
    try:
        hits = await asyncio.to_thread(search, question.queries, MOST_HITS)
    except AppError as error:
        yield _step(call, "failed", question, [])
        yield failure(error)
        return
    good = [hit for hit in hits if hit.score >= FITTING_SCORE]
    passages = await asyncio.to_thread(fitting, good, question.budget_tokens, question.without)
    yield _step(call, "completed", question, passages)
    reader = (TracedAnswer if question.is_local else QuotedAnswer)(question.text, passages)
    if not passages or strangers(question.text, passages):  # there is nothing to ask a model about
        async for told in _checked(reader.finish(), client, question):
            yield told
        yield Finished("stop")
        return
    async for event in send(client, connection, _request(question, passages)):
        match event:
            case TextDelta(text):
                async for told in _checked(reader.feed(text), client, question):
                    yield told
            case Finished():
                async for told in _checked(reader.finish(), client, question):
                    yield told
                yield event
            case _:
                yield event


async def _checked(
    events: Iterator[Event] | plain_answers.Events, client: openai.AsyncOpenAI, question: Question
) -> AsyncIterator[Event]:
    """The events of an answer, the checks among them made."""
    for told in events:
        event = told
        while isinstance(event, Check):
            holds = await checking.answers(client, question.model, question.text, event.found)
            assert isinstance(events, Generator)
            event = events.send(holds)
        yield event


def _request(question: Question, passages: Sequence[Passage]) -> ChatRequest:
    request = ChatRequest(
        model=question.model,
        messages=(Message("user", prompt(question.text, passages, question.earlier)),),
        system_prompt=quoted_answers.INSTRUCTIONS,
        parameters=question.parameters,
        response_format=quoted_answers.form(len(passages)),
        context_tokens=question.context_tokens,
    )
    if not question.is_local:
        return request
    # A small model that has lost its thread is not to go on for ever.
    bounded = {**question.parameters, "max_completion_tokens": MOST_OUTPUT_TOKENS}
    return replace(
        request, system_prompt=plain_answers.INSTRUCTIONS, parameters=bounded, response_format=None
    )


def _step(call: ToolCall, state: ToolState, question: Question, passages: Sequence[Passage]) -> ToolStep:
    found = json.dumps([{"file": passage.filename, "score": passage.score} for passage in passages])
    details = {"queries": question.queries, "results": [passage.wire() for passage in passages]}
    return ToolStep(call, state, found if state == "completed" else None, details)
