"""References within a document (`$ref`), followed a bounded number of times and never out of it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from services.errors import InvalidInput

MAX_CHAIN = 10


class References:
    """The references of one document."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document

    def target(self, reference: str) -> Any:
        """What a reference points to. Raises InvalidInput when that is nothing, or lies in another document."""
        if not reference.startswith("#"):
            raise InvalidInput(
                f"it refers to another document ({reference[:100]}); only references within this one are followed"
            )
        here: Any = self._document
        for step in unquote(reference[1:]).split("/")[1:]:
            here = _below(here, step.replace("~1", "/").replace("~0", "~"), reference)
        return here

    def follow(self, value: Any) -> dict[str, Any]:
        """The object that `value` is or refers to; an empty one for anything else. Raises InvalidInput."""
        for _ in range(MAX_CHAIN):
            if not isinstance(value, dict):
                return {}
            reference = value.get("$ref")
            if not isinstance(reference, str):
                return value
            value = self.target(reference)
        raise InvalidInput("its references lead in a circle")


def _below(here: Any, name: str, reference: str) -> Any:
    if isinstance(here, dict) and name in here:
        return here[name]
    if (
        isinstance(here, list)
        and name.isdecimal()
        and name.isascii()
        and len(name) < 6
        and int(name) < len(here)
    ):
        return here[int(name)]
    raise InvalidInput(f"it refers to {reference[:100]}, which is not in the document")
