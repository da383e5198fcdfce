"""The vectors of stores in an embedded Chroma."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.documents import chroma_files
from services.documents.vectors import NEW, Near, VectorIndex, Visits
from services.errors import StorageFailed

ROOMY = 1500


@pytest.fixture
def index(tmp_path: Path) -> Iterator[VectorIndex]:
    made = VectorIndex(tmp_path / "vectors")
    yield made
    made.close()


def unit(count: int, seed: int = 1) -> Any:
    vectors = np.random.default_rng(seed).normal(size=(count, 8)).astype(np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def windows(document: int, count: int) -> list[tuple[int, int, int]]:
    return [(document, 10 * i, 10 * i + 9) for i in range(count)]


def filled(index: VectorIndex, store: str = "vs_a", count: int = 20) -> Any:
    """Two documents in a store; the vectors of the first."""
    first, second = unit(count), unit(count, 2)
    index.add(store, windows(1, count), first)
    index.add(store, windows(2, count), second)
    return first


def test_the_nearest_windows_come_with_their_cosines(index: VectorIndex) -> None:
    vectors = filled(index)
    best, *others = index.nearest("vs_a", vectors[3], 5)
    assert best == Near(1, 30, 39, pytest.approx(1, abs=1e-5))
    assert [near.cosine for near in others] == sorted((near.cosine for near in others), reverse=True)
    expected = {round(float(v @ vectors[3]), 3) for v in np.vstack([vectors, unit(20, 2)])}
    assert {round(near.cosine, 3) for near in others} <= expected


def test_documents_may_be_named(index: VectorIndex) -> None:
    vectors = filled(index)
    found = index.nearest("vs_a", vectors[3], 50, [2])
    assert len(found) == 20 and {near.document for near in found} == {2}
    assert index.nearest("vs_a", vectors[3], 50, [7]) == []


def test_windows_put_there_twice_are_there_once(index: VectorIndex) -> None:
    filled(index)
    filled(index)
    assert index.count("vs_a") == 40


def test_stores_know_nothing_of_each_other(index: VectorIndex) -> None:
    vectors = filled(index)
    index.add("vs_b", windows(3, 1), unit(1, 3))
    assert index.counts() == {"vs_a": 40, "vs_b": 1}
    assert {near.document for near in index.nearest("vs_b", vectors[0], 9)} == {3}
    index.remove_stores(["vs_a"])
    assert index.counts() == {"vs_b": 1}


def test_a_store_that_is_not_there_has_nothing(index: VectorIndex, tmp_path: Path) -> None:
    assert index.nearest("vs_x", unit(1)[0], 5) == []
    index.remove_stores(["vs_x"])
    assert not (tmp_path / "vectors").exists()
    filled(index)
    assert (index.count("vs_x"), index.nearest("vs_x", unit(1)[0], 5)) == (0, [])
    index.remove_document("vs_x", 1)
    index.remove_stores(["vs_x"])


def test_more_stores_than_fit_a_page_are_all_counted(index: VectorIndex) -> None:
    for number in range(130):
        index.add(f"vs_{number}x", windows(1, 1), unit(1))
    assert len(index.counts()) == 130


def test_a_renewal_keeps_what_was_filled_in_and_what_came_meanwhile(index: VectorIndex) -> None:
    vectors = filled(index)
    index.begin_renewal("vs_a")
    index.add_to_renewal("vs_a", windows(2, 20), unit(20, 2))
    index.add("vs_a", windows(3, 2), unit(2, 3))
    assert index.nearest("vs_a", vectors[0], 1)[0].document == 1  # the old one is in use until the end
    index.end_renewal("vs_a")
    assert index.counts() == {"vs_a": 22}
    assert {near.document for near in index.nearest("vs_a", vectors[0], 50)} == {2, 3}


def test_a_renewal_that_is_begun_again_forgets_the_first(index: VectorIndex) -> None:
    filled(index)
    for number in (5, 6):
        index.begin_renewal("vs_a")
        index.add_to_renewal("vs_a", windows(number, 3), unit(3))
    index.end_renewal("vs_a")
    assert {near.document for near in index.nearest("vs_a", unit(1)[0], 50)} == {6}


def test_a_store_removed_during_its_renewal_stays_removed(index: VectorIndex) -> None:
    filled(index)
    index.begin_renewal("vs_a")
    index.remove_stores(["vs_a"])
    index.add_to_renewal("vs_a", windows(2, 20), unit(20))
    index.end_renewal("vs_a")
    assert index.counts() == {}


def test_folders_of_deleted_collections_go(index: VectorIndex, tmp_path: Path) -> None:
    filled(index, count=ROOMY)
    (before,) = folders(tmp_path)
    index.begin_renewal("vs_a")
    index.add_to_renewal("vs_a", windows(1, 1), unit(1))
    index.end_renewal("vs_a")
    assert before not in folders(tmp_path)
    index.remove_stores(["vs_a"])
    assert folders(tmp_path) == []


def folders(home: Path) -> list[str]:
    return [path.name for path in (home / "vectors").iterdir() if path.is_dir()]


@pytest.mark.parametrize("count", [20, ROOMY])
def test_the_unused_end_of_an_index_holds_nothing(index: VectorIndex, tmp_path: Path, count: int) -> None:
    filled(index, count=count)
    (header,) = (tmp_path / "vectors").glob("*/header.bin")
    used = (
        chroma_files.HEADER.unpack_from(header.read_bytes())[3]
        * chroma_files.HEADER.unpack_from(header.read_bytes())[4]
    )
    data = header.with_name("data_level0.bin")
    with data.open("ab") as file:
        file.write(b"a secret!")
    before = data.read_bytes()
    index.tidy()
    assert data.read_bytes() == before[:used] + bytes(len(before) - used)
    index.close()
    assert index.nearest("vs_a", unit(count)[7], 1)[0] == Near(1, 70, 79, pytest.approx(1, abs=1e-4))


def test_an_index_written_in_another_way_is_left_alone(tmp_path: Path) -> None:
    header, data = tmp_path / "header.bin", tmp_path / "data_level0.bin"
    header.write_bytes(chroma_files.HEADER.pack(2, 0, 10, 1, 4) + bytes(60))
    data.write_bytes(b"x" * 40)
    chroma_files.overwrite_unused(header)
    assert data.read_bytes() == b"x" * 40


def test_searches_go_on_while_indexes_are_renewed(index: VectorIndex) -> None:
    vectors, ended = filled(index, count=60), threading.Event()

    def search() -> int:
        found = 0
        while not ended.is_set():
            assert index.nearest("vs_a", vectors[0], 5)
            found += 1
        return found

    with ThreadPoolExecutor(3) as pool:
        searches = [pool.submit(search) for _ in range(3)]
        try:
            for _ in range(12):
                index.begin_renewal("vs_a")
                index.add_to_renewal("vs_a", windows(1, 60), vectors)
                index.end_renewal("vs_a")
        finally:
            ended.set()
        assert all(done.result() > 0 for done in searches)


def test_what_cannot_be_opened_is_a_failure_of_the_storage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    index = VectorIndex(tmp_path / "file" / "vectors")
    for _ in range(2):
        with pytest.raises(StorageFailed, match="The vector index cannot be used"):
            index.add("vs_a", windows(1, 1), unit(1))


def test_vectors_of_the_wrong_length_are_a_failure_of_the_storage(index: VectorIndex) -> None:
    filled(index)
    with pytest.raises(StorageFailed):
        index.nearest("vs_a", np.ones(3, dtype=np.float32), 5)


def test_whoever_wants_to_be_alone_waits_and_keeps_others_waiting() -> None:
    visits, inside, left = Visits(), threading.Event(), threading.Event()
    told: list[str] = []

    def visit() -> None:
        with visits.one():
            inside.set()
            assert left.wait(5)
            told.append("visited")

    def alone() -> None:
        with visits.none():
            told.append("alone")

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(visit)
        assert inside.wait(5)
        second = pool.submit(alone)
        left.set()
        first.result(5)
        second.result(5)
    assert told == ["visited", "alone"]


def test_a_new_index_is_told_from_one_in_use(index: VectorIndex) -> None:
    filled(index)
    index.begin_renewal("vs_a")
    assert index.counts() == {"vs_a": 40, "vs_a" + NEW: 0}
