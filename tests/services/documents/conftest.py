from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from services.documents.document import Document
from services.documents.extraction import OCR_LIMITS, extract
from services.documents.workers import Workers
from tests.services.documents.files import written

Extracted = Callable[[str, str | bytes], Document]


@pytest.fixture(scope="session")
def workers() -> Iterator[Workers]:
    """A reading process for all tests: what one file does to it is the next one's business."""
    with Workers() as pool:
        yield pool


@pytest.fixture(scope="session")
def lookers() -> Iterator[Workers]:
    """A process that recognises text, for all tests: it takes a while to start."""
    with Workers(limits=OCR_LIMITS) as pool:
        yield pool


@pytest.fixture
def extracted(tmp_path: Path, workers: Workers) -> Extracted:
    """What is read from a file of this name and content."""
    return lambda name, data: extract(written(tmp_path, "upload", data), name, workers)
