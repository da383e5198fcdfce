"""Functions that come in a file, beside those a person has: none takes the place of another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

from services.functions.checks import MAX_NAME_CHARS
from services.functions.function_tool import FunctionTool


@dataclass(frozen=True, slots=True)
class Incoming:
    """The functions to keep, what those are called now whose name was taken, and a sentence for each of these."""

    functions: tuple[FunctionTool, ...]
    names: Mapping[str, str]
    notices: tuple[str, ...]


def beside(given: Sequence[FunctionTool], known: Sequence[FunctionTool]) -> Incoming:
    """`given` so that every one of `known` stays as it is: an equal one is used, another gets a name of its own."""
    taken = {function.name: function for function in known}
    kept: list[FunctionTool] = []
    names: dict[str, str] = {}
    for function in given:
        placed = _placed(function, taken)
        if placed.name not in taken:
            taken[placed.name] = placed
            kept.append(placed)
        if placed.name != function.name:
            names[function.name] = placed.name
    notices = tuple(
        f"You have another function called {old}. It stays; the one from the file is called {new} here."
        for old, new in names.items()
    )
    return Incoming(tuple(kept), names, notices)


def _placed(function: FunctionTool, taken: Mapping[str, FunctionTool]) -> FunctionTool:
    """The function under the first name that is free, or has the same function already."""
    for number in count(1):
        ending = f"_{number}" if number > 1 else ""
        renamed = replace(function, name=function.name[: MAX_NAME_CHARS - len(ending)] + ending)
        if renamed.name not in taken or _is_same(renamed, taken[renamed.name]):
            return renamed
    raise AssertionError("numbers do not end")


def _is_same(one: FunctionTool, other: FunctionTool) -> bool:
    """Whether both do the same; when the person is asked is their own choice here."""
    return replace(one, approval=None) == replace(other, approval=None)
