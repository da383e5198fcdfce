"""Engines whose chat model is a scripted server instead of a real process."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

from services.engines.embeddings import EmbeddingEngine
from services.engines.llama import ChatEngine, ChatEngineOptions
from services.engines.manifest import ModelFile, manifest
from services.engines.registry import Engines
from services.errors import ModelUnavailable
from tests.support.upstream import ScriptedUpstream

CHAT_MODEL = "qwen2.5-coder-1.5b-instruct"
EMBEDDING_MODEL = "all-minilm-l6-v2"

_CHILD = """
import sys
sys.stdin.readline()
print('{{"base_url": "{url}"}}', flush=True)
sys.stdin.read()
"""


class Unfetched(EmbeddingEngine):
    """An embedding model whose files are not there, and which does not go and get them."""

    def _load(self) -> NoReturn:
        raise ModelUnavailable("The embedding model has not been fetched.")


def scripted_engines(folder: Path, model: ScriptedUpstream) -> Engines:
    """Engines whose child process, once started, points at the scripted `model`."""
    weights = folder / "weights.gguf"
    weights.write_bytes(b"weights")
    script = folder / "child.py"
    script.write_text(_CHILD.format(url=model.base_url.removesuffix("/v1")))
    file = ModelFile(weights.name, 7, hashlib.sha256(b"weights").hexdigest())
    entry = replace(manifest().model(CHAT_MODEL), files=(file,))
    engines = Engines(folder, CHAT_MODEL, on_demand=True)
    engines.embeddings = Unfetched(manifest().model(EMBEDDING_MODEL), folder)
    engines.chat = ChatEngine(entry, folder, ChatEngineOptions(child_script=script, restart_delay_s=0.01))
    return engines
