"""Models: what they can do, how much they read, what they cost, and when they end.

`python -m services.catalog` prints the table of known models as Markdown.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

Kind = Literal["chat", "embedding", "speech", "transcription", "image", "other"]
ToolSupport = Literal["yes", "no", "needs_effort_none"]
Sampling = bool | Literal["only_with_none"]

SAMPLING_PARAMETERS = ("temperature", "top_p", "logprobs", "top_logprobs")
PENALTIES = ("presence_penalty", "frequency_penalty")
OTHER_KINDS: tuple[tuple[str, Kind], ...] = (
    (r"embedding|minilm|^bge-|^nomic-embed|^e5-", "embedding"),
    (r"^tts-|-tts\b|kokoro|hibari", "speech"),
    (r"whisper|transcribe", "transcription"),
    (r"^dall-e|image", "image"),
    (
        r"moderation|realtime|^gpt-live|^gpt-audio|^sora|^omni-|^babbage|^davinci|rerank|-instruct-0914$",
        "other",
    ),
)
NOT_CHAT = re.compile(
    r"^gpt-3\.5-turbo-instruct|-codex|-deep-research|^o\d(-\w+)?-pro|^gpt-5(\.\d)?-pro|^computer-use"
)
UNKNOWN_NOTE = "Tandem does not know this model: every parameter is offered, and the server may refuse some."


@dataclass(frozen=True, slots=True)
class Model:
    """One model as offered by one connection. None means unknown; `note` says what to keep in mind.

    `sampling` says whether temperature, top_p and the like are taken: always, never, or only with
    reasoning effort none. Prices are of the standard tier.
    """

    id: str
    connection: str
    kind: Kind
    local: bool
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    vision: bool | None = None
    tools: ToolSupport | None = None
    structured_output: bool | None = None
    sampling: Sampling = True
    reasoning_efforts: tuple[str, ...] = ()
    uses_max_completion_tokens: bool = True
    shutdown_date: date | None = None
    replacement: str | None = None
    price_in_usd_per_million: Decimal | None = None
    price_out_usd_per_million: Decimal | None = None
    price_source: str | None = None
    price_date: date | None = None
    note: str | None = None

    @property
    def answer_limit(self) -> str:
        """The name of the parameter that bounds the answer, in tokens."""
        return "max_completion_tokens" if self.uses_max_completion_tokens else "max_tokens"


def describe(model_id: str, connection: str, listed: Mapping[str, Any] | None = None) -> Model:
    """Everything known about a model, from /v1/models (`listed`), genai-prices and catalog.toml."""
    from services.metering.prices import FREE, known_context_tokens, list_price

    listed = listed or {}
    local = listed.get("local") is True or (not listed and model_id in catalog_data()["local"]["models"])
    family = _family(model_id, local)
    price = FREE if local else list_price(model_id)
    end, replacement = (None, None) if local else _shutdown(model_id)
    context = _count(listed.get("context_tokens")) or _count(listed.get("max_model_len"))
    return Model(
        id=model_id,
        connection=connection,
        kind=_kind(model_id, listed.get("kind"), family),
        local=local,
        context_tokens=context or family.get("context_tokens") or known_context_tokens(model_id),
        max_output_tokens=family.get("max_output_tokens"),
        vision=family.get("vision"),
        tools=family.get("tools"),
        structured_output=family.get("structured_output"),
        sampling=family.get("sampling", True),
        reasoning_efforts=tuple(family.get("reasoning_efforts", ())),
        uses_max_completion_tokens=local or _is_openai(model_id),
        shutdown_date=_date(listed.get("shutdown_date")) or end,
        replacement=replacement,
        price_in_usd_per_million=price.input if price else None,
        price_out_usd_per_million=price.output if price else None,
        price_source=price.source if price else None,
        price_date=price.date if price else None,
        note=family.get("note") if family else UNKNOWN_NOTE,
    )


def parameters(model: Model, reasoning_effort: str | None = None) -> tuple[str, ...]:
    """Names of the Chat Completions parameters this model accepts, given the effort that is chosen."""
    return tuple(_parameters(model, reasoning_effort))


def _parameters(model: Model, effort: str | None) -> Iterator[str]:
    if model.kind != "chat":
        return
    reasons = bool(model.reasoning_efforts)
    if model.sampling is True or (model.sampling == "only_with_none" and effort == "none"):
        yield from SAMPLING_PARAMETERS
    yield model.answer_limit
    yield "seed"
    if not reasons:
        yield "stop"
        yield from PENALTIES
    else:
        yield "reasoning_effort"
    if model.structured_output is not False:
        yield "response_format"
    if model.tools in ("yes", None) or (model.tools == "needs_effort_none" and effort == "none"):
        yield from ("tools", "tool_choice", "parallel_tool_calls")


def is_shut_down(model: Model, today: date) -> bool:
    """Whether the model's shutdown date has come."""
    return model.shutdown_date is not None and model.shutdown_date <= today


