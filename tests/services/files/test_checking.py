"""A second look: a source that the model itself does not find its answer in is none."""

from __future__ import annotations

import asyncio

import httpx2
import openai
import pytest

from services.files.checking import answers
from services.files.support import trace
from tests.services.files.make import passage

FOUND = trace("24 months", "How long does the warranty last?", [passage()])


def said(logprobs: object, status: int = 200) -> bool:
    """What comes of a check when the server answers with these probabilities."""
    choice = {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "length"}
    body = {"id": "c", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice]}
    choice["logprobs"] = logprobs
    transport = httpx2.MockTransport(lambda _: httpx2.Response(status, json=body))
    client = openai.AsyncOpenAI(
        api_key="k",
        base_url="http://test/v1",
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=transport),
    )
    assert FOUND is not None
    return asyncio.run(answers(client, "m", "How long does the warranty last?", FOUND))


def sure(yes: float, no: float) -> dict[str, object]:
    top = [{"token": "Yes", "logprob": yes, "bytes": None}, {"token": " no", "logprob": no, "bytes": None}]
    return {"content": [{**top[0], "top_logprobs": top}], "refusal": None}


@pytest.mark.parametrize(
    ("yes", "no", "holds"), [(-0.1, -3.0, True), (-2.0, -0.2, False), (-0.7, -0.7, False)]
)
def test_an_unsure_yes_is_no_source(yes: float, no: float, holds: bool) -> None:
    assert said(sure(yes, no)) is holds


def test_a_server_that_does_not_tell_or_fails_leaves_the_source() -> None:
    assert said(None)
    assert said(None, status=500)
