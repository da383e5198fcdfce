"""The bytes of a stream, cut only between events."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.server.relay import WholeEvents
from services.server.upstream import Upstream
from services.settings import Settings

EVENTS = st.lists(
    st.sampled_from([b"data: {}\n\n", b"data: [1]\r\n\r\n", b": ping\n\n", b"event: a\ndata: b\n\n"])
)


@given(EVENTS, st.lists(st.integers(0, 200)))
def test_pieces_of_any_size_add_up_to_the_same_bytes(events: list[bytes], cuts: list[int]) -> None:
    stream = b"".join(events)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    whole = WholeEvents()
    out = [whole.feed(stream[a:b]) for a, b in pairwise(edges)]
    assert b"".join(out) == stream
    assert whole.rest == b""
    assert all(piece.endswith((b"\n\n", b"\r\n\r\n")) for piece in out if piece)


def test_half_an_event_is_held_back() -> None:
    whole = WholeEvents()
    assert whole.feed(b'data: {}\n\ndata: {"id') == b"data: {}\n\n"
    assert whole.feed(b'": 1}') == b""
    assert whole.feed(b"\n\n") == b'data: {"id": 1}\n\n'


def test_an_upstream_is_configured_by_a_key_or_an_address() -> None:
    assert Upstream.configured(Settings()) is None
    assert Upstream.configured(Settings(openai_api_key="sk-x")) is not None
    assert Upstream.configured(Settings(openai_base_url="http://127.0.0.1:11434/v1")) is not None


def test_a_password_in_the_address_is_never_shown() -> None:
    upstream = Upstream(Settings(openai_base_url="http://me:secret@127.0.0.1:9/v1"))
    assert upstream.shown_url == "http://127.0.0.1:9/v1"
