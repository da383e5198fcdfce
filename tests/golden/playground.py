"""The server that recordings are replayed against: all of /v1 on 127.0.0.1, with an account for each recording."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import httpx2
from pydantic import SecretStr

from services.engines.embeddings import EmbeddingEngine
from services.engines.manifest import manifest
from services.engines.registry import EMBEDDING_MODEL, Engines
from services.errors import ModelUnavailable
from services.server.api import create_api
from services.settings import Settings
from services.storage.blobs import open_blobs
from tests.golden.interpreter import RecordedInterpreter
from tests.golden.model import RecordedModel
from tests.support.engines import scripted_engines
from tests.support.server import served

TIMEOUT_S = 30


class HeldReader:
    """The reader of files, which can be held: what is cancelled in a recording must not be done already."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader
        self.is_held = False

    async def read_next(self) -> bool:
        """Read one waiting file; none while it is held."""
        return False if self.is_held else bool(await self._reader.read_next())


class NoEmbeddings:
    """Stands in for the embedding model where its files are not there: files are found by their words."""

    model_id = "none"

    def spans(self, text: str) -> NoReturn:
        raise ModelUnavailable("There is no embedding model here.")

    embed = spans

    def health(self) -> str:
        return "missing"

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True, slots=True)
class Playground:
    """A running server, and what stands in for the model and the tools behind it."""

    base_url: str
    model: RecordedModel
    interpreter: RecordedInterpreter
    reader: HeldReader
    keys: dict[str, str]

    def client(self, name: str) -> httpx2.Client:
        """An HTTP client for the account of this recording."""
        headers = {"authorization": f"Bearer {self.keys[name]}"}
        return httpx2.Client(base_url=self.base_url, headers=headers, timeout=TIMEOUT_S)


@contextmanager
def playground(folder: Path, names: Sequence[str]) -> Iterator[Playground]:
    """Serve the API for recordings of these names, with its data in `folder`."""
    keys = {name: f"golden-key-of-recording-{number}" for number, name in enumerate(names)}
    with RecordedModel() as model:
        settings = _settings(folder, model, keys)
        api = create_api(settings, _engines(folder, settings, model))
        state = api.state.server
        interpreter = RecordedInterpreter(state.database, open_blobs(settings))
        state.stateful.executor._tools["code_interpreter"] = interpreter
        state.stateful.retrieval._reader = reader = HeldReader(state.stateful.retrieval._reader)
        with served(api) as base_url:
            yield Playground(base_url, model, interpreter, reader, keys)


def _settings(folder: Path, model: RecordedModel, keys: dict[str, str]) -> Settings:
    told: dict[str, Any] = {
        "home": folder / "home",
        "openai_api_key": SecretStr("sk-recorded"),
        "openai_base_url": model.base_url,
        "api_keys": {f"owner-{i}": SecretStr(key) for i, key in enumerate(keys.values())},
        **dict.fromkeys(("api_key", "database_url", "blob_url", "chroma_url")),
        "requests_per_minute": 0,
        "tokens_per_minute": 0,
    }
    return Settings(**told)


def _engines(folder: Path, settings: Settings, model: RecordedModel) -> Engines:
    engines, entry = scripted_engines(folder, model), manifest().model(EMBEDDING_MODEL)
    is_here = all((settings.models_dir / file.filename).exists() for file in entry.files)
    real: Any = EmbeddingEngine(entry, settings.models_dir) if is_here else NoEmbeddings()
    engines.embeddings = real
    return engines
