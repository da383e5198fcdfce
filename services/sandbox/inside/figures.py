"""A backend of matplotlib that hands every figure out as a PNG, when it is shown or at the end of the program."""

from __future__ import annotations

import io
from typing import Any

from matplotlib import pyplot
from matplotlib.backend_bases import FigureManagerBase
from matplotlib.backends.backend_agg import FigureCanvasAgg

from . import channel

COARSE_DPI = 60


class FigureManager(FigureManagerBase):
    """What pyplot.show() calls."""

    @classmethod
    def pyplot_show(cls, *, block: bool | None = None) -> None:
        """Hand out every open figure, and close it."""
        show_open()


class FigureCanvas(FigureCanvasAgg):
    """Draws into memory."""

    manager_class = FigureManager


def show_open() -> None:
    """Hand out every open figure in its order, and close it. One without anything in it is left out."""
    for number in pyplot.get_fignums():
        figure = pyplot.figure(number)
        if figure.get_children()[1:]:
            _show(figure)
        pyplot.close(figure)


def _show(figure: Any) -> None:
    if not (channel.show(_png(figure, {})) or channel.show(_png(figure, {"dpi": COARSE_DPI}))):
        print("[A figure was left out: it is too large.]")  # noqa: T201


def _png(figure: Any, options: dict[str, Any]) -> bytes:
    picture = io.BytesIO()
    figure.savefig(picture, format="png", bbox_inches="tight", **options)
    return picture.getvalue()
