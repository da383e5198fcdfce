"""A copy of what a person made here, in one ZIP of files that can each be opened again."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator

from services.compare.sharing import to_file as comparison_file
from services.compare.store import Comparisons
from services.gpts.store import Gpts
from services.gpts.store import to_file as gpt_file
from services.storage.conversations import Conversations
from services.storage.transfer import slug
from services.tuning.incoming import to_jsonl
from services.tuning.store import DataSets

ALL = 1_000_000


def everything(
    conversations: Conversations, comparisons: Comparisons, gpts: Gpts, data_sets: DataSets
) -> bytes:
    """Conversations as JSON and Markdown, comparisons and GPTs as JSON, data sets as JSON lines."""
    copy = io.BytesIO(conversations.export_all())
    with zipfile.ZipFile(copy, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in (*_comparisons(comparisons), *_gpts(gpts), *_data_sets(data_sets)):
            archive.writestr(name, data)
    return copy.getvalue()


def _comparisons(comparisons: Comparisons) -> Iterator[tuple[str, bytes]]:
    for number, one in enumerate(comparisons.list(ALL), start=1):
        data = comparison_file(one, comparisons.talks(one))
        yield f"comparisons/{number:04d} {slug(one.title)}.json", data


def _gpts(gpts: Gpts) -> Iterator[tuple[str, bytes]]:
    for number, one in enumerate(gpts.all(), start=1):
        yield f"gpts/{number:04d} {slug(one.name)}.json", gpt_file(one)


def _data_sets(data_sets: DataSets) -> Iterator[tuple[str, bytes]]:
    for number, one in enumerate(data_sets.all(), start=1):
        lines = [line.text for line in data_sets.lines(one.id)]
        yield f"data_sets/{number:04d} {slug(one.name)}.jsonl", to_jsonl(lines)
