"""Pictures over the SDK: shown as they come, kept, paid for once, and held against a budget before."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from services.clients import Connection
from services.errors import AppError, BudgetExceeded, InvalidInput
from services.media.images.gallery import Gallery
from services.media.images.studio import OPENAI_MODELS, Finished, Order, Partial, Studio
from services.metering.budgets import Budgets, Limits
from services.metering.ledger import Ledger
from services.metering.picture_prices import picture_price
from services.storage.database import open_database
from services.storage.folder_blobs import FolderBlobs
from services.storage.preferences import Preferences
from tests.support.upstream import Script, ScriptedUpstream, error

MODEL = OPENAI_MODELS[0]
USAGE = {
    "input_tokens": 20,
    "output_tokens": 1056,
    "total_tokens": 1076,
    "input_tokens_details": {"text_tokens": 20, "image_tokens": 0},
}


def png() -> str:
    out = BytesIO()
    Image.new("RGB", (12, 8), "teal").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def event(kind: str, **more: Any) -> str:
    shape = {
        "background": "auto",
        "created_at": 1,
        "output_format": "png",
        "quality": "medium",
        "size": "auto",
    }
    return json.dumps({"type": kind, "b64_json": png()} | shape | more)


def partial(number: int) -> str:
    return event("image_generation.partial_image", partial_image_index=number)


def completed(**more: Any) -> str:
    return event("image_generation.completed", usage=USAGE, **more)


@dataclass
class Room:
    upstream: ScriptedUpstream
    connection: Connection
    studio: Studio
    ledger: Ledger
    budgets: Budgets

    def made(self, **more: Any) -> list[Partial | Finished]:
        return list(self.studio.make(Order(self.connection, MODEL, "A teapot", **more)))


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    database = open_database(f"sqlite:///{tmp_path / 'tandem.db'}")
    ledger, budgets = Ledger(database, "alice"), Budgets(Preferences(database, "alice"))
    studio = Studio(Gallery(database, FolderBlobs(tmp_path / "blobs"), "alice"), ledger, budgets)
    with ScriptedUpstream() as upstream:
        connection = Connection("Scripted", "compatible", upstream.base_url, "sk-secret-key-of-the-test")
        yield Room(upstream, connection, studio, ledger, budgets)
    database.close()


def test_a_picture_comes_in_parts_is_kept_and_is_paid_for(room: Room) -> None:
    room.upstream.play(Script(raw=(partial(0), partial(1), completed())))
    first, second, finished = room.made()
    assert isinstance(first, Partial) and isinstance(second, Partial) and isinstance(finished, Finished)
    kept = room.studio.gallery.page("")[0]
    assert (kept.id, kept.prompt, kept.model) == (finished.picture.id, "A teapot", MODEL)
    (call,) = room.ledger.rows()
    assert (call.pictures, call.status, call.cost_usd) == (1, "completed", picture_price(MODEL, USAGE))
    assert call.cost_usd is not None and call.cost_usd > 0
    assert kept.cost_usd == call.cost_usd


def test_several_are_several_requests(room: Room) -> None:
    room.upstream.play(*[Script(raw=(completed(),))] * 3)
    assert len(room.made(count=3)) == 3
    assert sum(call.pictures or 0 for call in room.ledger.rows()) == 3


def test_a_refusal_is_told_and_costs_nothing(room: Room) -> None:
    room.upstream.play(error(400, "Your request was rejected by the safety system.", "moderation_blocked"))
    with pytest.raises(AppError, match="safety system"):
        room.made()
    (call,) = room.ledger.rows()
    assert (call.status, call.pictures, call.cost_usd) == ("failed", 0, None)
    assert room.studio.gallery.page("") == []


def test_a_stream_without_a_picture_is_a_failure(room: Room) -> None:
    room.upstream.play(Script(raw=(partial(0),)))
    with pytest.raises(AppError, match="without a picture"):
        room.made()
    assert [call.status for call in room.ledger.rows()] == ["failed"]


def test_what_cannot_be_kept_was_paid_for_once(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(room.studio.gallery, "add", full)
    room.upstream.play(Script(raw=(completed(),)))
    with pytest.raises(AppError):
        room.made()
    assert [call.status for call in room.ledger.rows()] == ["completed"]


def test_somebody_who_stops_looking_is_entered_as_stopped(room: Room) -> None:
    room.upstream.play(Script(raw=(partial(0), completed())))
    making = room.studio.make(Order(room.connection, MODEL, "A teapot"))
    next(making)
    making.close()  # type: ignore[attr-defined]
    assert [call.status for call in room.ledger.rows()] == ["stopped"]


def test_a_budget_stops_pictures_before_they_are_asked_for(room: Room) -> None:
    room.budgets.set_limits(Limits(day_usd=Decimal("0.05"), hard=True))
    room.upstream.play(*[Script(raw=(completed(),))] * 4)
    with pytest.raises(BudgetExceeded):
        room.made(count=4)
    assert len(room.upstream.requests) == 1, "the second would pass the limit"


def test_an_empty_prompt_is_no_order(room: Room) -> None:
    with pytest.raises(InvalidInput):
        list(room.studio.make(Order(room.connection, MODEL, "  ")))
    assert room.upstream.requests == []
