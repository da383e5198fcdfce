"""What the routes of one API share."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec

from starlette.requests import Request
from starlette.responses import JSONResponse

from services.server.body import read_object
from services.server.errors import model_not_found
from services.server.limiter import Limiter, estimated_tokens
from services.server.relay import Relay
from services.server.store.database import ServerDatabase
from services.server.upstream import Upstream
from services.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from services.engines.manifest import ModelEntry
    from services.engines.registry import Engines
    from services.server.batches.runner import BatchRunner
    from services.server.eyes import Eyes
    from services.server.files import FileService
    from services.server.fine_tuning.runner import TuningRunner
    from services.server.fine_tuning.serving import TunedModels
    from services.server.inside import Inside
    from services.server.pictures import PictureService
    from services.server.responses.forwarding import Forwarding
    from services.server.responses.service import ResponseService
    from services.server.retrieval.service import Retrieval
    from services.server.runs.service import RunService
    from services.server.sound import SoundService
    from services.server.stateful import Stateful

P = ParamSpec("P")
Wire = dict[str, Any]


class ServerState:
    """The settings and the services behind one API."""

    def __init__(
        self, settings: Settings, engines: Engines, upstream: Upstream | None, limiter: Limiter
    ) -> None:
        self.settings, self.engines, self.upstream, self.limiter = settings, engines, upstream, limiter
        self.inside: Inside | None = None
        self.database = ServerDatabase(settings.resolved_database_url, reads_may_write=settings.conformance)

    @staticmethod
    def of(request: Request) -> ServerState:
        """The state of the API that serves this request."""
        state: ServerState = request.app.state.server
        return state

    @cached_property
    def stateful(self) -> Stateful:
        """The services that remember. Put together at first use: they import the database library."""
        from services.server.stateful import put_together

        assert self.inside is not None
        return put_together(
            self.settings, self.engines, self.upstream, self.database, eyes=self.eyes, inside=self.inside
        )

    @cached_property
    def sound(self) -> SoundService:
        """Speech and transcripts of the local models."""
        from services.server.sound import SoundService

        if self.settings.conformance:
            from services.server.conformance import FixedSound

            return FixedSound(self.engines)
        return SoundService(self.engines)

    @cached_property
    def pictures(self) -> PictureService:
        """Illustrations and edits of the local engines."""
        from services.server.pictures import PictureService

        return PictureService(self.engines)

    @cached_property
    def eyes(self) -> Eyes:
        """Reads what can be told of a picture without a model that sees."""
        from services.server.eyes import Eyes

        return Eyes(self.engines.labels)

    def let_go(self) -> None:
        """End the threads and processes of pictures, where there are some. Blocks."""
        if "eyes" in vars(self):
            self.eyes.close()
        if "pictures" in vars(self):
            self.pictures.close()

    @property
    def runs(self) -> RunService:
        """Runs of threads."""
        return self.stateful.runs

    @property
    def responses(self) -> ResponseService:
        """Responses and conversations."""
        return self.stateful.responses

    @property
    def forwarding(self) -> Forwarding:
        """Which requests are for an upstream that keeps responses itself."""
        return self.stateful.forwarding

    @property
    def batches(self) -> BatchRunner:
        """Work on batches."""
        return self.stateful.batches

    @property
    def fine_tuning(self) -> TuningRunner:
        """Trainings on this machine."""
        return self.stateful.fine_tuning

    @property
    def tuned_models(self) -> TunedModels:
        """Models that trainings have made."""
        return self.stateful.tuned_models

    @property
    def files(self) -> FileService:
        """Uploads and downloads."""
        return self.stateful.files

    @property
    def retrieval(self) -> Retrieval:
        """Vector stores and what is found in them."""
        return self.stateful.retrieval

    def local_model(self, name: str) -> ModelEntry | None:
        """The local model that answers for `name`; None sends the request on."""
        return self.engines.resolve(name, has_upstream=self.upstream is not None)

    def charge(self, request: Request, body: Wire) -> None:
        """Count what this request may cost in tokens against its owner; 429 when that is too much. Batches have no limit per minute."""
        if not getattr(request.state, "is_inside", False):
            self.limiter.take(request.state.owner, tokens=estimated_tokens(body))

    def relay(
        self,
        request: Request,
        model: str,
        path: str,
        body: bytes,
        *,
        stream: bool = False,
        content_type: str | None = None,
    ) -> Relay:
        """The upstream's answer to this request; 404 where there is no upstream."""
        if self.upstream is None:
            raise model_not_found(model)
        headers = self.upstream.headers_for(request.headers, stream=stream)
        if content_type is not None:
            headers["content-type"] = content_type
        return Relay(self.upstream, path, headers, body)

    async def body(self, request: Request, *, may_be_empty: bool = False) -> Wire:
        """The JSON object a request carries. ApiError 400 or 413."""
        limit = self.settings.max_body_bytes
        return (await read_object(request, limit, may_be_empty=may_be_empty))[1]

    async def read(
        self,
        request: Request,
        work: Callable[Concatenate[Session, str, P], Wire],
        *args: P.args,
        **named: P.kwargs,
    ) -> JSONResponse:
        """What `work` reads for the owner of the request, as an answer."""
        return JSONResponse(await self.database.read(work, request.state.owner, *args, **named))

    async def write(
        self,
        request: Request,
        work: Callable[Concatenate[Session, str, P], Wire],
        *args: P.args,
        **named: P.kwargs,
    ) -> JSONResponse:
        """What `work` changes for the owner of the request, as an answer."""
        return JSONResponse(await self.database.write(work, request.state.owner, *args, **named))
