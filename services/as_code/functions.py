"""The functions of a talk as Python: what they are to do stands in them, or is said to be yours to write."""

from __future__ import annotations

import keyword
import re
from collections.abc import Sequence

from services.as_code.literals import python
from services.tools.base import Tool

_CALCULATOR = """
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.USub: operator.neg,
}


def value(node):
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    if isinstance(node, ast.BinOp):
        return OPERATORS[type(node.op)](value(node.left), value(node.right))
    return OPERATORS[type(node.op)](value(node.operand))


def calculator(expression):
    return str(value(ast.parse(expression, mode="eval").body))
"""
_WRITTEN = {"calculator": (_CALCULATOR, ("ast", "operator"))}
_ANSWER = """
def answer(name, arguments):
    try:
        return str(FUNCTIONS[name](**json.loads(arguments or "{}")))
    except Exception as error:  # the model reads what went wrong, and can do better
        return f"Error: {error}"
"""


def imports(tools: Sequence[Tool]) -> set[str]:
    """The modules that the functions import."""
    return {"json", *(module for tool in tools for module in _WRITTEN.get(tool.name, ("", ()))[1])}


def source(tools: Sequence[Tool]) -> str:
    """The functions, a table of them by name, and `answer`, which makes a model's call."""
    bodies = [_WRITTEN.get(tool.name, (_to_write(tool), ()))[0].strip("\n") for tool in tools]
    table = ", ".join(f"{python(tool.name)}: {_identifier(tool.name)}" for tool in tools)
    return "\n\n\n".join([*bodies, f"FUNCTIONS = {{{table}}}\n\n\n{_ANSWER.strip()}"])


def _to_write(tool: Tool) -> str:
    name = _identifier(tool.name)
    sentence = python(f"Write here what {tool.name} does.")
    return f"def {name}(**arguments):\n    raise NotImplementedError({sentence})"


def _identifier(name: str) -> str:
    found = re.sub(r"\W", "_", name, flags=re.ASCII)
    return f"call_{found}" if keyword.iskeyword(found) or not found.isidentifier() else found


def left_to_write(tools: Sequence[Tool]) -> tuple[str, ...]:
    """The names of functions that raise until somebody writes them."""
    return tuple(tool.name for tool in tools if tool.name not in _WRITTEN)
