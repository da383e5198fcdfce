"""What our pass-through costs against the same upstream directly: `python -m benchmarks.passthrough`.

Promises: at one client ≤ 5 ms added to the median time to first token and ≥ 0.95 of the direct throughput, from an
upstream that writes 1,000 tokens a second; at 32 clients, from one that writes as fast as it is read, ≤ 30 ms and
≥ 0.8 of a bare aiohttp pass-through; memory flat over 1,000 streams.
Everything runs on 127.0.0.1, in processes of its own, and stops by itself.
"""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import psutil

from benchmarks.report import Figure, at_least, at_most, ratio
from benchmarks.servers import free_port, python_process, wait_for


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a round presses: so many streams by so many clients at once."""

    name: str
    model: str
    clients: int
    streams: int


KEY = "tandem-benchmark-key"
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
ROUNDS = 5
LOADS = (Load("at_1", "paced", 1, 8), Load("flat_out_at_1", "fast", 1, 64), Load("at_32", "fast", 32, 64))
MEMORY_STREAMS = 1000
MOST_GROWN_MB = 20
OURS = ("streamlit", "uvicorn")


@dataclass(frozen=True, slots=True)
class Sample:
    """One stream as a client saw it."""

    ttft_s: float
    duration_s: float
    size_bytes: int


def measure(rounds: int = ROUNDS, memory_streams: int = MEMORY_STREAMS) -> dict[str, Any]:
    """Every figure, as a flat mapping from its name to a number."""
    with ExitStack() as running:
        urls, servers = _start_all(running)
        figures = asyncio.run(_measure_speed(urls, rounds))
        for name in OURS:
            figures |= asyncio.run(_measure_memory(name, urls[name], servers[name], memory_streams))
        return figures


def figures(quick: bool = False) -> list[Figure]:
    """The promises of the pass-through, for the report."""
    streams = 64 if quick else MEMORY_STREAMS
    measured = measure(1 if quick else ROUNDS, streams)
    rows = [figure for name in OURS for figure in _promises(name, measured, streams)]
    bare = measured["bare_at_32_added_ttft_ms"]
    return [*rows, Figure("bare aiohttp: added time to first token, 32 clients", f"{bare:g} ms")]


def _promises(name: str, measured: Mapping[str, Any], streams: int) -> list[Figure]:
    def of(key: str) -> float:
        return float(measured[f"{name}_{key}"])

    grown_mb = round(of("memory_after_mb") - of("memory_before_mb"), 1)
    return [
        at_most(f"`{name}`: added time to first token, 1 client", of("at_1_added_ttft_ms"), 5, "ms"),
        at_most(f"`{name}`: added time to first token, 32 clients", of("at_32_added_ttft_ms"), 30, "ms"),
        at_least(f"`{name}`: throughput of direct, 1 client", of("at_1_of_direct"), 0.95),
        at_least(f"`{name}`: throughput of a bare pass-through, 32 clients", of("at_32_of_bare"), 0.8),
        at_most(f"`{name}`: memory grown over {streams:,} streams", grown_mb, MOST_GROWN_MB, "MB"),
    ]


def _start_all(running: ExitStack) -> tuple[dict[str, str], dict[str, subprocess.Popen[bytes]]]:
    ports = {name: free_port() for name in ("direct", "bare", "uvicorn", "streamlit")}
    urls = {name: f"http://127.0.0.1:{port}/v1" for name, port in ports.items()}
    home = running.enter_context(tempfile.TemporaryDirectory())
    ours = {
        "OPENAI_BASE_URL": urls["direct"],
        "OPENAI_API_KEY": "upstream",
        "TANDEM_API_KEY": KEY,
        "TANDEM_HOME": home,
        "TANDEM_MODELS_DIR": f"{home}/no-models",
    }
    uvicorn = ["-m", "uvicorn", "app:app", "--no-access-log", "--log-level=warning"]
    streamlit = ["-m", "streamlit", "run", "app.py", "--server.headless=true"]
    commands = {
        "direct": ["-m", "benchmarks.scripted_upstream", str(ports["direct"])],
        "bare": ["-m", "benchmarks.bare_relay", str(ports["bare"]), urls["direct"]],
        "uvicorn": [*uvicorn, "--port", str(ports["uvicorn"])],
        "streamlit": [*streamlit, "--server.port", str(ports["streamlit"])],
    }
    servers = {
        name: running.enter_context(python_process(command, ours)) for name, command in commands.items()
    }
    for port in ports.values():
        wait_for(port)
    return urls, servers


async def _measure_speed(urls: Mapping[str, str], rounds: int) -> dict[str, Any]:
    """Rounds alternate between the servers, so that whatever else the machine does hits all of them."""
    samples: dict[tuple[str, str], list[Sample]] = {}
    rates: dict[tuple[str, str], list[float]] = {}
    for url in urls.values():
        await _round(url, Load("warm", "fast", 4, 8))
    for load in LOADS:
        for _ in range(rounds):
            for name, url in urls.items():
                began = time.perf_counter()
                taken = await _round(url, load)
                rate = sum(s.size_bytes for s in taken) / (time.perf_counter() - began)
                samples.setdefault((name, load.name), []).extend(taken)
                rates.setdefault((name, load.name), []).append(rate)
    return _figures(samples, rates)


async def _round(url: str, load: Load) -> list[Sample]:
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0), headers=HEADERS, auto_decompress=False
    ) as session:
        left = iter(range(load.streams))
        taken: list[Sample] = []

        async def client() -> None:
            for _ in left:
                taken.append(await _one(session, url, load.model))  # noqa: PERF401

        await asyncio.gather(*(client() for _ in range(load.clients)))
        return taken


async def _one(session: aiohttp.ClientSession, url: str, model: str) -> Sample:
    began, first, size = time.perf_counter(), 0.0, 0
    async with session.post(url + "/chat/completions", data=_body(model)) as response:
        response.raise_for_status()
        async for piece in response.content.iter_any():
            first = first or time.perf_counter()
            size += len(piece)
    return Sample(first - began, time.perf_counter() - began, size)


def _body(model: str) -> bytes:
    message = {"role": "user", "content": "Go"}
    return json.dumps({"model": model, "stream": True, "messages": [message]}).encode()


def _figures(
    samples: Mapping[tuple[str, str], list[Sample]], rates: Mapping[tuple[str, str], list[float]]
) -> dict[str, Any]:
    figures: dict[str, Any] = {}
    for (name, load), taken in samples.items():
        ttft_s = statistics.median(s.ttft_s for s in taken)
        direct_s = statistics.median(s.ttft_s for s in samples["direct", load])
        rate = statistics.median(rates[name, load])
        key = f"{name}_{load}"
        figures[f"{key}_ttft_ms"] = round(ttft_s * 1000, 2)
        figures[f"{key}_added_ttft_ms"] = round((ttft_s - direct_s) * 1000, 2)
        figures[f"{key}_mb_per_s"] = round(rate / 1e6, 2)
        figures[f"{key}_of_direct"] = ratio(rate, statistics.median(rates["direct", load]))
        figures[f"{key}_of_bare"] = ratio(rate, statistics.median(rates["bare", load]))
    return figures


async def _measure_memory(
    name: str, url: str, server: subprocess.Popen[bytes], streams: int
) -> dict[str, Any]:
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    await _round(url, Load("memory", "fast", 32, streams))
    after = process.memory_info().rss
    return {
        f"{name}_memory_before_mb": round(before / 1e6, 1),
        f"{name}_memory_after_mb": round(after / 1e6, 1),
    }


def main() -> None:
    """Print the figures."""
    for name, value in measure().items():
        print(f"{name:45} {value}")


if __name__ == "__main__":
    main()
