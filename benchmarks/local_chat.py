"""The local model through /v1 against the model's own process: speed, and the prompt cache."""

from __future__ import annotations

import asyncio
import json
import statistics
import threading
import time
from dataclasses import dataclass

import aiohttp
import psutil
import uvicorn

from benchmarks.passthrough import _free_port, _wait_for
from benchmarks.report import Figure, at_least, at_most
from services.engines.registry import Engines
from services.server.api import create_api
from services.settings import get_settings

ROUNDS = 4
REPLY_TOKENS = 48
LONG_PROMPT = "Here is a list of animals and what they eat. " + " ".join(
    f"Animal number {n} eats plant number {n * 7 % 31}." for n in range(60)
)


@dataclass(frozen=True, slots=True)
class Sample:
    """One streamed answer: time to its first token, and tokens a second after it."""

    ttft_s: float
    tokens_per_s: float


def figures() -> list[Figure]:
    """Speed through /v1 of the speed without it, the cache's effect, load time and memory."""
    settings = get_settings()
    engines = Engines(settings.models_dir, settings.chat_model, settings.context_tokens)
    port = _free_port()
    server = uvicorn.Server(uvicorn.Config(create_api(settings, engines), port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        _wait_for(port)
        return asyncio.run(_measure(engines, f"http://127.0.0.1:{port}", settings.own_key()))
    finally:
        server.should_exit = True
        thread.join()


async def _measure(engines: Engines, ours: str, key: str) -> list[Figure]:
    started = time.perf_counter()
    async with aiohttp.ClientSession() as session:
        await _ask(session, f"{ours}/chat/completions", key, engines.chat.model_id, "Say hello.")
        load_s = time.perf_counter() - started
        assert engines.chat.base_url is not None and engines.chat.api_key is not None
        direct = f"{engines.chat.base_url}/v1/chat/completions", engines.chat.api_key
        through = f"{ours}/chat/completions", key
        speeds: dict[str, list[Sample]] = {"direct": [], "through": []}
        for number in range(ROUNDS):
            prompt = f"Count from {number} upwards, one number a line."
            for name, (url, secret) in (("direct", direct), ("through", through)):
                speeds[name].append(await _ask(session, url, secret, engines.chat.model_id, prompt))
        first = await _ask(session, *through, engines.chat.model_id, LONG_PROMPT + " What eats animal 7?")
        second = await _ask(session, *through, engines.chat.model_id, LONG_PROMPT + " What eats animal 9?")
    ratio = _speed(speeds["through"]) / _speed(speeds["direct"])
    memory = psutil.Process(engines.chat.pid).memory_info().rss / 2**30
    return [
        at_least("tokens a second through /v1, of direct", round(ratio, 3), 0.97),
        at_most(
            "time to first token with a cached prompt, of uncached",
            round(second.ttft_s / first.ttft_s, 3),
            0.4,
            "",
        ),
        Figure("tokens a second", f"{_speed(speeds['through']):.1f}"),
        Figure("loading the model, until the first answer", f"{load_s:.1f} s"),
        Figure("memory of the model's process", f"{memory:.1f} GiB"),
    ]


async def _ask(session: aiohttp.ClientSession, url: str, key: str, model: str, prompt: str) -> Sample:
    body = {
        "model": model,
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
        "max_tokens": REPLY_TOKENS,
        "temperature": 0,
        "seed": 1,
    }
    started = time.perf_counter()
    arrivals: list[float] = []
    async with session.post(url, json=body, headers={"Authorization": f"Bearer {key}"}) as response:
        response.raise_for_status()
        async for line in response.content:
            if line.startswith(b"data: {"):
                choices = json.loads(line[6:])["choices"]
                if choices and choices[0]["delta"].get("content"):
                    arrivals.append(time.perf_counter())
    pace = (len(arrivals) - 1) / (arrivals[-1] - arrivals[0]) if len(arrivals) > 1 else 0.0
    return Sample(arrivals[0] - started, pace)


def _speed(samples: list[Sample]) -> float:
    return statistics.median(s.tokens_per_s for s in samples)
