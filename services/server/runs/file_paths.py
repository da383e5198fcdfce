"""Links to files that a program wrote: `sandbox:/mnt/data/name` in an answer, followed to the stored file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

Annotation = dict[str, Any]

SCHEME = "sandbox:"
GOES_ON = r"(?![\w/-])(?!\.\w)"
"""A name that goes on behind the one that is known is another file's."""


def file_paths(text: str, files: Mapping[str, str]) -> list[Annotation]:
    """The `file_path` annotations of an answer. `files` gives the id of the file behind each path, as of `/mnt/data/a.csv`.

    `text[start_index:end_index]` is the link, counted in characters; a path may stand there percent-encoded.
    """
    ids = {written: file_id for path, file_id in files.items() for written in (path, quote(path))}
    if not ids:
        return []
    longest_first = sorted(ids, key=len, reverse=True)
    link = re.compile(re.escape(SCHEME) + "(" + "|".join(map(re.escape, longest_first)) + ")" + GOES_ON)
    return [
        {
            "type": "file_path",
            "text": found.group(),
            "start_index": found.start(),
            "end_index": found.end(),
            "file_path": {"file_id": ids[found.group(1)]},
        }
        for found in link.finditer(text)
    ]
