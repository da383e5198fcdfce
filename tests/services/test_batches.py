"""A file of requests is looked at before it is sent, and what is wrong is said with its line."""

from __future__ import annotations

import json
from typing import Any

import pytest

from services.batches.checking import look
from tests.support.batches import line, lines


def jsonl(*given: Any) -> bytes:
    return "\n".join(one if isinstance(one, str) else json.dumps(one) for one in given).encode()


def test_a_good_file_says_what_it_asks_for() -> None:
    looked = look(b"\xef\xbb\xbf" + jsonl(*lines(3), ""))
    assert (looked.total, looked.model, looked.endpoint) == (3, "gpt-6-luna", "/v1/chat/completions")
    assert looked.problems == ()


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (line(0), "custom_id that an earlier line has"),
        ('{"custom_id": "x",', "Line 2 is no JSON object: expecting property name"),
        ("[1, 2]", "Line 2 is no JSON object. "),
        (line(1, custom_id=None), "Line 2 lacks custom_id"),
        (line(1, custom_id=7), "must be a text"),
        (line(1, method="GET"), 'the method must be "POST"'),
        (line(1, url="/v1/embeddings"), "another url than the first"),
        (line(1, body={"model": "other"}), "another model than the first"),
        (line(1, body={"messages": []}), "Line 2 lacks body.model"),
        (line(1, body="hi"), "body must be an object"),
        (line(1, body={"model": "gpt-6-luna", "stream": True}), "Leave stream out"),
        ("[" * 100_000, "Line 2 is no JSON object"),
    ],
)
def test_each_fault_is_a_sentence_with_its_line(given: Any, words: str) -> None:
    (problem,) = look(jsonl(line(0), given)).problems
    assert words in problem and "Line 2" in problem


@pytest.mark.parametrize("data", [b"", b"\n\n", b"\xef\xbb\xbf"])
def test_an_empty_file_says_so(data: bytes) -> None:
    assert look(data).problems == ("The file has no request in it. Write one JSON object a line.",)


def test_an_endpoint_without_batches_is_named_once() -> None:
    (problem,) = look(jsonl(*(line(n, url="/v1/audio/speech") for n in range(3)))).problems
    assert "'/v1/audio/speech'" in problem


def test_noise_is_refused() -> None:
    assert look(bytes(range(256)) * 20).problems
