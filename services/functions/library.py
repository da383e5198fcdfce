"""A person's functions: the demo tools, and those they made or took from a document."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from services.errors import InvalidInput, NotFound
from services.functions.checks import check_function
from services.functions.function_tool import FunctionTool, demo_function
from services.functions.stored import from_json, to_json
from services.tools.base import Tool

if TYPE_CHECKING:
    from services.storage.preferences import Preferences

MAX_FUNCTIONS = 400
PREFIX = "function/"

logger = logging.getLogger(__name__)


class Library:
    """The functions of one owner. Demo tools come first and can be neither replaced nor deleted."""

    def __init__(self, preferences: Preferences, tools: Sequence[Tool]) -> None:
        self._preferences = preferences
        self._tools = {tool.name: tool for tool in tools}

    @property
    def reserved_names(self) -> frozenset[str]:
        """Names that no function of the person's own can have."""
        return frozenset(self._tools)

    def all(self) -> tuple[FunctionTool, ...]:
        """Every function, by name within its kind of origin."""
        stored = self._stored()
        demos = [demo_function(tool, _approval(stored.get(name))) for name, tool in self._tools.items()]
        own = [_read(name, value) for name, value in sorted(stored.items()) if name not in self._tools]
        return (*demos, *(function for function in own if function is not None))

    def get(self, name: str) -> FunctionTool:
        """The function of a name. Raises NotFound."""
        function = next((function for function in self.all() if function.name == name), None)
        if function is None:
            raise NotFound(f"There is no function named “{name[:80]}”.")
        return function

    def save(self, *functions: FunctionTool) -> None:
        """Keep functions, each in place of an earlier one of its name. Raises InvalidInput; then nothing was kept.

        Of a demo tool only the choice about approval is kept.
        """
        checked = [self._checked(function) for function in functions]
        count = len(self._stored().keys() | {function.name for function in checked})
        if count > MAX_FUNCTIONS:
            raise InvalidInput(
                f"That would make {count:,} functions; {MAX_FUNCTIONS} is the most. Delete some first."
            )
        self._preferences.set_all({PREFIX + function.name: to_json(function) for function in checked})

    def delete(self, *names: str) -> None:
        """Forget functions; a name that is not there is no error. A demo tool only loses the choice about it."""
        for name in names:
            self._preferences.delete(PREFIX + name)

    def _checked(self, function: FunctionTool) -> FunctionTool:
        if isinstance(function.answer, Tool) != (function.name in self._tools):
            raise InvalidInput(f"“{function.name}” is the name of a demo tool. Choose another one.")
        return function if isinstance(function.answer, Tool) else check_function(function)

    def _stored(self) -> dict[str, Any]:
        stored = self._preferences.all(PREFIX)
        return {key.removeprefix(PREFIX): value for key, value in stored.items()}


def _approval(stored: Any) -> bool | None:
    choice = stored.get("approval") if isinstance(stored, dict) else None
    return choice if isinstance(choice, bool) else None


def _read(name: str, stored: Any) -> FunctionTool | None:
    """The stored function; None for one of a release that kept them otherwise."""
    try:
        return from_json(stored)
    except (AttributeError, KeyError, TypeError, ValueError):
        logger.warning("The function %s was stored in a way this release cannot read", name)
        return None
