"""Text in whatever encoding it was saved."""

from __future__ import annotations

import re

SAMPLE_BYTES = 2**20

_BINARY_BYTES = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_ASCII = re.compile(rb"[\x80-\xff]")
_TWO_BYTES_OF_UTF_8 = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
# The mark of UTF-16 begins that of UTF-32, which therefore comes first.
BYTE_ORDER_MARKS = {
    b"\xef\xbb\xbf": "utf-8-sig",
    b"\xff\xfe\x00\x00": "utf-32",
    b"\x00\x00\xfe\xff": "utf-32",
    b"\xff\xfe": "utf-16",
    b"\xfe\xff": "utf-16",
}


def decoded(data: bytes) -> str | None:
    """The text of a file, line ends as they are; None when it is no text."""
    for mark, encoding in BYTE_ORDER_MARKS.items():
        if data.startswith(mark):
            return _decode_as(encoding, data)
    if is_binary(data):
        unmarked = utf_16_without_mark(data)
        return _decode_as(unmarked, data) if unmarked else None
    return _decode_as("utf-8", data) or _damaged_utf_8(data) or _guessed(data)


def is_binary(data: bytes) -> bool:
    """Whether there are bytes that no text in an encoding of single bytes, nor UTF-8, has."""
    return bool(_BINARY_BYTES.search(data))


def with_plain_newlines(text: str) -> str:
    """`text` with every line ended by a newline alone."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decode_as(encoding: str, data: bytes) -> str | None:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if "\x00" in text else text


def utf_16_without_mark(data: bytes) -> str | None:
    """UTF-16 without a mark has a zero in most of its even or odd places, as Latin letters are written."""
    if len(data) % 2:
        return None
    zeros = {"utf-16-le": data[1::2].count(0), "utf-16-be": data[0::2].count(0)}
    encoding = max(zeros, key=lambda name: zeros[name])
    is_one_sided = zeros[encoding] > len(data) * 0.3 and min(zeros.values()) < len(data) * 0.01
    return encoding if is_one_sided else None


def _damaged_utf_8(data: bytes) -> str | None:
    """UTF-8 with a bad byte here and there, as in a log cut in the middle of a letter."""
    text = data.decode("utf-8", "replace")
    bad = text.count("\ufffd")
    return text if bad * 10 < len(_TWO_BYTES_OF_UTF_8.findall(data)) else None


def _guessed(data: bytes) -> str | None:
    encoding = _likely_encoding(_telling_part(data))
    return data.decode(encoding, "replace") if encoding else None


def _telling_part(data: bytes) -> bytes:
    """At most SAMPLE_BYTES of whole lines, from the first that is not ASCII: the rest says nothing."""
    first = _NOT_ASCII.search(data)
    if first is None or len(data) <= SAMPLE_BYTES:
        return data
    start = data.rfind(b"\n", 0, first.start()) + 1
    end = data.rfind(b"\n", first.start(), start + SAMPLE_BYTES) + 1
    return data[start : end or start + SAMPLE_BYTES]


def _likely_encoding(data: bytes) -> str | None:
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    western = next(
        (match for match in matches if "cp1252" in {match.encoding, *match.could_be_from_charset}), None
    )
    if best is None or western is None:
        return best.encoding if best is not None else None
    # Among its equals the detector prefers rare alphabets; most files of one byte a letter are Western.
    is_as_likely = western.chaos <= best.chaos and western.coherence >= best.coherence
    return western.encoding if is_as_likely else best.encoding
