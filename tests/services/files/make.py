"""Passages and answers to test with."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator, Sequence

from services.assistants.records import Hit
from services.files.passages import Passage
from services.files.plain_answers import Check, TracedAnswer
from services.files.quoted_answers import QuotedAnswer
from services.turns import Event, Message, Turn

WARRANTY = "The warranty lasts 24 months. It does not cover wear.\nThe compressor is covered for five years."
ERRORS = "Error E4 means that the flow sensor reports too little water. Open the valve and restart the unit."


def passage(
    text: str = WARRANTY, *, file_id: str = "file-1", page: int | None = 3, start: int = 0
) -> Passage:
    return Passage(file_id, f"{file_id}.pdf", 0.8, text, start, start + len(text), page, page)


def hit(
    text: str, start: int, *, file_id: str = "file-1", score: float = 0.8, page: int | None = None
) -> Hit:
    starts = ((0, page),) if page else ()
    span = (start, start + len(text))
    return Hit(file_id, "a.pdf", score, text, {}, page, page, None, span, starts)


def answer(*statements: tuple[int, str, str], answers: bool = True) -> str:
    """What a model writes: for each statement its passage, quote and words."""
    told = [
        {"passage": number, "quote": quote, "answers": answers, "statement": words}
        for number, quote, words in statements
    ]
    return json.dumps({"statements": told}, ensure_ascii=False)


def read(text: str, passages: Sequence[Passage], question: str = "What?", step: int = 7) -> Turn:
    """The turn that the JSON of an answer makes when it arrives in pieces of `step` characters."""
    return _read(QuotedAnswer(question, passages), text, question, step)


def read_plain(
    text: str, passages: Sequence[Passage], question: str = "What?", step: int = 7, holds: bool = True
) -> Turn:
    """The turn that an answer in plain words makes; `holds` is what comes of each check."""
    return _read(TracedAnswer(question, passages), text, question, step, holds)


def _read(
    reader: QuotedAnswer | TracedAnswer, text: str, question: str, step: int, holds: bool = True
) -> Turn:
    turn = Turn("conv", Message("user", question), "model", "Local")
    events: list[Event] = []
    for start in range(0, len(text), step):
        events += _checked(reader.feed(text[start : start + step]), holds)
    events += _checked(reader.finish(), holds)
    for event in events:
        turn.apply(event)
    return turn


def _checked(events: Iterator[Event | Check], holds: bool) -> Iterator[Event]:
    for event in events:
        if not isinstance(event, Check):
            yield event
            continue
        assert isinstance(events, Generator)
        yield events.send(holds)
