"""Modules that are imported when first used, so that the server is healthy before the database library is loaded."""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Lazily:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(import_module(self._name), attribute)


def lazily(name: str) -> Any:
    """A stand-in for the module: its functions are looked up when they are called for."""
    return _Lazily(name)
