"""The set of drawings: Fluent Emoji flat, by name and by nearest meaning, with outlines and other colours."""

from __future__ import annotations

import colorsys
import hashlib
import json
import re
import tarfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from services.engines.illustrator.figures import PEOPLE, figure, has_figure
from services.engines.illustrator.props import PROPS

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Grid = npt.NDArray[np.uint8]

VIEW = 32
LOOKED_AT_PX = 64
NEAR_ENOUGH = 0.52
HUE_SPREAD = 0.11
_TONE = re.compile(r"-(dark|medium|light|medium-dark|medium-light)$")
_NO_THINGS = re.compile(
    r"^(flag|keycap|japanese-.*button|.*-(face|oclock|thirty|button|arrow)$|grinning|smiling|hand-|backhand|input|up-|down-|left-|right-"
    r"|back-|on-|soon-|top-|end-|man-|woman-|person-|.*fist|.*hand$|.*-symbol$|.*-sign$|no-|non-|heavy-|circled|aries|taurus|gemini|cancer|leo|virgo|libra|scorpio|sagittarius|capricorn|aquarius|pisces|ophiuchus)"
)
_FILL = re.compile(r"#[0-9a-fA-F]{6}\b|#[0-9a-fA-F]{3}\b")

Embed = Callable[[Sequence[str]], Any]


@dataclass(frozen=True, slots=True)
class Outline:
    """Where in its 32 by 32 square a drawing has something: its box, and the first filled row of each column."""

    left: float
    top: float
    right: float
    bottom: float
    tops: tuple[float, ...]

    @property
    def width(self) -> float:
        return self.right - self.left

    @property
    def height(self) -> float:
        return self.bottom - self.top

    def top_at(self, fraction: float) -> float:
        """The first filled row at a place between the left (0) and the right (1) of its box, as a part of its height."""
        x = self.left + fraction * self.width
        column = min(int(x / VIEW * LOOKED_AT_PX), LOOKED_AT_PX - 1)
        near = [t for t in self.tops[max(0, column - 4) : column + 5] if t >= 0]
        return (min(near) - self.top) / self.height if near else 0.0


