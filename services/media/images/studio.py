"""Pictures over the SDK: made or edited, shown as they come, kept in the gallery and entered in the ledger."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from services.clients import Connection, as_app_error
from services.errors import InvalidInput, UpstreamFailed
from services.media.images.gallery import Gallery, NewPicture, Picture
from services.media.images.pictures import MEDIA_TYPES
from services.metering.budgets import Budgets
from services.metering.ledger import Ledger
from services.metering.picture_prices import equivalent_price, picture_price
from services.metering.records import CallRecord
from services.turns import Usage

if TYPE_CHECKING:
    import openai

MODE = "images"
LOCAL_MODEL = "fluent-emoji-flat"
OPENAI_MODELS = ("gpt-image-2.6-sunburst", "gpt-image-2.6-flare", "gpt-image-2")
TIMEOUT_S = 300.0
PARTIAL = 2
MOST_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Order:
    """What is wanted. With `sources` it is an edit; `mask` is a PNG that is clear where the first source may change."""

    connection: Connection
    model: str
    prompt: str
    size: str = "auto"
    quality: str = "auto"
    picture_format: str = "png"
    transparent: bool = False
    count: int = 1
    seed: int | None = None
    sources: tuple[bytes, ...] = ()
    mask: bytes | None = None
    parent_id: str | None = None
    kind: str = "generated"

    @property
    def parameters(self) -> dict[str, Any]:
        """What the gallery keeps of it."""
        kept = {
            "size": self.size,
            "quality": self.quality,
            "format": self.picture_format,
            "connection": self.connection.name,
        }
        return (
            kept
            | ({"background": "transparent"} if self.transparent else {})
            | ({"mask": "painted"} if self.mask else {})
        )


@dataclass(frozen=True, slots=True)
class Partial:
    """A picture that is not finished."""

    data: bytes
    number: int


@dataclass(frozen=True, slots=True)
class Finished:
    """A finished picture as the gallery keeps it, and what the server said about it."""

    picture: Picture
    said: str


@dataclass(slots=True)
class _Call:
    order: Order
    began: float = field(default_factory=time.perf_counter)
    first_s: float | None = None
    is_entered: bool = False


def models_of(connection: Connection) -> tuple[str, ...]:
    """The picture models to choose from at a connection."""
    return (LOCAL_MODEL,) if connection.is_local else (*OPENAI_MODELS, LOCAL_MODEL)


class Studio:
    """Makes pictures over connections. Everything raises AppError."""

    def __init__(self, gallery: Gallery, ledger: Ledger, budgets: Budgets) -> None:
        self.gallery, self._ledger, self._budgets = gallery, ledger, budgets
        self._clients: dict[tuple[str, str], openai.OpenAI] = {}

    def make(self, order: Order) -> Iterator[Partial | Finished]:
        """The pictures of an order, each once it is kept, with partial ones before where the server streams them.

        Each is held against the budgets before it is asked for, at the price of one in medium quality.
        """
        if not order.prompt.strip():
            raise InvalidInput("Say what the picture shall show.")
        is_local = order.connection.is_local
        for number in range(max(1, min(order.count, MOST_AT_ONCE))):
            self._budgets.check(self._ledger, None, equivalent_price(1), datetime.now(UTC), local=is_local)
            yield from self._one(order, number)

    def keep(self, data: bytes, media_type: str, name: str) -> Picture:
        """A picture that somebody brought, in the gallery."""
        return self.gallery.add(NewPicture(data, media_type, "uploaded", name, "", cost_usd=Decimal(0)))

    def _one(self, order: Order, number: int) -> Iterator[Partial | Finished]:
        call = _Call(order)
        try:
            for event in self._events(order, number):
                call.first_s = call.first_s or time.perf_counter() - call.began
                data = base64.b64decode(event.b64_json)
                if event.type.endswith("partial_image"):
                    yield Partial(data, number)
                    continue
                usage = event.usage.to_dict() if event.usage else None
                cost = Decimal(0) if order.connection.is_local else picture_price(order.model, usage)
                self._enter(call, "completed", usage, cost)
                yield Finished(
                    self._kept(order, event, data, cost, number),
                    str(getattr(event, "revised_prompt", None) or ""),
                )
                return
            raise UpstreamFailed("The server ended without a picture. Try again.")
        except GeneratorExit:
            self._enter(call, "stopped", None, None)
            raise
        except Exception as error:
            self._enter(call, "failed", None, None)
            raise as_app_error(error, order.connection) from error

    def _events(self, order: Order, number: int) -> Iterator[Any]:
        client = self._client(order.connection)
        given: dict[str, Any] = {
            "model": order.model,
            "prompt": order.prompt,
            "size": order.size,
            "quality": order.quality,
            "output_format": order.picture_format,
            "background": "transparent" if order.transparent else "auto",
            "stream": True,
            "partial_images": PARTIAL,
        }
        if order.connection.is_local and order.seed is not None:
            given["extra_body"] = {"seed": order.seed + number}
        if order.sources:
            files = [(f"picture-{i}.png", data) for i, data in enumerate(order.sources)]
            given |= {"image": files} | ({"mask": ("mask.png", order.mask)} if order.mask else {})
        call = client.images.edit if order.sources else client.images.generate
        with call(**given) as stream:
            yield from stream

    def _kept(self, order: Order, event: Any, data: bytes, cost: Decimal | None, number: int) -> Picture:
        said = getattr(event, "revised_prompt", None)
        parameters = (
            order.parameters
            | ({"seed": order.seed + number} if order.seed is not None else {})
            | ({"said": said} if said else {})
        )
        answered_by = getattr(event, "model", None) or order.model
        media_type = MEDIA_TYPES.get(event.output_format, "image/png")
        return self.gallery.add(
            NewPicture(
                data, media_type, order.kind, order.prompt, answered_by, order.parent_id, cost, parameters
            )
        )

    def _enter(self, call: _Call, status: str, usage: dict[str, Any] | None, cost: Decimal | None) -> None:
        if call.is_entered:  # what failed afterwards does not change what it cost
            return
        call.is_entered, order = True, call.order
        counted = Usage(usage["input_tokens"], usage["output_tokens"]) if usage else Usage()
        self._ledger.record(
            CallRecord(
                at=datetime.now(UTC),
                connection=order.connection.name,
                mode=MODE,
                model=order.model,
                answered_by=order.model,
                usage=counted,
                status=status,
                cost_usd=Decimal(0) if order.connection.is_local else cost,
                ttft_s=call.first_s,
                duration_s=time.perf_counter() - call.began,
                local=order.connection.is_local,
                pictures=1 if status == "completed" else 0,
            )
        )

    def _client(self, connection: Connection) -> openai.OpenAI:
        import openai

        key = (connection.base_url, connection.api_key)
        if key not in self._clients:
            self._clients[key] = openai.OpenAI(
                base_url=connection.base_url,
                api_key=connection.api_key or "none",
                timeout=TIMEOUT_S,
                max_retries=0,
            )
        return self._clients[key]
