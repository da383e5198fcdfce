"""What the Assistants protocol costs over the chat model behind it: single operations, streamed runs, long threads."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.report import Figure, at_most, ratio
from benchmarks.scripted_upstream import CHUNKS
from benchmarks.servers import free_port, python_process, wait_for

KEY = "tandem-benchmark-key"
HEADERS = {"authorization": f"Bearer {KEY}", "openai-beta": "assistants=v2"}
MODEL = "paced"
OPERATIONS = 200
RUNS = 40
CONCURRENT_RUNS = 100
SHORT_THREAD, LONG_THREAD = 100, 100_000
PAGES = 60


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured."""

    operations: int = OPERATIONS
    runs: int = RUNS
    concurrent: int = CONCURRENT_RUNS
    long_thread: int = LONG_THREAD


@dataclass(frozen=True, slots=True)
class Streamed:
    """One streamed answer: seconds to its first token and in all, and the lines of its events."""

    first_s: float
    total_s: float
    lines: list[bytes]


def figures(quick: bool = False) -> list[Figure]:
    """The promises of the protocol."""
    sizes = Sizes(10, 3, 10, 1000) if quick else Sizes()
    with ExitStack() as running:
        home = Path(running.enter_context(tempfile.TemporaryDirectory()))
        upstream, ours = free_port(), free_port()
        environment = {
            "OPENAI_BASE_URL": f"http://127.0.0.1:{upstream}/v1",
            "OPENAI_API_KEY": "upstream",
            "TANDEM_API_KEY": KEY,
            "TANDEM_HOME": str(home),
            "TANDEM_MODELS_DIR": str(home / "no-models"),
        }
        streamlit = ["-m", "streamlit", "run", "app.py", "--server.headless=true", "--server.port", str(ours)]
        running.enter_context(python_process(["-m", "benchmarks.scripted_upstream", str(upstream)], {}))
        running.enter_context(python_process(streamlit, environment))
        for port in (upstream, ours):
            wait_for(port)
        return asyncio.run(_measure(f"http://127.0.0.1:{ours}/v1", home, sizes))


async def _measure(url: str, home: Path, sizes: Sizes) -> list[Figure]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(url + "/", connector=connector, headers=HEADERS) as session:
        client = Client(session)
        await client.warm_up()
        return [
            *await _operations(client, sizes.operations),
            *await _runs(client, sizes.runs),
            *await _many_runs(client, sizes.concurrent),
            *await _long_threads(client, home, sizes.long_thread),
        ]


class Client:
    """Calls the protocol as plain HTTP, so that no client's own work is measured."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self.assistant = ""

    async def warm_up(self) -> None:
        """Make the assistant, and let everything be imported."""
        self.assistant = (await self.post("assistants", {"model": MODEL}))["id"]
        thread = await self.thread()
        await self.stream(f"threads/{thread}/runs", {"assistant_id": self.assistant})
        await self.stream("chat/completions", _chat())

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The object a POST answers with."""
        async with self._session.post(path, json=body) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def get(self, path: str) -> dict[str, Any]:
        """The object a GET answers with."""
        async with self._session.get(path) as response:
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer

    async def thread(self) -> str:
        """A new thread with one message."""
        made = await self.post("threads", {"messages": [{"role": "user", "content": "Go"}]})
        return str(made["id"])

    async def stream(self, path: str, body: dict[str, Any]) -> Streamed:
        """Read a streamed answer to its end."""
        began, first_s, data = time.perf_counter(), 0.0, bytearray()
        async with self._session.post(path, json={**body, "stream": True}) as response:
            response.raise_for_status()
            async for piece in response.content.iter_any():
                data += piece
                if not first_s and (b"thread.message.delta" in data or b'"content"' in piece[:400]):
                    first_s = time.perf_counter() - began
        return Streamed(first_s, time.perf_counter() - began, bytes(data).split(b"\n"))


def _chat() -> dict[str, Any]:
    return {"model": MODEL, "messages": [{"role": "user", "content": "Go"}]}


async def _operations(client: Client, times: int) -> list[Figure]:
    """Creating and reading, one after the other, all kinds in turns."""
    thread = await client.thread()
    acts: list[Callable[[], Awaitable[Any]]] = [
        lambda: client.post("assistants", {"model": MODEL, "name": "One"}),
        lambda: client.post("threads", {}),
        lambda: client.post(f"threads/{thread}/messages", {"role": "user", "content": "Go"}),
        lambda: client.get(f"assistants/{client.assistant}"),
        lambda: client.get(f"threads/{thread}"),
        lambda: client.get(f"threads/{thread}/messages"),
        lambda: client.get("assistants"),
    ]
    taken_ms = []
    for _ in range(times):
        for act in acts:
            began = time.perf_counter()
            await act()
            taken_ms.append((time.perf_counter() - began) * 1000)
    quantiles = statistics.quantiles(taken_ms, n=100)
    count = f"{len(taken_ms):,} operations"
    return [
        at_most(f"create and read, median of {count}", round(quantiles[49], 1), 10, "ms"),
        at_most("create and read, 99th of 100", round(quantiles[98], 1), 30, "ms"),
    ]


