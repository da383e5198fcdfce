"""How a page of a list is compared: how much is on it, in which order, and what follows."""

from __future__ import annotations

from tests.golden.compare import Difference, Differences, shown
from tests.golden.ids import Ids
from tests.golden.recording import Exchange, Shape

OF_THE_ACCOUNT = ("/assistants", "/vector_stores", "/files")
"""Lists of all that an account has: other sessions add to them, and the service was slow to show what was new."""


def compare_pages(exchange: Exchange, recorded: Shape, ours: Shape, ids: Ids) -> Differences:
    """What differs in the envelope of a list."""
    data, own = recorded.get("data"), ours.get("data")
    if recorded.get("object") != "list" or not isinstance(data, list) or not isinstance(own, list):
        return
    if len(data) != len(own) and exchange.path not in OF_THE_ACCOUNT:
        yield Difference("data", f"{len(data)} items", f"{len(own)} items", len(own) < len(data))
    elif recorded.get("has_more") != ours.get("has_more"):
        yield Difference("has_more", shown(recorded.get("has_more")), shown(ours.get("has_more")))
    yield from _order(data, own, ids)
    yield from _ends(recorded, ours, own)


def _order(data: list[Shape], own: list[Shape], ids: Ids) -> Differences:
    """The order of what was made at different times. Within one second the service had none that can be told."""
    times = {ids.ours(item["id"]): item["created_at"] for item in data if "created_at" in item}
    common = [times[item["id"]] for item in own if item["id"] in times]
    recorded = [times[mapped] for item in data if (mapped := ids.ours(item["id"])) in {o["id"] for o in own}]
    if common != recorded:
        yield Difference("data", f"made in this order: {recorded}", str(common))


def _ends(recorded: Shape, ours: Shape, own: list[Shape]) -> Differences:
    for name, item in (("first_id", own[:1]), ("last_id", own[-1:])):
        if name in recorded and ours.get(name) != (item[0]["id"] if item else None):
            yield Difference(name, "the id of that item", shown(ours.get(name)))
