"""The items a response is writing, each told as it grows."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from typing import Any

from services.server.responses.items import Item
from services.server.responses.log import NumberedLog

Shape = dict[str, Any]


@dataclass(slots=True)
class Written(Item):
    """An item of the answer: its place, how the client sees it where that is more than its body, and whether it is done."""

    index: int = 0
    shown: Shape | None = None
    is_done: bool = False

    def as_shown(self) -> Shape:
        """The item as it is told."""
        return self.shown or self.body


@dataclass(slots=True)
class Output:
    """What has been written so far."""

    log: NumberedLog
    items: list[Written] = field(default_factory=list)

    def tell(self, kind: str, item: Written, **fields: Any) -> None:
        """Tell of something that happened to an item."""
        self.log.tell(f"response.{kind}", item_id=item.body["id"], output_index=item.index, **fields)

    def open(self, body: Shape) -> Written:
        """Begin an item."""
        item = Written(body, index=len(self.items))
        self.items.append(item)
        self.log.tell("response.output_item.added", output_index=item.index, item=body)
        return item

    def close(self, item: Written, status: str = "completed") -> None:
        """An item is as it will be."""
        item.is_done = True
        for shape in filter(None, (item.body, item.shown)):
            shape["status"] = status
        self.log.tell("response.output_item.done", output_index=item.index, item=item.as_shown())

    def cut(self) -> None:
        """The answer ends here: what is open stays as it is."""
        for item in self.items:
            if not item.is_done:
                self.close(item, "incomplete")

    def so_far(self) -> list[Item]:
        """Every item as it stands, to be written down while it grows."""
        return [
            Item(item.body if item.is_done else copy.deepcopy(item.body), item.private) for item in self.items
        ]

    def shown(self) -> list[Shape]:
        """Every item as the client sees it."""
        return [item.as_shown() for item in self.items]
