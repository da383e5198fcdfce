from contextlib import asynccontextmanager

import pytest

from services.engines.llama import ChatEngine, ChatEngineOptions
from services.engines.manifest import manifest
from services.settings import get_settings
from tests.services.engines.support import ScriptedModel


@pytest.fixture
def scripted(tmp_path):
    """`async with scripted([...]) as model`: an engine whose process answers from the script."""

    @asynccontextmanager
    async def start(script):
        model = ScriptedModel(tmp_path, script)
        try:
            yield model
        finally:
            await model.engine.stop()

    return start


@pytest.fixture
def real_engine():
    """The real local model, not started; skipped where its file is not there."""
    settings = get_settings()
    entry = manifest().model(settings.chat_model)
    if not (settings.models_dir / entry.files[0].filename).exists():
        pytest.skip("the local chat model has not been fetched")
    return ChatEngine(entry, settings.models_dir, ChatEngineOptions(context_tokens=2048))
