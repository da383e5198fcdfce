"""Documents that cannot be read, or would rather not be: each costs itself alone, and says why."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from io import BytesIO

import pytest
from openai import OpenAI

from services.documents.limits import Limits
from tests.services.documents import files
from tests.services.documents.readers.test_pdf import drawing_bomb, encrypted, packed_bomb
from tests.support.retrieval import Ground, settled, uploaded

SMALL_MEMORY = Limits(memory_bytes=2**28, cpu_s=20)


def docx_bomb(unpacked_bytes: int = 300 * 2**20) -> bytes:
    """A Word file whose text is blanks that unpack to more than any text has."""
    file = BytesIO()
    with (
        zipfile.ZipFile(BytesIO(files.word(""))) as sound,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as bomb,
    ):
        bomb.writestr("_rels/.rels", sound.read("_rels/.rels"))
        with bomb.open("word/document.xml", "w") as part:
            for _ in range(unpacked_bytes // 2**20):
                part.write(b" " * 2**20)
    return file.getvalue()


def entity_bomb() -> bytes:
    """A Word file whose XML defines ten times ten times ten … letters."""
    levels = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 10))
    xml = f'<!DOCTYPE x [<!ENTITY e0 "x">{levels}]><x>&e9;</x>'
    return files.package({"word/document.xml": xml})


UNREADABLE: list[tuple[str, Callable[[], bytes], str, str]] = [
    ("locked.pdf", lambda: encrypted("pw"), "invalid_file", "protected by a password"),
    ("cut.pdf", lambda: files.pdf(["x"] * 100)[:-9000], "invalid_file", "damaged"),
    ("blank.pdf", lambda: files.pdf(["", ""]), "invalid_file", "holds no text"),
    ("long.pdf", lambda: files.pdf(["x"] * 10_000), "invalid_file", "has 10,000 pages; at most 5,000"),
    ("claim.pdf", lambda: files.pdf(["x"], count=100_000), "invalid_file", "has 100,000 pages"),
    ("draw.pdf", drawing_bomb, "invalid_file", "too much memory"),
    ("pack.pdf", packed_bomb, "invalid_file", "too much memory"),
    ("bomb.docx", docx_bomb, "invalid_file", "more than 256 MB"),
    ("entities.docx", entity_bomb, "invalid_file", ""),
    ("picture.jpg", lambda: b"\xff\xd8\xff\xe0" + bytes(64), "unsupported_file", "is a picture"),
    ("sound.mp3", lambda: b"ID3\x03" + bytes(64), "unsupported_file", "is a recording"),
    ("empty.txt", lambda: b"", "invalid_file", "is empty"),
    ("program", lambda: b"\x7fELF\x02\x01" + bytes(64), "unsupported_file", "holds no text"),
]


@pytest.fixture(autouse=True)
def small_memory(shared: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading processes with little memory, so that bombs end soon."""
    monkeypatch.setattr(shared.api.state.server.stateful.workers, "limits", SMALL_MEMORY)


def test_unreadable_documents_fail_with_a_sentence_and_the_next_are_read(
    shared: Ground, client: OpenAI
) -> None:
    store = client.vector_stores.create().id
    made = {}
    for name, make, _, _ in UNREADABLE:
        made[name] = uploaded(client, name, make())
        client.vector_stores.files.create(store, file_id=made[name])
    sound = uploaded(client, "sound.pdf", files.pdf(["The valve is red."]))
    client.vector_stores.files.create(store, file_id=sound)
    counts = settled(client, store, patience_s=60).file_counts
    assert (counts.failed, counts.completed) == (len(UNREADABLE), 1)
    for name, _, code, words in UNREADABLE:
        error = client.vector_stores.files.retrieve(made[name], vector_store_id=store).last_error
        assert error is not None and error.code == code, name
        assert error.message.startswith(name) and words in error.message
        assert error.message.endswith(".")
    assert client.vector_stores.search(store, query="red valve").data[0].file_id == sound
    locked = client.vector_stores.files.retrieve(made["locked.pdf"], vector_store_id=store)
    assert locked.model_extra == {"needs_password": True}
