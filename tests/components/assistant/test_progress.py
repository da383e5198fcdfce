"""How far a file has come, in words and as a share."""

from __future__ import annotations

import pytest

from components.assistant.progress import share, words_of
from services.assistants.records import Progress


@pytest.mark.parametrize(
    ("progress", "words", "done"),
    [
        (None, "waiting to be read", 0.0),
        (Progress(), "waiting to be read", 0.0),
        (Progress(read=3), "3 pages read", 0.0),
        (Progress(read=50, to_read=1000), "50 of 1,000 pages read", 0.005),
        (Progress(read=2000, to_read=1000), "2,000 of 1,000 pages read", 0.1),
        (
            Progress(10, 10, 30, 60, left_s=12.0),
            "words can be found; 30 of 60 passages embedded, about 12 s left",
            0.55,
        ),
        (Progress(10, 10, 60, 60), "words can be found; 60 of 60 passages embedded", 1.0),
        (Progress(10, 10, 70, 60), "words can be found; 70 of 60 passages embedded", 1.0),
    ],
)
def test_progress_is_told(progress: Progress | None, words: str, done: float) -> None:
    assert words_of(progress) == words
    assert share(progress) == pytest.approx(done)
