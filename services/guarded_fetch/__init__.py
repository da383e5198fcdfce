"""HTTP to addresses that others chose: public hosts only, a bounded answer, a bounded time.

A function's server, an OpenAPI document's address or a redirect may name anything, this machine and its
neighbours included. Whatever is called on somebody's word is called through here.
"""

from __future__ import annotations

from services.guarded_fetch.fetching import Fetch, GuardedFetch, check_url, fetch
from services.guarded_fetch.messages import Fetched, FetchRequest

__all__ = ["Fetch", "FetchRequest", "Fetched", "GuardedFetch", "check_url", "fetch"]
