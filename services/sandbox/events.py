"""What comes of a program, as its caller hears it."""

from __future__ import annotations

from dataclasses import dataclass

from services.sandbox.folder import FoundFile


@dataclass(frozen=True, slots=True)
class Printed:
    """Text that the program has just printed."""

    text: str


@dataclass(frozen=True, slots=True)
class Drawn:
    """A figure, as a PNG."""

    png: bytes


@dataclass(frozen=True, slots=True)
class Ended:
    """How it ended, said last.

    `error` is its traceback when it failed; `notice` a sentence or two when something was stopped, cut or lost;
    `files` what it has written, without the folder's path.
    """

    error: str | None = None
    notice: str | None = None
    files: tuple[FoundFile, ...] = ()
    is_state_kept: bool = True


Event = Printed | Drawn | Ended
