"""Pictures without what they tell beside the picture: place, time, camera, names, comments. No pixel is touched.

Source: ITU T.81 and Exif 2.32 (JPEG), the PNG specification 3, the WebP container specification, GIF89a.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

ORIENTATION = 0x0112
UPRIGHT = 1
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_KEPT = {
    b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip
WEBP_KEPT = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"}
HAS_EXIF, HAS_XMP = 0x08, 0x04


def without_metadata(data: bytes) -> bytes:
    """The same picture, its orientation and colour profile kept. What is no JPEG, PNG, WebP or GIF comes back as it was.

    A damaged picture ends where it can be followed no further.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return _jpeg(data)
    if data.startswith(PNG_START):
        return _png(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return _gif(data) if data.startswith((b"GIF87a", b"GIF89a")) else data


def _jpeg(data: bytes) -> bytes:
    kept, orientation = [b"\xff\xd8"], UPRIGHT
    for marker, piece in _jpeg_pieces(data):
        if marker == 0xE1 and piece[4:10] == b"Exif\0\0":
            orientation = _orientation(piece[10:])
        elif _is_needed(marker, piece):
            kept.append(piece)
    if orientation != UPRIGHT:
        exif = b"Exif\0\0" + _only_orientation(orientation)
        # Exif comes first, but for the mark of JFIF.
        place = 2 if len(kept) > 1 and kept[1].startswith(b"\xff\xe0") else 1
        kept.insert(place, b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif)
    return b"".join(kept)


def _is_needed(marker: int, piece: bytes) -> bool:
    if marker == 0xE2:
        return piece[4:16] == b"ICC_PROFILE\0"
    # APP0 is JFIF, APP14 says how Adobe's colours are meant; COM and every other APP is about the picture.
    return marker in (0xE0, 0xEE) or not (0xE0 <= marker <= 0xEF or marker == 0xFE)


def _jpeg_pieces(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each segment with its marker, the one of a scan with its picture data. What follows the end is left out: telephones
    put a second picture there, with a place of its own."""
    at = 2
    while at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # a fill byte
            at += 1
            continue
        if marker == 0xD9:
            break
        end = at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        if end > len(data) or end < at + 4:
            return
        if marker == 0xDA:
            end = _end_of_scan(data, end)
        yield marker, data[at:end]
        at = end
    if data[at : at + 2] == b"\xff\xd9":
        yield 0xD9, b"\xff\xd9"


def _end_of_scan(data: bytes, at: int) -> int:
    """Where the next marker stands that is neither a stuffed byte nor a restart."""
    while (at := data.find(b"\xff", at)) >= 0 and at + 1 < len(data):
        following = data[at + 1]
        if following not in (0, 0xFF) and not 0xD0 <= following <= 0xD7:
            return at
        at += 1 if following == 0xFF else 2
    return len(data)


def _png(data: bytes) -> bytes:
    kept, at, orientation = [PNG_START], len(PNG_START), UPRIGHT
    while at + 12 <= len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        end = at + 12 + size
        if end > len(data):
            break
        if kind == b"eXIf":
            orientation = _orientation(data[at + 8 : end - 4])
        elif kind[:1].isupper() or kind in PNG_KEPT:
            kept.append(data[at:end])
        at = end
        if kind == b"IEND":
            break
    if orientation != UPRIGHT and len(kept) > 1:
        kept.insert(2, _chunk(b"eXIf", _only_orientation(orientation)))
    return b"".join(kept)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _webp(data: bytes) -> bytes:
    kept, at, orientation = list[bytes](), 12, UPRIGHT
    while at + 8 <= len(data):
        kind, size = struct.unpack_from("<4sI", data, at)
        end = at + 8 + size + size % 2
        if at + 8 + size > len(data):
            break
        if kind == b"EXIF":
            orientation = _orientation(data[at + 8 : at + 8 + size].removeprefix(b"Exif\0\0"))
        elif kind in WEBP_KEPT:
            kept.append(data[at:end])
        at = end
    if orientation != UPRIGHT:
        body = _only_orientation(orientation)
        kept.append(b"EXIF" + struct.pack("<I", len(body)) + body)
    if kept and kept[0].startswith(b"VP8X") and len(kept[0]) > 8:
        told = (HAS_EXIF | HAS_XMP) if orientation == UPRIGHT else HAS_XMP
        kept[0] = kept[0][:8] + bytes([kept[0][8] & ~told]) + kept[0][9:]
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body


def _gif(data: bytes) -> bytes:
    """Without comments, and of what applications add only how often it repeats."""
    at = 13 + _table_bytes(data[10:11])
    kept = [data[:at]]
    while at < len(data):
        begin, kind = at, data[at]
        if kind == 0x3B:
            kept.append(b"\x3b")
            break
        if kind == 0x2C:
            at += 11 + _table_bytes(data[at + 9 : at + 10])
        elif kind == 0x21:
            at += 2
        else:
            break
        at = _end_of_blocks(data, at)
        is_needed = kind == 0x2C or data[begin + 1 : begin + 2] == b"\xf9"
        if is_needed or data[begin + 3 : begin + 14] in (b"NETSCAPE2.0", b"ANIMEXTS1.0"):
            kept.append(data[begin:at])
    return b"".join(kept)


def _table_bytes(flags: bytes) -> int:
    return 3 * 2 ** ((flags[0] & 7) + 1) if flags and flags[0] & 0x80 else 0


def _end_of_blocks(data: bytes, at: int) -> int:
    while at < len(data) and data[at]:
        at += 1 + data[at]
    return at + 1


def _orientation(tiff: bytes) -> int:
    """How the picture is turned, as Exif numbers it; upright where it does not say."""
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return UPRIGHT
    first = struct.unpack_from(f"{order}I", tiff, 4)[0]
    if first + 2 > len(tiff):
        return UPRIGHT
    for number in range(struct.unpack_from(f"{order}H", tiff, first)[0]):
        at = first + 2 + 12 * number
        if at + 12 > len(tiff):
            return UPRIGHT
        tag, kind, _, value = struct.unpack_from(f"{order}HHIH", tiff, at)
        if tag == ORIENTATION and kind == 3:
            return value if 1 <= value <= 8 else UPRIGHT
    return UPRIGHT


def _only_orientation(value: int) -> bytes:
    return struct.pack(">4sIHHHIHHI", b"MM\0*", 8, 1, ORIENTATION, 3, 1, value, 0, 0)
