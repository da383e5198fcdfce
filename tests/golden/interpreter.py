"""The code interpreter of a replay: it gives what the recording shows, and makes its files."""

from __future__ import annotations

from typing import Any

from services.server.runs.builtin_tools import code_of
from services.server.runs.toolbox import BuiltInTool, Outcome, Setting, Tell, ToolCall
from services.server.store import files
from services.server.store.database import ServerDatabase
from services.server.store.files import NewFile
from tests.golden.forms import PNG
from tests.golden.legs import Leg
from tests.golden.recording import Shape


class RecordedInterpreter(BuiltInTool):
    """A built-in tool that knows what each program printed and drew."""

    def __init__(self, database: ServerDatabase, blobs: Any) -> None:
        self._database, self._blobs = database, blobs
        self._outputs: dict[str, list[Shape]] = {}

    def expect(self, leg: Leg) -> None:
        """Know the programs of a leg, each with its outputs."""
        calls = [call for reply in leg.replies for call in reply.calls if call.name == "code_interpreter"]
        self._outputs |= {code_of(call.arguments): call.outputs for call in calls}

    def opening(self, call: ToolCall, options: Shape) -> tuple[Shape, ...]:
        """An empty call, then its program."""
        return {"input": "", "outputs": []}, {"input": code_of(call.arguments)}

    async def is_called_for(self, setting: Setting) -> bool:
        """The recorded model decides."""
        return False

    async def run(self, call: ToolCall, setting: Setting, tell: Tell) -> Outcome:
        """The outputs of this program, its pictures as files of the owner's."""
        code = code_of(call.arguments)
        outputs = [await self._made(output, setting.owner) for output in self._outputs.get(code, [])]
        tell({"outputs": [{"index": number, **output} for number, output in enumerate(outputs)]})
        return Outcome({"input": code, "outputs": outputs}, "Done.")

    async def _made(self, output: Shape, owner: str) -> Shape:
        if output["type"] != "image":
            return output
        new = NewFile("plot.png", "assistants_output", len(PNG), self._blobs.put(PNG))
        made = await self._database.write(files.create, owner, new)
        return {"type": "image", "image": {"file_id": made["id"]}}
