"""What a keeper is told: which sandbox to start, around which folders, within which limits."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from services.sandbox.limits import Limits
from services.sandbox.view import DATA, DEVICES, TMP, View


@dataclass(frozen=True, slots=True)
class Plan:
    """One sandbox to be started. `folder` is the session's, `root` an empty one that all sandboxes look out of.

    `pipes` are the descriptors of commands, output and answers, in the keeper.
    """

    wall: str
    view: View
    folder: str
    root: str
    limits: Limits
    pipes: tuple[int, int, int]
    is_warmed: bool

    @property
    def writable(self) -> dict[str, str]:
        """The session's own folders, by the path under which the sandbox sees them."""
        return {
            inside: str(Path(self.folder, name))
            for inside, name in ((DATA, "data"), (TMP, "tmp"), (DEVICES, "dev"))
        }

    @property
    def command(self) -> list[str]:
        """The command that starts the worker inside."""
        bounds = {
            "memory_bytes": self.limits.memory_bytes,
            "file_bytes": self.limits.file_bytes,
            "open_files": self.limits.open_files,
            "cpu_s": self.limits.session_cpu_s,
        }
        return [*self.view.command, json.dumps({"bounds": bounds, "warm": self.is_warmed})]

    def written(self) -> str:
        """As one line of text."""
        return json.dumps(asdict(self))

    @classmethod
    def read(cls, text: str) -> Plan:
        """What `written` gave."""
        told: dict[str, Any] = json.loads(text)
        view = View(**{**told["view"], "loader": tuple(told["view"]["loader"])})
        limits, pipes = Limits(**told["limits"]), tuple(told["pipes"])
        return cls(**{**told, "view": view, "limits": limits, "pipes": pipes})
