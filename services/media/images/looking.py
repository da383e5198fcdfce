"""What can be told of a picture without a model that sees: its text with boxes, its colours, its size.

The picture is unpacked and read in a process of its own.
"""

from __future__ import annotations

import base64
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from services.documents.limits import Limits
from services.documents.reading_process import Cancelled, OutOfTime, ProcessEnded
from services.documents.workers import Workers
from services.errors import InvalidInput, StorageFailed

LIMITS = Limits(memory_bytes=2 * 2**30, cpu_s=120, wall_s=180.0)
MODULE = "services.media.images.looking_worker"
SQUARE_PX = 224


@dataclass(frozen=True, slots=True)
class TextLine:
    """A line of text, and its box as parts of the picture's width and height."""

    text: str
    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True, slots=True)
class Colour:
    """A main colour: its name, its value and its share of the picture."""

    name: str
    value: str
    share: float


@dataclass(frozen=True, slots=True)
class Likely:
    """A kind of thing that is likely on a picture, with its probability, and its closer name where that one is likely too."""

    name: str
    probability: float
    closer: str = ""

    @property
    def words(self) -> str:
        """Both names."""
        return f"{self.name} ({self.closer})" if self.closer else self.name


@dataclass(frozen=True, slots=True)
class Look:
    """Facts about a picture. `likely` is None where nothing is likely enough; `unlabeled` says why it was not tried.

    `square` holds the middle of it as RGB, SQUARE_PX wide and high, for whoever names what is likely.
    """

    width: int
    height: int
    brightness: str
    lines: tuple[TextLine, ...]
    colours: tuple[Colour, ...]
    likely: Likely | None = None
    unlabeled: str = ""
    square: bytes = field(default=b"", repr=False, compare=False)

    @property
    def text(self) -> str:
        """All its text, line by line."""
        return "\n".join(line.text for line in self.lines)

    @property
    def summary(self) -> str:
        """The facts as sentences, for a model that cannot see."""
        shape = (
            "square"
            if abs(self.width - self.height) < 0.05 * self.width
            else "wide"
            if self.width > self.height
            else "tall"
        )
        colours = ", ".join(f"{c.name} ({c.share:.0%})" for c in self.colours)
        text = f'Text read in it:\n"""\n{self.text}\n"""' if self.lines else "No text was found in it."
        return (
            f"Size {self.width} × {self.height} pixels, {shape}, {self.brightness}. Main colors: {colours}. "
            f"{self._guess}{text}"
        )

    @property
    def _guess(self) -> str:
        if self.likely is not None:
            return (
                f"A small image classifier takes what it shows for: {self.likely.words}, with a probability of "
                f"{self.likely.probability:.0%}; it may be wrong. "
            )
        return "" if self.unlabeled else "What it shows could not be told with any certainty. "


class Looker:
    """Reads pictures one at a time, in a process that is started when needed."""

    def __init__(self) -> None:
        self._workers = Workers(1, LIMITS, MODULE)

    def look(self, data: bytes, name: str = "The picture") -> Look:
        """The facts about a picture. Blocks for a second or some. Raises InvalidInput for what is no picture."""
        with tempfile.TemporaryDirectory(prefix="tandem-picture-") as folder:
            path = Path(folder) / "picture"
            path.write_bytes(data)
            return self._look(path, name)

    def close(self) -> None:
        """End the process for good."""
        self._workers.close()

    def _look(self, path: Path, name: str) -> Look:
        found: Look | None = None
        try:
            for message in self._workers.read("look", path, threading.Event()):
                if "says" in message:
                    raise InvalidInput(f"{name} {message['says']}", code="invalid_image")
                if "look" in message:
                    found = _look_of(message["look"])
        except Cancelled:
            raise StorageFailed("The picture was not looked at, because the app is stopping.") from None
        except OutOfTime:
            raise InvalidInput(
                f"{name} takes too long to read. Send a smaller one.", code="invalid_image"
            ) from None
        except ProcessEnded:
            raise InvalidInput(
                f"{name} cannot be read; it may be damaged. Save it anew.", code="invalid_image"
            ) from None
        if found is None:
            raise InvalidInput(f"{name} cannot be read. Save it anew.", code="invalid_image")
        return found


def as_wire(look: Look) -> dict[str, Any]:
    """A look as our API gives it."""
    likely = look.likely
    return {
        "object": "image.facts",
        "width": look.width,
        "height": look.height,
        "brightness": look.brightness,
        "text": look.text,
        "lines": [
            {"text": line.text, "box": [line.left, line.top, line.right, line.bottom]} for line in look.lines
        ],
        "colors": [{"name": c.name, "value": c.value, "share": c.share} for c in look.colours],
        "likely": likely
        and {"name": likely.name, "closer": likely.closer or None, "probability": likely.probability},
        "unlabeled": look.unlabeled or None,
    }


def of_wire(found: Mapping[str, Any]) -> Look:
    """A look as our API gave it."""
    likely = found["likely"]
    return Look(
        found["width"],
        found["height"],
        found["brightness"],
        tuple(TextLine(line["text"], *line["box"]) for line in found["lines"]),
        tuple(Colour(c["name"], c["value"], c["share"]) for c in found["colors"]),
        likely and Likely(likely["name"], likely["probability"], likely["closer"] or ""),
        found["unlabeled"] or "",
    )


def _look_of(found: Mapping[str, Any]) -> Look:
    lines = tuple(TextLine(*line) for line in found["lines"])
    colours = tuple(Colour(*colour) for colour in found["colours"])
    square = base64.b64decode(found["square"])
    return Look(found["width"], found["height"], found["brightness"], lines, colours, square=square)
