"""What metering takes and gives back. Light to import: no SQLAlchemy here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from services.turns import Usage


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One call to a model, for the ledger. `cost_usd` None means unknown; local calls cost Decimal(0).

    Speech is counted in `characters` and transcripts in seconds of sound, `audio_s`, images in `pictures`.
    """

    at: datetime
    connection: str
    mode: str
    model: str
    answered_by: str | None
    usage: Usage
    status: str
    conversation_id: str | None = None
    turn_id: str | None = None
    cost_usd: Decimal | None = None
    ttft_s: float | None = None
    duration_s: float | None = None
    local: bool = False
    audio_s: float | None = None
    characters: int | None = None
    pictures: int | None = None


@dataclass(frozen=True, slots=True)
class Media:
    """What is not counted in tokens: seconds of sound heard, characters spoken, pictures."""

    audio_s: float = 0.0
    characters: int = 0
    pictures: int = 0

    def __add__(self, other: Media) -> Media:
        return Media(
            self.audio_s + other.audio_s,
            self.characters + other.characters,
            self.pictures + other.pictures,
        )


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over calls. `cost_usd` is the known part; `unknown_cost_calls` could not be priced.

    `local_media` is the part of `media` that was made on this machine.
    """

    calls: int = 0
    usage: Usage = field(default_factory=Usage)
    cost_usd: Decimal = Decimal(0)
    unknown_cost_calls: int = 0
    unknown_usage_calls: int = 0
    media: Media = field(default_factory=Media)
    local_media: Media = field(default_factory=Media)

    def __add__(self, other: Totals) -> Totals:
        return Totals(
            self.calls + other.calls,
            self.usage + other.usage,
            self.cost_usd + other.cost_usd,
            self.unknown_cost_calls + other.unknown_cost_calls,
            self.unknown_usage_calls + other.unknown_usage_calls,
            self.media + other.media,
            self.local_media + other.local_media,
        )
