"""A scripted chat model process, and the answers it gives."""

import asyncio
import hashlib
import json
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path

from services.engines.llama import ChatEngine, ChatEngineOptions
from services.engines.manifest import ModelEntry, ModelFile

SCRIPTED = Path(__file__).with_name("scripted_llama.py")


def file_of(data: bytes, filename="model.bin", **sources) -> ModelFile:
    return ModelFile(filename, len(data), hashlib.sha256(data).hexdigest(), **sources)


def entry_of(*files: ModelFile) -> ModelEntry:
    return ModelEntry(
        "scripted", "chat", "Scripted", "Tests", "https://example.org", "MIT", 4096, date(2026, 1, 1), files
    )


class ScriptedModel:
    """A chat engine over the scripted process, and what that process heard."""

    def __init__(self, folder: Path, script) -> None:
        data = json.dumps(script).encode()
        (folder / "script.json").write_bytes(data)
        self.folder = folder
        options = ChatEngineOptions(restart_delay_s=0.01, child_script=SCRIPTED)
        self.engine = ChatEngine(entry_of(file_of(data, "script.json")), folder, options)

    @property
    def heard(self) -> list[dict]:
        path = self.folder / "heard.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    @property
    def bodies(self) -> list[dict]:
        return [note["body"] for note in self.heard if "body" in note]

    @property
    def starts(self) -> int:
        return len((self.folder / "starts").read_text())


@asynccontextmanager
async def running(engine: ChatEngine):
    await engine.wait_ready(120)
    try:
        yield engine
    finally:
        await engine.stop()


def run(coroutine):
    return asyncio.run(coroutine)


def piece(finish=None, **delta):
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def usage(prompt=10, completion=2, cached=4):
    return {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
    }


def whole(content, finish="stop"):
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    return {"body": {"choices": [choice], "usage": usage(), "timings": {"cache_n": 0}}}


def streamed(*texts):
    pieces = [piece(role="assistant", content=None), *(piece(content=text) for text in texts)]
    return {"events": [*pieces, piece("stop"), {"choices": [], "usage": usage(), "timings": {}}]}
