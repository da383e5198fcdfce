"""Fine-tuning jobs at a server, by the openai SDK, with our own errors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from services.clients import Connection, as_app_error
from services.errors import InvalidInput, ModelUnavailable, NotFound
from services.sdk import SdkApi

if TYPE_CHECKING:
    import openai

LONGEST_PAGE = 100
MOST_JOBS, MOST_EVENTS = 100, 1_000
MAX_SUFFIX_CHARS = 64
MAX_SEED = 2**31 - 1
FINAL = ("succeeded", "failed", "cancelled")
DATA_SET = "data_set"
SUFFIX = re.compile(r"[\w.-]+")
NO_ROUTE = "{name} has no fine-tuning: its server does not know /v1/fine_tuning. Choose another connection, or build the alternative."


@dataclass(frozen=True, slots=True)
class Job:
    """A job as its server tells it. `status` is OpenAI's word; `paused` is one too."""

    id: str
    model: str
    status: str
    created_at: datetime
    fine_tuned_model: str | None = None
    finished_at: datetime | None = None
    estimated_finish: datetime | None = None
    trained_tokens: int | None = None
    epochs: int | str | None = None
    seed: int | None = None
    problem: str | None = None
    result_files: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class JobEvent:
    """Something a job said; `data` has the figures of a step where it is of type metrics."""

    at: datetime
    level: str
    message: str
    type: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A model as it was after a step."""

    id: str
    model: str
    step: int
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class JobRequest:
    """A job to be. `epochs` None lets the server choose."""

    model: str
    training: bytes
    validation: bytes = b""
    name: str = "examples"
    epochs: int | None = None
    suffix: str = ""
    seed: int | None = None
    data_set_id: str = ""


class TuningApi(SdkApi):
    """Jobs at one connection. Every method raises AppError."""

    timeout_s = 120.0

    @contextmanager
    def _asking(self) -> Iterator[openai.OpenAI]:
        import openai

        connection = self.connection
        try:
            yield self._client(connection)
        except Exception as error:
            if isinstance(error, openai.APIStatusError) and (said := _says_not_here(error, connection)):
                raise said from error
            raise as_app_error(error, connection) from error

    def create(self, request: JobRequest) -> Job:
        """Send the files and begin. Raises InvalidInput before anything is sent."""
        _check(request)
        sent: list[str] = []
        with self._asking() as client:
            try:
                for side in ("training", "validation"):
                    if data := getattr(request, side):  # one by one: what went before a failure is taken back
                        sent.append(self._send(client, f"{request.name}-{side}.jsonl", data))  # noqa: PERF401
                return _job(client.fine_tuning.jobs.create(**_body(request, sent)))
            except BaseException:
                _take_back(client, sent)
                raise

    def all(self) -> list[Job]:
        """The jobs there are, the newest first."""
        with self._asking() as client:
            return [_job(one) for one in islice(client.fine_tuning.jobs.list(limit=LONGEST_PAGE), MOST_JOBS)]

    def get(self, job_id: str) -> Job:
        """One job as it is now."""
        with self._asking() as client:
            return _job(client.fine_tuning.jobs.retrieve(job_id))

    def act(self, job_id: str, what: Literal["cancel", "pause", "resume"]) -> Job:
        """Cancel a job for good, hold it, or let it go on."""
        with self._asking() as client:
            return _job(getattr(client.fine_tuning.jobs, what)(job_id))

    def events(self, job_id: str) -> list[JobEvent]:
        """What a job said, the oldest first."""
        with self._asking() as client:
            told = islice(client.fine_tuning.jobs.list_events(job_id, limit=LONGEST_PAGE), MOST_EVENTS)
            found = [_event(one) for one in told]
        return found[::-1]

    def checkpoints(self, job_id: str) -> list[Checkpoint]:
        """The models a job left on its way, by step."""
        with self._asking() as client:
            told = list(
                islice(client.fine_tuning.jobs.checkpoints.list(job_id, limit=LONGEST_PAGE), MOST_JOBS)
            )
        found = [
            Checkpoint(one.id, one.fine_tuned_model_checkpoint, one.step_number, one.metrics.to_dict())  # type: ignore[arg-type]
            for one in told
        ]
        return sorted(found, key=lambda one: one.step)

    def result_file(self, file_id: str) -> bytes:
        """A result file: the figures of all steps as CSV."""
        with self._asking() as client:
            return client.files.content(file_id).read()

    def delete_model(self, model: str) -> None:
        """Delete a fine-tuned model for good."""
        with self._asking() as client:
            client.models.delete(model)

    def _send(self, client: openai.OpenAI, name: str, data: bytes) -> str:
        return client.files.create(file=(name, data, "application/jsonl"), purpose="fine-tune").id


def _take_back(client: openai.OpenAI, sent: Sequence[str]) -> None:
    """Delete the files of a job that was refused, as far as that can be done."""
    for file_id in sent:
        with suppress(Exception):
            client.files.delete(file_id)


def _body(request: JobRequest, sent: Sequence[str]) -> dict[str, Any]:
    body: dict[str, Any] = {
        "model": request.model,
        "method": {"type": "supervised", "supervised": {"hyperparameters": _epochs(request)}},
        **dict(zip(("training_file", "validation_file"), sent, strict=False)),
    }
    if request.suffix:
        body["suffix"] = request.suffix
    if request.seed is not None:
        body["seed"] = request.seed
    if request.data_set_id:
        body["metadata"] = {DATA_SET: request.data_set_id}
    return body


def _check(request: JobRequest) -> None:
    if not request.model.strip():
        raise InvalidInput("Choose the model to train.")
    if not request.training.strip():
        raise InvalidInput("There is nothing to train on. Put examples into the data set first.")
    if len(request.suffix) > MAX_SUFFIX_CHARS or (request.suffix and not SUFFIX.fullmatch(request.suffix)):
        raise InvalidInput(
            f"A suffix has letters, digits, dots, _ and - only, and at most {MAX_SUFFIX_CHARS} of them."
        )
    if request.epochs is not None and request.epochs < 1:
        raise InvalidInput("Choose one epoch or more.")
    if request.seed is not None and not 0 <= request.seed <= MAX_SEED:
        raise InvalidInput(f"A seed is a whole number from 0 to {MAX_SEED:,}.")


def _epochs(request: JobRequest) -> dict[str, int | str]:
    return {"n_epochs": "auto" if request.epochs is None else request.epochs}


def _says_not_here(error: openai.APIStatusError, connection: Connection) -> Exception | None:
    """The sentence of a server that has no training, or not now; None for every other error."""
    body = error.body
    message = str(body.get("message") or "") if isinstance(body, dict) else ""
    if error.status_code == 404 and error.code is None and "fine_tuning" in error.request.url.path:
        is_of_route = error.request.url.path.rstrip("/").endswith("/jobs")
        return NotFound(NO_ROUTE.format(name=connection.name)) if is_of_route else None
    if error.status_code in (405, 501) or (connection.is_local and error.status_code == 503):
        return ModelUnavailable(message or NO_ROUTE.format(name=connection.name), code=error.code)
    return None


def _job(told: Any) -> Job:
    wire = told.to_dict()
    method = (wire.get("method") or {}).get("supervised") or {}
    parameters = method.get("hyperparameters") or wire.get("hyperparameters") or {}
    failure = wire.get("error") or {}
    return Job(
        id=wire["id"],
        model=wire["model"],
        status=wire["status"],
        created_at=_time(wire["created_at"]) or datetime.now(UTC),
        fine_tuned_model=wire.get("fine_tuned_model"),
        finished_at=_time(wire.get("finished_at")),
        estimated_finish=_time(wire.get("estimated_finish")),
        trained_tokens=wire.get("trained_tokens"),
        epochs=parameters.get("n_epochs"),
        seed=wire.get("seed"),
        problem=failure.get("message"),
        result_files=tuple(wire.get("result_files") or ()),
        metadata=wire.get("metadata") or {},
    )


def _event(told: Any) -> JobEvent:
    wire = told.to_dict()
    data = wire.get("data")
    return JobEvent(
        _time(wire.get("created_at")) or datetime.now(UTC),
        wire.get("level") or "info",
        wire.get("message") or "",
        wire.get("type") or "message",
        data if isinstance(data, dict) else {},
    )


def _time(seconds: object) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if isinstance(seconds, (int, float)) else None
