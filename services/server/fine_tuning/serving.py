"""Chat models that fine-tuning has made, answered by the engine of their base with the adapter laid over it."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.orm import Session

from services.engines.manifest import manifest
from services.engines.training.process import TRAINABLE
from services.errors import InvalidInput, ModelUnavailable
from services.server.store import tuned_models
from services.server.store.database import ServerDatabase
from services.server.store.tuned_models import TunedModel

if TYPE_CHECKING:
    from services.engines.llama import ChatEngine
    from services.engines.registry import Engines
    from services.storage.blobs import Blobs

PREFIX = "ft:"

Wire = dict[str, Any]


class TunedModels:
    """The trained models of every owner; one of them at a time is loaded."""

    def __init__(self, database: ServerDatabase, blobs: Blobs, engines: Engines, home: Path) -> None:
        self._database, self._blobs, self._engines = database, blobs, engines
        self._folder = home / "adapters"

    async def listed(self, owner: str) -> list[Wire]:
        """The owner's models, as /v1/models shows them, and after them what they were trained from."""
        found = await self._database.read(tuned_models.listed, owner)
        bases = {model["base"]: model for model in found if model["base"] != self._engines.chat.model_id}
        return [*found, *(model | {"id": base} for base, model in bases.items())]

    async def engine(self, owner: str, name: str) -> ChatEngine | None:
        """The engine that answers for a model of the owner, or for what such models are trained from; None for any other.

        Raises ModelUnavailable.
        """
        if name in TRAINABLE and name != self._engines.chat.model_id:
            return await self._engines.tuned(name, name)
        if not name.startswith(PREFIX):
            return None
        found = await self._database.read(tuned_models.find, owner, name)
        if found is None:
            return None
        _check_base(found)
        adapter = await asyncio.to_thread(self._unpacked, found)
        return await self._engines.tuned(found.name, found.base, adapter)

    async def delete(self, owner: str, name: str) -> bool:
        """Delete a model of the owner; whether there was one."""

        def work(session: Session) -> tuple[TunedModel | None, bool]:
            found = tuned_models.find(session, owner, name)
            return found, tuned_models.delete(session, owner, name, self._blobs)

        found, is_deleted = await self._database.write(work)
        if found is not None:
            await self._engines.forget_tuned(name)
            await asyncio.to_thread(self._path(found).unlink, missing_ok=True)
        return is_deleted

    def _path(self, model: TunedModel) -> Path:
        return self._folder / f"{model.blob_key}.gguf"

    def _unpacked(self, model: TunedModel) -> Path:
        """The adapter as a file that stays where it is while its engine runs."""
        path = self._path(model)
        if not path.is_file():
            self._folder.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".part")
            with self._blobs.local_path(model.blob_key) as kept:
                shutil.copyfile(kept, partial)
            partial.replace(path)
        return path


def _check_base(model: TunedModel) -> None:
    try:
        manifest().model(model.base)
    except InvalidInput:
        raise ModelUnavailable(
            f"The model '{model.name}' is an adapter for another model: '{model.base}', which this installation does not "
            "have. Train it again on a model that is here.",
            code="adapter_for_another_model",
        ) from None
