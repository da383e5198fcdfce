import asyncio
import gzip
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guarded_fetch.bodies import Gunzip, read_bounded


def read(pieces, max_bytes, gunzip=None):
    async def stream():
        for piece in pieces:
            yield piece

    return asyncio.run(read_bounded(stream(), max_bytes, gunzip))


def in_pieces(data, size):
    return [data[i : i + size] for i in range(0, len(data), size)]


@given(st.binary(max_size=300), st.integers(0, 300), st.integers(1, 50), st.booleans())
def test_a_body_is_read_to_its_bound_and_no_further(data, max_bytes, size, is_packed):
    sent = gzip.compress(data) if is_packed else data
    body, is_cut = read(in_pieces(sent, size), max_bytes, Gunzip() if is_packed else None)
    assert body == data[:max_bytes]
    assert is_cut == (len(data) > max_bytes)


def test_a_bomb_is_cut_while_it_unpacks():
    bomb = gzip.compress(bytes(200_000_000), 9)
    tracemalloc.start()
    body, is_cut = read([bomb], 1_000_000, Gunzip())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(body) == 1_000_000 and is_cut
    assert peak < 8_000_000


def test_files_joined_together_unpack_as_one():
    assert read([gzip.compress(b"one ") + gzip.compress(b"two")], 100, Gunzip()) == (b"one two", False)


def test_packed_nothing_without_end_is_given_up():
    nothing = gzip.compress(b"") * 1000
    assert read([nothing] * 100, 1000, Gunzip()) == (b"", True)


def test_half_a_file_is_noticed():
    with pytest.raises(EOFError):
        read([gzip.compress(b"x" * 1000)[:-9]], 5000, Gunzip())
