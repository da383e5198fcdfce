"""The illustrator: a prompt and a seed become a picture, always the same one."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.engines.fetch import ensure_files
from services.engines.illustrator.reading import Reading, read_prompt
from services.engines.manifest import ModelEntry
from services.errors import ModelUnavailable

if TYPE_CHECKING:
    from services.engines.illustrator.icons import Embed, Grid, IconSet
    from services.engines.illustrator.scene import Scene


@dataclass(frozen=True, slots=True)
class Illustration:
    """The pixels (height, width, RGBA), and what of the prompt was understood."""

    pixels: Grid
    reading: Reading
    place: str
    seed: int

    @property
    def said(self) -> str:
        """In a sentence or two: what is drawn, and which words were not understood."""
        things = ", ".join(_counted(s.count, s.word, s.drawing, s.is_nearest) for s in self.reading.subjects)
        left_out = [w for w in dict.fromkeys(self.reading.unknown) if w.isalpha()]
        text = f"An illustration composed from drawings: {things or 'no subject was recognised, only the place'}."
        return text + (f" Not understood: {', '.join(left_out)}." if left_out else "")


class IllustrationEngine:
    """Loaded at first use; safe to call from several threads. Blocks: call it in a thread from async code."""

    def __init__(self, entry: ModelEntry, models_dir: Path, embed: Embed) -> None:
        self.model_id = entry.id
        self._entry, self._models_dir, self._embed = entry, models_dir, embed
        self._lock = threading.Lock()
        self._icons: IconSet | None = None

    def draw(
        self, prompt: str, width: int, height: int, seed: int | None = None, *, transparent: bool = False
    ) -> Illustration:
        """An illustration of `prompt`. Without a seed the prompt is its own, so the same words give the same picture.

        Raises ModelUnavailable when the drawings are not there and cannot be fetched.
        """
        from services.engines.illustrator.finish import finished, outlined
        from services.engines.illustrator.icons import rendered

        reading = self.read(prompt)
        seed = seed_of(prompt) if seed is None else seed
        clear = transparent or reading.style == "sticker"
        scene = self.compose(reading, seed, width / height, transparent=clear)
        pixels = rendered(scene.svg, width, height)
        pixels = outlined(pixels) if reading.style == "sticker" else finished(pixels, reading.style, seed)
        return Illustration(pixels if transparent else _opaque(pixels), reading, scene.place, seed)

    def compose(self, reading: Reading, seed: int, aspect: float, *, transparent: bool = False) -> Scene:
        """The scene of a reading as SVG."""
        from services.engines.illustrator.paint import HEIGHT
        from services.engines.illustrator.scene import compose

        return compose(reading, self.icons(), seed, HEIGHT * aspect, transparent=transparent)

    def read(self, prompt: str) -> Reading:
        """What a prompt asks for."""
        try:
            return read_prompt(prompt, self.icons(), self._embed)
        except ModelUnavailable:  # of the embeddings: what has a name is drawn all the same
            return read_prompt(prompt, self.icons(), None)

    def icons(self) -> IconSet:
        """The drawings, loaded at first use."""
        with self._lock:
            if self._icons is None:
                from services.engines.illustrator.icons import IconSet

                ensure_files(self._entry.files, self._models_dir)
                self._icons = IconSet(self._models_dir / self._entry.files[0].filename)
            return self._icons

    def health(self) -> dict[str, Any]:
        """Whether the drawings are there and loaded."""
        present = all((self._models_dir / f.filename).is_file() for f in self._entry.files)
        state = "ready" if self._icons is not None else "stopped" if present else "missing"
        return {"model": self.model_id, "state": state}

    def close(self) -> None:
        """Free the drawings; the next use loads them again."""
        with self._lock:
            self._icons = None


def seed_of(prompt: str) -> int:
    """The seed that belongs to a prompt."""
    return int.from_bytes(hashlib.sha256(prompt.strip().lower().encode()).digest()[:4])


def _opaque(pixels: Any) -> Any:
    import numpy as np

    share = pixels[..., 3:].astype(np.float32) / 255
    colours = pixels[..., :3] * share + np.array([244, 241, 234], np.float32) * (1 - share)
    return np.concatenate([colours, np.full_like(share, 255)], axis=2).astype(np.uint8)


def _counted(count: int, word: str, drawing: str, is_nearest: bool) -> str:
    shown = drawing.lstrip("+").replace("-", " ")
    name = f"{word} (nearest drawing: {shown})" if is_nearest else word
    return f"{count} × {name}" if count > 1 else name
