"""Reading a body piece by piece, never past a bound, which counts what comes out of compression too."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterable

# A body that shrinks when it is unpacked is made to keep somebody busy.
SLACK_BYTES = 65_536


class Gunzip:
    """Unpacks gzip as it arrives, never more than there is room for."""

    def __init__(self) -> None:
        self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)

    @property
    def is_whole(self) -> bool:
        return self._inner.eof

    def unpack(self, data: bytes, room: int) -> bytes:
        """At most `room` bytes of what `data` holds; what is left over is gone. Raises zlib.error."""
        pieces = []
        while data and room > 0:
            if self._inner.eof:
                self._inner = zlib.decompressobj(zlib.MAX_WBITS | 16)
            pieces.append(self._inner.decompress(data, room))
            room -= len(pieces[-1])
            data = self._inner.unconsumed_tail or self._inner.unused_data
        return b"".join(pieces)


async def read_bounded(
    pieces: AsyncIterable[bytes], max_bytes: int, gunzip: Gunzip | None = None
) -> tuple[bytes, bool]:
    """The first `max_bytes` of a body, and whether there was more. Raises zlib.error, EOFError for half a gzip file."""
    body, arrived = bytearray(), 0
    async for piece in pieces:
        arrived += len(piece)
        room = max_bytes + 1 - len(body)
        body += gunzip.unpack(piece, room) if gunzip else piece[:room]
        if len(body) > max_bytes or arrived > max_bytes + SLACK_BYTES:
            return bytes(body[:max_bytes]), True
    if gunzip and arrived and not gunzip.is_whole:
        raise EOFError
    return bytes(body), False
