"""Everything of the server that remembers, put together: database, files, retrieval and runs."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from services.documents.extraction import OCR_LIMITS
from services.documents.vectors import VectorIndex
from services.documents.workers import Workers
from services.sandbox.interpreter import Interpreter
from services.server.batches.asking import Asking
from services.server.batches.runner import BatchRunner
from services.server.files import FileService
from services.server.fine_tuning.runner import TuningRunner
from services.server.fine_tuning.serving import TunedModels
from services.server.fine_tuning.trainer import Trainer
from services.server.inside import Inside
from services.server.responses.answering import Means
from services.server.responses.executor import ResponseExecutor
from services.server.responses.file_inputs import FileInputs
from services.server.responses.forwarding import Forwarding
from services.server.responses.service import ResponseService
from services.server.retrieval.embedder import Embedder
from services.server.retrieval.eraser import Eraser
from services.server.retrieval.reader import Reader
from services.server.retrieval.recogniser import Recogniser
from services.server.retrieval.renewer import Renewer
from services.server.retrieval.rewriting import Rewriter
from services.server.retrieval.service import Retrieval
from services.server.runs.code_interpreter import CodeInterpreter
from services.server.runs.executor import Executor
from services.server.runs.file_search import FileSearch
from services.server.runs.interpreter_files import InterpreterFiles
from services.server.runs.keeper import Keeper
from services.server.runs.models import ChatModels, FindsModels
from services.server.runs.service import RunService
from services.server.runs.toolbox import BuiltInTool
from services.server.store.database import ServerDatabase
from services.server.store.ids import new_id
from services.server.upstream import Upstream
from services.settings import Settings
from services.storage.blobs import open_blobs

if TYPE_CHECKING:
    from services.engines.registry import Engines
    from services.server.eyes import Eyes


@dataclass(slots=True)
class Stateful:
    """The services that remember, and the work they do in the background."""

    files: FileService
    inputs: FileInputs
    retrieval: Retrieval
    runs: RunService
    executor: Executor
    responses: ResponseService
    response_executor: ResponseExecutor
    forwarding: Forwarding
    interpreter: CodeInterpreter
    keeper: Keeper
    batches: BatchRunner
    fine_tuning: TuningRunner
    tuned_models: TunedModels
    workers: Workers
    lookers: Workers
    vectors: VectorIndex
    background: tuple[asyncio.Task[None], ...] = ()

    def start(self) -> None:
        """Begin to look after runs, files, batches and trainings."""
        work = (self.keeper.watch(), self.retrieval.work(), self.batches.work(), self.fine_tuning.work())
        self.background = tuple(map(asyncio.ensure_future, work))

    async def stop(self) -> None:
        """End every run and all work; what is not done goes on at the next start."""
        for task in self.background:
            task.cancel()
        # Each of them writes down where it stands before the database is closed.
        await asyncio.gather(*self.background, return_exceptions=True)
        await self.executor.stop()
        await self.response_executor.stop()
        await self.interpreter.close()
        await asyncio.to_thread(self.workers.close)
        await asyncio.to_thread(self.lookers.close)
        self.vectors.close()


def put_together(
    settings: Settings,
    engines: Engines,
    upstream: Upstream | None,
    database: ServerDatabase,
    *,
    eyes: Eyes,
    inside: Inside,
) -> Stateful:
    """The services of one server; nothing is opened yet but the folder of blobs."""
    blobs = open_blobs(settings)
    vectors = VectorIndex(settings.home / "vectors", settings.chroma_url)
    workers, lookers, worker = Workers(), Workers(limits=OCR_LIMITS), new_id("worker_")

    def is_chat_busy() -> bool:
        return engines.chat.is_busy

    retrieval = Retrieval(
        database,
        vectors,
        model=engines.embeddings,
        reader=Reader(database, blobs, workers, worker),
        recogniser=Recogniser(database, blobs, lookers, worker, is_chat_busy),
        embedder=Embedder(database, vectors, engines.embeddings, worker, is_chat_busy),
        eraser=Eraser(database, blobs, vectors),
        renewer=Renewer(database, vectors, is_chat_busy),
        rewriter=Rewriter(engines),
    )
    default_upstream = upstream or Upstream(settings)
    models: FindsModels = ChatModels(engines, upstream, default_upstream)
    upstreams: tuple[Upstream | None, Upstream | None] = (upstream, default_upstream)
    if settings.conformance:
        from services.server import conformance

        conformance.prepare(database.opened(), blobs)
        models, upstreams = conformance.FixedModels(), (None, None)
    interpreter = CodeInterpreter(
        Interpreter(settings.home / "interpreter"), InterpreterFiles(database, blobs)
    )
    tools: dict[str, BuiltInTool] = {
        "file_search": FileSearch(database, retrieval),
        "code_interpreter": interpreter,
    }
    executor = Executor(database, models, tools, blobs, eyes)
    inputs = FileInputs(database, blobs, workers)
    means = Means(database, tools, blobs, inputs, eyes)
    response_executor = ResponseExecutor(means)

    def is_local(model: str) -> bool:
        return engines.resolve(model, has_upstream=upstream is not None) is not None

    return Stateful(
        files=FileService(database, blobs),
        inputs=inputs,
        retrieval=retrieval,
        runs=RunService(database, models, executor),
        executor=executor,
        responses=ResponseService(means, models, response_executor),
        response_executor=response_executor,
        forwarding=Forwarding(database, engines, *upstreams, is_shared=_is_shared(settings)),
        interpreter=interpreter,
        keeper=Keeper(database, executor, response_executor),
        batches=BatchRunner(database, blobs, Asking(inside, is_chat_busy), is_local, retrieval.erase),
        fine_tuning=TuningRunner(database, blobs, Trainer(engines.models_dir), settings.home),
        tuned_models=TunedModels(database, blobs, engines, settings.home),
        workers=workers,
        lookers=lookers,
        vectors=vectors,
    )


def _is_shared(settings: Settings) -> bool:
    """Whether several owners call this installation."""
    return len(settings.api_keys) + (settings.api_key is not None) > 1
