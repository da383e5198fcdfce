"""Whether a model file is the one the manifest means; a hash once found right is remembered beside it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from services.engines.manifest import ModelFile


def is_intact(file: ModelFile, models_dir: Path) -> bool:
    """True when the file is there with the right bytes. Reads them only if size or time changed since."""
    path = models_dir / file.filename
    if not path.is_file() or path.stat().st_size != file.size_bytes:
        return False
    if _remembered(path) == _fingerprint(path, file.sha256):
        return True
    if sha256_of(path) != file.sha256:
        return False
    remember(file, models_dir)
    return True


def remember(file: ModelFile, models_dir: Path) -> None:
    """Note beside the file that its bytes were checked."""
    path = models_dir / file.filename
    try:
        _stamp(path).write_text(json.dumps(_fingerprint(path, file.sha256)))
    except OSError:
        return  # a read-only models folder costs a hash at each start, nothing else


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _stamp(path: Path) -> Path:
    return path.with_name(path.name + ".verified")


def _fingerprint(path: Path, sha256: str) -> dict[str, object]:
    stat = path.stat()
    return {"size_bytes": stat.st_size, "mtime_ns": stat.st_mtime_ns, "sha256": sha256}


def _remembered(path: Path) -> object:
    try:
        return json.loads(_stamp(path).read_text())
    except (OSError, ValueError):
        return None
