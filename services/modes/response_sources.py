"""Where in its file the cited words stand: a citation on the wire names the file alone, and our own server tells the rest."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from services.turns import Citation

if TYPE_CHECKING:
    import openai

Place = tuple[str, int, int]
"""Which citation it is: the id of its item, the part of the message, and its number there."""


@dataclass(slots=True)
class Sources:
    """What the citations of one response rest on. Only our own server is asked: nobody else has this route."""

    client: openai.AsyncOpenAI
    is_own: bool
    _told: dict[Place, Mapping[str, Any]] = field(default_factory=dict)

    async def completed(self, citation: Citation, response_id: str, place: Place) -> Citation:
        """The citation with its quote and its page or rows, where the server tells them."""
        if not self.is_own or citation.quote is not None:
            return citation
        if place not in self._told:
            with suppress(Exception):  # a citation that only names its file is still one
                await self._ask(response_id)
        cited = self._told.get(place)
        if cited is None or cited.get("file_id") != citation.file_id:
            return citation
        rows = cited.get("rows")
        return replace(
            citation,
            quote=cited.get("quote"),
            page=cited.get("page"),
            last_page=cited.get("last_page"),
            rows=(rows[0], rows[1]) if rows else None,
        )

    async def _ask(self, response_id: str) -> None:
        told: Any = await self.client.get(f"/responses/{response_id}/citations", cast_to=object)
        self._told |= {(c["item_id"], c["content_index"], c["index"]): c for c in told["data"]}
