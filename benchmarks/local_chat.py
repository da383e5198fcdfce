"""The local model through /v1 against the model's own process: speed, and the prompt cache."""

from __future__ import annotations

import asyncio
import json
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import uvicorn

from benchmarks.report import Figure, at_least, at_most, ratio
from benchmarks.servers import free_port, wait_for
from services.engines.registry import Engines
from services.server.api import create_api
from services.settings import Settings, get_settings

ROUNDS = 6
CONVERSATIONS = 3
REPLY_TOKENS = 64
LOAD_LIMIT_S = 120.0
ANIMALS = 40


@dataclass(frozen=True, slots=True)
class Server:
    """Where the model can be asked, and by which name."""

    url: str
    key: str
    model: str


@dataclass(frozen=True, slots=True)
class Sample:
    """One streamed answer: its text, the time to its first token, and tokens a second after it."""

    text: str
    ttft_s: float
    tokens_per_s: float


@dataclass(frozen=True, slots=True)
class Loaded:
    """How long loading took, and what the model's process takes once it is done."""

    load_s: float
    memory_gb: float


def figures(quick: bool = False) -> list[Figure]:
    """Speed through /v1 of the speed without it, the cache's effect, load time and memory."""
    rounds, conversations = (1, 1) if quick else (ROUNDS, CONVERSATIONS)
    with tempfile.TemporaryDirectory() as home:
        settings = get_settings().model_copy(update={"home": Path(home), "requests_per_minute": 0})
        engines = Engines(settings.models_dir, settings.chat_model, settings.context_tokens, on_demand=True)
        if not any(m.present for m in engines.models() if m.id == engines.chat.model_id):
            raise FileNotFoundError("The local chat model is not here: python -m services.engines fetch")
        with _served(settings, engines) as base_url:
            ours = Server(base_url, settings.own_key(), engines.chat.model_id)
            return asyncio.run(_measure(engines, ours, rounds, conversations))


@contextmanager
def _served(settings: Settings, engines: Engines) -> Iterator[str]:
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_api(settings, engines), port=port, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_for(port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(20)


async def _measure(engines: Engines, ours: Server, rounds: int, conversations: int) -> list[Figure]:
    # The model's own server closes a connection after a few requests.
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(force_close=True)) as session:
        loaded = await _load(session, engines, ours)
        assert engines.chat.base_url is not None and engines.chat.api_key is not None
        direct = Server(f"{engines.chat.base_url}/v1", engines.chat.api_key, ours.model)
        speeds = await _speeds(session, (direct, ours), rounds)
        pairs = [await _two_turns(session, ours, 2 * number) for number in range(conversations)]
    cached_s = statistics.median(cached for cached, _ in pairs)
    uncached_s = statistics.median(uncached for _, uncached in pairs)
    through, alone = (statistics.median(speeds[server.url]) for server in (ours, direct))
    return [
        at_least("tokens a second through /v1, of direct", ratio(through, alone), 0.97),
        at_most("second turn's time to first token, of uncached", ratio(cached_s, uncached_s), 0.4),
        Figure("second turn's time to first token", f"{cached_s:.2f} s, uncached {uncached_s:.2f} s"),
        Figure("tokens a second", f"{through:.1f} through /v1, {alone:.1f} direct"),
        Figure("from the start of the model's process until it answers", f"{loaded.load_s:.1f} s"),
        Figure("memory of the model's process when idle", f"{loaded.memory_gb:.2f} GB"),
    ]


async def _load(session: aiohttp.ClientSession, engines: Engines, server: Server) -> Loaded:
    """The first question starts the process, and is answered or told to come back: ask until it is answered."""
    began = time.perf_counter()
    while True:
        try:
            await _ask(session, server, [_user("Say hello.")], reply_tokens=1)
            break
        except aiohttp.ClientResponseError:
            if time.perf_counter() - began > LOAD_LIMIT_S:
                raise
            await asyncio.sleep(0.2)
    load_s = time.perf_counter() - began
    return Loaded(load_s, psutil.Process(engines.chat.pid).memory_info().rss / 1e9)


async def _speeds(
    session: aiohttp.ClientSession, servers: tuple[Server, Server], rounds: int
) -> dict[str, list[float]]:
    """Tokens a second at each server, for the same prompts; who is asked first changes from round to round."""
    speeds: dict[str, list[float]] = {server.url: [] for server in servers}
    for number in range(rounds):
        messages = [_user(f"Count from {number} upwards, one number a line.")]
        for server in servers if number % 2 else servers[::-1]:
            speeds[server.url].append((await _ask(session, server, messages)).tokens_per_s)
    return speeds


async def _two_turns(session: aiohttp.ClientSession, server: Server, seed: int) -> tuple[float, float]:
    """Seconds to the first token of a second turn, and of one as long that the model has not seen."""
    first = [_user(f"{_farm(seed)} What does animal 7 eat?")]
    answer = await _ask(session, server, first, reply_tokens=16)
    then = [{"role": "assistant", "content": answer.text}, _user("And animal 9?")]
    cached = await _ask(session, server, [*first, *then], reply_tokens=16)
    unseen = [_user(f"{_farm(seed + 1)} What does animal 7 eat?")]
    uncached = await _ask(session, server, [*unseen, *then], reply_tokens=16)
    return cached.ttft_s, uncached.ttft_s


def _farm(seed: int) -> str:
    """A text that differs from the first word on from that of any other seed."""
    meals = " ".join(f"Animal {n} eats plant {n * 7 % 31 + seed}." for n in range(ANIMALS))
    return f"{seed} is the number of this farm. {meals}"


def _user(content: str) -> dict[str, str]:
    return {"role": "user", "content": content}


async def _ask(
    session: aiohttp.ClientSession,
    server: Server,
    messages: list[dict[str, str]],
    reply_tokens: int = REPLY_TOKENS,
) -> Sample:
    body: dict[str, Any] = {"model": server.model, "messages": messages, "stream": True}
    body |= {"max_tokens": reply_tokens, "temperature": 0}
    headers = {"Authorization": f"Bearer {server.key}"}
    began = time.perf_counter()
    arrivals_s, pieces = [], []
    async with session.post(f"{server.url}/chat/completions", json=body, headers=headers) as response:
        response.raise_for_status()
        async for line in response.content:
            if piece := _content(line):
                arrivals_s.append(time.perf_counter())
                pieces.append(piece)
    if not arrivals_s:
        raise ValueError("the model answered nothing")
    pace = (len(arrivals_s) - 1) / (arrivals_s[-1] - arrivals_s[0]) if len(arrivals_s) > 1 else 0.0
    return Sample("".join(pieces), arrivals_s[0] - began, pace)


def _content(line: bytes) -> str | None:
    if not line.startswith(b"data: {"):
        return None
    choices = json.loads(line[6:])["choices"]
    return choices[0]["delta"].get("content") if choices else None
