"""The chat page's function tools: they run on this side, never on the server."""

from __future__ import annotations

from services.tools.base import Tool
from services.tools.calculator import CALCULATOR
from services.tools.clock import clock_tools
from services.tools.conversations import Search, conversation_search
from services.tools.units import UNITS


def toolbox(search: Search | None = None) -> tuple[Tool, ...]:
    """Every tool the chat page offers; the search over saved conversations only when it is given one."""
    tools = (CALCULATOR, *clock_tools(), UNITS)
    return tools if search is None else (*tools, conversation_search(search))
