"""How a model is asked: what goes into a chat request, and the choices a small model is spared."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from services.server.runs.builtin_tools import CODE_INTERPRETER, FILE_SEARCH, as_choice
from services.server.runs.models import ChatModel
from services.server.runs.toolbox import BuiltInTool, Setting, ToolCall
from services.server.store.ids import new_id

Shape = dict[str, Any]

LOCAL_TRIES = 3


@dataclass(slots=True)
class Asking:
    """One model, asked round after round. `wanted` is what was asked for in a run's words; a response is told in them too.

    `functions` are its tools as the model sees them.
    """

    wanted: Mapping[str, Any]
    model: ChatModel
    tools: Mapping[str, BuiltInTool]
    setting_for: Callable[[str], Awaitable[Setting]]
    functions: list[Shape]
    has_searched: bool = False

    async def search_first(self) -> ToolCall | None:
        """A search made before the local model is asked: it would rather answer from memory than look into files."""
        if not await self._is_called_for(FILE_SEARCH):
            return None
        return ToolCall(new_id("call_"), FILE_SEARCH, FILE_SEARCH, "{}", 0)

    async def request(
        self, messages: list[Shape], *, is_first: bool, failures: int, tokens_left: int | None
    ) -> Shape:
        """The request for the next answer. Raises ApiError for what the model cannot do.

        `failures` counts the last programs in a row that failed; `tokens_left` are those the answer may have.
        """
        wanted = self.wanted
        request: Shape = {"messages": messages, "stream_options": {"include_usage": True}}
        if wanted["tools"] and not (self.model.is_local and self.has_searched):
            # Read once more with the tools in front of it, what was found would take a small model twice as long.
            request["tools"] = self.functions
            request["tool_choice"] = as_choice(await self._choice(is_first, failures))
            if not wanted["parallel_tool_calls"]:
                request["parallel_tool_calls"] = False
        for name in ("temperature", "top_p"):
            if wanted[name] is not None and wanted[name] != 1:  # 1 is everybody's default
                request[name] = wanted[name]
        if wanted["reasoning_effort"]:
            request["reasoning_effort"] = wanted["reasoning_effort"]
        if wanted["response_format"] not in (None, "auto"):
            request["response_format"] = wanted["response_format"]
        if tokens_left is not None:
            request["max_completion_tokens"] = tokens_left
        return self.model.fitted(request)

    async def _choice(self, is_first: bool, failures: int) -> Any:
        """What the model may call.

        A small one writes a program into its answer instead of running it, and explains one that failed instead of
        mending it: it is told to call.
        """
        if is_first and await self._is_called_for(CODE_INTERPRETER):
            return {"type": CODE_INTERPRETER}
        if is_first or self.wanted["tool_choice"] == "none":
            return self.wanted["tool_choice"]
        if self.model.is_local and 0 < failures < LOCAL_TRIES:
            return {"type": CODE_INTERPRETER}
        return "auto"

    async def _is_called_for(self, kind: str) -> bool:
        """Whether a small model is spared the choice, because what was asked plainly wants this tool."""
        has_it = kind in self.tools and any(tool["type"] == kind for tool in self.wanted["tools"])
        if not (self.model.is_local and self.wanted["tool_choice"] == "auto" and has_it):
            return False
        return await self.tools[kind].is_called_for(await self.setting_for(kind))
