"""The engines of one installation, owned by the server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from services.engines.embeddings import EmbeddingEngine
from services.engines.llama import ChatEngine, ChatEngineOptions
from services.engines.manifest import (
    DEFAULT_CHAT_MODEL,
    LocalModel,
    ModelEntry,
    local_models,
    manifest,
    resolve_local,
)

EMBEDDING_MODEL = "all-minilm-l6-v2"


class Engines:
    """One chat model and one embedding model; `on_demand` leaves both asleep until first needed."""

    def __init__(
        self,
        models_dir: Path,
        chat_model: str = DEFAULT_CHAT_MODEL,
        context_tokens: int = 8192,
        on_demand: bool = False,
    ) -> None:
        self.models_dir = models_dir
        self.on_demand = on_demand
        entry = manifest().model(chat_model)
        self.chat = ChatEngine(entry, models_dir, ChatEngineOptions(context_tokens=context_tokens))
        self.embeddings = EmbeddingEngine(manifest().model(EMBEDDING_MODEL), models_dir)

    async def start(self) -> None:
        """Begin to load the chat model in the background, unless `on_demand`."""
        if not self.on_demand:
            await self.chat.start()

    async def stop(self) -> None:
        """End the chat model's process and free the embedding model."""
        await self.chat.stop()
        self.embeddings.close()

    def models(self) -> list[LocalModel]:
        """The models offered here, for a listing."""
        return local_models(self.models_dir, self.chat.model_id, self.chat.context_tokens)

    def resolve(self, name: str, has_upstream: bool) -> ModelEntry | None:
        """The local model that answers for `name`, or None when the upstream should."""
        return resolve_local(name, has_upstream, self.chat.model_id)

    def health(self) -> dict[str, Any]:
        """The state of each engine."""
        return {"chat": self.chat.health(), "embeddings": self.embeddings.health()}
