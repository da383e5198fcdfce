from __future__ import annotations

from pathlib import Path

import pytest

from services.documents.extraction import extract
from services.documents.unlocking import unlocked
from services.documents.workers import Workers
from services.errors import InvalidInput
from tests.services.documents import files
from tests.services.documents.readers.test_pdf import encrypted


def test_a_locked_pdf_is_read_and_shown_once_it_is_unlocked(tmp_path: Path, workers: Workers) -> None:
    locked = encrypted("päss wörd")
    with pytest.raises(InvalidInput, match="protected by a password") as caught:
        extract(files.written(tmp_path, "a.pdf", locked), "a.pdf", workers)
    assert caught.value.code == "password_needed"
    data = unlocked(locked, "a.pdf", "päss wörd", workers)
    assert extract(files.written(tmp_path, "a.pdf", data), "a.pdf", workers).text == "secret words"


@pytest.mark.parametrize("password", ["", "wrong", "x" * 5000])
def test_a_wrong_password_is_asked_for_again(workers: Workers, password: str) -> None:
    with pytest.raises(InvalidInput, match=r"^a\.pdf does not open with this password") as caught:
        unlocked(encrypted("right"), "a.pdf", password, workers)
    assert caught.value.code == "password_needed"
    assert password not in caught.value.user_message or not password


def test_what_is_not_locked_stays_readable(tmp_path: Path, workers: Workers) -> None:
    data = unlocked(files.pdf(["open words"]), "a.pdf", "any", workers)
    assert extract(files.written(tmp_path, "a.pdf", data), "a.pdf", workers).text == "open words"


def test_what_is_no_pdf_is_refused_with_a_sentence(workers: Workers) -> None:
    with pytest.raises(InvalidInput, match="may be damaged") as caught:
        unlocked(b"%PDF-1.7 and nothing more", "a.pdf", "pw", workers)
    assert caught.value.code == "invalid_file"
