"""Whether one answer of ours agrees with the recorded one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.golden.compare import Comparison, Difference, Differences, shown
from tests.golden.pages import compare_pages
from tests.golden.recording import Answer, Exchange, objects_in
from tests.golden.streams import compare_streams

HEADERS = ("openai-version", "openai-processing-ms", "x-request-id")


def judge(exchange: Exchange, answer: Answer, comparison: Comparison) -> list[Difference]:
    """Everything in which our answer differs."""
    recorded = exchange.answer
    if recorded.status != answer.status:
        return [Difference("status", str(recorded.status), f"{answer.status} {shown(answer.body)}")]
    return [
        *_headers(recorded, answer),
        *_bodies(exchange, answer, comparison),
        *_echo(exchange, answer, comparison),
        *_annotations(answer),
    ]


def _headers(recorded: Answer, answer: Answer) -> Differences:
    kinds = [a.headers.get("content-type", "").partition(";")[0] for a in (recorded, answer)]
    if kinds[0] != kinds[1]:
        yield Difference("content-type", *kinds)
    for name in HEADERS:
        if name in recorded.headers and name not in answer.headers:
            yield Difference(name, recorded.headers[name], "no such header")


def _bodies(exchange: Exchange, answer: Answer, comparison: Comparison) -> Differences:
    recorded = exchange.answer
    if recorded.events is not None:
        yield from compare_streams(recorded.events, answer.events or (), comparison)
    elif isinstance(recorded.body, Mapping):
        if isinstance(answer.body, Mapping):
            yield from compare_pages(exchange, dict(recorded.body), dict(answer.body), comparison.ids)
        yield from comparison.compare(recorded.body, answer.body)


def _echo(exchange: Exchange, answer: Answer, comparison: Comparison) -> Differences:
    """What the service gave back as it was sent, ours gives back too."""
    sent, recorded = exchange.body, exchange.answer.body
    if (
        not isinstance(sent, Mapping)
        or not isinstance(recorded, Mapping)
        or not isinstance(answer.body, Mapping)
    ):
        return
    for name, value in sent.items():
        given, own = comparison.ids.translated(value), answer.body.get(name)
        if recorded.get(name) == value and not _holds(own, given):
            yield Difference(name, f"{shown(given)} as sent", shown(own))


def _holds(ours: Any, given: Any) -> bool:
    """Whether a value has all that was given; defaults may have come to it."""
    if isinstance(given, Mapping) and isinstance(ours, Mapping):
        return all(name in ours and _holds(ours[name], value) for name, value in given.items())
    if isinstance(given, list) and isinstance(ours, list):
        return len(given) == len(ours) and all(map(_holds, ours, given))
    return bool(ours == given)


def _annotations(answer: Answer) -> Differences:
    """A citation stands exactly where it says. A delta has but a piece of the text to look it up in."""
    whole = [d for d in answer.documents() if not _is_delta(d)]
    for text in (found for document in whole for found in objects_in(document) if "annotations" in found):
        for note in text["annotations"]:
            span = text["value"][note["start_index"] : note["end_index"]]
            if span != note["text"]:
                yield Difference("annotations", shown(note["text"]), shown(span))


def _is_delta(document: Any) -> bool:
    return isinstance(document, Mapping) and str(document.get("object", "")).endswith(".delta")
