"""The engines of one installation, owned by the server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

from services.engines.audio.speech import SpeechEngine
from services.engines.audio.transcription import TranscriptionEngine
from services.engines.cutout import CutoutEngine
from services.engines.embeddings import EmbeddingEngine
from services.engines.illustrator.engine import IllustrationEngine
from services.engines.labels import LabelEngine
from services.engines.llama import ChatEngine, ChatEngineOptions
from services.engines.manifest import (
    DEFAULT_CHAT_MODEL,
    LocalModel,
    ModelEntry,
    local_models,
    manifest,
    resolve_local,
)
from services.engines.retouching import Retoucher
from services.errors import ModelUnavailable

EMBEDDING_MODEL = "all-minilm-l6-v2"
TRANSCRIPTION_MODEL = "whisper-base"
ILLUSTRATION_MODEL = "fluent-emoji-flat"
CUTOUT_MODEL = "u2netp"
LABEL_MODEL = "efficientnet-lite0"
TUNED_SLEEPS_AFTER_S = 300
ANOTHER_ANSWERS = (
    "Another trained model is answering, and one at a time is loaded. Ask again in a few seconds."
)


class Engines:
    """The chat model, the embedding model and those of speech; `on_demand` leaves all asleep until first needed."""

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
        self._tuned: dict[str, ChatEngine] = {}
        self._changing_tuned = asyncio.Lock()
        self.embeddings = EmbeddingEngine(manifest().model(EMBEDDING_MODEL), models_dir)
        self.transcription = TranscriptionEngine(manifest().model(TRANSCRIPTION_MODEL), models_dir)
        self.speech = SpeechEngine(models_dir)
        self.illustrations = IllustrationEngine(
            manifest().model(ILLUSTRATION_MODEL), models_dir, self.embeddings.embed
        )
        self.cutouts = CutoutEngine(manifest().model(CUTOUT_MODEL), models_dir)
        self.labels = LabelEngine(manifest().model(LABEL_MODEL), models_dir)
        self.retoucher = Retoucher(self.illustrations, self.cutouts)

    async def tuned(self, name: str, base: str, adapter_path: Path | None = None) -> ChatEngine:
        """The engine of a trained model, or of its base where no adapter is given; one at a time is loaded.

        It sleeps when nobody asks. Raises ModelUnavailable while another one answers.
        """
        async with self._changing_tuned:
            for other in [engine for model, engine in self._tuned.items() if model != name]:
                if other.is_busy:
                    raise ModelUnavailable(ANOTHER_ANSWERS, code="model_not_ready")
                await other.stop()
            if name not in self._tuned:
                options = replace(
                    self.chat.options, slots=1, sleep_idle_s=TUNED_SLEEPS_AFTER_S, adapter_path=adapter_path
                )
                self._tuned[name] = ChatEngine(manifest().model(base), self.models_dir, options, name)
            return self._tuned[name]

    async def forget_tuned(self, name: str) -> None:
        """Unload a trained model."""
        async with self._changing_tuned:
            if (engine := self._tuned.pop(name, None)) is not None:
                await engine.stop()

    async def start(self) -> None:
        """Begin to load the chat model in the background, unless `on_demand`."""
        if not self.on_demand:
            await self.chat.start()

    async def stop(self) -> None:
        """End the processes of the models and free the embedding model."""
        await self.chat.stop()
        await asyncio.gather(*(engine.stop() for engine in self._tuned.values()))
        self.embeddings.close()
        self.illustrations.close()
        self.cutouts.close()
        self.labels.close()
        await asyncio.to_thread(self._close_speech)

    def models(self) -> list[LocalModel]:
        """The models offered here, for a listing."""
        return local_models(self.models_dir, self.chat.model_id, self.chat.context_tokens)

    def resolve(self, name: str, has_upstream: bool) -> ModelEntry | None:
        """The local model that answers for `name`, or None when the upstream should."""
        return resolve_local(name, has_upstream, self.chat.model_id)

    def health(self) -> dict[str, Any]:
        """The state of each engine."""
        return {
            "chat": self.chat.health(),
            "embeddings": self.embeddings.health(),
            "transcription": self.transcription.health(),
            "speech": self.speech.health(),
            "illustrations": self.illustrations.health(),
            "cutouts": self.cutouts.health(),
            "labels": self.labels.health(),
        }

    def _close_speech(self) -> None:
        self.transcription.close()
        self.speech.close()
