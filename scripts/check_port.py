"""Say in one sentence when the port cannot be had, before Streamlit does in a screenful."""

from __future__ import annotations

import socket
import sys

HIGHEST_PORT = 65535


def problem_with(port_text: str) -> str | None:
    """Why the app cannot listen on this port of the loopback address; None when it can."""
    if not port_text.isdecimal() or not 0 < int(port_text) <= HIGHEST_PORT:
        return f"PORT must be a number from 1 to {HIGHEST_PORT}, not {port_text!r}. Try: make run PORT=8501"
    port = int(port_text)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError:
            return f"Port {port} is reserved for the system. Take one above 1023: make run PORT=8501"
        except OSError:
            free = port + 1 if port < HIGHEST_PORT else port - 1
            return f"Port {port} is taken by another program. Take another one: make run PORT={free}"
    return None


if __name__ == "__main__":
    sys.exit(problem_with(sys.argv[1]))
