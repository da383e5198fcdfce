from __future__ import annotations

from collections.abc import Callable

import pytest

from services.documents.views.shapes import Place, View
from services.documents.views.view import view
from services.documents.workers import Workers

Seen = Callable[..., View]


@pytest.fixture
def seen(workers: Workers) -> Seen:
    """What is shown of a file: `seen("a.pdf", data, quote="…", page=2)`."""

    def look(name: str, data: bytes | str, *, width_px: int = 600, **place: object) -> View:
        content = data.encode() if isinstance(data, str) else data
        return view(content, name, Place(**place), workers, width_px=width_px)  # type: ignore[arg-type]

    return look