async def _runs(client: Client, times: int) -> list[Figure]:
    """Streamed runs beside plain streamed completions of the same upstream, in turns."""
    runs, plain = [], []
    for _ in range(times):
        thread = await client.thread()
        plain.append(await client.stream("chat/completions", _chat()))
        runs.append(await client.stream(f"threads/{thread}/runs", {"assistant_id": client.assistant}))
    first_ms = _median_ms([r.first_s for r in runs]) - _median_ms([p.first_s for p in plain])
    total_ms = _median_ms([r.total_s for r in runs]) - _median_ms([p.total_s for p in plain])
    return [
        at_most("streamed run: added time to first token over a completion", round(first_ms, 1), 15, "ms"),
        at_most("streamed run: added time in all over a completion", round(total_ms, 1), 50, "ms"),
    ]


async def _many_runs(client: Client, count: int) -> list[Figure]:
    """Runs on as many threads at once, each checked event by event."""
    threads = [await client.thread() for _ in range(count)]
    began = time.perf_counter()
    streams = await asyncio.gather(
        *(client.stream(f"threads/{thread}/runs", {"assistant_id": client.assistant}) for thread in threads)
    )
    took_s = time.perf_counter() - began
    whole = sum(_is_whole(streamed.lines) for streamed in streams)
    events = sum(line.startswith(b"event:") for streamed in streams for line in streamed.lines)
    return [
        Figure(
            f"{count} streamed runs at once: every event once and in order",
            f"{whole} of {count}",
            f"{count} of {count}",
            whole == count,
        ),
        Figure(f"{count} streamed runs at once", f"{took_s:.1f} s, {events / took_s:,.0f} events/s"),
    ]


def _is_whole(lines: list[bytes]) -> bool:
    names = [line[7:].decode() for line in lines if line.startswith(b"event: ")]
    numbers = [int(line.rpartition(b"-")[2]) for line in lines if line.startswith(b"id: ")]
    expected = [
        *(f"thread.run.{state}" for state in ("created", "queued", "in_progress")),
        *("thread.run.step.created", "thread.run.step.in_progress"),
        *("thread.message.created", "thread.message.in_progress"),
        *(["thread.message.delta"] * CHUNKS),
        *("thread.message.completed", "thread.run.step.completed", "thread.run.completed", "done"),
    ]
    return names == expected and numbers == list(range(1, len(expected)))


async def _long_threads(client: Client, home: Path, size: int) -> list[Figure]:
    """The same page of a short thread and of a long one, in turns, at both ends of the list."""
    short, long = await client.thread(), await client.thread()
    await asyncio.to_thread(_fill, home, {short: SHORT_THREAD, long: size})
    taken_ms: dict[str, list[float]] = {short: [], long: []}
    for number in range(PAGES):
        for thread in (short, long):
            began = time.perf_counter()
            await client.get(f"threads/{thread}/messages?limit=20&order={('desc', 'asc')[number % 2]}")
            taken_ms[thread].append((time.perf_counter() - began) * 1000)
    of_short = ratio(statistics.median(taken_ms[long]), statistics.median(taken_ms[short]))
    return [
        at_most(f"a page of a thread of {size:,} messages, of one of {SHORT_THREAD}", of_short, 1.5),
        Figure("a page of the long thread", f"{statistics.median(taken_ms[long]):.1f} ms"),
    ]


def _fill(home: Path, sizes: dict[str, int]) -> None:
    """Put messages into threads, straight into the database: by the protocol it would take minutes."""
    from sqlalchemy import insert

    from services.settings import DEFAULT_OWNER
    from services.storage.api_tables import MessageRow
    from services.storage.database import open_database

    body = {
        "content": [{"type": "text", "text": {"value": "A message of a long thread.", "annotations": []}}],
        "attachments": [],
        "metadata": {},
        **dict.fromkeys(("assistant_id", "completed_at", "incomplete_at", "incomplete_details")),
    }
    database = open_database(f"sqlite:///{home / 'tandem.db'}")
    with database.session() as session:
        for thread, size in sizes.items():
            rows = [
                {
                    "id": f"msg_{thread[-8:]}{n:08}",
                    "owner": DEFAULT_OWNER,
                    "created_at": 1,
                    "thread_id": thread,
                }
                | {"role": "user", "status": "completed", "body": body}
                for n in range(size)
            ]
            for start in range(0, size, 5000):
                session.execute(insert(MessageRow), rows[start : start + 5000])
    database.close()


def _median_ms(values_s: list[float]) -> float:
    return statistics.median(values_s) * 1000


if __name__ == "__main__":
    print(json.dumps([figure.measured for figure in figures()], indent=1))
