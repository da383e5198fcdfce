"""What our pass-through costs against the same upstream directly: `python -m benchmarks.passthrough`.

Promises: at one client ≤ 5 ms added to the median time to first token and ≥ 0.95 of the direct throughput, from an
upstream that writes 1,000 tokens a second; at 32 clients, from one that writes as fast as it is read, ≤ 30 ms and
≥ 0.8 of a bare aiohttp pass-through; memory flat over 1,000 streams.
Everything runs on 127.0.0.1, in processes of its own, and stops by itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from benchmarks.report import Figure, at_least, at_most


@dataclass(frozen=True, slots=True)
class Load:
    """How hard a round presses: so many streams by so many clients at once."""

    name: str
    model: str
    clients: int
    streams: int


ROOT = Path(__file__).parent.parent
KEY = "tandem-benchmark-key"
BODY = json.dumps(
    {"model": "bench", "stream": True, "messages": [{"role": "user", "content": "Go"}]}
).encode()
HEADERS = {"authorization": f"Bearer {KEY}", "content-type": "application/json"}
ROUNDS = 5
LOADS = (Load("at_1", "paced", 1, 8), Load("flat_out_at_1", "fast", 1, 64), Load("at_32", "fast", 32, 64))
MEMORY_STREAMS = 1000


@dataclass(frozen=True, slots=True)
class Sample:
    """One stream as a client saw it."""

    ttft_s: float
    duration_s: float
    size_bytes: int


def measure() -> dict[str, Any]:
    """Every figure, as a flat mapping from its name to a number."""
    with ExitStack() as running:
        urls, servers = _start_all(running)
        figures = asyncio.run(_measure_speed(urls))
        for name in ("uvicorn", "streamlit"):
            figures |= asyncio.run(_measure_memory(name, urls[name], servers[name]))
        return figures


def figures() -> list[Figure]:
    """The promises of the pass-through, for the report."""
    measured = measure()
    rows: list[Figure] = []
    for name in ("streamlit", "uvicorn"):
        added = measured[f"{name}_at_1_added_ttft_ms"], measured[f"{name}_at_32_added_ttft_ms"]
        before = measured[f"{name}_memory_before_mb"]
        grown = round(measured[f"{name}_memory_after_{MEMORY_STREAMS}_streams_mb"] - before, 1)
        rows += [
            at_most(f"`{name}`: added time to first token, 1 client", added[0], 5, "ms"),
            at_most(f"`{name}`: added time to first token, 32 clients", added[1], 30, "ms"),
            at_least(f"`{name}`: throughput of direct, 1 client", measured[f"{name}_at_1_of_direct"], 0.95),
            at_least(
                f"`{name}`: throughput of a bare pass-through, 32", measured[f"{name}_at_32_of_bare"], 0.8
            ),
            at_most(f"`{name}`: memory grown over {MEMORY_STREAMS:,} streams", grown, 20, "MB"),
        ]
    bare = measured["bare_at_32_added_ttft_ms"]
    return [*rows, Figure("bare aiohttp: added time to first token, 32 clients", f"{bare:g} ms")]


def _start_all(running: ExitStack) -> tuple[dict[str, str], dict[str, subprocess.Popen[bytes]]]:
    ports = {name: _free_port() for name in ("direct", "bare", "uvicorn", "streamlit")}
    urls = {name: f"http://127.0.0.1:{port}/v1" for name, port in ports.items()}
    home = running.enter_context(tempfile.TemporaryDirectory())
    ours = {
        "OPENAI_BASE_URL": urls["direct"],
        "OPENAI_API_KEY": "upstream",
        "TANDEM_API_KEY": KEY,
        "TANDEM_HOME": home,
    }
    commands = {
        "direct": ["-m", "benchmarks.scripted_upstream", str(ports["direct"])],
        "bare": ["-m", "benchmarks.bare_relay", str(ports["bare"]), urls["direct"]],
        "uvicorn": [
            "-m",
            "uvicorn",
            "app:app",
            "--port",
            str(ports["uvicorn"]),
            "--no-access-log",
            "--log-level=warning",
        ],
        "streamlit": [
            "-m",
            "streamlit",
            "run",
            "app.py",
            "--server.port",
            str(ports["streamlit"]),
            "--server.headless=true",
        ],
    }
    servers = {name: running.enter_context(_process(command, ours)) for name, command in commands.items()}
    for port in ports.values():
        _wait_for(port)
    return urls, servers


@contextmanager
def _process(arguments: list[str], extra: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **extra},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(15)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int, timeout_s: float = 30) -> None:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            with socket.create_connection(("127.0.0.1", port), 1):
                return
        except OSError:
            time.sleep(0.05)
    raise TimeoutError(f"nothing listens on port {port}")


async def _measure_speed(urls: Mapping[str, str]) -> dict[str, Any]:
    """Rounds alternate between the servers, so that whatever else the machine does hits all of them."""
    samples: dict[tuple[str, str], list[Sample]] = {}
    rates: dict[tuple[str, str], list[float]] = {}
    for url in urls.values():
        await _round(url, Load("warm", "fast", 4, 8))
    for load in LOADS:
        for _ in range(ROUNDS):
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
    return json.dumps(
        {"model": model, "stream": True, "messages": [{"role": "user", "content": "Go"}]}
    ).encode()


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
        figures[f"{key}_of_direct"] = round(rate / statistics.median(rates["direct", load]), 3)
        figures[f"{key}_of_bare"] = round(rate / statistics.median(rates["bare", load]), 3)
    return figures


async def _measure_memory(name: str, url: str, server: subprocess.Popen[bytes]) -> dict[str, Any]:
    process = psutil.Process(server.pid)
    before = process.memory_info().rss
    await _round(url, Load("memory", "fast", 32, MEMORY_STREAMS))
    after = process.memory_info().rss
    return {
        f"{name}_memory_before_mb": round(before / 2**20, 1),
        f"{name}_memory_after_{MEMORY_STREAMS}_streams_mb": round(after / 2**20, 1),
    }


def main() -> None:
    """Print the figures."""
    for name, value in measure().items():
        print(f"{name:45} {value}")


if __name__ == "__main__":
    main()