class IconSet:
    """All drawings of one file, and our own. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        with tarfile.open(path) as package:
            member = package.extractfile("package/icons.json")
            assert member is not None
            icons = json.load(member)["icons"]
        self._bodies: dict[str, str] = {
            name: icon["body"] for name, icon in icons.items() if not _TONE.search(name)
        } | PROPS
        self._lock = threading.Lock()
        self._meanings: tuple[list[str], Any] | None = None
        self._bodies |= {name: figure(name, body) for name, body in self._bodies.items() if has_figure(name)}
        self._faces = {name: icons[name]["body"] for name in PEOPLE if name in icons}
        self.outline = lru_cache(maxsize=512)(self._outline)
        self.recoloured = lru_cache(maxsize=128)(self._recoloured)

    def __contains__(self, name: str) -> bool:
        return name in self._bodies

    def body(self, name: str, colour: str | None = None) -> str:
        """The SVG of a drawing within 32 by 32 units, in `colour` where one is asked for."""
        return self._bodies[name] if colour is None else self.recoloured(name, colour)

    def nearest(self, word: str, embed: Embed) -> tuple[str, float] | None:
        """The drawing whose name is nearest in meaning and the cosine; None where nothing is near."""
        names, vectors = self._known_meanings(embed)
        likeness = vectors @ embed([word])[0]
        best = int(likeness.argmax())
        return (names[best], float(likeness[best])) if likeness[best] >= NEAR_ENOUGH else None

    def _known_meanings(self, embed: Embed) -> tuple[list[str], Any]:
        import numpy as np

        with self._lock:
            if self._meanings is None:
                names = [n for n in self._bodies if not n.startswith("+") and not _NO_THINGS.search(n)]
                said = [name.replace("-", " ") for name in names]
                kept = self._path.with_name(f"{self._path.stem}-meanings-{_digest(said)}.npy")
                if kept.is_file():
                    vectors = np.load(kept, allow_pickle=False)
                else:
                    vectors = embed(said)
                    _keep(kept, vectors)
                self._meanings = names, vectors
            return self._meanings

    def _outline(self, name: str) -> Outline:
        filled: Any = rendered(svg(self._bodies[name]), LOOKED_AT_PX, LOOKED_AT_PX)[..., 3] > 40
        rows, columns = filled.any(axis=1).nonzero()[0], filled.any(axis=0).nonzero()[0]
        if not len(rows):
            return Outline(0, 0, VIEW, VIEW, (0.0,) * LOOKED_AT_PX)
        scale = VIEW / LOOKED_AT_PX
        tops = tuple(float(column.argmax()) * scale if column.any() else -1.0 for column in filled.T)
        return Outline(
            columns[0] * scale, rows[0] * scale, (columns[-1] + 1) * scale, (rows[-1] + 1) * scale, tops
        )

    def _recoloured(self, name: str, colour: str) -> str:
        """The drawing with its main colour, and what is near that in hue, turned into `colour`."""
        if name in self._faces:
            return figure(name, self._faces[name], colour)
        body = self._bodies[name]
        main = self._main_colour(name)
        if main is None:
            return body
        return _FILL.sub(lambda found: _turned(found.group(), main, colour), body)

    def _main_colour(self, name: str) -> tuple[float, float, float] | None:
        """Hue, lightness and saturation of the colour that covers most, outlines left aside."""
        import numpy as np

        pixels = rendered(svg(self._bodies[name]), LOOKED_AT_PX, LOOKED_AT_PX)
        solid = pixels[pixels[..., 3] > 250][:, :3]
        if not len(solid):
            return None
        values, counts = np.unique(solid, axis=0, return_counts=True)
        weight = [
            count * (0.25 + _hls(tuple(value))[2] * (1 - abs(2 * _hls(tuple(value))[1] - 1)))
            for value, count in zip(values.tolist(), counts.tolist(), strict=True)
        ]
        return _hls(tuple(values[int(np.argmax(weight))].tolist()))


def svg(body: str, view: str = f"0 0 {VIEW} {VIEW}") -> str:
    """A whole SVG document."""
    return f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="{view}">{body}</svg>'


def rendered(document: str, width: int, height: int) -> Grid:
    """The pixels of an SVG document, (height, width, RGBA)."""
    from io import BytesIO

    import numpy as np
    import resvg_py
    from PIL import Image

    data = bytes(resvg_py.svg_to_bytes(svg_string=document, width=width, height=height))
    return np.asarray(Image.open(BytesIO(data), formats=["PNG"]).convert("RGBA"))


def _turned(fill: str, main: tuple[float, float, float], colour: str) -> str:
    hue, light, saturation = _hls(_rgb(fill))
    away = abs(hue - main[0])
    is_near = min(away, 1 - away) < HUE_SPREAD and saturation > 0.12
    if main[2] < 0.15:
        is_near = saturation < 0.2 and abs(light - main[1]) < 0.3
    if not is_near:
        return fill
    wanted = _hls(_rgb(colour))
    lightness = min(0.97, max(0.08, wanted[1] + (light - main[1]) * 0.8))
    red, green, blue = colorsys.hls_to_rgb(wanted[0], lightness, wanted[2])
    return f"#{round(red * 255):02x}{round(green * 255):02x}{round(blue * 255):02x}"


def _rgb(colour: str) -> tuple[int, ...]:
    digits = colour.lstrip("#")
    digits = "".join(d * 2 for d in digits) if len(digits) == 3 else digits
    return tuple(int(digits[i : i + 2], 16) for i in (0, 2, 4))


def _hls(rgb: tuple[int, ...]) -> tuple[float, float, float]:
    return colorsys.rgb_to_hls(*(value / 255 for value in rgb[:3]))


def _digest(said: list[str]) -> str:
    return hashlib.sha256("\n".join(said).encode()).hexdigest()[:12]


def _keep(path: Path, vectors: Any) -> None:
    """Keep the vectors beside the drawings, so that the next start need not work them out; a full disk is no harm."""
    import numpy as np

    try:
        part = path.with_suffix(".part.npy")
        np.save(part, vectors, allow_pickle=False)
        part.replace(path)
    except OSError:
        return
