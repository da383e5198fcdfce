"""Batches through the SDK: made, answered, listed, cancelled, expired."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import openai
import pytest

from services.server.batches import records
from services.server.batches.asking import UPSTREAM_AT_ONCE
from tests.support.assistants import PATIENCE_S, until
from tests.support.batches import MODEL, begun, ended, line, lines, results
from tests.support.upstream import Script, ScriptedUpstream, error, rate_limited

StartService = Callable[..., Any]


def said(result: dict[str, Any]) -> str:
    return str(result["response"]["body"]["choices"][0]["message"]["content"])


def test_requests_are_answered_in_a_file_in_their_order(start_service: StartService) -> None:
    with start_service() as service:
        client = service.account().client
        made = begun(client, lines(7), metadata={"for": "test"})
        assert (made.object, made.status, made.completion_window) == ("batch", "validating", "24h")
        assert made.expires_at == made.created_at + 24 * 3600
        batch = ended(client, made)
        assert (batch.status, batch.model, batch.metadata) == ("completed", MODEL, {"for": "test"})
        assert batch.request_counts.model_dump() == {"total": 7, "completed": 7, "failed": 0}  # type: ignore[union-attr]
        assert made.created_at <= batch.in_progress_at <= batch.finalizing_at <= batch.completed_at  # type: ignore[operator]
        assert (batch.error_file_id, batch.errors) == (None, None)
        got = results(client, batch.output_file_id)
        assert [one["custom_id"] for one in got] == [f"ask-{n}" for n in range(7)]
        assert {said(one) for one in got} == {"Hello world"}
        assert all(one["error"] is None and one["response"]["status_code"] == 200 for one in got)
        assert all(one["response"]["request_id"].startswith("req_") for one in got)
        assert batch.usage is not None
        assert (batch.usage.input_tokens, batch.usage.output_tokens) == (7 * 11, 7 * 7)
        file = client.files.retrieve(batch.output_file_id or "")
        assert (file.purpose, file.filename) == ("batch_output", f"{batch.id}_output.jsonl")


def test_what_fails_goes_into_the_error_file(start_service: StartService) -> None:
    with start_service() as service:
        service.upstream.by_request = lambda body: (
            error(400, "Too long.", "context_length_exceeded")
            if body["messages"][0]["content"].endswith(("1", "3"))
            else None
        )
        client = service.account().client
        batch = ended(client, begun(client, lines(4)))
        assert batch.status == "completed"
        assert batch.request_counts.model_dump() == {"total": 4, "completed": 2, "failed": 2}  # type: ignore[union-attr]
        bad = results(client, batch.error_file_id)
        assert [one["custom_id"] for one in bad] == ["ask-1", "ask-3"]
        assert bad[0]["response"]["status_code"] == 400
        assert bad[0]["response"]["body"]["error"]["code"] == "context_length_exceeded"
        assert [one["custom_id"] for one in results(client, batch.output_file_id)] == ["ask-0", "ask-2"]


def test_what_may_pass_is_tried_again(start_service: StartService) -> None:
    with start_service() as service:
        service.upstream.play(rate_limited(0.1), rate_limited(0.1))
        client = service.account().client
        batch = ended(client, begun(client, lines(1)))
        assert batch.request_counts.model_dump() == {"total": 1, "completed": 1, "failed": 0}  # type: ignore[union-attr]
        assert len(service.upstream.requests) == 3


def test_few_requests_are_under_way_at_once(start_service: StartService) -> None:
    with start_service() as service:
        client, upstream = service.account().client, service.upstream
        upstream.default = Script(hang=True)
        first, second = begun(client, lines(9)), begun(client, lines(9))
        until(
            lambda: {client.batches.retrieve(made.id).status for made in (first, second)} == {"in_progress"}
        )
        until(lambda: len(upstream.requests) == UPSTREAM_AT_ONCE)
        assert len(upstream.requests) == UPSTREAM_AT_ONCE
        for made in (first, second):
            client.batches.cancel(made.id)
        assert {ended(client, made).status for made in (first, second)} == {"cancelled"}


def test_a_response_is_answered_as_a_live_one(start_service: StartService) -> None:
    with start_service() as service:
        client = service.account().client
        body = {"model": MODEL, "input": "Hi"}
        batch = ended(client, begun(client, [line(0, url="/v1/responses", body=body)], "/v1/responses"))
        (got,) = results(client, batch.output_file_id)
        response = got["response"]["body"]
        assert response["object"] == "response"
        assert client.responses.retrieve(response["id"]).output_text == "Hello world"
        other = service.account().client
        with pytest.raises(openai.NotFoundError):
            other.responses.retrieve(response["id"])


def test_embeddings_are_made_in_batches(start_service: StartService) -> None:
    with start_service() as service:
        client = service.account().client
        body = {"model": "text-embedding-3-small", "input": ["a", "b"]}
        batch = ended(client, begun(client, [line(0, url="/v1/embeddings", body=body)], "/v1/embeddings"))
        (got,) = results(client, batch.output_file_id)
        assert got["response"]["body"]["object"] == "list"


@pytest.mark.parametrize(
    ("bad", "code", "number"),
    [
        (b"", "empty_file", None),
        (b"\n\n", "empty_file", None),
        (b'{"custom_id": ', "invalid_json_line", 1),
        (b"[1]", "invalid_json_line", 1),
        (b"\xff\xfe", "invalid_json_line", 1),
        ([line(0), line(0)], "duplicate_custom_id", 2),
        ([line(0, method="GET")], "invalid_method", 1),
        ([line(0, url="/v1/embeddings")], "mismatched_url", 1),
        ([line(0, body=[])], "invalid_value", 1),
        ([line(0, body={})], "missing_required_parameter", 1),
        ([line(0), line(1, body={"model": "another"})], "mismatched_model", 2),
        ([line(0, custom_id=7)], "invalid_value", 1),
        ([line(0, body={"model": MODEL, "stream": True})], "invalid_value", 1),
        ([{"custom_id": "a"}], "missing_required_parameter", 1),
    ],
)
def test_a_bad_line_fails_the_batch_and_is_named(
    start_service: StartService, bad: Any, code: str, number: int | None
) -> None:
    with start_service() as service:
        client = service.account().client
        batch = ended(client, begun(client, bad))
        assert batch.status == "failed"
        assert batch.failed_at is not None
        assert batch.errors is not None
        (told,) = batch.errors.data or ()
        assert (told.code, told.line) == (code, number)
        assert told.message
        assert not service.upstream.requests
        assert (batch.output_file_id, batch.error_file_id) == (None, None)


def test_cancelling_keeps_what_was_done(start_service: StartService) -> None:
    with start_service() as service:
        client, upstream = service.account().client, service.upstream
        upstream.play(Script(), Script(), *[Script(hang=True)] * 20)
        made = begun(client, lines(20))
        until(lambda: client.batches.retrieve(made.id).request_counts.completed == 2)  # type: ignore[union-attr]
        assert client.batches.cancel(made.id).status == "cancelling"
        batch = ended(client, made)
        assert batch.status == "cancelled"
        assert batch.cancelling_at is not None
        assert batch.cancelled_at is not None
        assert batch.request_counts.model_dump() == {"total": 20, "completed": 2, "failed": 0}  # type: ignore[union-attr]
        assert len(results(client, batch.output_file_id)) == 2
        assert upstream.client_left.wait(PATIENCE_S)
        with pytest.raises(openai.BadRequestError, match="Cannot cancel a batch with status 'cancelled'"):
            client.batches.cancel(made.id)


def test_after_a_day_the_rest_is_told_that_it_is_late(start_service: StartService) -> None:
    with start_service() as service:
        client = service.account().client
        service.upstream.play(Script(), *[Script(hang=True)] * 9)
        made = begun(client, lines(5))
        until(lambda: client.batches.retrieve(made.id).request_counts.completed == 1)  # type: ignore[union-attr]
        job = service.api.state.server.batches._jobs[made.id]
        job.batch = records.Claimed(
            *[
                0 if name == "expires_at" else getattr(job.batch, name)
                for name in records.Claimed.__dataclass_fields__
            ]
        )
        batch = ended(client, made)
        assert batch.status == "expired"
        assert batch.expired_at is not None
        assert batch.request_counts.model_dump() == {"total": 5, "completed": 1, "failed": 4}  # type: ignore[union-attr]
        late = results(client, batch.error_file_id)
        assert [one["error"]["code"] for one in late] == ["batch_expired"] * 4
        assert [one["response"] for one in late] == [None] * 4
        assert len(results(client, batch.output_file_id)) == 1


def test_batches_are_listed_newest_first_and_for_their_owner(start_service: StartService) -> None:
    with start_service() as service:
        client, other = service.account().client, service.account().client
        made = [begun(client, lines(1)).id for _ in range(3)]
        page = client.batches.list(limit=2)
        assert [batch.id for batch in page.data] == made[:0:-1]
        assert [batch.id for batch in client.batches.list(limit=2, after=made[1]).data] == made[:1]
        assert other.batches.list().data == []
        with pytest.raises(openai.NotFoundError):
            other.batches.retrieve(made[0])


def test_deleting_the_input_does_not_stop_the_batch(start_service: StartService) -> None:
    with start_service() as service:
        client, upstream = service.account().client, service.upstream
        upstream.play(*[Script(hang=True)] * 4)
        made = begun(client, lines(6))
        until(lambda: len(upstream.requests) == 4)
        client.files.delete(made.input_file_id)
        client.batches.cancel(made.id)
        assert ended(client, made).status == "cancelled"
        blobs = service.api.state.server.stateful.batches._blobs
        until(lambda: not list(blobs.keys()))


def test_wrong_requests_are_refused_at_once(start_service: StartService) -> None:
    with start_service() as service:
        account = service.account()
        client = account.client
        file = client.files.create(file=("a.jsonl", b"{}"), purpose="assistants")
        asked = {"input_file_id": file.id, "endpoint": "/v1/chat/completions", "completion_window": "24h"}
        cases: list[tuple[dict[str, Any], int, str]] = [
            (asked, 400, "purpose"),
            (asked | {"input_file_id": "file-nothing"}, 404, "No such File object"),
            (asked | {"endpoint": "/v1/videos"}, 400, "are not run here"),
            (asked | {"endpoint": "/v1/nothing"}, 400, "Supported values are"),
            (asked | {"completion_window": "1h"}, 400, "'24h'"),
            (asked | {"else": 1}, 400, "Unknown parameter"),
            (asked | {"output_expires_after": {"anchor": "created_at", "seconds": 1}}, 400, "seconds"),
        ]
        for body, status, words in cases:
            refused = account.error("POST", "batches", json=body)
            assert refused[0] == status, refused
            assert words in refused[1], refused


def test_result_files_live_as_long_as_asked(start_service: StartService) -> None:
    with start_service() as service:
        client = service.account().client
        lives = {"anchor": "created_at", "seconds": 3600}
        batch = ended(client, begun(client, lines(1), output_expires_after=lives))
        file = client.files.retrieve(batch.output_file_id or "")
        assert file.expires_at == file.created_at + 3600


def test_a_key_that_came_along_is_not_kept(start_service: StartService) -> None:
    with start_service() as service:
        client = service.account().client.with_options(
            default_headers={"x-tandem-upstream-key": "sk-somebodys"}
        )
        batch = ended(client, begun(client, lines(1)))
        assert batch.errors is not None
        assert [one.code for one in batch.errors.data or ()] == ["key_not_kept"]
        assert not service.upstream.requests


def test_limits_per_minute_are_for_those_who_wait(start_service: StartService) -> None:
    with start_service(tokens_per_minute=1) as service:
        client = service.account().client
        batch = ended(client, begun(client, lines(9)))
        assert batch.request_counts.model_dump() == {"total": 9, "completed": 9, "failed": 0}  # type: ignore[union-attr]


def test_a_batch_goes_on_after_a_stop(start_service: StartService, own_upstream: ScriptedUpstream) -> None:
    with start_service() as service:
        client = service.account().client
        own_upstream.play(Script(), Script(), *[Script(hang=True)] * 4)
        made = begun(client, lines(6))
        until(lambda: client.batches.retrieve(made.id).request_counts.completed == 2)  # type: ignore[union-attr]
    own_upstream.forget()
    with start_service() as service:
        client = service.account_of(0).client
        batch = ended(client, made)
        assert batch.request_counts.model_dump() == {"total": 6, "completed": 6, "failed": 0}  # type: ignore[union-attr]
        assert [one["custom_id"] for one in results(client, batch.output_file_id)] == [
            f"ask-{n}" for n in range(6)
        ]
