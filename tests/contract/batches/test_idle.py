"""The local model answers people first; batches have what time is left."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from openai import OpenAI

from tests.support.assistants import PATIENCE_S, Service, until
from tests.support.batches import begun, ended, line, results
from tests.support.upstream import Script

LOCAL = "qwen2.5-coder-1.5b-instruct"
StartService = Callable[..., Any]


def without_upstream(start_service: StartService) -> Any:
    return start_service(openai_api_key=None, openai_base_url="https://api.openai.com/v1")


def asks(count: int) -> list[dict[str, Any]]:
    body = {"model": LOCAL, "messages": [{"role": "user", "content": "From a batch"}]}
    return [line(number, body=body) for number in range(count)]


def asked_live(client: OpenAI) -> str | None:
    messages: Any = [{"role": "user", "content": "From a person"}]
    return client.chat.completions.create(model=LOCAL, messages=messages).choices[0].message.content


def texts(service: Service) -> list[str]:
    return [request.json["messages"][-1]["content"] for request in service.upstream.requests]


def test_a_request_of_a_batch_is_given_up_for_a_person_and_asked_again(start_service: StartService) -> None:
    with without_upstream(start_service) as service:
        client, upstream = service.account().client, service.upstream
        upstream.play(Script(hang=True), Script(text=("To a person",), delay_s=0.5), Script(text=("Later",)))
        made = begun(client, asks(1))
        until(lambda: len(upstream.requests) == 1)
        assert asked_live(client) == "To a person"
        assert upstream.client_left.wait(PATIENCE_S)
        batch = ended(client, made)
        assert texts(service) == ["From a batch", "From a person", "From a batch"]
        (got,) = results(client, batch.output_file_id)
        assert got["response"]["body"]["choices"][0]["message"]["content"] == "Later"


def test_a_batch_waits_while_a_person_waits(start_service: StartService) -> None:
    with without_upstream(start_service) as service:
        client, upstream = service.account().client, service.upstream
        upstream.play(Script(hold_after=1))
        messages: Any = [{"role": "user", "content": "From a person"}]
        with client.chat.completions.create(model=LOCAL, messages=messages, stream=True) as stream:
            next(iter(stream))
            made = begun(client, asks(2))
            until(lambda: client.batches.retrieve(made.id).status == "in_progress")
            assert texts(service) == ["From a person"]
            upstream.release()
        batch = ended(client, made)
        assert batch.request_counts is not None
        assert batch.request_counts.completed == 2


@pytest.mark.parametrize("count", [3])
def test_one_request_at_a_time_goes_to_the_local_model(start_service: StartService, count: int) -> None:
    with without_upstream(start_service) as service:
        client, upstream = service.account().client, service.upstream
        upstream.play(Script(hang=True))
        batches = [begun(client, asks(count)) for _ in range(2)]
        until(
            lambda: (
                {client.batches.retrieve(made.id).status for made in batches} == {"in_progress"}
                and upstream.requests
            )
        )
        assert len(upstream.requests) == 1
        for made in batches:
            client.batches.cancel(made.id)
        assert {ended(client, made).status for made in batches} == {"cancelled"}