def ends_soon(model: Model, today: date, days: int = 90) -> bool:
    """Whether the model still answers and is shut down within so many days."""
    return model.shutdown_date is not None and 0 < (model.shutdown_date - today).days <= days


def equivalent_models() -> tuple[str, ...]:
    """OpenAI models to compare a local turn's cost with; the first is the default."""
    return tuple(catalog_data()["equivalent"]["models"])


def known_models() -> tuple[Model, ...]:
    """Every chat model of OpenAI that catalog.toml describes."""
    names = (name for family in catalog_data()["family"] for name in family["models"])
    local = catalog_data()["local"]["models"]
    return tuple(describe(name, "OpenAI") for name in names if name not in local)


@cache
def catalog_data() -> dict[str, Any]:
    """The contents of catalog.toml."""
    return tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))


def is_snapshot_of(model_id: str, name: str) -> bool:
    """Whether this id is the named model or a dated snapshot of it: `gpt-4o-2024-08-06` of `gpt-4o`."""
    return re.fullmatch(re.escape(name) + r"(-\d{4}-\d{2}-\d{2})?", model_id) is not None


def _base(model_id: str) -> str:
    """The model a fine-tuned one was made from; else the model itself."""
    return model_id.split(":")[1] if model_id.startswith("ft:") and model_id.count(":") > 1 else model_id


def _family(model_id: str, local: bool) -> dict[str, Any]:
    own = catalog_data()["local"]["models"]
    for family in catalog_data()["family"]:
        for name in family["models"]:
            if is_snapshot_of(_base(model_id), name) and (not local or name in own):
                return dict(family)
    return {}


def _shutdown(model_id: str) -> tuple[date | None, str | None]:
    base = _base(model_id)
    entries = [(n, e) for e in catalog_data()["shutdown"] for n in e["models"] if is_snapshot_of(base, n)]
    if not entries:
        return None, None
    # A snapshot with an entry of its own ends before the rest of its family.
    _, entry = max(entries, key=lambda found: len(found[0]))
    return entry["date"], entry.get("replacement")


def _kind(model_id: str, listed: object, family: Mapping[str, Any]) -> Kind:
    if isinstance(listed, str):
        for known in get_args(Kind):
            if listed.rstrip("s") == known:
                return known  # type: ignore[no-any-return]
    if family:
        return family["kind"]  # type: ignore[no-any-return]
    name = _base(model_id).lower()
    kinds = (kind for pattern, kind in OTHER_KINDS if re.search(pattern, name))
    return next(kinds, "other" if NOT_CHAT.search(name) else "chat")


def _is_openai(model_id: str) -> bool:
    return re.match(r"gpt-(?!oss)|o\d|chatgpt-", _base(model_id)) is not None


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def markdown_table() -> str:
    """The known models as a Markdown table, for the documentation."""
    head = ("Model", "Context", "In / out, USD per million", "Reasoning effort", "Tools", "Sampling", "Ends")
    rows = [head, tuple("---" for _ in head), *(_row(model) for model in known_models())]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n"


def _row(model: Model) -> tuple[str, ...]:
    price = "unknown"
    if model.price_in_usd_per_million is not None:
        price = f"{model.price_in_usd_per_million:f} / {model.price_out_usd_per_million:f}"
    ends = "" if model.shutdown_date is None else str(model.shutdown_date)
    if model.replacement:
        ends += f" → {model.replacement}"
    return (
        f"`{model.id}`",
        f"{model.context_tokens:,}" if model.context_tokens else "unknown",
        price,
        ", ".join(model.reasoning_efforts),
        {"yes": "yes", "no": "no", "needs_effort_none": "with effort none"}.get(model.tools or "", "unknown"),
        {"True": "yes", "False": "no"}.get(str(model.sampling), "with effort none"),
        ends,
    )


if __name__ == "__main__":
    print(markdown_table(), end="")  # noqa: T201
