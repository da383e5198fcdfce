"""Jobs through the SDK, at a server that answers as OpenAI's does; what is wrong is told in a sentence."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from services.clients import Connection
from services.errors import AppError, InvalidInput, ModelUnavailable, NotFound
from services.tuning.jobs import DATA_SET, JobRequest, TuningApi

JOB: dict[str, Any] = {
    "id": "ftjob-1",
    "object": "fine_tuning.job",
    "model": "gpt-4.1-nano-2025-04-14",
    "status": "running",
    "created_at": 1_790_000_000,
    "organization_id": "org",
    "result_files": [],
    "seed": 7,
    "training_file": "file-1",
    "hyperparameters": {"n_epochs": 3},
    "metadata": {DATA_SET: "data_1"},
}


class Scripted(ThreadingHTTPServer):
    """Answers each path as told, and keeps what was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answers: dict[tuple[str, str], tuple[int, Any]] = {}
        self.asked: list[tuple[str, str, bytes]] = []


class Answering(BaseHTTPRequestHandler):
    server: Scripted

    def answer(self) -> None:
        path = self.path.partition("?")[0].removeprefix("/v1")
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        self.server.asked.append((self.command, path, body))
        status, told = self.server.answers.get((self.command, path), (404, {"detail": "Not Found"}))
        raw = told if isinstance(told, bytes) else json.dumps(told).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    do_GET = do_POST = do_DELETE = answer

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Scripted]:
    with Scripted() as running:
        threading.Thread(target=running.serve_forever, args=(0.05,), daemon=True).start()
        running.answers["POST", "/files"] = 200, {"id": "file-1", "object": "file", "purpose": "fine-tune"}
        yield running
        running.shutdown()


@pytest.fixture
def api(server: Scripted) -> TuningApi:
    return TuningApi(
        lambda: Connection("OpenAI", "openai", f"http://127.0.0.1:{server.server_port}/v1", "sk-test")
    )


def page(*items: Any) -> tuple[int, Any]:
    return 200, {"object": "list", "data": list(items), "has_more": False}


def test_a_job_is_begun_with_its_files_and_all_that_was_chosen(server: Scripted, api: TuningApi) -> None:
    server.answers["POST", "/fine_tuning/jobs"] = 200, JOB
    made = api.create(
        JobRequest("gpt-4.1-nano", b"{}\n", b"{}\n", epochs=3, suffix="my-1", seed=7, data_set_id="data_1")
    )
    assert (made.id, made.status, made.epochs, made.metadata[DATA_SET]) == ("ftjob-1", "running", 3, "data_1")
    assert [path for _, path, _ in server.asked] == ["/files", "/files", "/fine_tuning/jobs"]
    assert json.loads(server.asked[-1][2]) == {
        "model": "gpt-4.1-nano",
        "training_file": "file-1",
        "validation_file": "file-1",
        "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 3}}},
        "suffix": "my-1",
        "seed": 7,
        "metadata": {DATA_SET: "data_1"},
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"model": " "},
        {"training": b"\n"},
        {"suffix": "a b"},
        {"suffix": "abc\n"},
        {"suffix": "x" * 65},
        {"epochs": 0},
        {"seed": -1},
    ],
)
def test_nothing_is_sent_of_a_job_that_cannot_be(
    server: Scripted, api: TuningApi, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InvalidInput):
        api.create(JobRequest(**({"model": "gpt-4.1-nano", "training": b"{}\n"} | wrong)))
    assert server.asked == []


def test_jobs_events_and_checkpoints_are_listed_in_their_order(server: Scripted, api: TuningApi) -> None:
    server.answers["GET", "/fine_tuning/jobs"] = page(JOB)
    event = {
        "id": "e",
        "object": "fine_tuning.job.event",
        "created_at": 1,
        "level": "info",
        "type": "metrics",
    }
    server.answers["GET", "/fine_tuning/jobs/ftjob-1/events"] = page(
        {**event, "message": "Second", "data": {"step": 2}}, {**event, "message": "First", "data": None}
    )
    checkpoint = {"id": "c", "fine_tuning_job_id": "ftjob-1", "metrics": {"train_loss": 1.5}}
    server.answers["GET", "/fine_tuning/jobs/ftjob-1/checkpoints"] = page(
        {**checkpoint, "step_number": 20, "fine_tuned_model_checkpoint": "ft:b"},
        {**checkpoint, "step_number": 10, "fine_tuned_model_checkpoint": "ft:a"},
    )
    assert [job.id for job in api.all()] == ["ftjob-1"]
    assert [(one.message, one.data) for one in api.events("ftjob-1")] == [
        ("First", {}),
        ("Second", {"step": 2}),
    ]
    assert [(one.model, one.step) for one in api.checkpoints("ftjob-1")] == [("ft:a", 10), ("ft:b", 20)]


def test_a_job_that_failed_says_why_and_is_over(server: Scripted, api: TuningApi) -> None:
    broken = {"status": "failed", "error": {"code": "x", "message": "The file has 3 lines.", "param": None}}
    server.answers["GET", "/fine_tuning/jobs/ftjob-1"] = 200, JOB | broken
    job = api.get("ftjob-1")
    assert job.is_final and job.problem == "The file has 3 lines."


@pytest.mark.parametrize("what", ["cancel", "pause", "resume"])
def test_a_job_is_cancelled_held_and_let_go_on(server: Scripted, api: TuningApi, what: Any) -> None:
    server.answers["POST", f"/fine_tuning/jobs/ftjob-1/{what}"] = 200, JOB | {"status": "paused"}
    assert api.act("ftjob-1", what).status == "paused"


def test_a_server_without_training_is_named(server: Scripted, api: TuningApi) -> None:
    with pytest.raises(NotFound, match="OpenAI has no fine-tuning"):
        api.all()
    server.answers["GET", "/fine_tuning/jobs"] = 501, {"error": {"message": "Install the extra."}}
    with pytest.raises(ModelUnavailable, match=r"Install the extra\."):
        api.all()


def test_a_wrong_key_and_a_server_that_is_gone_are_told(server: Scripted, api: TuningApi) -> None:
    server.answers["GET", "/fine_tuning/jobs"] = (
        401,
        {"error": {"message": "Incorrect", "code": "invalid_api_key"}},
    )
    with pytest.raises(AppError, match="key"):
        api.all()
    with pytest.raises(AppError):
        TuningApi(lambda: Connection("Gone", "openai", "http://127.0.0.1:9/v1", "sk-test")).get("ftjob-1")


def test_models_are_deleted_and_result_files_read(server: Scripted, api: TuningApi) -> None:
    server.answers["DELETE", "/models/ft:a"] = 200, {"id": "ft:a", "object": "model", "deleted": True}
    server.answers["GET", "/files/file-9/content"] = 200, b"step,train_loss\n1,2\n"
    api.delete_model("ft:a")
    assert api.result_file("file-9") == b"step,train_loss\n1,2\n"
