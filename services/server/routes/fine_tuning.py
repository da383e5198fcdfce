"""/v1/fine_tuning: a small local model is trained here; jobs on other models go to the upstream, where there is one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from services.server.body import read_object
from services.server.errors import ApiError
from services.server.lazily import lazily
from services.server.rules import fine_tuning as rules
from services.server.rules.paging import paging
from services.server.state import ServerState

if TYPE_CHECKING:
    from services.engines.training import process
    from services.server.store import tuning
else:
    process = lazily("services.engines.training.process")
    tuning = lazily("services.server.store.tuning")

JOBS = "/fine_tuning/jobs"
ONE = JOBS + "/{fine_tuning_job_id}"
NOT_INSTALLED = (
    "The local training is not installed. Run `make install-training` in Tandem's folder (about 0.9 GB on disk: PyTorch for the "
    "processor), and start Tandem again."
)


async def create(request: Request) -> ASGIApp:
    """Train a model on the conversations of an uploaded file."""
    state = ServerState.of(request)
    raw, body = await read_object(request, state.settings.max_body_bytes)
    body = await asyncio.to_thread(rules.creation, body)
    model = body["model"]
    trainable = await asyncio.to_thread(lambda: process.TRAINABLE)
    if model not in trainable and not state.settings.conformance:
        if state.upstream is not None:
            return state.relay(request, model, JOBS, raw)
        raise ApiError(
            400,
            f"The model '{model}' cannot be trained on this machine. Name '{trainable[0]}', or set OPENAI_API_KEY to "
            "train at OpenAI.",
            code="model_not_available",
            param="model",
        )
    if not state.settings.conformance:
        rules.check_is_for_local_training(body)
        if not await asyncio.to_thread(state.fine_tuning.trainer.is_installed):
            raise ApiError(400, NOT_INSTALLED, code="training_not_installed")
    answer = await state.write(request, tuning.create_checked, _job(body))
    state.fine_tuning.wake()
    return answer


def _job(body: dict[str, Any]) -> dict[str, Any]:
    """What is known of a new job."""
    hyperparameters = rules.hyperparameters(body)
    return {
        "model": body["model"],
        "training_file": body["training_file"],
        "validation_file": body.get("validation_file"),
        "hyperparameters": hyperparameters,
        "method": {"type": "supervised", "supervised": {"hyperparameters": hyperparameters}},
        "seed": rules.seed(body),
        "integrations": [],
        "metadata": body.get("metadata"),
        "private": tuning.private_parts(body.get("suffix")),
    }


async def page(request: Request) -> Response:
    """List the jobs of this machine, newest first."""
    wanted = rules.metadata_wanted(request.query_params)
    return await ServerState.of(request).read(request, tuning.page, paging(request.query_params), wanted)


async def retrieve(request: Request) -> ASGIApp:
    """One job."""
    return await _elsewhere(request) or await ServerState.of(request).read(
        request, tuning.retrieve, _id(request)
    )


async def cancel(request: Request) -> ASGIApp:
    """End a job; the checkpoints it has come to are kept."""
    return await _elsewhere(request) or await _changed(request, tuning.cancel)


async def pause(request: Request) -> ASGIApp:
    """Let a job wait; what it has learned is kept."""
    return await _elsewhere(request) or await _changed(request, tuning.pause)


async def resume(request: Request) -> ASGIApp:
    """Have a paused job go on where it was."""
    return await _elsewhere(request) or await _changed(request, tuning.resume)


async def events(request: Request) -> ASGIApp:
    """List what happened in a job, newest first, with the losses of each step."""
    return await _elsewhere(request) or await ServerState.of(request).read(
        request, tuning.events, _id(request), paging(request.query_params)
    )


async def checkpoints(request: Request) -> ASGIApp:
    """List the models that the epochs of a job have come to."""
    return await _elsewhere(request) or await ServerState.of(request).read(
        request, tuning.checkpoints, _id(request), paging(request.query_params, default=10)
    )


async def _changed(request: Request, change: Any) -> Response:
    state = ServerState.of(request)
    answer = await state.write(request, change, _id(request))
    state.fine_tuning.wake()
    return answer


async def _elsewhere(request: Request) -> ASGIApp | None:
    """The upstream's answer about a job that is not ours; None where it is, or there is no upstream."""
    state = ServerState.of(request)
    if state.upstream is None or state.settings.conformance:
        return None
    return await state.forwarding.of_id(request, _row_type(), _id(request))


def _row_type() -> Any:
    from services.storage.fine_tuning_tables import TuningJobRow

    return TuningJobRow


def _id(request: Request) -> str:
    wanted: str = request.path_params["fine_tuning_job_id"]
    return wanted


routes = [
    Route(JOBS, create, methods=["POST"]),
    Route(JOBS, page, methods=["GET"]),
    Route(ONE, retrieve, methods=["GET"]),
    Route(ONE + "/cancel", cancel, methods=["POST"]),
    Route(ONE + "/pause", pause, methods=["POST"]),
    Route(ONE + "/resume", resume, methods=["POST"]),
    Route(ONE + "/events", events, methods=["GET"]),
    Route(ONE + "/checkpoints", checkpoints, methods=["GET"]),
]
