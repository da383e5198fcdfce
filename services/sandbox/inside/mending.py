"""What programs expect of a file system and sandlock 0.9 answers otherwise.

In a folder that does not exist it refuses to make another one (EACCES) where the system has nothing to make it in
(ENOENT): `pathlib.Path.mkdir(parents=True)` goes by the difference.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

_mkdir = os.mkdir


def mend_mkdir() -> None:
    """Have os.mkdir say that there is no such folder."""
    os.mkdir = _mended_mkdir  # type: ignore[assignment]  # (bytes as paths pass through, too)


def _mended_mkdir(path: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
    try:
        _mkdir(path, mode, dir_fd=dir_fd)
    except PermissionError as error:
        if dir_fd is None and not Path(path).parent.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path) from None
        raise error from None
