"""Fine-tuning through the SDK: a job from its files to its model, held, ended, taken up again, and refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import openai
import pytest
from openai import OpenAI
from openai.types.fine_tuning import FineTuningJob

from services.errors import ModelUnavailable
from tests.support.assistants import Service, until
from tests.support.trainer import BASE, ScriptedTrainer
from tests.support.upstream import Script

StartService = Callable[..., Any]
ENDS = ("succeeded", "failed", "cancelled")


def example(number: int) -> dict[str, Any]:
    asked = {"role": "user", "content": f"Question {number}"}
    return {"messages": [asked, {"role": "assistant", "content": f"Answer {number}"}]}


EXAMPLES = [example(number) for number in range(10)]


@pytest.fixture
def trainer(monkeypatch: pytest.MonkeyPatch) -> Callable[[Service], ScriptedTrainer]:
    """The scripted training of a server, there from its start."""
    monkeypatch.setattr("services.server.stateful.Trainer", ScriptedTrainer)
    return lambda service: service.api.state.server.stateful.fine_tuning.trainer


PutTrainer = Callable[[Service], ScriptedTrainer]


def sent(client: OpenAI, examples: list[Any], purpose: Any = "fine-tune") -> str:
    data = "\n".join(one if isinstance(one, str) else json.dumps(one) for one in examples)
    return client.files.create(file=("examples.jsonl", data.encode()), purpose=purpose).id


def begun(client: OpenAI, **params: Any) -> FineTuningJob:
    body = {"model": BASE, "seed": 7} | params
    if "training_file" not in body:
        body["training_file"] = sent(client, EXAMPLES)
    return client.fine_tuning.jobs.create(**body)


def ended(client: OpenAI, job: FineTuningJob, *ends: str) -> FineTuningJob:
    def look() -> FineTuningJob | None:
        now = client.fine_tuning.jobs.retrieve(job.id)
        return now if now.status in (ends or ENDS) else None

    found = until(look)
    assert found is not None
    return found


def step_of(client: OpenAI, job: FineTuningJob) -> int:
    steps = [int(e.data["step"]) for e in client.fine_tuning.jobs.list_events(job.id) if e.data]  # type: ignore[index]
    return max(steps, default=0)


def test_a_job_goes_from_its_files_to_a_model(start_service: StartService, trainer: PutTrainer) -> None:
    with start_service() as service:
        scripted, client = trainer(service), service.account().client
        made = begun(
            client,
            validation_file=sent(client, EXAMPLES[:3]),
            suffix="Tea shop",
            method={"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 2}}},
            metadata={"for": "test"},
        )
        assert (made.object, made.status, made.model) == ("fine_tuning.job", "validating_files", BASE)
        assert made.fine_tuned_model is None
        job = ended(client, made)
        assert (job.status, job.trained_tokens, job.seed) == ("succeeded", 240, 7)
        assert job.error is None
        assert job.finished_at is not None
        assert job.finished_at >= job.created_at
        assert str(job.fine_tuned_model).startswith(f"ft:{BASE}:tandem:tea-shop:")
        order = scripted.orders[0]
        assert (order.epochs, order.seed) == (2, 7)

        said = [event.message for event in client.fine_tuning.jobs.list_events(job.id, limit=5)]
        assert said[0] == "The job has successfully completed"
        assert said[-1] == f"Created fine-tuning job: {job.id}"
        assert "Step 3/4: training loss=1.00" in said
        checkpoints = client.fine_tuning.jobs.checkpoints.list(job.id).data
        assert [one.step_number for one in checkpoints] == [4, 2]
        assert checkpoints[0].fine_tuned_model_checkpoint == job.fine_tuned_model
        assert checkpoints[1].fine_tuned_model_checkpoint == f"{job.fine_tuned_model}:ckpt-step-2"
        assert checkpoints[1].metrics.full_valid_loss == 1.5

        file = client.files.retrieve(job.result_files[0])
        assert (file.purpose, file.filename) == ("fine-tune-results", "step_metrics.csv")
        rows = list(csv.DictReader(client.files.content(file.id).text.splitlines()))
        assert [(row["step"], row["train_loss"]) for row in rows[1:]] == [
            ("1", "3.0"), ("2", "1.5"), ("3", "1.0"), ("4", "0.75"),
        ]  # fmt: skip
        assert not list((order.folder.parent).iterdir())


def test_jobs_are_listed_by_page_and_by_metadata(start_service: StartService, trainer: PutTrainer) -> None:
    with start_service() as service:
        trainer(service)
        client = service.account().client
        file = sent(client, EXAMPLES)
        made = [begun(client, training_file=file, metadata={"n": str(n % 2)}) for n in range(4)]
        assert [job.id for job in client.fine_tuning.jobs.list(limit=1)] == [job.id for job in reversed(made)]
        odd = client.fine_tuning.jobs.list(extra_query={"metadata[n]": "1"})
        assert [job.id for job in odd] == [made[3].id, made[1].id]


def test_a_job_is_cancelled_while_it_runs_and_while_it_waits(
    start_service: StartService, trainer: PutTrainer
) -> None:
    with start_service() as service:
        scripted, client = trainer(service), service.account().client
        scripted.most_steps = 3
        running, waiting = begun(client), begun(client)
        until(lambda: step_of(client, running) == 3)
        assert client.fine_tuning.jobs.retrieve(waiting.id).status == "queued"
        for job in (waiting, running):
            assert client.fine_tuning.jobs.cancel(job.id).status == "cancelled"
        assert [one.step_number for one in client.fine_tuning.jobs.checkpoints.list(running.id)] == [2]
        with pytest.raises(openai.BadRequestError, match="already completed"):
            client.fine_tuning.jobs.cancel(running.id)
        # The next one has the machine to itself.
        scripted.most_steps = 1_000
        assert ended(client, begun(client)).status == "succeeded"
        assert [client.fine_tuning.jobs.retrieve(job.id).status for job in (running, waiting)] == [
            "cancelled"
        ] * 2


def test_a_paused_job_goes_on_where_it_was(start_service: StartService, trainer: PutTrainer) -> None:
    with start_service() as service:
        scripted, client = trainer(service), service.account().client
        scripted.most_steps = 3
        job = begun(client)
        until(lambda: step_of(client, job) == 3)
        assert client.fine_tuning.jobs.pause(job.id).status == "paused"
        scripted.most_steps = 1_000
        assert client.fine_tuning.jobs.resume(job.id).status == "validating_files"
        assert ended(client, job).status == "succeeded"
        steps = [int(e.data["step"]) for e in client.fine_tuning.jobs.list_events(job.id) if e.data]  # type: ignore[index]
        assert sorted(steps) == [1, 2, 3, 4, 5, 6]
        with pytest.raises(openai.BadRequestError, match="already completed"):
            client.fine_tuning.jobs.resume(job.id)


def test_a_server_that_starts_again_takes_the_job_up(
    start_service: StartService, trainer: PutTrainer
) -> None:
    with start_service() as service:
        scripted, client = trainer(service), service.account_of(3).client
        scripted.most_steps = 3
        job = begun(client)
        until(lambda: step_of(client, job) == 3)
    with start_service() as service:
        trainer(service)
        client = service.account_of(3).client
        done = ended(client, job)
        assert done.status == "succeeded"
        assert [e.data["step"] for e in client.fine_tuning.jobs.list_events(job.id) if e.data][::-1] == [
            1,
            2,
            3,
            4,
            5,
            6,
        ]  # type: ignore[index]


def test_the_model_is_listed_answers_and_is_deleted(
    start_service: StartService, trainer: PutTrainer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with start_service() as service:
        trainer(service)
        engines = service.api.state.server.engines
        entry = engines.chat._entry
        monkeypatch.setattr(
            "services.engines.registry.manifest", lambda: SimpleNamespace(model=lambda name: entry)
        )
        me, other = service.account().client, service.account().client
        job = ended(me, begun(me))
        model = str(job.fine_tuned_model)
        assert model in [one.id for one in me.models.list()]
        assert me.models.retrieve(model).owned_by == "tandem"
        assert model not in [one.id for one in other.models.list()]

        service.upstream.play(Script(text=("Trained.",)))
        asked: Any = [{"role": "user", "content": "Hi"}]
        answer = me.chat.completions.create(model=model, messages=asked)
        assert (answer.model, answer.choices[0].message.content) == (model, "Trained.")
        adapter = engines._tuned[model].options.adapter_path
        assert adapter.read_bytes() == b"adapter after step 6"
        assert BASE in [one.id for one in me.models.list()], "what it is compared with"
        service.upstream.play(Script(text=("Untrained.",)))
        assert me.chat.completions.create(model=BASE, messages=asked).model == BASE
        assert engines._tuned[BASE].options.adapter_path is None
        checkpoint = me.fine_tuning.jobs.checkpoints.list(job.id).data[-1].fine_tuned_model_checkpoint
        assert me.chat.completions.create(model=checkpoint, messages=asked).model == checkpoint
        assert engines._tuned[checkpoint].options.adapter_path.read_bytes() == b"adapter after step 2"

        with pytest.raises(openai.NotFoundError):
            other.models.delete(model)
        with pytest.raises(openai.PermissionDeniedError, match="part of this installation"):
            me.models.delete("qwen2.5-coder-1.5b-instruct")
        assert me.models.delete(model).deleted
        assert model not in [one.id for one in me.models.list()]
        assert not adapter.exists()


def test_what_is_wrong_with_a_file_is_told_with_its_line(
    start_service: StartService, trainer: PutTrainer
) -> None:
    wrong: list[tuple[list[Any], str]] = [
        ([*EXAMPLES[:4], "{no json"], "Line 5 is no JSON"),
        ([*EXAMPLES, {"messages": [{"role": "user", "content": "Hi"}]}], "Line 11: the last message must be from the assistant."),
        (EXAMPLES[:1], "The file has 1 example"),
        ([{"prompt": "a", "completion": "b"}], "Line 1 has an unknown key 'completion'."),
        ([{"messages": [{"role": "tool", "content": "x"}]}], "Line 1, message 1 calls a tool"),
        (["[" * 100_000], "Line 1 is"),
    ]  # fmt: skip
    with start_service() as service:
        scripted, client = trainer(service), service.account().client
        for examples, sentence in wrong:
            job = ended(client, begun(client, training_file=sent(client, examples)))
            assert job.status == "failed"
            assert job.error is not None
            assert sentence in job.error.message
            assert (job.error.code, job.error.param) == ("invalid_training_file", "training_file")
        job = ended(client, begun(client, validation_file=sent(client, ["x"])))
        assert job.error is not None
        assert job.error.param == "validation_file"
        assert not scripted.orders


def test_a_request_that_cannot_be_is_refused(start_service: StartService, trainer: PutTrainer) -> None:
    with start_service(openai_api_key=None, openai_base_url="https://api.openai.com/v1") as service:
        scripted, client = trainer(service), service.account().client
        other = service.account().client
        file = sent(client, EXAMPLES)
        cases: list[tuple[dict[str, Any], type[openai.APIStatusError], str]] = [
            ({"training_file": "file-nothing"}, openai.NotFoundError, "No such File object"),
            ({"training_file": sent(other, EXAMPLES)}, openai.NotFoundError, "No such File object"),
            ({"training_file": sent(client, EXAMPLES, "assistants")}, openai.BadRequestError, "purpose"),
            (
                {"model": "gpt-4.1-mini-2025-04-14"},
                openai.BadRequestError,
                "cannot be trained on this machine",
            ),
            ({"suffix": "x" * 65}, openai.BadRequestError, "suffix"),
            ({"seed": -1}, openai.BadRequestError, "seed"),
            ({"hyperparameters": {"n_epochs": 0}}, openai.BadRequestError, "n_epochs"),
            ({"method": {"type": "dpo"}}, openai.BadRequestError, "supervised only"),
        ]
        for params, kind, sentence in cases:
            with pytest.raises(kind, match=sentence):
                begun(client, **{"training_file": file} | params)
        scripted.installed = False
        with pytest.raises(openai.BadRequestError, match="make install-training"):
            begun(client, training_file=file)
        assert client.fine_tuning.jobs.list().data == []


def test_a_training_that_fails_says_why(start_service: StartService, trainer: PutTrainer) -> None:
    with start_service() as service:
        scripted, client = trainer(service), service.account().client
        for failure, sentence in (
            (ModelUnavailable("Memory ran out."), "Memory ran out."),
            (RuntimeError("secret"), "something unforeseen"),
        ):
            scripted.failure = failure
            job = ended(client, begun(client))
            assert job.status == "failed"
            assert job.error is not None
            assert sentence in job.error.message
            assert "secret" not in job.model_dump_json()
