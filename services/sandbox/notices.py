"""Sentences for a model about what happened to its program."""

from __future__ import annotations

from services.sandbox.limits import MB, Limits
from services.sandbox.worker import Gone, Taken

LOST = "variables are gone, files are kept."
STARTED_ANEW = "The interpreter was started anew before this program: variables of earlier programs are gone, files are kept."
LONGEST_PROGRAM = 512 * 1024
TOO_LONG = "The program is too long to be run. Write a shorter one."


def after_end(gone: Gone, limits: Limits) -> str:
    """Why a session ended while its program ran, and what is left of it."""
    did = {
        "memory": f"used more than {_size(limits.memory_bytes)} of memory",
        "threads": f"started more than {limits.threads} threads",
        "processor": f"used more than {limits.cpu_s} seconds of processor time",
        "time": f"did not stop within {limits.cell_s:g} seconds",
        "nonsense": "disturbed the interpreter",
    }
    if gone.why == "disk":
        size = _size(limits.disk_bytes)
        return (
            f"The program wrote more than {size} or {limits.entries} files and was ended; variables and the files "
            "it wrote are gone."
        )
    if gone.why in did:
        return f"The program {did[gone.why]} and was ended; {LOST}"
    return f"The program ended its interpreter ({gone.detail}); {LOST}"


def interrupted(limits: Limits) -> str:
    """A program was stopped in time."""
    return f"The program ran longer than {limits.cell_s:g} seconds and was stopped; variables and files are kept."


def left_out(taken: Taken, files: int, limits: Limits) -> list[str]:
    """What was not taken of a program's output."""
    sentences = []
    if taken.cut_bytes:
        kept = limits.log_bytes // 1024
        sentences.append(f"The output was cut after {kept} KB; {taken.cut_bytes} bytes more were printed.")
    if taken.cut_pictures:
        sentences.append(f"{taken.cut_pictures} figures more were drawn and left out.")
    if files > limits.files:
        sentences.append(f"Of {files} files that were written, {limits.files} are shown.")
    return sentences


def _size(size_bytes: int) -> str:
    return f"{size_bytes // 2**30} GB" if size_bytes % 2**30 == 0 else f"{size_bytes // MB} MB"
