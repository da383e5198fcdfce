"""The DuckDB files of loaded tables: a cache, built again from the blobs when missing."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from services.storage.failures import folder_failure
from services.storage.local_files import move_durably

LEFT_BEHIND_S = 60 * 60

_UNFINISHED = re.compile(r"\.(?:loading|spilled)-(\d+)(?:-.*)?")


class TableFiles:
    """A folder of DuckDB files, each named by its table's id and the revision of its reading. Raises StorageFailed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, table_id: str, revision: int) -> Path:
        """Where a revision of a table lies once it is loaded."""
        return self.folder / f"{table_id}-{revision}.duckdb"

    @contextmanager
    def writing(self, table_id: str, revision: int) -> Iterator[Path]:
        """A place for a new file, which takes its name at the end of the `with`, unless that ends with an error."""
        unfinished = self.folder / f".loading-{os.getpid()}-{table_id}-{revision}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            _remove(unfinished)
            yield unfinished
            move_durably(unfinished, self.path(table_id, revision))
        except OSError as error:
            raise folder_failure(self.folder, error) from error
        finally:
            _remove(unfinished)

    def remove(self, table_id: str, *, but: int | None = None) -> None:
        """Remove the files of a table, except for one revision."""
        kept = None if but is None else self.path(table_id, but)
        for file in self.folder.glob(f"{table_id}-*.duckdb*"):
            if file != kept:
                _remove(file)

    def remove_left_behind(self) -> None:
        """Remove what processes that were killed had begun."""
        for entry in self.folder.glob(".*"):
            found = _UNFINISHED.fullmatch(entry.name)
            with suppress(OSError):
                is_old = time.time() - entry.stat().st_mtime > LEFT_BEHIND_S
                if found and is_old and not _is_alive(int(found[1])):
                    _remove(entry)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
        return
    for name in (path, path.with_name(path.name + ".wal")):
        with suppress(OSError):
            name.unlink()


def _is_alive(process_id: int) -> bool:
    try:
        os.kill(process_id, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
