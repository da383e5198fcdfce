"""What one session may use."""

from __future__ import annotations

from dataclasses import dataclass

MB = 2**20


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of a session, and of one program (a `cell`) in it.

    `cpu_s` counts all threads of one program, `session_cpu_s` those of all its programs. Within `grace_s` a program
    that was interrupted must have stopped; else the session is ended.
    """

    memory_bytes: int = 1024 * MB
    disk_bytes: int = 512 * MB
    entries: int = 10_000
    depth: int = 32
    threads: int = 64
    open_files: int = 128
    cell_s: float = 60.0
    grace_s: float = 3.0
    start_s: float = 20.0
    cpu_s: int = 150
    session_cpu_s: int = 3600
    log_bytes: int = 64 * 1024
    pictures: int = 20
    files: int = 20

    @property
    def file_bytes(self) -> int:
        """The longest file: one alone cannot fill the folder, so that there is always room to put things right."""
        return self.disk_bytes * 3 // 4


LINE_BYTES = 8 * MB
"""The longest message taken: a figure of 4 MB, in base64."""
CELL_BYTES = 256 * MB
"""All messages of one program together; more is no worker's doing."""
CELL_PICTURE_BYTES = 24 * MB
"""All figures of one program together; further ones are left out."""
CELL_MESSAGES = 1000
