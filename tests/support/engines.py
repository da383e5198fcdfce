"""Engines whose chat model is a scripted server instead of a real process."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest

from services.engines.audio.process import SpeechProcess
from services.engines.audio.speech import SpeechEngine
from services.engines.audio.transcription import TranscriptionEngine
from services.engines.cutout import CutoutEngine
from services.engines.embeddings import EmbeddingEngine
from services.engines.illustrator.engine import IllustrationEngine
from services.engines.labels import LabelEngine
from services.engines.llama import ChatEngine, ChatEngineOptions
from services.engines.manifest import ModelFile, manifest
from services.engines.registry import Engines
from services.engines.retouching import Retoucher
from services.errors import ModelUnavailable
from services.settings import get_settings
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


class Unlabeled(LabelEngine):
    """A network that names what is on pictures, whose file is not there, and which does not go and get it."""

    def label(self, square: bytes) -> NoReturn:
        raise ModelUnavailable("The network has not been fetched.")


class WithoutDrawings(IllustrationEngine):
    """An illustrator whose drawings are not there, and which does not go and get them."""

    def icons(self) -> NoReturn:
        raise ModelUnavailable("The drawings have not been fetched.")


def drawing_engines(folder: Path, model: ScriptedUpstream) -> Engines:
    """The same with the real drawings and the real cut-out model, where this machine has them; else the test is skipped."""
    models_dir = get_settings().models_dir
    entries = [manifest().model(name) for name in ("fluent-emoji-flat", "u2netp")]
    if not all((models_dir / file.filename).is_file() for entry in entries for file in entry.files):
        pytest.skip(
            "The drawings are not here: python -m services.engines fetch --only illustration,background-removal"
        )
    engines = scripted_engines(folder, model)
    engines.illustrations = IllustrationEngine(entries[0], models_dir, engines.embeddings.embed)
    engines.cutouts = CutoutEngine(entries[1], models_dir)
    engines.retoucher = Retoucher(engines.illustrations, engines.cutouts)
    return engines


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
    engines.labels = Unlabeled(manifest().model("efficientnet-lite0"), folder)
    _script_speech(engines, folder, file)
    engines.illustrations = WithoutDrawings(
        manifest().model("fluent-emoji-flat"), folder, engines.embeddings.embed
    )
    engines.retoucher = Retoucher(engines.illustrations, engines.cutouts)
    engines.chat = ChatEngine(entry, folder, ChatEngineOptions(child_script=script, restart_delay_s=0.01))
    return engines


def _script_speech(engines: Engines, folder: Path, file: ModelFile) -> None:
    """Speech models whose process is scripted: tests.support.speech_process."""
    listens = replace(manifest().model("whisper-base"), files=(file,))
    module = "tests.support.speech_process"
    engines.transcription = TranscriptionEngine(
        listens, folder, SpeechProcess("The recording", module=module)
    )
    engines.speech = SpeechEngine(folder, SpeechProcess("The text", module=module))
