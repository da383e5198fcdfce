"""The input file of a batch, read line by line."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from services.batches.lines import Checked, Line, check_lines, read_lines

if TYPE_CHECKING:
    from services.storage.blobs import Blobs

AT_ONCE = 50


def split(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The lines of a file that comes in pieces."""
    rest = b""
    for piece in pieces:
        *lines, rest = (rest + piece).split(b"\n")
        yield from lines
    if rest:
        yield rest


async def check(blobs: Blobs, key: str, endpoint: str) -> Checked:
    """Look at every line. Raises StorageFailed and NotFound."""

    def look() -> Checked:
        return check_lines(split(blobs.stream(key)), endpoint, blobs.size_of(key))

    return await asyncio.to_thread(look)


async def requests(blobs: Blobs, key: str, but: set[int]) -> AsyncGenerator[Line, None]:
    """Every request but those of these lines. Raises StorageFailed and NotFound."""
    lines = (line for line in read_lines(split(blobs.stream(key))) if line.number not in but)
    while some := await asyncio.to_thread(lambda: list(islice(lines, AT_ONCE))):
        for line in some:
            yield line
