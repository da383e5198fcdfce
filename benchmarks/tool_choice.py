"""How often the local model chooses the right tools, over questions written before any tuning.

`python -m benchmarks.tool_choice` starts the model and asks it directly; `measure` asks a running /v1.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.report import Figure, at_least
from services.engines.chat import complete
from services.engines.registry import Engines
from services.settings import get_settings

HERE = Path(__file__).parents[1] / "tests" / "services" / "engines"
Ask = Callable[[dict[str, Any]], Awaitable[dict[str, Any]]]


def measure(base_url: str, api_key: str, model: str = "qwen2.5-coder-1.5b-instruct") -> dict[str, Any]:
    """Rates of right choices at the server under `base_url` (ends in /v1), by kind of question."""
    return asyncio.run(_measure_server(base_url, api_key, model))


def figures() -> list[Figure]:
    """The rates of the local model, for the report."""
    result = asyncio.run(_measure_engine())
    rates_by_kind = result["right_tools_and_arguments"]
    kinds = [
        Figure(f"of these: {kind}", f"{rate:.0%}") for kind, rate in rates_by_kind.items() if kind != "all"
    ]
    count = result["questions"]
    return [
        at_least(f"right tools with right arguments, {count} questions", rates_by_kind["all"], 0.9),
        Figure("right tools, whatever the arguments", f"{result['right_tools']['all']:.0%}"),
        *kinds,
        Figure("median time of a choice", f"{result['median_s']:g} s"),
    ]


async def _measure_server(base_url: str, api_key: str, model: str) -> dict[str, Any]:
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {api_key}"}) as session:

        async def ask(request: dict[str, Any]) -> dict[str, Any]:
            url = f"{base_url.rstrip('/')}/chat/completions"
            async with session.post(url, json={"model": model, **request}) as response:
                response.raise_for_status()
                return await response.json()

        return await rates(ask)


async def _measure_engine() -> dict[str, Any]:
    settings = get_settings()
    engines = Engines(settings.models_dir, settings.chat_model, settings.context_tokens)
    try:
        await engines.chat.wait_ready(600, through_fetch=True)
        return await rates(lambda request: complete(engines.chat, request))
    finally:
        await engines.stop()


async def rates(ask: Ask) -> dict[str, Any]:
    """Ask every question and count: right tools, and right arguments too."""
    definitions = json.loads((HERE / "tool_definitions.json").read_text())
    questions = [json.loads(line) for line in (HERE / "tool_questions.jsonl").read_text().splitlines()]
    tools_right, all_right = defaultdict[str, list[bool]](list), defaultdict[str, list[bool]](list)
    wrong, durations_s = [], []
    for question in questions:
        request = _request(question, definitions)
        started = time.monotonic()
        calls = _calls(await ask(request))
        durations_s.append(time.monotonic() - started)
        names = sorted(c["name"] for c in calls) == sorted(c["name"] for c in question["calls"])
        arguments = names and all(any(_fits(c, want) for c in calls) for want in question["calls"])
        tools_right[question["kind"]].append(names)
        all_right[question["kind"]].append(arguments)
        print(
            f"{question['id']:3} {'right' if arguments else 'WRONG'} {durations_s[-1]:5.1f} s",
            file=sys.stderr,
        )
        if not arguments:
            wrong.append({"id": question["id"], "question": question["question"], "chose": calls})
    return {
        "questions": len(questions),
        "right_tools": _share(tools_right),
        "right_tools_and_arguments": _share(all_right),
        "median_s": round(sorted(durations_s)[len(durations_s) // 2], 2),
        "wrong": wrong,
    }


def _request(question: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    tools = [{"type": "function", "function": {"name": n, **definitions[n]}} for n in question["tools"]]
    messages = [{"role": "user", "content": question["question"]}]
    return {"messages": messages, "tools": tools, "max_tokens": 1, "seed": 1}


def _calls(answer: dict[str, Any]) -> list[dict[str, Any]]:
    calls = answer["choices"][0]["message"].get("tool_calls") or []
    return [
        {"name": c["function"]["name"], "arguments": json.loads(c["function"]["arguments"])} for c in calls
    ]


def _fits(call: dict[str, Any], want: dict[str, Any]) -> bool:
    given = call["arguments"]
    return call["name"] == want["name"] and all(_same(given.get(k), v) for k, v in want["arguments"].items())


def _same(given: Any, want: Any) -> bool:
    if isinstance(want, str) and given is not None:
        text = str(given).lower().replace(",", "")
        return any(part.lower() in text for part in want.split("|"))
    return given == want


def _share(by_kind: dict[str, list[bool]]) -> dict[str, float]:
    shares = {kind: round(sum(hits) / len(hits), 3) for kind, hits in by_kind.items()}
    every = [hit for hits in by_kind.values() for hit in hits]
    return {**shares, "all": round(sum(every) / len(every), 3)}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(_measure_engine()), indent=2, ensure_ascii=False))
