"""The price list of genai-prices: the one it ships with, or a newer one that was asked for and is kept in the data folder.

Source: https://github.com/pydantic/genai-prices
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from services.catalog import catalog_data, is_snapshot_of
from services.errors import InvalidInput, StorageFailed, UpstreamFailed
from services.guarded_fetch import Fetch, FetchRequest
from services.guarded_fetch import fetch as guarded_fetch
from services.settings import get_settings

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo

FILE_NAME = "genai-prices.json"
MAX_LIST_BYTES = 30_000_000
FETCH_TIMEOUT_S = 60.0
FEWEST_MODELS = 20
"""A list that knows fewer models of OpenAI is taken for a broken one."""


@dataclass(frozen=True, slots=True)
class PriceList:
    """A price list: the library's data, what to call it, and the day it was checked or fetched."""

    data: DataSnapshot
    source: str
    date: date

    def model(self, model_id: str) -> ModelInfo | None:
        """OpenAI's model of exactly this name; the library's guesses at similar names are not taken."""
        info = next(p for p in self.data.providers if p.id == "openai").find_model(model_id)
        if info is None:
            return None
        fits = is_snapshot_of(model_id, info.id) or (info.id.startswith("ft:") and model_id.startswith("ft:"))
        return info if fits else None


def price_list() -> PriceList:
    """The newest list at hand."""
    path = _path()
    try:
        stat = path.stat()
        return _refreshed(path, stat.st_mtime_ns, stat.st_size)
    except (OSError, InvalidInput):
        return _bundled()


async def refresh(fetch: Fetch = guarded_fetch) -> PriceList:
    """Fetch the library's newest list and keep it. Raises AppError; then the list at hand stays."""
    from genai_prices.update_prices import DEFAULT_UPDATE_URL

    request = FetchRequest(DEFAULT_UPDATE_URL, max_bytes=MAX_LIST_BYTES, timeout_s=FETCH_TIMEOUT_S)
    fetched = await fetch(request)
    if fetched.status != 200:
        raise UpstreamFailed(
            f"The price list was not given out (status {fetched.status}). Try again later; the prices at hand stay."
        )
    if fetched.is_cut:
        raise InvalidInput(
            "The price list is larger than 30 MB, which it should not be. The prices at hand stay."
        )
    _parse(fetched.body)
    _keep(fetched.body)
    return price_list()


def _keep(data: bytes) -> None:
    path = _path()
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        raise StorageFailed(
            f"The prices could not be written to {path.parent}: {error.strerror}. Free some space or mend its rights."
        ) from error


def _parse(data: bytes) -> DataSnapshot:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import _providers_from_raw  # what the library's own updater reads a list with

    try:
        providers = _providers_from_raw(json.loads(data))
        models = next(p.models for p in providers if p.id == "openai")
    except (ValueError, TypeError, AttributeError, RecursionError, StopIteration, LookupError) as error:
        raise InvalidInput(
            "What came is no price list that this version reads. The prices at hand stay; a newer Tandem may read it."
        ) from error
    if len(models) < FEWEST_MODELS:
        raise InvalidInput("The price list knows hardly a model of OpenAI. The prices at hand stay.")
    return DataSnapshot(providers, from_auto_update=True)


def _path() -> Path:
    return get_settings().home / FILE_NAME


@lru_cache(maxsize=2)
def _refreshed(path: Path, changed_ns: int, _size: int) -> PriceList:
    day = datetime.fromtimestamp(changed_ns / 1e9, UTC).date()
    return PriceList(_parse(path.read_bytes()), "genai-prices, refreshed", day)


@cache
def _bundled() -> PriceList:
    from genai_prices import __version__
    from genai_prices.data_snapshot import get_snapshot

    checked: date = catalog_data()["library"]["checked"]
    return PriceList(get_snapshot(), f"genai-prices {__version__}", checked)
