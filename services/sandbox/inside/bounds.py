"""What this process and its programs may use: kept by the kernel, and fixed before the first program."""

from __future__ import annotations

import resource

LIBRARIES_BYTES = 768 * 2**20
"""Address space of the libraries' code and files beside the memory that programs fill."""
STACK_BYTES = 8 * 2**20


def set_bounds(memory_bytes: int, file_bytes: int, open_files: int, cpu_s: int) -> None:
    """Bound this process; more memory is a MemoryError, a longer file an OSError, more processor time the end."""
    bounds = {
        resource.RLIMIT_DATA: memory_bytes,
        resource.RLIMIT_AS: memory_bytes + LIBRARIES_BYTES,
        resource.RLIMIT_STACK: STACK_BYTES,
        resource.RLIMIT_FSIZE: file_bytes,
        resource.RLIMIT_NOFILE: open_files,
        resource.RLIMIT_CPU: cpu_s,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_MEMLOCK: 0,
        resource.RLIMIT_MSGQUEUE: 0,
    }
    for kind, most in bounds.items():
        _, hard = resource.getrlimit(kind)
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(kind, (least, least))
