"""Everything of the server that remembers, put together: database, files, retrieval and runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from services.documents.extraction import OCR_LIMITS
from services.documents.vectors import VectorIndex
from services.documents.workers import Workers
from services.sandbox.interpreter import Interpreter
from services.server.files import FileService
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


@dataclass(slots=True)
class Stateful:
    """The services that remember, and the work they do in the background."""

    files: FileService
    retrieval: Retrieval
    runs: RunService
    executor: Executor
    interpreter: CodeInterpreter
    keeper: Keeper
    workers: Workers
    lookers: Workers
    vectors: VectorIndex
    background: asyncio.Future[Any] | None = None

    def start(self) -> None:
        """Begin to look after runs and files."""
        self.background = asyncio.gather(self.keeper.watch(), self.retrieval.work())

    async def stop(self) -> None:
        """End every run and all work; what is not done goes on at the next start."""
        if self.background is not None:
            self.background.cancel()
            with suppress(asyncio.CancelledError):
                await self.background
        await self.executor.stop()
        await self.interpreter.close()
        await asyncio.to_thread(self.workers.close)
        await asyncio.to_thread(self.lookers.close)
        self.vectors.close()


def put_together(
    settings: Settings, engines: Engines, upstream: Upstream | None, database: ServerDatabase
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
    models: FindsModels = ChatModels(engines, upstream, upstream or Upstream(settings))
    if settings.conformance:
        from services.server import conformance

        conformance.prepare(database.opened(), blobs)
        models = conformance.FixedModels()
    interpreter = CodeInterpreter(
        Interpreter(settings.home / "interpreter"), InterpreterFiles(database, blobs)
    )
    tools: dict[str, BuiltInTool] = {
        "file_search": FileSearch(database, retrieval),
        "code_interpreter": interpreter,
    }
    executor = Executor(database, models, tools, blobs)
    return Stateful(
        files=FileService(database, blobs),
        retrieval=retrieval,
        runs=RunService(database, models, executor),
        executor=executor,
        interpreter=interpreter,
        keeper=Keeper(database, executor),
        workers=workers,
        lookers=lookers,
        vectors=vectors,
    )
